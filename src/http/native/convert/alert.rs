//! Alerts, the portal header and the edition message, from what the use cases show.

use crate::domain::plan::Goods;
use crate::domain::quota::utilization;
use crate::http::native::wire::alert::{
    AlertResponse, AlertsResponse, EditionResponse, HeaderItemResponse, HeaderResponse,
    ProposalResponse, SalesContactResponse, ToBuyResponse,
};
use crate::http::native::wire::names::{
    DirectionName, ItemName, LevelName, ProposalName, QuotaScopeName, SeverityName, StateName,
    UnitName,
};
use crate::http::output::time;
use crate::render::{Href, SalesContact};
use crate::usecases::edition::EditionMessage;
use crate::usecases::list_alerts::{Alert, Alerts};
use crate::usecases::messages::LinkedProposal;
use crate::usecases::show_header::{Header, HeaderItem};
use crate::usecases::what_to_buy::ToBuy;

fn sales_contact(contact: &SalesContact) -> SalesContactResponse<'_> {
    let phone = contact.phone.as_ref();
    SalesContactResponse {
        phone: phone.map(|phone| phone.shown.as_str()),
        phone_href: phone
            .and_then(|phone| phone.href.as_ref())
            .map(Href::as_str),
        url: contact.url.as_ref().map(Href::as_str),
    }
}

fn proposal(linked: &LinkedProposal) -> ProposalResponse<'_> {
    ProposalResponse {
        kind: ProposalName(linked.kind.name()),
        label: &linked.label,
        href: linked.href.as_deref(),
        buy_url: linked.buy_url.as_deref(),
        contact: linked.contact.as_ref().map(sales_contact),
    }
}

pub(crate) fn to_buy(to_buy: &ToBuy) -> ToBuyResponse<'_> {
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
    ToBuyResponse {
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

pub(crate) fn alert(alert: &Alert) -> AlertResponse<'_> {
    let status = &alert.status;
    AlertResponse {
        id: alert.id.to_string(),
        scope: QuotaScopeName(alert.id.account.scope().name()),
        item: ItemName(status.item.name()),
        state: LevelName(status.state.name()),
        severity: SeverityName(alert.level.severity()),
        since: time(status.since),
        usage: status.usage,
        quota: status.quota.value,
        overage: status.quota.overage,
        unit: UnitName(status.item.unit().name()),
        utilization: utilization(status.usage, status.quota.value),
        title: &alert.title,
        body: &alert.body,
        snoozed_until: alert.snoozed_until.map(time),
        proposal: alert.proposal.as_ref().map(proposal),
        what_to_buy: alert.to_buy.as_ref().map(to_buy),
    }
}

pub(crate) fn alerts(alerts: &Alerts) -> AlertsResponse<'_> {
    AlertsResponse {
        user_id: alerts.user_id.uuid(),
        tenant_id: alerts.tenant_id.uuid(),
        lang: alerts.writing.lang,
        dir: DirectionName(alerts.writing.dir),
        generated_at: time(alerts.generated_at),
        stale: false,
        items: alerts.items.iter().map(alert).collect(),
    }
}

fn header_item(shown: &HeaderItem) -> HeaderItemResponse<'_> {
    let status = &shown.status;
    HeaderItemResponse {
        what_to_buy: shown.to_buy.as_ref().map(to_buy),
        scope: QuotaScopeName(shown.scope.name()),
        item: ItemName(status.item.name()),
        state: StateName(status.state.name()),
        usage: status.usage,
        quota: status.quota.value,
        unit: UnitName(status.item.unit().name()),
        utilization: utilization(status.usage, status.quota.value),
        group: &shown.text.group,
        title: &shown.text.title,
        label: &shown.text.label,
        figures: &shown.text.figures,
        percent: shown.text.percent.as_deref(),
    }
}

pub(crate) fn header(header: &Header) -> HeaderResponse<'_> {
    HeaderResponse {
        user_id: header.user_id.uuid(),
        tenant_id: header.tenant_id.uuid(),
        lang: header.writing.lang,
        dir: DirectionName(header.writing.dir),
        generated_at: time(header.generated_at),
        stale: false,
        items: header.items.iter().map(header_item).collect(),
        proposal: header.proposal.as_ref().map(proposal),
    }
}

pub(crate) fn edition(message: &EditionMessage) -> EditionResponse<'_> {
    EditionResponse {
        edition: &message.edition,
        title: &message.title,
        body: &message.body,
        proposal: message.proposal.as_ref().map(proposal),
    }
}
