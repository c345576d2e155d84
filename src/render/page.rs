//! The pages behind links.

use serde::Serialize;

use super::context::{self, Brand, Link, Phone, THEME, Theme};
use super::href::Href;
use super::locale::Locale;
use super::view::{BrandView, Page, PageView};
use super::{Lang, RenderError, Renderer, assets, text};

/// Longest e-mail address that is shown in full, in characters.
const ADDRESS_MAX_CHARS: usize = 120;

#[derive(Debug, Serialize)]
struct Document {
    lang: &'static str,
    dir: &'static str,
    theme: &'static Theme,
    brand: Brand,
    stylesheet: String,
    brand_stylesheet: String,
    /// Which picture stands above the title.
    icon: &'static str,
    title: String,
    body: String,
    /// The button of the form that unsubscribes, where there is one.
    unsubscribe: Option<String>,
    /// The button of the form that subscribes again, where there is one.
    subscribe: Option<String>,
    phone: Option<Phone>,
    actions: Vec<Action>,
    reference: Option<String>,
    links: Vec<Link>,
}

/// A link of which at most one on a page looks like a button.
#[derive(Debug, Serialize)]
struct Action {
    label: String,
    href: Href,
    primary: bool,
}

impl Renderer {
    /// A whole HTML document for a link that was followed. It has no inline style and no script:
    /// it holds under `default-src 'none'; style-src 'self'; form-action 'self'; img-src https:`.
    ///
    /// # Errors
    /// A built-in template or text is faulty.
    pub fn page(&self, view: &PageView<'_>, lang: &Lang) -> Result<String, RenderError> {
        let locale = self.locale(lang)?;
        let (title, body) = title_and_body(locale, view.page)?;
        let contacts = matches!(view.page, Page::ContactSales | Page::Error { .. });
        let phone = contacts
            .then(|| context::phone(locale, view.brand))
            .transpose()?
            .flatten();
        let document = Document {
            lang: locale.tag,
            dir: locale.meta.direction.name(),
            theme: &THEME,
            brand: Brand::of(view.brand),
            stylesheet: self.stylesheet_path().to_owned(),
            brand_stylesheet: assets::brand_path(view.brand.color),
            icon: icon(view.page),
            title,
            body,
            unsubscribe: match view.page {
                Page::UnsubscribeConfirm { .. } => {
                    Some(locale.text("page.unsubscribe.action", &[])?)
                }
                _ => None,
            },
            subscribe: match view.page {
                Page::Unsubscribed { .. } => Some(locale.text("page.unsubscribed.action", &[])?),
                _ => None,
            },
            phone,
            actions: actions(locale, view)?,
            reference: reference(locale, view.page)?,
            links: links(locale, view.brand)?,
        };
        self.templates.html("page/page.html", &document)
    }
}

fn title_and_body(locale: &Locale, page: Page<'_>) -> Result<(String, String), RenderError> {
    let (name, address) = match page {
        Page::ContactSales => ("contact_sales", ""),
        Page::LinkNotFound => ("link_not_found", ""),
        Page::LinkExpired => ("link_expired", ""),
        Page::UnsubscribeConfirm { address } => ("unsubscribe", address),
        Page::Subscribed { address } => ("subscribed", address),
        Page::Unsubscribed { address } => ("unsubscribed", address),
        Page::Error { .. } => ("error", ""),
    };
    let title = locale.text(&format!("page.{name}.title"), &[])?;
    let address = text::short(address, ADDRESS_MAX_CHARS);
    let body = if address.is_empty() {
        locale.text(&format!("page.{name}.body"), &[])?
    } else {
        locale.text(
            &format!("page.{name}.body_address"),
            &[("address", &address)],
        )?
    };
    Ok((title, body))
}

const fn icon(page: Page<'_>) -> &'static str {
    match page {
        Page::ContactSales => "contact",
        Page::LinkNotFound => "link",
        Page::LinkExpired => "clock",
        Page::UnsubscribeConfirm { .. } => "mail",
        Page::Subscribed { .. } | Page::Unsubscribed { .. } => "done",
        Page::Error { .. } => "error",
    }
}

/// Where the reader can go from here.
fn actions(locale: &Locale, view: &PageView<'_>) -> Result<Vec<Action>, RenderError> {
    let mut actions = Vec::new();
    let has_form = matches!(view.page, Page::UnsubscribeConfirm { .. });
    if matches!(view.page, Page::ContactSales | Page::Error { .. })
        && let Some(href) = &view.brand.support_url
    {
        let label = locale.text("page.common.support", &[])?;
        actions.push(Action {
            label,
            href: href.clone(),
            primary: !has_form && actions.is_empty(),
        });
    }
    if let Some(href) = view.brand.home_url.as_ref().filter(|href| href.is_web()) {
        let service = context::service_name(view.brand);
        let label = if service.is_empty() {
            locale.text("page.common.home_plain", &[])?
        } else {
            locale.text("page.common.home", &[("service", &service)])?
        };
        actions.push(Action {
            label,
            href: href.clone(),
            primary: !has_form && actions.is_empty(),
        });
    }
    Ok(actions)
}

fn reference(locale: &Locale, page: Page<'_>) -> Result<Option<String>, RenderError> {
    let Page::Error { request_id } = page else {
        return Ok(None);
    };
    let id = text::name(request_id);
    if id.is_empty() {
        return Ok(None);
    }
    locale
        .text("page.error.reference", &[("id", &id)])
        .map(Some)
}

fn links(locale: &Locale, brand: &BrandView) -> Result<Vec<Link>, RenderError> {
    let mut links = Vec::new();
    for (key, href) in [
        ("mail.terms", &brand.terms_url),
        ("mail.privacy", &brand.privacy_policy_url),
    ] {
        if let Some(href) = href.clone().filter(Href::is_web) {
            links.push(Link {
                label: locale.text(key, &[])?,
                href,
            });
        }
    }
    Ok(links)
}
