//! The shapes of the native dialect that more than one route answers with.

use serde::Serialize;
use uuid::Uuid;

use crate::domain::plan::Goods;
use crate::domain::quota::utilization;
use crate::domain::time::Timestamp;
use crate::http::output::time;
use crate::usecases::list_alerts::Alert;
use crate::usecases::messages::Offer;
use crate::usecases::show_header::{Header, HeaderItem};
use crate::usecases::what_to_buy::ToBuy;

/// `proposal`.
#[derive(Serialize)]
pub(super) struct OfferForm<'a> {
    kind: &'static str,
    label: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    href: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    buy_url: Option<&'a str>,
}

impl<'a> From<&'a Offer> for OfferForm<'a> {
    fn from(offer: &'a Offer) -> Self {
        Self {
            kind: offer.kind.name(),
            label: &offer.label,
            href: offer.href.as_deref(),
            buy_url: offer.buy_url.as_deref(),
        }
    }
}

/// `what_to_buy`: blocks or computers. Prices are texts, as `utilization` is, so that no reader
/// makes floats of them.
#[derive(Serialize)]
pub(super) struct ToBuyForm<'a> {
    /// Blocks of storage to be bought.
    #[serde(skip_serializing_if = "Option::is_none")]
    blocks: Option<u64>,
    /// The size of each.
    #[serde(skip_serializing_if = "Option::is_none")]
    block_bytes: Option<u64>,
    /// What of the overage the extra computers cover that are to be bought as well.
    #[serde(skip_serializing_if = "Option::is_none")]
    computers_bytes: Option<u64>,
    /// Computers to be bought.
    #[serde(skip_serializing_if = "Option::is_none")]
    computers: Option<u64>,
    /// The price of one, with the digits that the plan has.
    unit_price: String,
    /// The price of all.
    total: String,
    /// ISO 4217; null where the partner has set none.
    currency: Option<String>,
    /// The same in one sentence, in the reader's language.
    text: &'a str,
}

impl<'a> From<&'a ToBuy> for ToBuyForm<'a> {
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

/// `forecast`: always null, until usage is kept over time.
#[derive(Serialize)]
pub(super) struct Forecast {
    full_in_days: u32,
}

pub(super) const NO_FORECAST: Option<Forecast> = None;

/// An entry of GET alerts.
#[derive(Serialize)]
pub(super) struct AlertForm<'a> {
    id: String,
    scope: &'static str,
    item: &'static str,
    state: &'static str,
    severity: &'static str,
    since: String,
    usage: u64,
    quota: Option<u64>,
    overage: Option<u64>,
    unit: &'static str,
    utilization: Option<String>,
    forecast: Option<Forecast>,
    title: &'a str,
    body: &'a str,
    snoozed_until: Option<String>,
    proposal: Option<OfferForm<'a>>,
    what_to_buy: Option<ToBuyForm<'a>>,
}

impl<'a> From<&'a Alert> for AlertForm<'a> {
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
            forecast: NO_FORECAST,
            title: &alert.title,
            body: &alert.body,
            snoozed_until: alert.snoozed_until.map(time),
            proposal: alert.offer.as_ref().map(OfferForm::from),
            what_to_buy: alert.to_buy.as_ref().map(ToBuyForm::from),
        }
    }
}

/// An entry of GET header.
#[derive(Serialize)]
struct HeaderItemForm<'a> {
    scope: &'static str,
    item: &'static str,
    state: &'static str,
    usage: u64,
    quota: Option<u64>,
    unit: &'static str,
    utilization: Option<String>,
    what_to_buy: Option<ToBuyForm<'a>>,
}

impl<'a> From<&'a HeaderItem> for HeaderItemForm<'a> {
    fn from(shown: &'a HeaderItem) -> Self {
        let status = &shown.status;
        Self {
            what_to_buy: shown.to_buy.as_ref().map(ToBuyForm::from),
            scope: shown.scope.name(),
            item: status.item.name(),
            state: status.state.name(),
            usage: status.usage,
            quota: status.quota.value,
            unit: status.item.unit().name(),
            utilization: utilization(status.usage, status.quota.value),
        }
    }
}

/// GET header.
#[derive(Serialize)]
pub(super) struct HeaderForm<'a> {
    user_id: Uuid,
    tenant_id: Uuid,
    generated_at: String,
    stale: bool,
    items: Vec<HeaderItemForm<'a>>,
    proposal: Option<OfferForm<'a>>,
}

impl<'a> From<&'a Header> for HeaderForm<'a> {
    fn from(header: &'a Header) -> Self {
        Self {
            user_id: header.user_id.uuid(),
            tenant_id: header.tenant_id.uuid(),
            generated_at: time(header.generated_at),
            stale: false,
            items: header.items.iter().map(HeaderItemForm::from).collect(),
            proposal: header.offer.as_ref().map(OfferForm::from),
        }
    }
}

/// GET alerts.
#[derive(Serialize)]
pub(super) struct AlertsForm<'a> {
    pub(super) user_id: Uuid,
    pub(super) tenant_id: Uuid,
    pub(super) generated_at: String,
    pub(super) stale: bool,
    pub(super) items: Vec<AlertForm<'a>>,
}

/// A time that may be missing.
pub(super) fn optional_time(at: Option<Timestamp>) -> Option<String> {
    at.map(time)
}
