//! The pages behind links: contact, link errors, unsubscribing.

use serde::Serialize;

use super::context::{self, Brand, Link, Phone, THEME, Theme};
use super::href::Href;
use super::locale::Locale;
use super::view::{Page, PageView};
use super::{Lang, RenderError, Renderer, text};

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
        let (name, icon, address) = kind(view.page);
        let button = |is_shown: bool, key| is_shown.then(|| locale.text(key, &[])).transpose();
        let is_web = |href: &&Href| href.is_web();
        let links = [
            ("mail.terms", view.brand.terms_url.as_ref().filter(is_web)),
            (
                "mail.privacy",
                view.brand.privacy_policy_url.as_ref().filter(is_web),
            ),
        ];
        let document = Document {
            lang: locale.tag,
            dir: locale.meta.direction.name(),
            theme: &THEME,
            brand: Brand::of(view.brand),
            stylesheet: self.stylesheet_path().to_owned(),
            brand_stylesheet: self.brand_stylesheet_path(view.brand.color),
            icon,
            title: locale.text(&format!("page.{name}.title"), &[])?,
            body: body(locale, name, address)?,
            unsubscribe: button(asks(view.page), "page.unsubscribe.action")?,
            subscribe: button(
                matches!(view.page, Page::Unsubscribed { .. }),
                "page.unsubscribed.action",
            )?,
            phone: match has_contacts(view.page) {
                true => context::phone(locale, view.brand)?,
                false => None,
            },
            actions: actions(locale, view)?,
            reference: reference(locale, view.page)?,
            links: context::links(locale, links)?,
        };
        self.templates.html("page/page.html", &document)
    }
}

/// The page's name in the locales, its picture, and whose mails it is about.
const fn kind(page: Page<'_>) -> (&'static str, &'static str, &str) {
    match page {
        Page::ContactSales => ("contact_sales", "contact", ""),
        Page::LinkNotFound => ("link_not_found", "link", ""),
        Page::LinkExpired => ("link_expired", "clock", ""),
        Page::UnsubscribeConfirm { address } => ("unsubscribe", "mail", address),
        Page::Subscribed { address } => ("subscribed", "done", address),
        Page::Unsubscribed { address } => ("unsubscribed", "done", address),
        Page::Error { .. } => ("error", "error", ""),
    }
}

fn body(locale: &Locale, name: &str, address: &str) -> Result<String, RenderError> {
    let address = text::short(address, ADDRESS_MAX_CHARS);
    if address.is_empty() {
        return locale.text(&format!("page.{name}.body"), &[]);
    }
    let key = format!("page.{name}.body_address");
    locale.text(&key, &[("address", &address)])
}

/// Whether the page says how to reach the brand.
const fn has_contacts(page: Page<'_>) -> bool {
    matches!(page, Page::ContactSales | Page::Error { .. })
}

/// Whether the page has the form that unsubscribes.
const fn asks(page: Page<'_>) -> bool {
    matches!(page, Page::UnsubscribeConfirm { .. })
}

/// Where the reader can go from here.
fn actions(locale: &Locale, view: &PageView<'_>) -> Result<Vec<Action>, RenderError> {
    let mut links = Vec::new();
    if has_contacts(view.page)
        && let Some(href) = &view.brand.support_url
    {
        links.push((locale.text("page.common.support", &[])?, href));
    }
    if let Some(href) = view.brand.home_url.as_ref().filter(|href| href.is_web()) {
        let service = context::service_name(view.brand);
        let label = if service.is_empty() {
            locale.text("page.common.home_plain", &[])?
        } else {
            locale.text("page.common.home", &[("service", &service)])?
        };
        links.push((label, href));
    }
    let links = links.into_iter().enumerate();
    let actions = links.map(|(at, (label, href))| Action {
        label,
        href: href.clone(),
        primary: at == 0 && !asks(view.page),
    });
    Ok(actions.collect())
}

fn reference(locale: &Locale, page: Page<'_>) -> Result<Option<String>, RenderError> {
    let Page::Error { request_id } = page else {
        return Ok(None);
    };
    let id = text::name(request_id);
    let reference = || locale.text("page.error.reference", &[("id", &id)]);
    (!id.is_empty()).then(reference).transpose()
}
