//! One value of each kind.

use std::time::Duration;

use uuid::Uuid;

use crate::domain::audit::{Actor, AuditEntry};
use crate::domain::billing::{BankAccount, Customer, DaysOffPerYear, Tax, TaxRate};
use crate::domain::brand::{Brand, BrandEncryption, Sealed};
use crate::domain::client::{ApiScope, ApiScopes, Client, SecretHash};
use crate::domain::contact::Contact;
use crate::domain::ids::{AccountId, V1Id};
use crate::domain::link::{BuyUrl, BuyUrlRules, LinkProfile};
use crate::domain::mail::{Cause, Mail, MailKind, Recipient};
use crate::domain::meter::{MeasurementUnit, OfferingItem, OfferingType, UsageKey};
use crate::domain::node::Presence;
use crate::domain::plan::{Currency, Plan, PlanId, PlanRef, PlanTerms};
use crate::domain::quota::{Item, Level, Percent, Quota};
use crate::domain::reseller::domain::Domain;
use crate::domain::reseller::name::Name;
use crate::domain::reseller::plan::Plan as PricePlan;
use crate::domain::reseller::retention::{Retention, RetentionUnit};
use crate::domain::reseller::role::{Policy, Resource, Role, RoleId, RoleKind};
use crate::domain::snooze::{AlertId, Snoozes};
use crate::domain::tenant::{SoonSetting, Tenant, TenantKind, TenantSettings};
use crate::domain::time::Timestamp;
use crate::domain::user::{AccessPolicy, COMPANY_ADMIN, QUOTA_NOTIFICATION, User};
use crate::store::record::{ImportProgress, KeptRequest, OfferingItems};
use crate::store::resellers::Ties;

pub(super) const NOW: Timestamp = Timestamp::from_secs(7);

pub(super) fn id<T: From<Uuid>>(number: u128) -> T {
    Uuid::from_u128(number).into()
}

fn contact() -> Contact {
    Contact {
        city: "Ulm".to_owned(),
        email: Some("a@b.example".parse().unwrap()),
        ..Contact::default()
    }
}

pub(super) fn tenant() -> Tenant {
    Tenant {
        id: id(1),
        v1_id: V1Id(1002),
        name: "Größe".to_owned(),
        kind: TenantKind::Customer,
        ancestors: vec![id(2), id(3)],
        enabled: true,
        language: "en".to_owned(),
        contact: contact(),
        internal_tag: None,
        settings: TenantSettings {
            soon_percent: [
                SoonSetting::Inherit,
                SoonSetting::Off,
                SoonSetting::At(Percent::new(99).unwrap()),
                SoonSetting::Inherit,
                SoonSetting::Inherit,
            ],
            partner_plan: Some(PlanRef {
                partner: id(2),
                plan: PlanId(4),
            }),
            currency: Currency::from_code("EUR"),
        },
        created_at: NOW,
        updated_at: NOW,
        version: 5,
    }
}

pub(super) fn user() -> User {
    User {
        id: id(1),
        v1_id: V1Id(1003),
        tenant_id: id(2),
        login: "jo".to_owned(),
        contact: Contact::default(),
        enabled: true,
        activated: false,
        buyer: true,
        notifications: vec![QUOTA_NOTIFICATION],
        language: "de".to_owned(),
        personal_tenant_id: Some(id(3)),
        terms_accepted: false,
        policies: vec![AccessPolicy {
            id: id(4),
            issuer_id: id(5),
            tenant_id: id(2),
            role: COMPANY_ADMIN,
            version: 1,
        }],
        created_at: NOW,
        updated_at: NOW,
        version: 5,
    }
}

pub(super) fn client() -> Client {
    Client {
        id: id(1),
        tenant_id: id(2),
        name: "agent".to_owned(),
        secret_hash: SecretHash([7; 32]),
        scopes: ApiScopes::of(&[ApiScope::AccountRead, ApiScope::Clients]),
        enabled: true,
        created_at: NOW,
        version: 1,
    }
}

pub(super) fn brand() -> Brand {
    let rules = BuyUrlRules {
        allow_http: true,
        allow_ip_hosts: true,
    };
    let mut brand = Brand::unset(id(1));
    brand.buy_url = Some(BuyUrl::parse("http://10.0.0.1/buy?ä", rules).unwrap());
    brand.link_profile = Some(LinkProfile::Acronis);
    brand.smtp.encryption = BrandEncryption::Ssl;
    brand.smtp.password = Sealed("x1".to_owned());
    brand.smtp.reply_address = Some("a@b.example".parse().unwrap());
    brand
}

pub(super) fn mail() -> Mail {
    let mut mail = Mail::new(id(1), MailKind::Quota, (id(2), id(3)), NOW, NOW);
    for account in [AccountId::Tenant(id(2)), AccountId::User(id(3))] {
        mail.add(Cause {
            account,
            item: Item::StorageSize,
            level: Level::HardExceeded,
        });
    }
    mail.take(id(4), NOW, Duration::from_secs(60));
    mail
}

pub(super) fn sent_mail() -> Mail {
    let mut mail = Mail::new(id(1), MailKind::Reminder, (id(2), id(3)), NOW, NOW);
    mail.route = Some(id(5));
    mail.end_sent(0, "Subject".to_owned(), NOW);
    mail.last_error = Some("451".to_owned());
    mail
}

pub(super) fn audit_entry(actor: Actor) -> AuditEntry {
    AuditEntry {
        id: id(1),
        at: NOW,
        request_id: Some("r".to_owned()),
        actor,
        tenant_id: id(2),
        ancestors: vec![id(3)],
        action: "tenant.update".to_owned(),
        object: "o".to_owned(),
        before: None,
        after: Some(r#"{"name":"x"}"#.to_owned()),
    }
}

pub(super) fn customer() -> Customer {
    let mut customer = Customer {
        id: id(1),
        tenant_id: id(2),
        name: "Foo".to_owned(),
        alias: "foo".to_owned(),
        language: id(3),
        address: Default::default(),
        reach: Default::default(),
        invoicing: Default::default(),
        service: Default::default(),
        account: Default::default(),
        directory_sync_id: id(4),
        version: 1,
    };
    customer.address.country = Some(id(5));
    customer.reach.email = Some("a@b.example".parse().unwrap());
    customer.invoicing.tax = Some(id(6));
    customer.invoicing.vat_number = Some("DE 123".parse().unwrap());
    let iban = "DE44500105175407324931".to_owned();
    customer.invoicing.bank_account = Some(BankAccount::of_checked_iban(iban));
    customer.service.days_off = DaysOffPerYear::constant::<30>();
    customer.account.trial_expires_at = Some(NOW);
    customer
}

pub(super) fn tax() -> Tax {
    Tax {
        id: id(1),
        tenant_id: id(2),
        name: "VAT".to_owned(),
        code: "V".to_owned(),
        rate: "20.00".parse::<TaxRate>().unwrap(),
        active: true,
        allow_inactive: false,
        is_default: false,
        version: 1,
    }
}

pub(super) fn partner_plan() -> Plan {
    let price = |text: &str| text.parse().unwrap();
    Plan {
        partner_id: id(1),
        id: PlanId(2),
        terms: PlanTerms {
            name: "Gold".to_owned(),
            setup_price: price("0.00"),
            base_usage_bytes: u64::MAX,
            base_price: price("19.95"),
            extra_usage_bytes: 1,
            extra_price: price("1"),
            computers: 2,
            computers_usage_bytes: 3,
            computers_price: price("2"),
            local_backup_price: price("3"),
            vm_host_price: price("4"),
            disk_image_price: price("5"),
            es_seat_price: price("6"),
            es_connection_price: price("7"),
            es_cost_extra_block: price("8"),
        },
        created_at: NOW,
        updated_at: NOW,
        version: 1,
    }
}

fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

pub(super) fn role() -> Role {
    let mut role = Role::new(RoleId(3), name("Größe"), RoleKind::Custom);
    role.policies = vec![Policy::new("op_view", "certs", "").unwrap()];
    role.resources = vec![Resource::new(r#"{"id":7.10}"#).unwrap()];
    role
}

pub(super) fn price_plan_and_domain() -> (PricePlan, Domain) {
    let ids = (RoleId(1), RoleId(2));
    let (mut plan, _) = PricePlan::new(id(1), name("Gold"), 9, ids, NOW);
    let volume = "2.50".parse().unwrap();
    plan.retention = Some(Retention::new(volume, RetentionUnit::Months, 6).unwrap());
    let mut domain = Domain::new(name("acme"), &mut plan, NOW);
    domain.tenant_id = Some(id(2));
    domain.set_owner(&mut plan, id(3)).unwrap();
    (plan, domain)
}

pub(super) fn offering_items() -> OfferingItems {
    let item = OfferingItem {
        application_id: id(1),
        name: "pw_base_storage".to_owned(),
        key: UsageKey {
            usage_name: "storage".into(),
            edition: Some("pw".to_owned()),
            infra_id: Some(id(2)),
        },
        measurement_unit: MeasurementUnit::NotApplicable,
        kind: OfferingType::Infra,
        active: true,
        locked: false,
        quota: Some(Quota::soft(u64::MAX)),
        quota_version: 1,
        updated_at: NOW,
    };
    OfferingItems {
        offering_items: vec![item],
    }
}

pub(super) fn snoozes() -> Snoozes {
    let account = AccountId::Tenant(id(1));
    let item = Item::StorageSize;
    Snoozes([(AlertId { account, item }, NOW)].into())
}

pub(super) fn recipient() -> Recipient {
    Recipient::after_sending(id(1), NOW, Duration::from_secs(1))
}

pub(super) fn presence() -> Presence {
    Presence {
        node: id(1),
        name: "a:1".to_owned(),
        started_at: NOW,
        alive_until: NOW,
    }
}

pub(super) fn kept_request() -> KeptRequest {
    KeptRequest {
        fingerprint: [1; 32],
        expires_at: NOW,
        sealed_answer: Some("x1".to_owned()),
    }
}

pub(super) const PROGRESS: ImportProgress = ImportProgress {
    header: [1; 32],
    chunks: 2,
    sum: [3; 32],
};

pub(super) const TIES: Ties = Ties {
    plans: 1,
    domains: 2,
    within: 3,
};
