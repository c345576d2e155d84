//! Sentences about one quota, the same in console, mail and portal header.

use super::RenderError;
use super::locale::Locale;
use super::number::Rounding;
use super::text;
use super::view::QuotaLine;
use crate::domain::decimal::Decimal;
use crate::domain::plan::{Currency, Goods, Purchase};
use crate::domain::proposal::Proposal;
use crate::domain::quota::{Item, Scope, State, Unit};

/// "Storage quota has been exceeded"; for a line that is no alert, the item's name.
pub(crate) fn title(locale: &Locale, line: &QuotaLine) -> Result<String, RenderError> {
    let item = line.item.name();
    let key = match line.state {
        State::Unlimited | State::Ok => format!("item.{item}"),
        State::Soon => format!("title.soon.{item}"),
        State::Exceeded | State::HardExceeded => format!("title.exceeded.{item}"),
    };
    locale.text(&key, &[])
}

/// "Your storage quota is almost used up: 9.2 GiB of 10 GiB (92%) in use."
pub(crate) fn sentence(
    locale: &Locale,
    line: &QuotaLine,
    tenant_name: &str,
) -> Result<String, RenderError> {
    let whose = whose(locale, line, tenant_name)?;
    let figures = figures_with_percent(locale, line)?;
    locale.text(
        &format!("body.{}", line.state.name()),
        &[("whose", &whose), ("figures", &figures)],
    )
}

/// "Your storage quota is almost used up." Only for lines that are alerts.
pub(crate) fn short_sentence(
    locale: &Locale,
    line: &QuotaLine,
    tenant_name: &str,
) -> Result<String, RenderError> {
    let whose = whose(locale, line, tenant_name)?;
    locale.text(
        &format!("short_body.{}", line.state.name()),
        &[("whose", &whose)],
    )
}

fn whose(locale: &Locale, line: &QuotaLine, tenant_name: &str) -> Result<String, RenderError> {
    let item = line.item.name();
    let tenant = text::name(tenant_name);
    let key = match line.scope {
        Scope::User => format!("whose.user.{item}"),
        Scope::Tenant if tenant.is_empty() => format!("whose.company.{item}"),
        Scope::Tenant => format!("whose.tenant.{item}"),
    };
    locale.text(&key, &[("tenant", &tenant)])
}

/// What follows from the state: where the service stops, or that it has; `None` where there is
/// nothing to say.
pub(crate) fn note(locale: &Locale, line: &QuotaLine) -> Result<Option<String>, RenderError> {
    let unit = line.item.unit().name();
    match (line.state, line.quota, line.overage) {
        (State::HardExceeded, ..) => locale.text(&format!("note.stopped_{unit}"), &[]).map(Some),
        (State::Exceeded, Some(quota), Some(overage)) => {
            let stop = quota.saturating_add(overage);
            let limit = amount(locale, line.item, stop, Rounding::Down)?;
            locale
                .text(&format!("note.stops_at_{unit}"), &[("limit", &limit)])
                .map(Some)
        }
        _ => Ok(None),
    }
}

/// "1.5 GiB", "3 virtual machines".
pub(crate) fn amount(
    locale: &Locale,
    item: Item,
    amount: u64,
    rounding: Rounding,
) -> Result<String, RenderError> {
    let key = format!("amount.{}", item.name());
    match item.unit() {
        Unit::Bytes => locale.text(&key, &[("number", &locale.meta.size(amount, rounding))]),
        Unit::Quantity => locale.plural(&key, amount, &[("number", &locale.meta.integer(amount))]),
    }
}

/// "9.2 GiB of 10 GiB", "12 of 10 virtual machines"; without a quota, the amount alone.
pub(crate) fn figures(locale: &Locale, line: &QuotaLine) -> Result<String, RenderError> {
    let Some(quota) = line.quota else {
        return amount(locale, line.item, line.usage, Rounding::Down);
    };
    let key = format!("figures.{}", line.item.name());
    match line.item.unit() {
        Unit::Bytes => {
            let (usage_rounding, quota_rounding) = Rounding::of_pair(line.usage, quota);
            let usage = locale.meta.size(line.usage, usage_rounding);
            let quota = locale.meta.size(quota, quota_rounding);
            locale.text(&key, &[("usage", &usage), ("quota", &quota)])
        }
        Unit::Quantity => {
            let usage = locale.meta.integer(line.usage);
            let shown = locale.meta.integer(quota);
            locale.plural(&key, quota, &[("usage", &usage), ("quota", &shown)])
        }
    }
}

/// "92%"; `None` without a quota and for a quota of 0.
pub(crate) fn percent(locale: &Locale, line: &QuotaLine) -> Result<Option<String>, RenderError> {
    line.quota
        .map_or(Ok(None), |quota| locale.percent(line.usage, quota))
}

/// What covers the overage of a line and its price; `None` where nothing is to be bought.
pub(crate) fn to_buy_of(locale: &Locale, line: &QuotaLine) -> Result<Option<String>, RenderError> {
    line.to_buy
        .map(|purchase| to_buy(locale, &purchase))
        .transpose()
}

/// "3 extra blocks of 1 GiB cover what is over the quota. Price: USD 2.85 (3 × USD 0.95)."
pub(crate) fn to_buy(locale: &Locale, purchase: &Purchase) -> Result<String, RenderError> {
    let count = locale.meta.integer(purchase.count);
    let price = money(locale, purchase.unit_price, purchase.currency)?;
    let total = money(locale, purchase.total, purchase.currency)?;
    let figures = [("count", &*count), ("price", &*price), ("total", &*total)];
    match purchase.goods {
        Goods::Blocks {
            bytes_each,
            computers_bytes,
        } => {
            let size = locale.meta.size(bytes_each, Rounding::Down);
            let brought = locale.meta.size(computers_bytes, Rounding::Down);
            let sizes = [("size", &*size), ("brought", &*brought)];
            let values = [figures.as_slice(), &sizes].concat();
            let key = if computers_bytes == 0 {
                "to_buy.blocks"
            } else {
                "to_buy.blocks_beside_computers"
            };
            locale.plural(key, purchase.count, &values)
        }
        Goods::Computers => locale.plural("to_buy.computers", purchase.count, &figures),
    }
}

/// An amount with all its digits, and the code of its currency where that is known. A code rather
/// than a sign: `$` is the sign of many currencies.
fn money(
    locale: &Locale,
    amount: Decimal,
    currency: Option<Currency>,
) -> Result<String, RenderError> {
    let amount = locale.meta.decimal(amount);
    match currency {
        None => Ok(amount),
        Some(currency) => locale.text(
            "money",
            &[("amount", &amount), ("currency", &currency.to_string())],
        ),
    }
}

/// "Buy now", "Contact your sales representative" (seed 000).
pub(crate) fn label(locale: &Locale, proposal: Proposal) -> Result<String, RenderError> {
    locale.text(&format!("proposal.{}", proposal.name()), &[])
}

fn figures_with_percent(locale: &Locale, line: &QuotaLine) -> Result<String, RenderError> {
    let figures = figures(locale, line)?;
    match percent(locale, line)? {
        Some(percent) => locale.text(
            "figures.with_percent",
            &[("figures", &figures), ("percent", &percent)],
        ),
        None => Ok(figures),
    }
}
