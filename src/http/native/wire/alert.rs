//! Alerts, the portal header, the edition message and snoozes.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::names::{
    DirectionName, ItemName, LevelName, ProposalName, QuotaScopeName, SeverityName, StateName,
    UnitName,
};

/// What the reader can do.
#[derive(Serialize, ToSchema)]
#[schema(as = Proposal)]
pub(crate) struct ProposalResponse<'a> {
    /// What it is.
    pub(crate) kind: ProposalName,
    /// The words for it.
    pub(crate) label: &'a str,
    /// The tracked link to the shop; only with `buy_now`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) href: Option<&'a str>,
    /// The same without tracking; only with `buy_now`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) buy_url: Option<&'a str>,
    /// Where the sales representative is reached; only with `contact_sales`, and where the brand says it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) contact: Option<SalesContactResponse<'a>>,
}

/// Where the sales representative is reached: what the brand has of it, at least one.
#[derive(Serialize, ToSchema)]
#[schema(as = SalesContact)]
pub(crate) struct SalesContactResponse<'a> {
    /// The support phone, as people write it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) phone: Option<&'a str>,
    /// `tel:` and the number, where `phone` is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) phone_href: Option<&'a str>,
    /// The support page: `http`, `https`, `mailto` or `tel`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) url: Option<&'a str>,
}

/// `what_to_buy`: blocks or computers. Prices are texts, as `utilization` is, so that no reader
/// makes floats of them.
#[derive(Serialize, ToSchema)]
#[schema(as = WhatToBuy)]
pub(crate) struct ToBuyResponse<'a> {
    /// Blocks of storage to be bought.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) blocks: Option<u64>,
    /// The size of each.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) block_bytes: Option<u64>,
    /// What of the overage the extra computers cover that are to be bought as well.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) computers_bytes: Option<u64>,
    /// Computers to be bought.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) computers: Option<u64>,
    /// The price of one, with the digits that the plan has.
    pub(crate) unit_price: String,
    /// The price of all.
    pub(crate) total: String,
    /// ISO 4217; null where the partner has set none.
    #[schema(required)]
    pub(crate) currency: Option<String>,
    /// The same in one sentence, in the reader's language.
    pub(crate) text: &'a str,
}

/// A standing alert, in the reader's language.
#[derive(Serialize, ToSchema)]
#[schema(as = Alert)]
pub(crate) struct AlertResponse<'a> {
    /// Names the alert: `tenant.<uuid>.<item>` or `user.<uuid>.<item>`.
    pub(crate) id: String,
    /// Whose quota.
    pub(crate) scope: QuotaScopeName,
    /// What the quota is about.
    pub(crate) item: ItemName,
    /// Where usage stands.
    pub(crate) state: LevelName,
    /// How loud a console shows it.
    pub(crate) severity: SeverityName,
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
    /// One line.
    pub(crate) title: &'a str,
    /// What there is to say.
    pub(crate) body: &'a str,
    /// Until when the user does not want to see it.
    #[schema(required, format = DateTime)]
    pub(crate) snoozed_until: Option<String>,
    /// What the reader can do; null: nothing.
    #[schema(required)]
    pub(crate) proposal: Option<ProposalResponse<'a>>,
    /// What of the tenant's plan covers the overage; null: there is no plan, no price, or no overage.
    #[schema(required)]
    pub(crate) what_to_buy: Option<ToBuyResponse<'a>>,
}

/// A quota of the portal header.
#[derive(Serialize, ToSchema)]
#[schema(as = HeaderItem)]
pub(crate) struct HeaderItemResponse<'a> {
    /// Whose quota.
    pub(crate) scope: QuotaScopeName,
    /// What the quota is about.
    pub(crate) item: ItemName,
    /// Where usage stands.
    pub(crate) state: StateName,
    /// How much is used.
    pub(crate) usage: u64,
    /// How much is allowed; null: unlimited.
    #[schema(required)]
    pub(crate) quota: Option<u64>,
    /// What the numbers count.
    pub(crate) unit: UnitName,
    /// Usage in percent of the quota, with one decimal; null without a quota.
    #[schema(required)]
    pub(crate) utilization: Option<String>,
    /// Whose quotas: lines of one group stand under this heading.
    pub(crate) group: &'a str,
    /// The item's name.
    pub(crate) title: &'a str,
    /// The state's name.
    pub(crate) label: &'a str,
    /// Usage and quota in words; without a quota, the usage.
    pub(crate) figures: &'a str,
    /// `utilization` as readers write it; null without a quota.
    #[schema(required)]
    pub(crate) percent: Option<&'a str>,
    /// What of the tenant's plan covers the overage; null: there is no plan, no price, or no overage.
    #[schema(required)]
    pub(crate) what_to_buy: Option<ToBuyResponse<'a>>,
}

/// The portal header of a user.
#[derive(Serialize, ToSchema)]
#[schema(as = Header)]
pub(crate) struct HeaderResponse<'a> {
    /// The user.
    pub(crate) user_id: Uuid,
    /// The user's tenant.
    pub(crate) tenant_id: Uuid,
    /// The language of the texts.
    pub(crate) lang: &'static str,
    /// Its direction, as HTML's `dir` has it.
    pub(crate) dir: DirectionName,
    /// When it was worked out: nothing in it has changed since.
    #[schema(format = DateTime)]
    pub(crate) generated_at: String,
    /// Whether it comes from memory while the store is away, and may have changed since.
    pub(crate) stale: bool,
    /// The quotas.
    pub(crate) items: Vec<HeaderItemResponse<'a>>,
    /// What the reader can do; null: nothing.
    #[schema(required)]
    pub(crate) proposal: Option<ProposalResponse<'a>>,
}

/// The standing alerts of a user.
#[derive(Serialize, ToSchema)]
#[schema(as = Alerts)]
pub(crate) struct AlertsResponse<'a> {
    /// The user.
    pub(crate) user_id: Uuid,
    /// The user's tenant.
    pub(crate) tenant_id: Uuid,
    /// The language of the texts.
    pub(crate) lang: &'static str,
    /// Its direction, as HTML's `dir` has it.
    pub(crate) dir: DirectionName,
    /// When they were worked out: nothing in them has changed since.
    #[schema(format = DateTime)]
    pub(crate) generated_at: String,
    /// Whether they come from memory while the store is away, and may have changed since.
    pub(crate) stale: bool,
    /// The alerts, the worst first.
    pub(crate) items: Vec<AlertResponse<'a>>,
}

/// The edition upsell message.
#[derive(Serialize, ToSchema)]
#[schema(as = EditionProposal)]
pub(crate) struct EditionResponse<'a> {
    /// The edition.
    pub(crate) edition: &'a str,
    /// One line.
    pub(crate) title: &'a str,
    /// What there is to say.
    pub(crate) body: &'a str,
    /// What the reader can do; null: nothing. The link has no added data.
    #[schema(required)]
    pub(crate) proposal: Option<ProposalResponse<'a>>,
}

/// A snooze.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Snooze)]
pub(crate) struct SnoozeRequest {
    /// When it ends: within 366 days.
    #[schema(format = DateTime)]
    pub(crate) until: String,
}

/// A snooze, as it was taken.
#[derive(Serialize, ToSchema)]
#[schema(as = Snoozed)]
pub(crate) struct SnoozedResponse {
    /// The alert.
    pub(crate) id: String,
    /// When it ends.
    #[schema(format = DateTime)]
    pub(crate) snoozed_until: String,
}
