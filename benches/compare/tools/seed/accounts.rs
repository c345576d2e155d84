//! Tenants, users, brands and meters as the use cases would store them.

use std::sync::Arc;

use upsell::domain::brand::Brand;
use upsell::domain::contact::Contact;
use upsell::domain::evaluate::QuotaPolicy;
use upsell::domain::ids::{AccountId, ApplicationId, MailId, TenantId, UserId, V1Id};
use upsell::domain::link::{BuyUrl, BuyUrlRules};
use upsell::domain::mail::{Cause, Mail, MailKind};
use upsell::domain::meter::{
    MeasurementUnit, Meter, Observed, OfferingItem, OfferingType, UsageKey, UsageNames,
};
use upsell::domain::quota::{Item, Unit};
use upsell::domain::tenant::{Tenant, TenantKind};
use upsell::domain::user::{AccessPolicy, COMPANY_ADMIN, QUOTA_NOTIFICATION, User};
use upsell::store::engine::{Changes, Expect};
use upsell::store::record::hot_meter;
use upsell::store::{Store, keys};
use uuid::Uuid;

use super::Now;
use super::lists::{Lists, Reader};
use crate::fleet::{Account, Fleet, USAGE_NAMES};

pub(super) struct Maker {
    pub(super) fleet: Fleet,
    mails: bool,
    root: TenantId,
    names: Arc<UsageNames>,
    policy: QuotaPolicy,
    now: Now,
}

/// The Buy URL of a partner's brand.
pub(super) fn buy_url(partner: u64) -> String {
    format!("https://shop.example.com/partners/{partner}/buy?campaign=quota")
}

impl Maker {
    pub(super) fn new(fleet: Fleet, mails: bool, root: TenantId, now: Now) -> Self {
        Self {
            fleet,
            mails,
            root,
            names: super::usage_names(),
            policy: QuotaPolicy::default(),
            now,
        }
    }

    fn tenant(&self, id: Uuid, v1_id: V1Id, name: String, kind: TenantKind) -> Tenant {
        Tenant {
            id: TenantId::new(id),
            name,
            ancestors: vec![self.root],
            ..Tenant::new(v1_id, kind, self.now)
        }
    }

    pub(super) fn partner(
        &self,
        partner: u64,
        v1_id: V1Id,
        root: TenantId,
    ) -> Result<(Tenant, Brand), String> {
        let id = Fleet::partner_id(partner);
        let name = format!("Partner {partner}");
        let mut tenant = self.tenant(id, v1_id, name, TenantKind::Partner);
        tenant.ancestors = vec![root];
        let url = BuyUrl::parse(&buy_url(partner), BuyUrlRules::default());
        let brand = Brand {
            enabled: true,
            buy_url: Some(url.map_err(|why| why.to_string())?),
            service_name: format!("Backup of partner {partner}"),
            company_name: format!("Partner {partner} GmbH"),
            color: "0f766e".to_owned(),
            ..Brand::unset(tenant.id)
        };
        Ok((tenant, brand))
    }

    /// Adds a customer with its users and meters; returns the size of the meters as stored.
    pub(super) async fn customer(
        &self,
        store: &Store,
        number: u64,
        changes: &mut Changes,
        lists: &mut Lists,
    ) -> Result<u64, String> {
        let taken = store.next_v1_id().await;
        let v1_id = taken.map_err(|why| why.to_string())?;
        let partner = Fleet::partner_of(number);
        let id = Fleet::tenant_id(number);
        let name = format!("Customer {number}");
        let mut tenant = self.tenant(id, v1_id, name, TenantKind::Customer);
        tenant
            .ancestors
            .push(TenantId::new(Fleet::partner_id(partner)));
        let tenant_meter = self.meter(AccountId::Tenant(tenant.id), Account::Tenant(number));
        changes.create_tenant(tenant.clone());
        let mut bytes = put_meter(changes, v1_id, tenant_meter.clone());
        for user_number in 0..self.fleet.users_per_tenant {
            let taken = store.next_v1_id().await;
            let v1_id = taken.map_err(|why| why.to_string())?;
            let user = self.user(&tenant, number, user_number, v1_id)?;
            let account = AccountId::User(user.id);
            let user_meter = self.meter(account, Account::User(number, user_number));
            lists.add(&Reader {
                number: (number, user_number),
                partner,
                user: &user,
                tenant: &tenant,
                user_items: user_meter.status(&self.names, &self.policy),
                tenant_items: tenant_meter.status(&self.names, &self.policy),
            })?;
            if self.mails {
                self.mail(changes, &user, &tenant_meter);
            }
            changes.create_user(user, &tenant);
            bytes += put_meter(changes, v1_id, user_meter);
        }
        Ok(bytes)
    }

    /// A mail about everything that stands at the tenant, as the fan-out would have made it.
    fn mail(&self, changes: &mut Changes, user: &User, meter: &Meter) {
        let (id, to) = (MailId::random(), (user.tenant_id, user.id));
        let mut mail = Mail::new(id, MailKind::Quota, to, self.now, self.now);
        for status in meter.status(&self.names, &self.policy) {
            if let Some(level) = status.state.level() {
                mail.add(Cause {
                    account: meter.account,
                    item: status.item,
                    level,
                });
            }
        }
        changes.put(keys::open_mail(user.id), id.bytes().to_vec());
        changes.create_mail(mail);
    }

    /// A company admin who is a buyer: the reader whom links lead to the shop.
    fn user(&self, tenant: &Tenant, number: u64, user: u64, v1_id: V1Id) -> Result<User, String> {
        let unique = self.fleet.user_number(number, user);
        let email = format!("u{unique}@people.example").parse();
        let policy = AccessPolicy {
            id: Uuid::from_u128(u128::from(unique) + 1),
            issuer_id: Uuid::nil(),
            tenant_id: tenant.id,
            role: COMPANY_ADMIN,
            version: 1,
        };
        Ok(User {
            id: UserId::new(self.fleet.user_id(number, user)),
            v1_id,
            tenant_id: tenant.id,
            login: format!("user-{unique}"),
            contact: Contact {
                firstname: "Grace".to_owned(),
                lastname: format!("Finch {unique}"),
                email: Some(email.map_err(|why| format!("{unique}: {why}"))?),
                ..Contact::default()
            },
            enabled: true,
            activated: true,
            buyer: true,
            notifications: vec![QUOTA_NOTIFICATION],
            language: "en".to_owned(),
            personal_tenant_id: None,
            terms_accepted: true,
            policies: vec![policy],
            created_at: self.now,
            updated_at: self.now,
            version: 1,
        })
    }

    /// The five items with their quotas and usage, evaluated.
    fn meter(&self, id: AccountId, account: Account) -> Meter {
        let mut meter = Meter::new(id);
        for (item, name) in Item::ALL.into_iter().zip(USAGE_NAMES) {
            let key = UsageKey {
                usage_name: name.into(),
                edition: None,
                infra_id: None,
            };
            let measurement_unit = match item.unit() {
                Unit::Bytes => MeasurementUnit::Bytes,
                Unit::Quantity => MeasurementUnit::Quantity,
            };
            meter.offering_items.push(OfferingItem {
                application_id: ApplicationId::new(Uuid::from_u128(1)),
                name: name.to_owned(),
                key: key.clone(),
                measurement_unit,
                kind: OfferingType::Count,
                active: true,
                locked: false,
                quota: Some(Fleet::quota(item)),
                quota_version: 1,
                updated_at: self.now,
            });
            let usage = self.fleet.usage(account, item);
            // The only refusal is an ambiguous name; each is there once.
            let _taken = meter
                .report(&key, usage, Observed::OnArrival(self.now))
                .is_ok();
        }
        meter.evaluate(&self.names, &self.policy, self.now);
        meter
    }
}

fn put_meter(changes: &mut Changes, number: V1Id, meter: Meter) -> u64 {
    // What a report writes: the offering items stand in a record of their own.
    let bytes = hot_meter::encode(&meter.clone().split().0).len();
    changes.put_meter(number, Expect::Absent, meter);
    bytes as u64
}
