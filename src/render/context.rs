//! Template values that mails, header and pages share.

use serde::Serialize;

use super::RenderError;
use super::href::Href;
use super::locale::Locale;
use super::text;
use super::tone::{self, Accent, DARK, LIGHT, Surface, Tone};
use super::view::{self, BrandView, QuotaLine};
use super::{number, words};
use crate::domain::proposal::Proposal;
use crate::domain::quota::{Scope, State};

/// A brand, cleaned.
#[derive(Debug, Serialize)]
pub(crate) struct Brand {
    /// The service's name, else the company's; may be empty.
    pub(crate) name: String,
    pub(crate) company: String,
    pub(crate) logo: Option<Href>,
    pub(crate) accent: Accent,
}

impl Brand {
    pub(crate) fn of(view: &BrandView) -> Self {
        let company = text::name(&view.company_name);
        Self {
            name: service_name(view),
            company,
            logo: view.logo_url.clone().filter(Href::is_web),
            accent: Accent::of(view.color),
        }
    }
}

/// What the service is called, else who runs it; may be empty.
pub(crate) fn service_name(view: &BrandView) -> String {
    let service = text::name(&view.service_name);
    if service.is_empty() {
        text::name(&view.company_name)
    } else {
        service
    }
}

/// The surfaces of both schemes.
#[derive(Debug, Serialize)]
pub(crate) struct Theme {
    pub(crate) light: Surface,
    pub(crate) dark: Surface,
    pub(crate) states: [StateTone; 5],
}

/// The colours of one state, for a style sheet.
#[derive(Debug, Serialize)]
pub(crate) struct StateTone {
    pub(crate) name: &'static str,
    pub(crate) light: Tone,
    pub(crate) dark: Tone,
}

const fn state_tone(state: State) -> StateTone {
    StateTone {
        name: state.name(),
        light: tone::light(state),
        dark: tone::dark(state),
    }
}

/// The colours that no brand changes.
pub(crate) static THEME: Theme = Theme {
    light: LIGHT,
    dark: DARK,
    states: [
        state_tone(State::Unlimited),
        state_tone(State::Ok),
        state_tone(State::Soon),
        state_tone(State::Exceeded),
        state_tone(State::HardExceeded),
    ],
};

/// A link with its text.
#[derive(Debug, Serialize)]
pub(crate) struct Link {
    pub(crate) label: String,
    pub(crate) href: Href,
}

/// A telephone number, and what dials it where it is one.
#[derive(Debug, Serialize)]
pub(crate) struct Phone {
    pub(crate) label: String,
    pub(crate) href: Option<Href>,
}

/// The advice to talk to somebody, and where to.
#[derive(Debug, Serialize)]
pub(crate) struct Contact {
    pub(crate) label: String,
    pub(crate) lead: String,
    pub(crate) phone: Option<Phone>,
    pub(crate) support: Option<Link>,
}

impl Contact {
    pub(crate) fn of(locale: &Locale, brand: &BrandView) -> Result<Self, RenderError> {
        Ok(Self {
            label: words::label(locale, Proposal::ContactSales)?,
            lead: locale.text("mail.contact_lead", &[])?,
            phone: phone(locale, brand)?,
            support: support(locale, brand)?,
        })
    }
}

/// The brand's telephone number; `None` where it has none.
pub(crate) fn phone(locale: &Locale, brand: &BrandView) -> Result<Option<Phone>, RenderError> {
    let Some(view::Phone { shown, href }) = brand.phone() else {
        return Ok(None);
    };
    let label = locale.text("mail.phone", &[("phone", &shown)])?;
    Ok(Some(Phone { label, href }))
}

/// A link for each text that has an address.
pub(crate) fn links<'a>(
    locale: &Locale,
    texts: impl IntoIterator<Item = (&'a str, Option<&'a Href>)>,
) -> Result<Vec<Link>, RenderError> {
    let mut links = Vec::new();
    for (key, href) in texts {
        if let Some(href) = href.cloned() {
            let label = locale.text(key, &[])?;
            links.push(Link { label, href });
        }
    }
    Ok(links)
}

/// The brand's support page, shown by its address; `None` where it has none.
fn support(locale: &Locale, brand: &BrandView) -> Result<Option<Link>, RenderError> {
    let Some(href) = &brand.support_url else {
        return Ok(None);
    };
    let shown = text::short(href.display(), 60);
    let label = locale.text("mail.online", &[("address", &shown)])?;
    Ok(Some(Link {
        label,
        href: href.clone(),
    }))
}

/// Lines of one scope.
#[derive(Debug, Serialize)]
pub(crate) struct Group {
    pub(crate) heading: String,
    pub(crate) lines: Vec<Line>,
}

/// One quota, ready to be shown.
#[derive(Debug, Serialize)]
pub(crate) struct Line {
    pub(crate) item: String,
    /// The state's name on the wire; a CSS class.
    pub(crate) state: &'static str,
    pub(crate) label: String,
    /// "130 GiB of 100 GiB, 30 GiB over".
    pub(crate) figures: String,
    pub(crate) percent: Option<String>,
    /// Both in one: "130 GiB of 100 GiB (130%), 30 GiB over".
    pub(crate) sentence: String,
    /// Whether there is a bar to draw.
    pub(crate) bar: bool,
    /// Percent of the bar that is filled, 0 to 100, and the rest.
    pub(crate) filled: u64,
    pub(crate) rest: u64,
    pub(crate) note: Option<String>,
    pub(crate) to_buy: Option<String>,
}

impl Line {
    pub(crate) fn of(locale: &Locale, line: &QuotaLine) -> Result<Self, RenderError> {
        let filled = match line.quota {
            None => 0,
            Some(0) => 100,
            Some(quota) => number::permille(line.usage.into(), quota.into())
                .and_then(|permille| u64::try_from(permille / 10).ok())
                .map_or(100, |percent| percent.min(100)),
        };
        let figures = words::Figures::of(locale, line)?;
        Ok(Self {
            item: locale.text(&format!("item.{}", line.item.name()), &[])?,
            state: line.state.name(),
            label: locale.text(&format!("state.{}", line.state.name()), &[])?,
            figures: figures.with_over(locale)?,
            sentence: figures.in_a_sentence(locale)?,
            percent: figures.percent,
            bar: line.quota.is_some(),
            filled,
            rest: 100 - filled,
            note: words::note(locale, line)?,
            to_buy: words::to_buy_of(locale, line)?,
        })
    }
}

/// The lines by scope, the scope of the first line first, the given order kept within each.
pub(crate) fn groups(
    locale: &Locale,
    lines: &[QuotaLine],
    tenant_name: &str,
) -> Result<Vec<Group>, RenderError> {
    let mut scopes = Scope::ALL;
    scopes.sort_by_key(|scope| lines.first().is_none_or(|line| line.scope != *scope));
    let mut groups = Vec::new();
    for scope in scopes {
        let lines = lines
            .iter()
            .filter(|line| line.scope == scope)
            .map(|line| Line::of(locale, line))
            .collect::<Result<Vec<_>, _>>()?;
        if !lines.is_empty() {
            groups.push(Group {
                heading: heading(locale, scope, tenant_name)?,
                lines,
            });
        }
    }
    Ok(groups)
}

pub(crate) fn heading(
    locale: &Locale,
    scope: Scope,
    tenant_name: &str,
) -> Result<String, RenderError> {
    let tenant = text::name(tenant_name);
    match scope {
        Scope::User => locale.text("mail.yours", &[]),
        Scope::Tenant if tenant.is_empty() => locale.text("mail.of_company", &[]),
        Scope::Tenant => locale.text("mail.of_tenant", &[("tenant", &tenant)]),
    }
}
