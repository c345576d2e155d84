//! `upsell preview`: a message as its reader would see it, with figures of an example, without a
//! store.

use std::io::Write;

use clap::ValueEnum;

use super::CliError;
use super::args::{PreviewArgs, PreviewFormat, PreviewKind};
use super::sample;
use crate::app::system_clock;
use crate::domain::ids::{MailId, V1Id};
use crate::domain::item_set::ItemSet;
use crate::domain::link::{BuyLink, BuyUrl, BuyUrlRules, LinkProfile, ListStyle, Placement};
use crate::domain::meter::ItemStatus;
use crate::domain::plan::{Purchase, what_to_buy};
use crate::domain::proposal::Proposal;
use crate::domain::quota::{Item, Quota, Scope, State, Unit};
use crate::outbox::message::{self, Posting};
use crate::render::{
    BrandView, Color, HeaderView, Href, Lang, Mail, ProposalView, QuotaLine, QuotaMailView,
    Renderer,
};
use crate::usecases::compose::Composed;
use crate::usecases::tenant_plan::read_currency;
use crate::usecases::view::quota_line;

const GIB: u64 = 1 << 30;
const TENANT: &str = "Example GmbH";
const READER: &str = "John Doe";
const SHOP: &str = "https://shop.example.com/buy";

pub(super) fn run(args: &PreviewArgs, out: &mut dyn Write) -> Result<(), CliError> {
    let renderer = Renderer::new()?;
    let lang = language(&renderer, &args.lang)?;
    let written = match args.what {
        PreviewKind::Mail => mail(args, &renderer, &lang)?,
        PreviewKind::Alert => alert(args, &renderer, &lang)?,
        PreviewKind::Header => header(args, &renderer, &lang)?,
    };
    out.write_all(written.as_bytes())?;
    if !written.ends_with('\n') {
        writeln!(out)?;
    }
    Ok(())
}

/// A language that is spoken here: in a preview, English in its place would mislead.
fn language(renderer: &Renderer, tag: &str) -> Result<Lang, CliError> {
    let lang = Lang::parse(tag);
    let spoken = |lang: &Lang| {
        let mut tags = renderer.languages().filter_map(Lang::parse);
        tags.any(|known| known.language() == lang.language())
    };
    lang.filter(spoken).ok_or_else(|| {
        let known: Vec<&str> = renderer.languages().collect();
        CliError::Argument(format!(
            "--lang {tag}: there is no such language; there are {}",
            known.join(", ")
        ))
    })
}

fn name(value: impl ValueEnum) -> String {
    let value = value.to_possible_value();
    value.map_or_else(String::new, |value| value.get_name().to_owned())
}

/// Refuses a form that the message does not have.
fn only(args: &PreviewArgs, only: PreviewFormat) -> Result<(), CliError> {
    match args.format {
        Some(asked) if asked != only => Err(CliError::Argument(format!(
            "--format {}: --what {} has no such form; write --format {}",
            name(asked),
            name(args.what),
            name(only)
        ))),
        _ => Ok(()),
    }
}

fn mail(args: &PreviewArgs, renderer: &Renderer, lang: &Lang) -> Result<String, CliError> {
    let now = system_clock();
    let proposal = proposal_view(args, Placement::Email)?;
    let mail = renderer.quota_mail(
        &QuotaMailView {
            others: &[],
            recipient_name: READER,
            tenant_name: TENANT,
            lines: &[line(args)?],
            proposal: proposal.as_ref(),
            brand: &brand(),
            unsubscribe_url: Href::parse("https://upsell.example.com/u/example").as_ref(),
            reminder: false,
            as_of: Some(now),
        },
        lang,
    )?;
    match args.format.unwrap_or(PreviewFormat::Html) {
        PreviewFormat::Html => Ok(mail.html),
        PreviewFormat::Text => Ok(format!("{}\n\n{}", mail.subject, mail.text)),
        PreviewFormat::Eml => {
            let id = MailId::random();
            let address = |text: &str| {
                let parsed = text.parse();
                parsed.map_err(|bad| CliError::Argument(format!("{text}: {bad}")))
            };
            let from = address("upsell@example.com")?;
            let composed = composed(mail, address("john.doe@example.com")?);
            let id_domain = "example.com";
            let raw = message::build(
                &composed,
                Posting {
                    id,
                    from: &from,
                    id_domain,
                    now,
                },
            )?;
            Ok(String::from_utf8_lossy(&raw).into_owned())
        }
    }
}

fn composed(mail: Mail, to: crate::domain::contact::EmailAddress) -> Composed {
    Composed {
        to_name: READER.to_owned(),
        to,
        brand: None,
        unsubscribe_url: Some("https://upsell.example.com/u/example".to_owned()),
        subject: mail.subject,
        text: mail.text,
        html: mail.html,
    }
}

fn alert(args: &PreviewArgs, renderer: &Renderer, lang: &Lang) -> Result<String, CliError> {
    only(args, PreviewFormat::Text)?;
    let text = renderer.alert(&line(args)?, TENANT, proposal(args), lang)?;
    let mut written = format!("{}\n{}\n", text.title, text.body);
    if let Some(to_buy) = text.to_buy {
        written.push_str(&to_buy);
        written.push('\n');
    }
    if let Some(label) = text.label {
        written.push_str(&match proposal_view(args, Placement::alert(args.item))? {
            Some(ProposalView::BuyNow { href }) => format!("[{label}] {}\n", href.as_str()),
            _ => format!("{label}\n"),
        });
    }
    Ok(written)
}

/// A page of its own, so that a browser shows the fragment as a portal would.
fn header(args: &PreviewArgs, renderer: &Renderer, lang: &Lang) -> Result<String, CliError> {
    only(args, PreviewFormat::Html)?;
    let proposal = proposal_view(args, Placement::PortalHeader)?;
    let view = HeaderView {
        tenant_name: TENANT,
        lines: &[line(args)?],
        proposal: proposal.as_ref(),
        brand: &brand(),
    };
    let fragment = renderer.header_html(&view, lang)?;
    let sheets = [
        renderer.stylesheet_path().to_owned(),
        renderer.brand_stylesheet_path(brand().color),
    ];
    let mut css = String::new();
    for asset in sheets.iter().filter_map(|path| renderer.asset(path)) {
        css.push_str(&String::from_utf8_lossy(&asset.bytes));
    }
    Ok(format!(
        "<!doctype html>\n<html>\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>upsell preview</title>\n\
         <style>\n{css}</style>\n</head>\n<body>\n{fragment}\n</body>\n</html>"
    ))
}

/// The item as it would stand.
fn line(args: &PreviewArgs) -> Result<QuotaLine, CliError> {
    let (usage, value, overage) = figures(args.item, args.state);
    let quota = Quota {
        value: Some(value),
        overage,
    };
    let status = ItemStatus {
        item: args.item,
        state: args.state,
        usage,
        quota,
        since: system_clock(),
    };
    Ok(QuotaLine {
        to_buy: purchase(args, status)?,
        ..quota_line(Scope::Tenant, status)
    })
}

/// What covers the overage by the plan of an example. Where it covers nothing a preview without
/// the sentence would mislead: that is refused.
fn purchase(args: &PreviewArgs, status: ItemStatus) -> Result<Option<Purchase>, CliError> {
    let Some(code) = &args.plan_currency else {
        return Ok(None);
    };
    let refused =
        |why: &dyn std::fmt::Display| CliError::Argument(format!("--plan-currency {code}: {why}"));
    let currency = read_currency(code).map_err(|why| refused(&why))?;
    let told = what_to_buy(&sample::plan(), Some(currency), &[status]);
    let purchase = told.of(Scope::Tenant, status.item);
    purchase.map(Some).map_err(|why| refused(&why.says()))
}

/// Usage, quota and overage that make the state.
const fn figures(item: Item, state: State) -> (u64, u64, Option<u64>) {
    let (soon, exceeded, hard, quota, overage) = match item.unit() {
        Unit::Bytes => (1885 * GIB, 2130 * GIB, 2260 * GIB, 2048 * GIB, 200 * GIB),
        Unit::Quantity => (9, 11, 12, 10, 2),
    };
    match state {
        State::HardExceeded => (hard, quota, Some(overage)),
        State::Exceeded => (exceeded, quota, None),
        State::Soon | State::Ok | State::Unlimited => (soon, quota, None),
    }
}

const fn proposal(args: &PreviewArgs) -> Option<Proposal> {
    match (args.contact_sales, args.plain) {
        (true, _) => Some(Proposal::ContactSales),
        (_, true) => None,
        _ => Some(Proposal::BuyNow),
    }
}

/// The proposal with a link straight to a shop: there is nobody to track.
fn proposal_view(
    args: &PreviewArgs,
    placement: Placement,
) -> Result<Option<ProposalView>, CliError> {
    let Some(proposal) = proposal(args) else {
        return Ok(None);
    };
    if proposal == Proposal::ContactSales {
        return Ok(Some(ProposalView::ContactSales));
    }
    let rules = BuyUrlRules {
        allow_http: false,
        allow_ip_hosts: false,
    };
    let link = BuyLink {
        placement,
        user_quota: ItemSet::EMPTY,
        tenant_quota: ItemSet::from([args.item]),
        user_id: Some(V1Id(17)),
        tenant_id: Some(V1Id(4)),
        page: None,
    };
    let url = BuyUrl::parse(SHOP, rules)?;
    let href = Href::parse(&link.build(&url, LinkProfile::Default, ListStyle::Comma));
    Ok(href.map(|href| ProposalView::BuyNow { href }))
}

fn brand() -> BrandView {
    BrandView {
        service_name: "Example Cloud".to_owned(),
        company_name: "Example Inc.".to_owned(),
        color: Color::parse("0f766e").unwrap_or_default(),
        support_phone: "+1 555 0100".to_owned(),
        support_url: Href::parse("https://cloud.example.com/support"),
        terms_url: Href::parse("https://cloud.example.com/terms"),
        ..BrandView::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::quota::Percent;

    #[test]
    fn the_figures_make_the_state() {
        for item in Item::ALL {
            for state in [State::Soon, State::Exceeded, State::HardExceeded] {
                let (usage, value, overage) = figures(item, state);
                let quota = Quota {
                    value: Some(value),
                    overage,
                };
                assert_eq!(
                    quota.state(usage, Percent::new(90)),
                    state,
                    "{item} {state:?}"
                );
            }
        }
    }
}
