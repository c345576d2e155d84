//! Sentences about one quota, the same in console, mail and portal header.

use super::RenderError;
use super::figures::Bytes;
use super::locale::Locale;
use super::number::Size;
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
    let figures = Figures::of(locale, line)?.in_a_sentence(locale)?;
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
        (State::Exceeded, Some(_), Some(_)) => {
            let limit = Figures::of(locale, line)?.limit.unwrap_or_default();
            locale
                .text(&format!("note.stops_at_{unit}"), &[("limit", &limit)])
                .map(Some)
        }
        _ => Ok(None),
    }
}

/// "3 virtual machines".
fn pieces(locale: &Locale, item: Item, count: u64) -> Result<String, RenderError> {
    let key = format!("amount.{}", item.name());
    locale.plural(&key, count, &[("number", &locale.meta.integer(count))])
}

/// How much is used of how much: numbers that agree with each other.
#[derive(Debug)]
pub(crate) struct Figures {
    /// "9.2 GiB of 10 GiB", "12 of 10 virtual machines"; without a quota, the amount alone.
    text: String,
    /// "92%"; `None` without a quota and for a quota of 0.
    pub(crate) percent: Option<String>,
    /// "2 GiB", "2"; `None` where nothing is over the quota.
    over: Option<String>,
    /// Where the service stops: "12 GiB", "12 virtual machines"; only while it has not.
    limit: Option<String>,
}

impl Figures {
    pub(crate) fn of(locale: &Locale, line: &QuotaLine) -> Result<Self, RenderError> {
        let (meta, item, usage) = (&locale.meta, line.item, line.usage);
        let Some(quota) = line.quota else {
            let text = match item.unit() {
                Unit::Bytes => meta.size(Size::short(usage)),
                Unit::Quantity => pieces(locale, item, usage)?,
            };
            return Ok(Self {
                text,
                percent: None,
                over: None,
                limit: None,
            });
        };
        let stops = line.overage.filter(|_| line.state == State::Exceeded);
        let limit = stops.map(|overage| quota.saturating_add(overage));
        let percent = locale.percent(usage, quota)?;
        let key = format!("figures.{}", item.name());
        if item.unit() == Unit::Quantity {
            let over = usage.checked_sub(quota).filter(|over| *over > 0);
            let (usage, shown) = (meta.integer(usage), meta.integer(quota));
            return Ok(Self {
                text: locale.plural(&key, quota, &[("usage", &usage), ("quota", &shown)])?,
                percent,
                over: over.map(|over| meta.integer(over)),
                limit: limit.map(|at| pieces(locale, item, at)).transpose()?,
            });
        }
        let bytes = Bytes {
            usage,
            quota,
            limit,
            to_buy: line.to_buy,
        };
        let shown = bytes.shown();
        let (usage, quota) = (meta.size(shown.usage), meta.size(shown.quota));
        Ok(Self {
            text: locale.text(&key, &[("usage", &usage), ("quota", &quota)])?,
            percent,
            over: shown.over.map(|over| meta.size(over)),
            limit: shown.limit.map(|limit| meta.size(limit)),
        })
    }

    /// "12 GiB of 10 GiB, 2 GiB over".
    pub(crate) fn with_over(&self, locale: &Locale) -> Result<String, RenderError> {
        self.followed_by_over(locale, &self.text)
    }

    /// "12 GiB of 10 GiB (120%), 2 GiB over".
    pub(crate) fn in_a_sentence(&self, locale: &Locale) -> Result<String, RenderError> {
        let text = match &self.percent {
            Some(percent) => {
                let values = [("figures", &*self.text), ("percent", percent)];
                locale.text("figures.with_percent", &values)?
            }
            None => self.text.clone(),
        };
        self.followed_by_over(locale, &text)
    }

    fn followed_by_over(&self, locale: &Locale, text: &str) -> Result<String, RenderError> {
        match &self.over {
            Some(over) => locale.text("figures.with_over", &[("figures", text), ("over", over)]),
            None => Ok(text.to_owned()),
        }
    }
}

/// What covers the overage of a line and its price; `None` where nothing is to be bought.
pub(crate) fn to_buy_of(locale: &Locale, line: &QuotaLine) -> Result<Option<String>, RenderError> {
    line.to_buy
        .map(|purchase| to_buy(locale, &purchase))
        .transpose()
}

/// "3 extra blocks of 1 GiB cover what is over the quota. Price per month: USD 2.85 (3 × USD 0.95)."
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
            let size = locale.meta.size(Size::exact(bytes_each));
            let brought = locale.meta.size(Size::exact(computers_bytes));
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

/// "Buy now", "Contact your sales representative" (rule `who-may-buy`).
pub(crate) fn label(locale: &Locale, proposal: Proposal) -> Result<String, RenderError> {
    locale.text(&format!("proposal.{}", proposal.name()), &[])
}
