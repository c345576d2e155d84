//! A service without its listeners, filled with accounts that have quotas.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use upsell::app::data;
use upsell::domain::client::ApiScopes;
use upsell::domain::contact::Contact;
use upsell::domain::evaluate::QuotaPolicy;
use upsell::domain::ids::{AccountId, ApplicationId, ClientId, TenantId, UserId};
use upsell::domain::link::{BuyUrlRules, LinkProfile, ListStyle};
use upsell::domain::meter::{MeasurementUnit, Meter, OfferingItem, OfferingType, UsageKey};
use upsell::domain::notification::RetryPolicy;
use upsell::domain::proposal::WithoutBuyUrl;
use upsell::domain::quota::{Item, Quota};
use upsell::domain::tenant::{Tenant, TenantKind, TenantSettings};
use upsell::domain::time::Timestamp;
use upsell::domain::user::User;
use upsell::render::Renderer;
use upsell::store::engine::{Changes, Expect};
use upsell::telemetry::metrics::Metrics;
use upsell::usecases::access::Caller;
use upsell::usecases::facts::Facts;
use upsell::usecases::remembered::Remembered;
use upsell::usecases::{Env, Settings};
use uuid::Uuid;

pub(crate) const START: Timestamp = Timestamp::from_secs(1_700_000_000);

/// The quota of storage; reports stay below it but for one in 4096.
pub(crate) const QUOTA_BYTES: u64 = 1 << 40;

/// Users of each tenant.
const USERS: usize = 9;

/// Tenants that are made in one commit.
const TENANTS_PER_COMMIT: usize = 100;

const NAMES: [(&str, &str, Item); 5] = [
    ("pg_base_storage", "storage", Item::StorageSize),
    (
        "pw_base_workstations",
        "workstations",
        Item::PhysicalMachines,
    ),
    ("pw_base_servers", "servers", Item::PhysicalServers),
    ("pw_base_vms", "vms", Item::VirtualMachines),
    ("pw_base_mobiles", "mobiles", Item::MobileDevices),
];

pub(crate) struct World {
    pub(crate) env: Env,
    pub(crate) caller: Caller,
    pub(crate) accounts: Arc<Vec<AccountId>>,
}

fn settings() -> Settings {
    let names = NAMES.map(|(_, name, item)| (name.to_owned(), item));
    Settings {
        public_url: "https://upsell.example.com".to_owned(),
        quota: QuotaPolicy::default(),
        usage_names: BTreeMap::from(names),
        without_buy_url: WithoutBuyUrl::Nothing,
        link_profile: LinkProfile::Default,
        link_lists: ListStyle::Comma,
        buy_url_rules: BuyUrlRules::default(),
        link_ttl: Duration::from_secs(90 * 86_400),
        token_ttl: Duration::from_secs(7200),
        group_wait: Duration::from_secs(30),
        repeat_interval: Duration::from_secs(7 * 86_400),
        retry: RetryPolicy::default(),
        mail_retention: Duration::from_secs(30 * 86_400),
        audit_retention: Duration::from_secs(400 * 86_400),
    }
}

pub(crate) fn storage() -> UsageKey {
    usage_key("storage")
}

fn usage_key(name: &str) -> UsageKey {
    UsageKey {
        usage_name: name.to_owned(),
        edition: None,
        infra_id: None,
    }
}

/// A meter with the first so many items.
pub(crate) fn meter(account: AccountId, items: usize) -> Meter {
    let mut meter = Meter::new(account);
    let offered = NAMES.iter().take(items);
    meter.offering_items = offered
        .map(|(name, usage_name, item)| OfferingItem {
            application_id: ApplicationId::new(Uuid::from_u128(0x1c23_4e69_5469_424a)),
            name: (*name).to_owned(),
            key: usage_key(usage_name),
            measurement_unit: match item {
                Item::StorageSize => MeasurementUnit::Bytes,
                _ => MeasurementUnit::Quantity,
            },
            kind: OfferingType::Count,
            active: true,
            locked: false,
            quota: Some(match item {
                Item::StorageSize => Quota::hard(QUOTA_BYTES, QUOTA_BYTES / 10),
                _ => Quota::soft(100),
            }),
            quota_version: 1,
            updated_at: START,
        })
        .collect();
    meter
}

fn tenant(number: usize, root: TenantId, v1_id: upsell::domain::ids::V1Id) -> Tenant {
    Tenant {
        id: TenantId::random(),
        v1_id,
        name: format!("Customer {number}"),
        kind: TenantKind::Customer,
        ancestors: vec![root],
        enabled: true,
        language: "en".to_owned(),
        contact: Contact::default(),
        internal_tag: None,
        settings: TenantSettings::default(),
        created_at: START,
        updated_at: START,
        version: 1,
    }
}

fn user(login: String, tenant: &Tenant, v1_id: upsell::domain::ids::V1Id) -> User {
    User {
        id: UserId::random(),
        v1_id,
        tenant_id: tenant.id,
        contact: Contact {
            email: Some(format!("{login}@example.com").parse().unwrap()),
            ..Contact::default()
        },
        login,
        enabled: true,
        activated: true,
        buyer: true,
        notifications: Vec::new(),
        language: "en".to_owned(),
        personal_tenant_id: None,
        terms_accepted: true,
        policies: Vec::new(),
        created_at: START,
        updated_at: START,
        version: 1,
    }
}

/// The service on `dir`, with the accounts that are there.
pub(crate) async fn open(dir: &Path) -> (Env, TenantId) {
    let data = data::open_or_init(dir, START).await.unwrap();
    let root = upsell::usecases::initialize::root(&data.store).await;
    let env = Env {
        facts: Facts::watching(&data.store, 1_000_000),
        remembered: Arc::new(Remembered::new(1 << 20)),
        store: data.store,
        settings: Arc::new(settings()),
        keyring: Arc::new(ArcSwap::from_pointee(data.keyring)),
        renderer: Arc::new(Renderer::new().unwrap()),
        metrics: Arc::new(Metrics::new().unwrap()),
        click_marks: Arc::default(),
        outbox_wake: Arc::default(),
    };
    (env, root.unwrap().unwrap())
}

impl World {
    /// A new one in `dir`, with so many accounts and items of each.
    pub(crate) async fn fill(dir: &Path, accounts: usize, items: usize) -> Self {
        let (env, root) = open(dir).await;
        let mut all = Vec::with_capacity(accounts);
        let mut tenants = 0;
        while all.len() < accounts {
            let mut changes = Changes::new();
            for _ in 0..TENANTS_PER_COMMIT {
                let customer = tenant(tenants, root, env.store.next_v1_id().await.unwrap());
                tenants += 1;
                changes.create_tenant(customer.clone());
                let mut made = vec![AccountId::Tenant(customer.id)];
                for number in 0..USERS {
                    let v1_id = env.store.next_v1_id().await.unwrap();
                    let user = user(format!("u{tenants}.{number}"), &customer, v1_id);
                    made.push(AccountId::User(user.id));
                    changes.create_user(user, &customer);
                }
                for account in made {
                    changes.put_meter(Expect::Absent, meter(account, items));
                    all.push(account);
                }
            }
            env.store.commit(changes).await.unwrap();
        }
        all.truncate(accounts);
        Self::of(env, root, all)
    }

    pub(crate) fn of(env: Env, root: TenantId, accounts: Vec<AccountId>) -> Self {
        Self {
            env,
            caller: Caller::of_client(ClientId::random(), root, ApiScopes::all()),
            accounts: Arc::new(accounts),
        }
    }
}
