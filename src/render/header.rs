//! The header of the management portal, as an HTML fragment.

use serde::Serialize;

use super::context::{self, Contact, Group, Link};
use super::view::{HeaderView, ProposalView};
use super::{Lang, RenderError, Renderer, words};
use crate::domain::proposal::Proposal;

#[derive(Debug, Serialize)]
struct Header {
    lang: &'static str,
    dir: &'static str,
    label: String,
    groups: Vec<Group>,
    buy: Option<Link>,
    contact: Option<Contact>,
}

impl Renderer {
    /// A `<section class="upsell-header">` to put into a page. It has no style and no script in
    /// it, so it holds under any Content-Security-Policy; the page links
    /// [`Renderer::stylesheet_path`] and may set `--upsell-accent` and `--upsell-on-accent`.
    ///
    /// # Errors
    /// A built-in template or text is faulty.
    pub fn header_html(&self, view: &HeaderView<'_>, lang: &Lang) -> Result<String, RenderError> {
        let locale = self.locale(lang)?;
        let header = Header {
            lang: locale.tag,
            dir: locale.meta.direction.name(),
            label: locale.text("header.label", &[])?,
            groups: context::groups(locale, view.lines, view.tenant_name)?,
            buy: match view.proposal {
                Some(ProposalView::BuyNow { href }) => Some(Link {
                    label: words::label(locale, Proposal::BuyNow)?,
                    href: href.clone(),
                }),
                _ => None,
            },
            contact: match view.proposal {
                Some(ProposalView::ContactSales) => Some(Contact::of(locale, view.brand)?),
                _ => None,
            },
        };
        self.templates.html("portal/header.html", &header)
    }
}
