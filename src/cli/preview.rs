//! `upsell preview`: a message as its reader would see it, with figures of an example, without a
//! store.

mod brand;

use std::io::Write;
use std::path::Path;

use clap::ValueEnum;

use super::CliError;
use super::args::{PreviewArgs, PreviewFormat, PreviewKind};
use super::sample;
use crate::app::system_clock;
use crate::domain::brand::Brand;
use crate::domain::ids::{MailId, V1Id};
use crate::domain::item_set::ItemSet;
use crate::domain::link::{BuyLink, ListStyle, Placement};
use crate::domain::meter::ItemStatus;
use crate::domain::plan::{WhatToBuy, what_to_buy};
use crate::domain::proposal::Proposal;
use crate::domain::quota::{Item, Quota, Scope, State, Unit};
use crate::domain::time::Timestamp;
use crate::outbox::message::{self, Posting};
use crate::render::{
    ActivationMailView, BrandView, HeaderView, Href, Lang, Mail, ProposalView, QuotaLine,
    QuotaMailView, Renderer,
};
use crate::usecases::compose::Composed;
use crate::usecases::tenant_plan::read_currency;
use crate::usecases::view::{look_of, quota_line};

const GIB: u64 = 1 << 30;
const TENANT: &str = "Example GmbH";
const READER: &str = "John Doe";
const UNSUBSCRIBE: &str = "https://upsell.example.com/u/example";
const SHOP: &str = "https://shop.example.com/buy";

/// What is shown, and to whom.
struct Scene<'a> {
    args: &'a PreviewArgs,
    brand: Brand,
    look: BrandView,
    lines: Vec<QuotaLine>,
    lang: Lang,
}

pub(super) fn run(args: &PreviewArgs, out: &mut dyn Write) -> Result<(), CliError> {
    let renderer = Renderer::new()?;
    let lang = language(&renderer, &args.lang)?;
    if args.what == PreviewKind::Activation
        && (args.contact_sales || args.plain || args.plan_currency.is_some())
    {
        return Err(CliError::Argument(
            "--what activation: it offers nothing to buy; leave --contact-sales, --plain and \
             --plan-currency away"
                .to_owned(),
        ));
    }
    let brand = brand::brand(args.brand.as_deref())?;
    let view = Scene {
        args,
        look: look_of(&brand),
        brand,
        lines: lines(args)?,
        lang,
    };
    let written = match args.what {
        PreviewKind::Mail | PreviewKind::Reminder => quota_mail(&view, &renderer)?,
        PreviewKind::Activation => activation_mail(&view, &renderer)?,
        PreviewKind::Alert => alerts(&view, &renderer)?,
        PreviewKind::Header => header(&view, &renderer)?,
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

fn quota_mail(scene: &Scene<'_>, renderer: &Renderer) -> Result<String, CliError> {
    let now = system_clock();
    let proposal = scene.proposal_view(Placement::Email)?;
    let unsubscribe_url = Href::parse(UNSUBSCRIBE);
    let view = QuotaMailView {
        others: &[],
        recipient_name: READER,
        tenant_name: TENANT,
        lines: &scene.lines,
        proposal: proposal.as_ref(),
        brand: &scene.look,
        unsubscribe_url: unsubscribe_url.as_ref(),
        reminder: scene.args.what == PreviewKind::Reminder,
        as_of: Some(now),
    };
    let mail = renderer.quota_mail(&view, &scene.lang)?;
    written(scene.args, mail, Some(UNSUBSCRIBE), now)
}

/// What a new user is sent; it is about no quota.
fn activation_mail(scene: &Scene<'_>, renderer: &Renderer) -> Result<String, CliError> {
    let portal = Href::parse(&scene.brand.urls.account_server);
    let view = ActivationMailView {
        recipient_name: READER,
        login: "john.doe",
        activation_url: portal.as_ref(),
        brand: &scene.look,
    };
    let mail = renderer.activation_mail(&view, &scene.lang)?;
    written(scene.args, mail, None, system_clock())
}

fn written(
    args: &PreviewArgs,
    mail: Mail,
    unsubscribe_url: Option<&str>,
    now: Timestamp,
) -> Result<String, CliError> {
    match args.format.unwrap_or(PreviewFormat::Html) {
        PreviewFormat::Html => Ok(mail.html),
        PreviewFormat::Text => Ok(format!("{}\n\n{}", mail.subject, mail.text)),
        PreviewFormat::Eml => {
            let address = |text: &str| {
                let parsed = text.parse();
                parsed.map_err(|bad| CliError::Argument(format!("{text}: {bad}")))
            };
            let composed = Composed {
                to_name: READER.to_owned(),
                to: address("john.doe@example.com")?,
                brand: None,
                unsubscribe_url: unsubscribe_url.map(str::to_owned),
                subject: mail.subject,
                text: mail.text,
                html: mail.html,
            };
            let posting = Posting {
                id: MailId::random(),
                from: &address("upsell@example.com")?,
                id_domain: "example.com",
                now,
            };
            let raw = message::build(&composed, posting)?;
            Ok(String::from_utf8_lossy(&raw).into_owned())
        }
    }
}

/// One alert per item, with an empty line between two.
fn alerts(scene: &Scene<'_>, renderer: &Renderer) -> Result<String, CliError> {
    only(scene.args, PreviewFormat::Text)?;
    let texts: Result<Vec<String>, CliError> = scene
        .lines
        .iter()
        .map(|line| alert(scene, renderer, line))
        .collect();
    Ok(texts?.join("\n"))
}

fn alert(scene: &Scene<'_>, renderer: &Renderer, line: &QuotaLine) -> Result<String, CliError> {
    let text = renderer.alert(line, TENANT, proposal(scene.args), &scene.lang)?;
    let mut written = format!("{}\n{}\n", text.title, text.body);
    if let Some(to_buy) = text.to_buy {
        written.push_str(&to_buy);
        written.push('\n');
    }
    if let Some(label) = text.label {
        written.push_str(&match scene.proposal_view(Placement::Alert(line.item))? {
            Some(ProposalView::BuyNow { href }) => format!("[{label}] {}\n", href.as_str()),
            _ => format!("{label}\n"),
        });
    }
    Ok(written)
}

/// A page of its own, so that a browser shows the fragment as a portal would.
fn header(scene: &Scene<'_>, renderer: &Renderer) -> Result<String, CliError> {
    only(scene.args, PreviewFormat::Html)?;
    let proposal = scene.proposal_view(Placement::PortalHeader)?;
    let view = HeaderView {
        tenant_name: TENANT,
        lines: &scene.lines,
        proposal: proposal.as_ref(),
        brand: &scene.look,
    };
    let fragment = renderer.header_html(&view, &scene.lang)?;
    let sheets = [
        renderer.stylesheet_path().to_owned(),
        renderer.brand_stylesheet_path(scene.look.color),
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

/// The items as they would stand.
fn lines(args: &PreviewArgs) -> Result<Vec<QuotaLine>, CliError> {
    let items = ItemSet::from_iter(args.items.iter().copied());
    let status = |item: Item| {
        let (usage, value, overage) = figures(item, args.state);
        let quota = Quota {
            value: Some(value),
            overage,
        };
        ItemStatus {
            item,
            state: args.state,
            usage,
            quota,
            since: system_clock(),
        }
    };
    let standing: Vec<ItemStatus> = items.iter().map(status).collect();
    let told = plan(args, &standing)?;
    let line = |status: ItemStatus| QuotaLine {
        to_buy: told
            .as_ref()
            .and_then(|told| told.of(Scope::Tenant, status.item).ok()),
        ..quota_line(Scope::Tenant, status)
    };
    Ok(standing.into_iter().map(line).collect())
}

/// What covers the overage by the plan of an example. Where it covers nothing a preview without
/// the sentence would mislead: that is refused.
fn plan(args: &PreviewArgs, standing: &[ItemStatus]) -> Result<Option<WhatToBuy>, CliError> {
    let Some(code) = &args.plan_currency else {
        return Ok(None);
    };
    let refused =
        |why: &dyn std::fmt::Display| CliError::Argument(format!("--plan-currency {code}: {why}"));
    let currency = read_currency(code).map_err(|why| refused(&why))?;
    let told = what_to_buy(&sample::plan(), Some(currency), standing);
    let of = |status: &ItemStatus| told.of(Scope::Tenant, status.item);
    let covered = standing.iter().any(|status| of(status).is_ok());
    match standing.iter().find_map(|status| of(status).err()) {
        Some(why) if !covered => Err(refused(&why.says())),
        _ => Ok(Some(told)),
    }
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

impl Scene<'_> {
    /// The proposal with a link straight to the brand's shop: there is nobody to track.
    fn proposal_view(&self, placement: Placement) -> Result<Option<ProposalView>, CliError> {
        match proposal(self.args) {
            None => return Ok(None),
            Some(Proposal::ContactSales) => return Ok(Some(ProposalView::ContactSales)),
            Some(Proposal::BuyNow) => {}
        }
        let Some(url) = &self.brand.buy_url else {
            let why = "it has no upsell_url, so nobody can buy; give it one, or add --contact-sales or --plain";
            let file = self.args.brand.as_deref().unwrap_or_else(|| Path::new(""));
            return Err(brand::refused(file, &why));
        };
        let link = BuyLink {
            placement,
            user_quota: ItemSet::EMPTY,
            tenant_quota: self.lines.iter().map(|line| line.item).collect(),
            user_id: Some(V1Id(17)),
            tenant_id: Some(V1Id(4)),
            page: None,
        };
        let profile = self.brand.link_profile.unwrap_or_default();
        let href = Href::parse(&link.build(url, profile, ListStyle::Comma));
        Ok(href.map(|href| ProposalView::BuyNow { href }))
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
