//! Why a user is shown and sent what they are. Rules and reasons are for operators, in English.

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::alert::ToBuyResponse;
use super::email::CauseResponse;
use super::names::{
    ItemName, LevelName, MailStateName, NotToldReason, NothingToBuyName, ProposalName,
    QuotaScopeName, RuleName, SoonFromName, StateName, UnitName,
};

/// Why so many people are not told by mail.
#[derive(Serialize, ToSchema)]
#[schema(as = NotToldByMail)]
pub(crate) struct NotToldResponse {
    /// The reason, as in the metric `upsell_people_not_told_total`.
    pub(crate) reason: NotToldReason,
    /// How many people.
    pub(crate) count: usize,
}

/// How many people of a tenant get mail about its quotas.
#[derive(Serialize, ToSchema)]
#[schema(as = MailAudience)]
pub(crate) struct AudienceResponse {
    /// How many get it.
    pub(crate) told: usize,
    /// Why the others are not.
    pub(crate) not_told: Vec<NotToldResponse>,
}

/// A rule and its outcome.
#[derive(Serialize, ToSchema)]
#[schema(as = ExplainedRule)]
pub(crate) struct RuleResponse {
    /// Which rule.
    pub(crate) rule: RuleName,
    /// Whether it held.
    pub(crate) holds: bool,
    /// What that means, in one sentence.
    pub(crate) says: &'static str,
}

/// What decisions know of the user.
#[derive(Serialize, ToSchema)]
#[schema(as = ExplainedReader)]
pub(crate) struct ReaderResponse {
    /// Has the role `company_admin` on the own tenant.
    pub(crate) company_admin: bool,
    /// Has the business type `buyer`.
    pub(crate) buyer: bool,
    /// The account is in use.
    pub(crate) enabled: bool,
    /// The person has accepted the account.
    pub(crate) activated: bool,
    /// The account has an e-mail address.
    pub(crate) has_email: bool,
    /// `quota` is among the user's notifications.
    pub(crate) quota_notifications: bool,
    /// Whether the user's tenant is enabled.
    pub(crate) tenant_enabled: bool,
}

/// What decisions know of the shop.
#[derive(Serialize, ToSchema)]
#[schema(as = ExplainedShop)]
pub(crate) struct ShopResponse {
    /// Whose brand it is: the nearest enabled one; null where none is enabled.
    #[schema(required)]
    pub(crate) brand_tenant_id: Option<Uuid>,
    /// A brand is enabled for the tenant or one above it.
    pub(crate) branding_enabled: bool,
    /// The brand has a Buy URL.
    pub(crate) buy_url_set: bool,
    /// It is one that today's rules allow.
    pub(crate) buy_url_allowed: bool,
}

/// What a message offers, and why.
#[derive(Serialize, ToSchema)]
#[schema(as = ExplainedProposal)]
pub(crate) struct DecisionResponse {
    /// What is offered; null: nothing, the plain message.
    #[schema(required)]
    pub(crate) kind: Option<ProposalName>,
    /// In the order in which they were looked at; the last one decided.
    pub(crate) rules: Vec<RuleResponse>,
}

/// The quota mail that was last opened for the user.
#[derive(Serialize, ToSchema)]
#[schema(as = ExplainedMailOpened)]
pub(crate) struct LatestMailResponse<'a> {
    /// Its id.
    pub(crate) id: Uuid,
    /// What became of it; `queued`: it waits to be sent.
    pub(crate) state: MailStateName,
    /// What it is about.
    pub(crate) causes: Vec<CauseResponse>,
    /// When it was opened.
    #[schema(format = DateTime)]
    pub(crate) created_at: String,
    /// When it is tried next; when it ended, once it is not queued.
    #[schema(format = DateTime)]
    pub(crate) due_at: String,
    /// How often a mail server was tried.
    pub(crate) attempts: u32,
    /// How the last attempt failed, or why it was cancelled.
    #[schema(required)]
    pub(crate) last_error: Option<&'a str>,
}

/// Whether quota mail goes to the user, and why.
#[derive(Serialize, ToSchema)]
#[schema(as = ExplainedMail)]
pub(crate) struct MailsResponse<'a> {
    /// Whether quota mail goes to the user.
    pub(crate) receives: bool,
    /// In the order in which they were looked at; the last one decided.
    pub(crate) rules: Vec<RuleResponse>,
    /// The quota mail that was last opened for the user.
    #[schema(required)]
    pub(crate) latest_mail: Option<LatestMailResponse<'a>>,
    /// Who of the user's tenant gets mail about its quotas; null for a token of one user.
    #[schema(required)]
    pub(crate) tenant: Option<AudienceResponse>,
    /// When a mail server last took a quota mail to the user.
    #[schema(required, format = DateTime)]
    pub(crate) last_sent_at: Option<String>,
    /// When the user is reminded of what still stands then.
    #[schema(required, format = DateTime)]
    pub(crate) next_reminder_at: Option<String>,
}

/// One level of an item.
#[derive(Serialize, ToSchema)]
#[schema(as = ExplainedLevel)]
pub(crate) struct LevelResponse {
    /// Which level.
    pub(crate) level: LevelName,
    /// The usage at which it is entered.
    pub(crate) at: u64,
    /// Whether the next entry notifies people.
    pub(crate) armed: bool,
    /// The usage below which it is armed again after it has told.
    pub(crate) rearmed_below: u64,
}

/// The share of the quota from which on an item is "soon".
#[derive(Serialize, ToSchema)]
#[schema(as = SoonThreshold)]
pub(crate) struct SoonResponse {
    /// 1 to 99; null where there is no such level.
    #[schema(required)]
    pub(crate) percent: Option<u8>,
    /// Who says so.
    pub(crate) from: SoonFromName,
}

/// Why nothing is said of what to buy.
#[derive(Serialize, ToSchema)]
#[schema(as = WhyNothingToBuy)]
pub(crate) struct WhyNotResponse {
    /// The reason.
    pub(crate) reason: NothingToBuyName,
    /// What that means, in one sentence.
    pub(crate) says: &'static str,
}

/// The state of one item, and what the user learns of it.
#[derive(Serialize, ToSchema)]
#[schema(as = ExplainedItem)]
pub(crate) struct ItemResponse<'a> {
    /// Whose quota.
    pub(crate) scope: QuotaScopeName,
    /// What the quota is about.
    pub(crate) item: ItemName,
    /// The id of the alert that it is or would be.
    pub(crate) alert_id: String,
    /// Whether the alert is shown.
    pub(crate) alert_shown: bool,
    /// Where usage stands.
    pub(crate) state: StateName,
    /// Since when.
    #[schema(format = DateTime)]
    pub(crate) since: String,
    /// How much is used.
    pub(crate) usage: u64,
    /// How much is allowed; null: unlimited.
    #[schema(required)]
    pub(crate) quota: Option<u64>,
    /// How far usage may go beyond it; null: unlimited.
    #[schema(required)]
    pub(crate) overage: Option<u64>,
    /// What the numbers count.
    pub(crate) unit: UnitName,
    /// Usage in percent of the quota, with one decimal; null without a quota.
    #[schema(required)]
    pub(crate) utilization: Option<String>,
    /// From which share of the quota on it counts as almost reached.
    pub(crate) soon: SoonResponse,
    /// The levels that the quota has, the lowest first.
    pub(crate) levels: Vec<LevelResponse>,
    /// Until when the user does not want to see it.
    #[schema(required, format = DateTime)]
    pub(crate) snoozed_until: Option<String>,
    /// As alerts have it.
    #[schema(required)]
    pub(crate) what_to_buy: Option<ToBuyResponse<'a>>,
    /// Null where `what_to_buy` is not.
    #[schema(required)]
    pub(crate) why_not: Option<WhyNotResponse>,
}

/// GET explain.
#[derive(Serialize, ToSchema)]
#[schema(as = Explanation)]
pub(crate) struct ExplanationResponse<'a> {
    /// The user.
    pub(crate) user_id: Uuid,
    /// The user's tenant.
    pub(crate) tenant_id: Uuid,
    /// When this was true.
    #[schema(format = DateTime)]
    pub(crate) generated_at: String,
    /// What decisions know of the user.
    pub(crate) reader: ReaderResponse,
    /// What decisions know of the shop.
    pub(crate) shop: ShopResponse,
    /// What quota messages offer, in alerts, header and mail.
    pub(crate) proposal: DecisionResponse,
    /// What edition messages offer.
    pub(crate) edition_proposal: DecisionResponse,
    /// Whether quota mail goes to the user.
    pub(crate) mail: MailsResponse<'a>,
    /// Everything that has a quota: the user's own items, then the tenant's.
    pub(crate) items: Vec<ItemResponse<'a>>,
}
