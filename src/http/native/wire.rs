//! The shapes of the native dialect that more than one route answers with.

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::names::{
    DirectionName, ItemName, LevelName, ProposalName, QuotaScopeName, SeverityName, StateName,
    UnitName,
};
use crate::domain::plan::Goods;
use crate::domain::quota::utilization;
use crate::domain::time::Timestamp;
use crate::http::output::time;
use crate::render::{Href, SalesContact};
use crate::usecases::list_alerts::Alert;
use crate::usecases::messages::Offer;
use crate::usecases::show_header::{Header, HeaderItem};
use crate::usecases::what_to_buy::ToBuy;

/// What the reader can do.
#[derive(Serialize, ToSchema)]
#[schema(as = Proposal)]
pub(super) struct OfferResponse<'a> {
    /// What it is.
    #[schema(value_type = ProposalName)]
    kind: &'static str,
    /// The words for it.
    label: &'a str,
    /// The tracked link to the shop; only with `buy_now`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    href: Option<&'a str>,
    /// The same without tracking; only with `buy_now`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    buy_url: Option<&'a str>,
    /// Where the sales representative is reached; only with `contact_sales`, and where the brand says it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    contact: Option<SalesContactResponse<'a>>,
}

/// Where the sales representative is reached: what the brand has of it, at least one.
#[derive(Serialize, ToSchema)]
#[schema(as = SalesContact)]
struct SalesContactResponse<'a> {
    /// The support phone, as people write it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    phone: Option<&'a str>,
    /// `tel:` and the number, where `phone` is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    phone_href: Option<&'a str>,
    /// The support page: `http`, `https`, `mailto` or `tel`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    url: Option<&'a str>,
}

impl<'a> From<&'a SalesContact> for SalesContactResponse<'a> {
    fn from(contact: &'a SalesContact) -> Self {
        let phone = contact.phone.as_ref();
        Self {
            phone: phone.map(|phone| phone.shown.as_str()),
            phone_href: phone
                .and_then(|phone| phone.href.as_ref())
                .map(Href::as_str),
            url: contact.url.as_ref().map(Href::as_str),
        }
    }
}

impl<'a> From<&'a Offer> for OfferResponse<'a> {
    fn from(offer: &'a Offer) -> Self {
        Self {
            kind: offer.kind.name(),
            label: &offer.label,
            href: offer.href.as_deref(),
            buy_url: offer.buy_url.as_deref(),
            contact: offer.contact.as_ref().map(SalesContactResponse::from),
        }
    }
}

/// `what_to_buy`: blocks or computers. Prices are texts, as `utilization` is, so that no reader
/// makes floats of them.
#[derive(Serialize, ToSchema)]
#[schema(as = WhatToBuy)]
pub(super) struct ToBuyResponse<'a> {
    /// Blocks of storage to be bought.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    blocks: Option<u64>,
    /// The size of each.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    block_bytes: Option<u64>,
    /// What of the overage the extra computers cover that are to be bought as well.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    computers_bytes: Option<u64>,
    /// Computers to be bought.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    computers: Option<u64>,
    /// The price of one, with the digits that the plan has.
    unit_price: String,
    /// The price of all.
    total: String,
    /// ISO 4217; null where the partner has set none.
    #[schema(required)]
    currency: Option<String>,
    /// The same in one sentence, in the reader's language.
    text: &'a str,
}

impl<'a> From<&'a ToBuy> for ToBuyResponse<'a> {
    fn from(to_buy: &'a ToBuy) -> Self {
        let purchase = &to_buy.purchase;
        let count = Some(purchase.count);
        let (blocks, block_bytes, computers_bytes, computers) = match purchase.goods {
            Goods::Blocks {
                bytes_each,
                computers_bytes,
            } => (
                count,
                Some(bytes_each),
                Some(computers_bytes).filter(|bytes| *bytes > 0),
                None,
            ),
            Goods::Computers => (None, None, None, count),
        };
        Self {
            blocks,
            block_bytes,
            computers_bytes,
            computers,
            unit_price: purchase.unit_price.to_string(),
            total: purchase.total.to_string(),
            currency: purchase.currency.map(|currency| currency.to_string()),
            text: &to_buy.text,
        }
    }
}

/// A standing alert, in the reader's language.
#[derive(Serialize, ToSchema)]
#[schema(as = Alert)]
pub(super) struct AlertResponse<'a> {
    /// Names the alert: `tenant.<uuid>.<item>` or `user.<uuid>.<item>`.
    id: String,
    /// Whose quota.
    #[schema(value_type = QuotaScopeName)]
    scope: &'static str,
    /// What the quota is about.
    #[schema(value_type = ItemName)]
    item: &'static str,
    /// Where usage stands.
    #[schema(value_type = LevelName)]
    state: &'static str,
    /// How loud a console shows it.
    #[schema(value_type = SeverityName)]
    severity: &'static str,
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
    /// One line.
    title: &'a str,
    /// What there is to say.
    body: &'a str,
    /// Until when the user does not want to see it.
    #[schema(required, format = DateTime)]
    snoozed_until: Option<String>,
    /// What the reader can do; null: nothing.
    #[schema(required)]
    proposal: Option<OfferResponse<'a>>,
    /// What of the tenant's plan covers the overage; null: there is no plan, no price, or no overage.
    #[schema(required)]
    what_to_buy: Option<ToBuyResponse<'a>>,
}

impl<'a> From<&'a Alert> for AlertResponse<'a> {
    fn from(alert: &'a Alert) -> Self {
        let status = &alert.status;
        Self {
            id: alert.id.to_string(),
            scope: alert.id.scope().name(),
            item: status.item.name(),
            state: status.state.name(),
            severity: alert.level.severity(),
            since: time(status.since),
            usage: status.usage,
            quota: status.quota.value,
            overage: status.quota.overage,
            unit: status.item.unit().name(),
            utilization: utilization(status.usage, status.quota.value),
            title: &alert.title,
            body: &alert.body,
            snoozed_until: alert.snoozed_until.map(time),
            proposal: alert.offer.as_ref().map(OfferResponse::from),
            what_to_buy: alert.to_buy.as_ref().map(ToBuyResponse::from),
        }
    }
}

/// A quota of the portal header.
#[derive(Serialize, ToSchema)]
#[schema(as = HeaderItem)]
struct HeaderItemResponse<'a> {
    /// Whose quota.
    #[schema(value_type = QuotaScopeName)]
    scope: &'static str,
    /// What the quota is about.
    #[schema(value_type = ItemName)]
    item: &'static str,
    /// Where usage stands.
    #[schema(value_type = StateName)]
    state: &'static str,
    /// How much is used.
    usage: u64,
    /// How much is allowed; null: unlimited.
    #[schema(required)]
    quota: Option<u64>,
    /// What the numbers count.
    #[schema(value_type = UnitName)]
    unit: &'static str,
    /// Usage in percent of the quota, with one decimal; null without a quota.
    #[schema(required)]
    utilization: Option<String>,
    /// Whose quotas: lines of one group stand under this heading.
    group: &'a str,
    /// The item's name.
    title: &'a str,
    /// The state's name.
    label: &'a str,
    /// Usage and quota in words; without a quota, the usage.
    figures: &'a str,
    /// `utilization` as readers write it; null without a quota.
    #[schema(required)]
    percent: Option<&'a str>,
    /// What of the tenant's plan covers the overage; null: there is no plan, no price, or no overage.
    #[schema(required)]
    what_to_buy: Option<ToBuyResponse<'a>>,
}

impl<'a> From<&'a HeaderItem> for HeaderItemResponse<'a> {
    fn from(shown: &'a HeaderItem) -> Self {
        let status = &shown.status;
        Self {
            what_to_buy: shown.to_buy.as_ref().map(ToBuyResponse::from),
            scope: shown.scope.name(),
            item: status.item.name(),
            state: status.state.name(),
            usage: status.usage,
            quota: status.quota.value,
            unit: status.item.unit().name(),
            utilization: utilization(status.usage, status.quota.value),
            group: &shown.text.group,
            title: &shown.text.title,
            label: &shown.text.label,
            figures: &shown.text.figures,
            percent: shown.text.percent.as_deref(),
        }
    }
}

/// The portal header of a user.
#[derive(Serialize, ToSchema)]
#[schema(as = Header)]
pub(super) struct HeaderResponse<'a> {
    /// The user.
    user_id: Uuid,
    /// The user's tenant.
    tenant_id: Uuid,
    /// The language of the texts.
    lang: &'static str,
    /// Its direction, as HTML's `dir` has it.
    #[schema(value_type = DirectionName)]
    dir: &'static str,
    /// When it was worked out: nothing in it has changed since.
    #[schema(format = DateTime)]
    generated_at: String,
    /// Whether it comes from memory while the store is away, and may have changed since.
    stale: bool,
    /// The quotas.
    items: Vec<HeaderItemResponse<'a>>,
    /// What the reader can do; null: nothing.
    #[schema(required)]
    proposal: Option<OfferResponse<'a>>,
}

impl<'a> From<&'a Header> for HeaderResponse<'a> {
    fn from(header: &'a Header) -> Self {
        Self {
            user_id: header.user_id.uuid(),
            tenant_id: header.tenant_id.uuid(),
            lang: header.writing.lang,
            dir: header.writing.dir,
            generated_at: time(header.generated_at),
            stale: false,
            items: header.items.iter().map(HeaderItemResponse::from).collect(),
            proposal: header.offer.as_ref().map(OfferResponse::from),
        }
    }
}

/// The standing alerts of a user.
#[derive(Serialize, ToSchema)]
#[schema(as = Alerts)]
pub(super) struct AlertsResponse<'a> {
    /// The user.
    pub(super) user_id: Uuid,
    /// The user's tenant.
    pub(super) tenant_id: Uuid,
    /// The language of the texts.
    pub(super) lang: &'static str,
    /// Its direction, as HTML's `dir` has it.
    #[schema(value_type = DirectionName)]
    pub(super) dir: &'static str,
    /// When they were worked out: nothing in them has changed since.
    #[schema(format = DateTime)]
    pub(super) generated_at: String,
    /// Whether they come from memory while the store is away, and may have changed since.
    pub(super) stale: bool,
    /// The alerts, the worst first.
    pub(super) items: Vec<AlertResponse<'a>>,
}

/// A time that may be missing.
pub(super) fn optional_time(at: Option<Timestamp>) -> Option<String> {
    at.map(time)
}
