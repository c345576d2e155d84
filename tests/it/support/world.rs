//! A store with a partner, a customer and people, driven through the use cases with a clock that
//! the test turns.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use upsell::account_table::AccountTable;
use upsell::app::data;
use upsell::domain::client::ApiScopes;
use upsell::domain::contact::Contact;
use upsell::domain::evaluate::QuotaPolicy;
use upsell::domain::ids::{AccountId, AccountRef, ApplicationId, ClientId, TenantId, UserId, V1Id};
use upsell::domain::link::{BuyUrlRules, LinkProfile, ListStyle};
use upsell::domain::mail::{Mail, MailState, RetryPolicy};
use upsell::domain::meter::{MeasurementUnit, Meter, OfferingItem, OfferingType, UsageKey};
use upsell::domain::proposal::WithoutBuyUrl;
use upsell::domain::quota::{Item, Quota};
use upsell::domain::tenant::{Tenant, TenantKind};
use upsell::domain::time::Timestamp;
use upsell::domain::user::{AccessPolicy, COMPANY_ADMIN, QUOTA_NOTIFICATION, User};
use upsell::render::Renderer;
use upsell::store::engine::{Changes, Expect};
use upsell::store::{Store, keys};
use upsell::telemetry::metrics::Metrics;
use upsell::usecases::access::{Caller, Context};
use upsell::usecases::mail_limits::MailLimits;
use upsell::usecases::nodes::{Node, Patience};
use upsell::usecases::remembered::Remembered;
use upsell::usecases::report_usage::{BatchOutcome, Mode, UsageReport, report_usages};
use upsell::usecases::{Env, Settings};
use uuid::Uuid;

/// The moment at which every world begins.
pub const START: Timestamp = Timestamp::from_secs(1_700_000_000);

/// What use cases of `caller` begin with at `now`.
pub(crate) const fn cx<'a>(env: &'a Env, caller: &'a Caller, now: Timestamp) -> Context<'a> {
    Context { env, caller, now }
}

/// A service without its listeners.
pub struct World {
    /// What use cases work with.
    pub env: Env,
    /// Reaches everything.
    pub root: Caller,
    /// The customer.
    pub customer: Tenant,
    // Dropped last: the store is in it.
    _dir: tempfile::TempDir,
}

/// The usage name of an item in the default configuration.
pub fn usage_name(item: Item) -> &'static str {
    match item {
        Item::StorageSize => "storage",
        Item::PhysicalMachines => "workstations",
        Item::PhysicalServers => "servers",
        Item::VirtualMachines => "vms",
        Item::MobileDevices => "mobiles",
    }
}

pub fn key(item: Item) -> UsageKey {
    UsageKey {
        usage_name: usage_name(item).into(),
        edition: None,
        infra_id: None,
    }
}

pub fn settings() -> Settings {
    let names = Item::ALL.map(|item| (usage_name(item).into(), item));
    Settings {
        public_url: "https://upsell.example.com".to_owned(),
        quota: QuotaPolicy::default(),
        usage_names: BTreeMap::from(names),
        without_buy_url: WithoutBuyUrl::Nothing,
        link_profile: LinkProfile::Default,
        link_lists: ListStyle::Comma,
        smtp_allow_cidrs: Vec::new(),
        buy_url_rules: BuyUrlRules::default(),
        link_ttl: Duration::from_secs(90 * 86_400),
        token_ttl: Duration::from_secs(7200),
        max_clock_skew: Duration::from_secs(300),
        group_wait: Duration::from_secs(30),
        repeat_interval: Duration::from_secs(7 * 86_400),
        retry: RetryPolicy::default(),
        // As many as a test makes of a day.
        mail_limits: MailLimits {
            address_per_day: 1_000_000,
            user_per_day: 1_000_000,
            tenant_per_day: 1_000_000,
        },
        mail_retention: Duration::from_secs(30 * 86_400),
        audit_retention: Duration::from_secs(400 * 86_400),
    }
}

/// A customer below the root.
pub fn customer_of(root: TenantId, v1_id: V1Id, name: &str) -> Tenant {
    Tenant {
        name: name.to_owned(),
        ancestors: vec![root],
        ..Tenant::new(v1_id, TenantKind::Customer, START)
    }
}

/// A user of a tenant who wants quota mail.
pub fn user_of(tenant: &Tenant, v1_id: V1Id, login: &str, company_admin: bool) -> User {
    let policy = AccessPolicy {
        id: Uuid::new_v4(),
        issuer_id: Uuid::nil(),
        tenant_id: tenant.id,
        role: COMPANY_ADMIN,
        version: 1,
    };
    User {
        id: UserId::random(),
        v1_id,
        tenant_id: tenant.id,
        login: login.to_owned(),
        contact: Contact {
            email: Some(format!("{login}@example.com").parse().unwrap()),
            ..Contact::default()
        },
        enabled: true,
        activated: true,
        buyer: true,
        notifications: vec![QUOTA_NOTIFICATION],
        language: "en".to_owned(),
        personal_tenant_id: None,
        terms_accepted: true,
        policies: company_admin.then_some(policy).into_iter().collect(),
        created_at: START,
        updated_at: START,
        version: 1,
    }
}

impl World {
    /// A world with a root tenant and one customer that has nobody and no quota yet.
    pub async fn new() -> Self {
        Self::with(settings()).await
    }

    async fn with(settings: Settings) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let data = data::open_or_init(&data::Place::embedded(dir.path()), START)
            .await
            .unwrap();
        let root = data.first_client.unwrap().tenant_id;
        let env = Env {
            accounts: AccountTable::watching(&data.store, 10_000),
            remembered: Arc::new(Remembered::new(1 << 20)),
            store: data.store,
            node: Arc::new(Node::new("test", START, Patience::DEFAULT)),
            settings: Arc::new(settings),
            keyring: Arc::new(ArcSwap::from_pointee(data.keyring)),
            renderer: Arc::new(Renderer::new().unwrap()),
            metrics: Arc::new(Metrics::new().unwrap()),
            outbox_wake: Arc::default(),
        };
        let number = env.store.next_v1_id().await.unwrap();
        let customer = customer_of(root, number, "Foobar");
        let mut changes = Changes::new();
        changes.create_tenant(customer.clone());
        env.store.commit(changes).await.unwrap();
        let caller = Caller::of_client(ClientId::random(), root, ApiScopes::all());
        Self {
            env,
            root: caller,
            customer,
            _dir: dir,
        }
    }

    /// A tenant beside the customer.
    pub async fn add_stranger(&self) -> TenantId {
        let stranger = Tenant {
            id: TenantId::random(),
            v1_id: self.env.store.next_v1_id().await.unwrap(),
            name: "Stranger".to_owned(),
            ..self.customer.clone()
        };
        let id = stranger.id;
        let mut changes = Changes::new();
        changes.create_tenant(stranger);
        self.env.store.commit(changes).await.unwrap();
        id
    }

    /// A user of the customer who wants quota mail.
    pub async fn add_user(&self, login: &str, company_admin: bool) -> UserId {
        self.add_users(&[login], company_admin).await[0]
    }

    /// Several of them, with one commit.
    pub async fn add_users(&self, logins: &[impl AsRef<str>], company_admin: bool) -> Vec<UserId> {
        let (mut changes, mut ids) = (Changes::new(), Vec::new());
        for login in logins {
            let user = self.user_called(login.as_ref(), company_admin).await;
            ids.push(user.id);
            changes.create_user(user, &self.customer);
        }
        self.env.store.commit(changes).await.unwrap();
        ids
    }

    async fn user_called(&self, login: &str, company_admin: bool) -> User {
        let number = self.env.store.next_v1_id().await.unwrap();
        user_of(&self.customer, number, login, company_admin)
    }

    /// Stores a changed user.
    pub async fn change_user(&self, id: UserId, change: impl FnOnce(&mut User)) {
        let found = self.env.store.user(id).await.unwrap().unwrap();
        let mut user = found.value.clone();
        change(&mut user);
        let mut changes = Changes::new();
        changes.update_user(&found, user, &self.customer);
        self.env.store.commit(changes).await.unwrap();
    }

    /// Gives an account quotas.
    pub async fn set_quotas(&self, account: AccountId, quotas: &[(Item, Quota)]) {
        let mut meter = Meter::new(account);
        meter.offering_items = quotas
            .iter()
            .map(|(item, quota)| OfferingItem {
                application_id: ApplicationId::new(Uuid::nil()),
                name: usage_name(*item).to_owned(),
                key: key(*item),
                measurement_unit: MeasurementUnit::Quantity,
                kind: OfferingType::Count,
                active: true,
                locked: false,
                quota: Some(*quota),
                quota_version: 1,
                updated_at: START,
            })
            .collect();
        let mut changes = Changes::new();
        let number = account_ref(&self.env.store, account).await.number;
        changes.put_meter(number, Expect::Absent, meter);
        self.env.store.commit(changes).await.unwrap();
    }

    /// Reports usage of one item; panics where it is refused.
    pub async fn report(&self, account: AccountId, item: Item, absolute: u64, now: Timestamp) {
        let outcome = self.report_all(&[(account, item, absolute)], now).await;
        outcome.lines.into_iter().for_each(|line| {
            line.unwrap();
        });
    }

    /// Reports usage of several items in one batch.
    pub async fn report_all(
        &self,
        values: &[(AccountId, Item, u64)],
        now: Timestamp,
    ) -> BatchOutcome {
        let reports = values.iter().map(|(account, item, absolute)| UsageReport {
            account: *account,
            key: key(*item),
            absolute: *absolute,
            observed_at: None,
        });
        report_usages(
            cx(&self.env, &self.root, now),
            reports.collect(),
            Mode::Commit,
        )
        .await
    }

    /// The customer's account.
    pub fn tenant_account(&self) -> AccountId {
        AccountId::Tenant(self.customer.id)
    }

    /// All mails of one state, the newest first.
    pub async fn mails(&self, state: MailState) -> Vec<Mail> {
        let prefix = keys::mails_by_state(state);
        let ids = self.env.store.engine().scan(&prefix, None, 10_000);
        let mut mails = Vec::new();
        for (key, _) in ids.await.unwrap() {
            let id = upsell::domain::ids::MailId::new(key.trailing_uuid().unwrap());
            mails.push(self.env.store.mail(id).await.unwrap().unwrap().value);
        }
        mails
    }
}

/// An account with its number, which its profile says.
pub(crate) async fn account_ref(store: &Store, account: AccountId) -> AccountRef {
    match account {
        AccountId::Tenant(id) => store.tenant(id).await.unwrap().unwrap().account(),
        AccountId::User(id) => store.user(id).await.unwrap().unwrap().account(),
    }
}
