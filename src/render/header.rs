//! The header of the management portal, as a fragment.

use serde::Serialize;

use super::context::{self, Group, Offer};
use super::view::HeaderView;
use super::{Lang, RenderError, Renderer};

#[derive(Debug, Serialize)]
struct Header {
    lang: &'static str,
    dir: &'static str,
    label: String,
    groups: Vec<Group>,
    offer: Offer,
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
            offer: Offer::of(locale, view.proposal, view.brand)?,
        };
        self.templates.html("portal/header.html", &header)
    }
}
