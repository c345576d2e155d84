//! The use cases: one verb of the product each. The HTTP dialects, the outbox, the command line
//! and the tests call them.
//!
//! A use case reads from the store, asks the domain to decide, and commits the result in one
//! atomic change. It knows neither HTTP nor the outbox nor a clock: `now` is an argument.

pub mod access;
pub mod access_policies;
pub mod account_fields;
pub mod activation;
pub mod audit;
pub mod clean_up;
pub mod colleagues;
pub mod compose;
pub mod count_clicks;
pub mod delete_tenant;
pub mod deliver;
pub mod destination;
pub mod edition;
pub mod error;
pub mod explain;
pub mod fan_out;
pub mod field_checks;
pub mod follow_link;
pub mod holder;
pub mod idempotency;
pub mod initialize;
pub mod links;
pub mod list_alerts;
pub mod list_audit;
pub mod list_emails;
pub mod list_usages;
pub mod mail_limits;
pub mod manage_brand;
pub mod manage_clients;
pub mod manage_customers;
pub mod manage_offering_items;
pub mod manage_taxes;
pub mod manage_tenants;
pub mod manage_users;
pub mod messages;
pub mod nodes;
pub mod offering_patch;
pub mod page;
pub mod partner_plans;
pub mod precondition;
pub mod preview;
pub mod remembered;
pub mod report_usage;
pub mod reseller;
pub mod search;
pub mod show_header;
pub mod show_quotas;
pub mod snooze;
pub mod tenant_plan;
pub mod tokens;
pub mod unsubscribe;
pub mod view;
pub mod what_to_buy;
pub mod would_send;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;

use crate::account_table::AccountTable;
use crate::domain::evaluate::QuotaPolicy;
use crate::domain::link::{LinkProfile, ListStyle};
use crate::domain::mail::RetryPolicy;
use crate::domain::meter::UsageNames;
use crate::domain::proposal::WithoutBuyUrl;
use crate::domain::tenant::Tenant;
use crate::domain::time::Timestamp;
use crate::keyring::SharedKeyring;
use crate::render::Renderer;
use crate::store::Store;
use crate::telemetry::metrics::Metrics;
use nodes::Node;
use remembered::Remembered;

/// Tells the time. The only clock that anything here sees.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// The deployment's settings that use cases follow. Filled from the configuration.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where people reach this service: scheme, host and port, no trailing slash.
    pub public_url: String,
    /// When a quota is `soon`, and when a level is armed again.
    pub quota: QuotaPolicy,
    /// Which usage name counts as which item.
    pub usage_names: UsageNames,
    /// What an admin who is a buyer sees where there is no shop.
    pub without_buy_url: WithoutBuyUrl,
    /// Parameter names of Buy links, where the brand has no profile of its own.
    pub link_profile: LinkProfile,
    /// How several items stand in one Buy link.
    pub link_lists: ListStyle,
    /// Networks in which a brand's mail server may be besides the internet.
    pub smtp_allow_cidrs: Vec<ipnet::IpNet>,
    /// What Buy URLs may be.
    pub buy_url_rules: crate::domain::link::BuyUrlRules,
    /// How long tracked links live.
    pub link_ttl: Duration,
    /// How long access tokens live.
    pub token_ttl: Duration,
    /// How far ahead of this clock a stored or reported time may be before the clock that said it
    /// counts as wrong.
    pub max_clock_skew: Duration,
    /// How long a recipient's mail waits for further items.
    pub group_wait: Duration,
    /// How long after a quota mail its recipient is reminded; zero: never.
    pub repeat_interval: Duration,
    /// When failed mails are tried again.
    pub retry: RetryPolicy,
    /// How many mails a day callers can have sent.
    pub mail_limits: mail_limits::MailLimits,
    /// How long finished mails are kept.
    pub mail_retention: Duration,
    /// How long audit entries are kept.
    pub audit_retention: Duration,
}

impl Settings {
    /// By what the quotas of a tenant and its users are evaluated.
    #[must_use]
    pub fn quota_policy(&self, tenant: &Tenant) -> QuotaPolicy {
        self.quota.for_tenant(&tenant.settings.soon_percent)
    }
}

/// What use cases work with.
#[derive(Clone)]
pub struct Env {
    /// Where state lives.
    pub store: Store,
    /// This node among those that share the store.
    pub node: Arc<Node>,
    /// Cache of the account fields that links and reports need.
    pub accounts: Arc<AccountTable>,
    /// Cache of answers and callers.
    pub remembered: Arc<Remembered>,
    /// The deployment's settings.
    pub settings: Arc<Settings>,
    /// Secrets: link keys, sealing keys, token keys.
    pub keyring: SharedKeyring,
    /// Templates and locales.
    pub renderer: Arc<Renderer>,
    /// Metrics, for operators.
    pub metrics: Arc<Metrics>,
    /// Woken when a notice or a mail was committed, so that nobody polls for it.
    pub outbox_wake: Arc<Notify>,
}
