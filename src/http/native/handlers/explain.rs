//! Why a user is shown and sent what they are. What is said of rules and reasons is for operators,
//! and in English.

mod audience;

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use audience::AudienceResponse;

use super::alerts::LangTag;
use super::emails::CauseResponse;
use crate::domain::client::ApiScope::AlertsRead;
use crate::domain::evaluate::Arming;
use crate::domain::ids::UserId;
use crate::domain::notification::Mail;
use crate::domain::plan::NothingToBuy;
use crate::domain::proposal::Proposal;
use crate::domain::quota::{Percent, utilization};
use crate::domain::rules::Checked;
use crate::http::endpoint::{Answer, Call, Endpoint, Path, get, query};
use crate::http::native::names::{
    ItemName, LevelName, MailStateName, NothingToBuyName, ProposalName, QuotaScopeName, RuleName,
    SoonFromName, StateName, UnitName,
};
use crate::http::native::wire::{ToBuyResponse, optional_time};
use crate::http::output::{self, time};
use crate::usecases::explain::{Decision, ExplainedItem, Explanation, explain};

/// A rule and its outcome.
#[derive(Serialize, ToSchema)]
#[schema(as = ExplainedRule)]
struct RuleResponse {
    /// Which rule.
    #[schema(value_type = RuleName)]
    rule: &'static str,
    /// Whether it held.
    holds: bool,
    /// What that means, in one sentence.
    says: &'static str,
}

impl From<&Checked> for RuleResponse {
    fn from(checked: &Checked) -> Self {
        Self {
            rule: checked.rule.name(),
            holds: checked.holds,
            says: checked.rule.says(checked.holds),
        }
    }
}

fn rules_of<T>(decision: &Decision<T>) -> Vec<RuleResponse> {
    decision.rules.iter().map(RuleResponse::from).collect()
}

/// What decisions know of the user.
#[derive(Serialize, ToSchema)]
#[schema(as = ExplainedReader)]
struct ReaderResponse {
    /// Has the role `company_admin` on the own tenant.
    company_admin: bool,
    /// Has the business type `buyer`.
    buyer: bool,
    /// The account is in use.
    enabled: bool,
    /// The person has accepted the account.
    activated: bool,
    /// The account has an e-mail address.
    has_email: bool,
    /// `quota` is among the user's notifications.
    quota_notifications: bool,
    /// Whether the user's tenant is enabled.
    tenant_enabled: bool,
}

/// What decisions know of the shop.
#[derive(Serialize, ToSchema)]
#[schema(as = ExplainedShop)]
struct ShopResponse {
    /// Whose brand it is: the nearest enabled one; null where none is enabled.
    #[schema(required)]
    brand_tenant_id: Option<Uuid>,
    /// A brand is enabled for the tenant or one above it.
    branding_enabled: bool,
    /// The brand has a Buy URL.
    buy_url_set: bool,
    /// It is one that today's rules allow.
    buy_url_allowed: bool,
}

/// What a message offers, and why.
#[derive(Serialize, ToSchema)]
#[schema(as = ExplainedProposal)]
struct ProposalResponse {
    /// What is offered; null: nothing, the plain message.
    #[schema(value_type = Option<ProposalName>, required)]
    kind: Option<&'static str>,
    /// In the order in which they were looked at; the last one decided.
    rules: Vec<RuleResponse>,
}

impl From<&Decision<Option<Proposal>>> for ProposalResponse {
    fn from(decision: &Decision<Option<Proposal>>) -> Self {
        Self {
            kind: decision.outcome.map(Proposal::name),
            rules: rules_of(decision),
        }
    }
}

/// The quota mail that was last opened for the user.
#[derive(Serialize, ToSchema)]
#[schema(as = ExplainedMailOpened)]
struct LatestMailResponse<'a> {
    /// Its id.
    id: Uuid,
    /// What became of it; `queued`: it waits to be sent.
    #[schema(value_type = MailStateName)]
    state: &'static str,
    /// What it is about.
    causes: Vec<CauseResponse>,
    /// When it was opened.
    #[schema(format = DateTime)]
    created_at: String,
    /// When it is tried next; when it ended, once it is not queued.
    #[schema(format = DateTime)]
    due_at: String,
    /// How often a mail server was tried.
    attempts: u32,
    /// How the last attempt failed, or why it was cancelled.
    #[schema(required)]
    last_error: Option<&'a str>,
}

impl<'a> From<&'a Mail> for LatestMailResponse<'a> {
    fn from(mail: &'a Mail) -> Self {
        Self {
            id: mail.id.uuid(),
            state: mail.state.name(),
            causes: mail.causes.iter().map(CauseResponse::from).collect(),
            created_at: time(mail.created_at),
            due_at: time(mail.due_at),
            attempts: mail.attempts,
            last_error: mail.last_error.as_deref(),
        }
    }
}

/// Whether quota mail goes to the user, and why.
#[derive(Serialize, ToSchema)]
#[schema(as = ExplainedMail)]
struct MailsResponse<'a> {
    /// Whether quota mail goes to the user.
    receives: bool,
    /// In the order in which they were looked at; the last one decided.
    rules: Vec<RuleResponse>,
    /// The quota mail that was last opened for the user.
    #[schema(required)]
    latest_mail: Option<LatestMailResponse<'a>>,
    /// Who of the user's tenant is told of its quotas by mail; null for a token of one user.
    #[schema(required)]
    tenant: Option<AudienceResponse>,
    /// When a mail server last took a quota mail to the user.
    #[schema(required, format = DateTime)]
    last_sent_at: Option<String>,
    /// When the user is reminded of what still stands then.
    #[schema(required, format = DateTime)]
    next_reminder_at: Option<String>,
}

/// One level of an item.
#[derive(Serialize, ToSchema)]
#[schema(as = ExplainedLevel)]
struct LevelResponse {
    /// Which level.
    #[schema(value_type = LevelName)]
    level: &'static str,
    /// The usage at which it is entered.
    at: u64,
    /// Whether people are told when it is entered the next time.
    armed: bool,
    /// The usage below which it is armed again after it has told.
    rearmed_below: u64,
}

impl From<&Arming> for LevelResponse {
    fn from(arming: &Arming) -> Self {
        Self {
            level: arming.level.name(),
            at: arming.at,
            armed: arming.is_armed,
            rearmed_below: arming.rearm_below,
        }
    }
}

/// The share of the quota from which on an item is "soon".
#[derive(Serialize, ToSchema)]
#[schema(as = SoonThreshold)]
struct SoonResponse {
    /// 1 to 99; null where there is no such level.
    #[schema(required)]
    percent: Option<u8>,
    /// Who says so.
    #[schema(value_type = SoonFromName)]
    from: &'static str,
}

/// Why nothing is said of what to buy.
#[derive(Serialize, ToSchema)]
#[schema(as = WhyNothingToBuy)]
struct WhyNotResponse {
    /// The reason.
    #[schema(value_type = NothingToBuyName)]
    reason: &'static str,
    /// What that means, in one sentence.
    says: &'static str,
}

impl From<NothingToBuy> for WhyNotResponse {
    fn from(why: NothingToBuy) -> Self {
        Self {
            reason: why.name(),
            says: why.says(),
        }
    }
}

/// How one item stands, and what the user is told of it.
#[derive(Serialize, ToSchema)]
#[schema(as = ExplainedItem)]
struct ItemResponse<'a> {
    /// Whose quota.
    #[schema(value_type = QuotaScopeName)]
    scope: &'static str,
    /// What the quota is about.
    #[schema(value_type = ItemName)]
    item: &'static str,
    /// The id of the alert that it is or would be.
    alert_id: String,
    /// Whether the alert is shown.
    alert_shown: bool,
    /// Where usage stands.
    #[schema(value_type = StateName)]
    state: &'static str,
    /// Since when.
    #[schema(format = DateTime)]
    since: String,
    /// How much is used.
    usage: u64,
    /// How much is allowed; null: unlimited.
    #[schema(required)]
    quota: Option<u64>,
    /// How far usage may go beyond it; null: unlimited.
    #[schema(required)]
    overage: Option<u64>,
    /// What the numbers count.
    #[schema(value_type = UnitName)]
    unit: &'static str,
    /// Usage in percent of the quota, with one decimal; null without a quota.
    #[schema(required)]
    utilization: Option<String>,
    /// From which share of the quota on it counts as almost reached.
    soon: SoonResponse,
    /// The levels that the quota has, the lowest first.
    levels: Vec<LevelResponse>,
    /// Until when the user does not want to see it.
    #[schema(required, format = DateTime)]
    snoozed_until: Option<String>,
    /// As alerts have it.
    #[schema(required)]
    what_to_buy: Option<ToBuyResponse<'a>>,
    /// Null where `what_to_buy` is not.
    #[schema(required)]
    why_not: Option<WhyNotResponse>,
}

impl<'a> From<&'a ExplainedItem> for ItemResponse<'a> {
    fn from(explained: &'a ExplainedItem) -> Self {
        let status = &explained.status;
        let from = if explained.soon_is_tenants {
            "tenant"
        } else {
            "deployment"
        };
        Self {
            scope: explained.alert.scope().name(),
            item: status.item.name(),
            alert_id: explained.alert.to_string(),
            alert_shown: explained.is_shown,
            state: status.state.name(),
            since: time(status.since),
            usage: status.usage,
            quota: status.quota.value,
            overage: status.quota.overage,
            unit: status.item.unit().name(),
            utilization: utilization(status.usage, status.quota.value),
            soon: SoonResponse {
                percent: explained.soon.map(Percent::get),
                from,
            },
            levels: explained.levels.iter().map(LevelResponse::from).collect(),
            snoozed_until: optional_time(explained.snoozed_until),
            what_to_buy: explained.to_buy.as_ref().ok().map(ToBuyResponse::from),
            why_not: explained.to_buy.as_ref().err().copied().map(Into::into),
        }
    }
}

/// GET explain.
#[derive(Serialize, ToSchema)]
#[schema(as = Explanation)]
pub(super) struct ExplanationResponse<'a> {
    /// The user.
    user_id: Uuid,
    /// The user's tenant.
    tenant_id: Uuid,
    /// When this was true.
    #[schema(format = DateTime)]
    generated_at: String,
    /// What decisions know of the user.
    reader: ReaderResponse,
    /// What decisions know of the shop.
    shop: ShopResponse,
    /// What quota messages offer, in alerts, header and mail.
    proposal: ProposalResponse,
    /// What edition messages offer.
    edition_proposal: ProposalResponse,
    /// Whether quota mail goes to the user.
    mail: MailsResponse<'a>,
    /// Everything that has a quota: the user's own items, then the tenant's.
    items: Vec<ItemResponse<'a>>,
}

impl<'a> From<&'a Explanation> for ExplanationResponse<'a> {
    fn from(explanation: &'a Explanation) -> Self {
        let (user, tenant) = (&explanation.view.user, &explanation.view.tenant);
        let brand = explanation.view.brand.as_ref();
        let recipient = explanation.recipient.as_ref();
        Self {
            user_id: user.id.uuid(),
            tenant_id: tenant.id.uuid(),
            generated_at: time(explanation.generated_at),
            reader: ReaderResponse {
                company_admin: user.is_company_admin(),
                buyer: user.buyer,
                enabled: user.enabled,
                activated: user.activated,
                has_email: user.contact.email.is_some(),
                quota_notifications: user.wants_quota_mail(),
                tenant_enabled: tenant.enabled,
            },
            shop: ShopResponse {
                brand_tenant_id: brand.map(|brand| brand.tenant_id.uuid()),
                branding_enabled: brand.is_some(),
                buy_url_set: explanation.has_buy_url,
                buy_url_allowed: explanation.has_usable_buy_url,
            },
            proposal: ProposalResponse::from(&explanation.proposal),
            edition_proposal: ProposalResponse::from(&explanation.edition_proposal),
            mail: MailsResponse {
                receives: explanation.mail.outcome,
                rules: rules_of(&explanation.mail),
                tenant: explanation.audience.as_ref().map(AudienceResponse::from),
                latest_mail: explanation
                    .latest_mail
                    .as_ref()
                    .map(LatestMailResponse::from),
                last_sent_at: optional_time(recipient.map(|known| known.last_sent_at)),
                next_reminder_at: optional_time(recipient.and_then(|known| known.reminder_due_at)),
            },
            items: explanation.items.iter().map(ItemResponse::from).collect(),
        }
    }
}

query! {
    /// How to explain it.
    struct ExplainQuery {
        /// The language; missing: the reader's.
        lang: Option<LangTag>,
    }
}

/// What explains.
pub(super) fn endpoints() -> [Endpoint; 1] {
    let path = "/api/upsell/v1/users/{user_id}/explain";
    [get(path, "explainUser", "Why a user sees what they see")
        .scope(AlertsRead)
        .about("Every rule that was looked at for each proposal and for mail, in order, with its outcome: the last one decided. How each item stands and is armed, and what is to be bought or why nothing is. `lang` is the language of what to buy; the rest is English, for operators.")
        .answers::<ExplanationResponse<'_>>(200, "The explanation.")
        .to(show)]
}

async fn show(call: Call, Path(user): Path<UserId>, query: ExplainQuery) -> Answer {
    let lang = query.lang.as_ref().map(LangTag::as_str);
    let explanation = explain(call.context(), user, lang).await?;
    Ok(output::ok(&ExplanationResponse::from(&explanation)))
}
