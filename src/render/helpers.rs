//! The two things templates can do beside printing: print a checked address, wrap a text.

use handlebars::{
    Context, Handlebars, Helper, HelperDef, HelperResult, Output, RenderContext, RenderError,
    ScopedJson,
};

use super::href::Href;
use super::text;

/// `{{url address}}` prints the address where it is safe in a link, else nothing. It is the only
/// way in which a template may fill `href` and `src`.
pub(crate) struct Url;

impl HelperDef for Url {
    fn call_inner<'reg: 'rc, 'rc>(
        &self,
        helper: &Helper<'rc>,
        _: &'reg Handlebars<'reg>,
        _: &'rc Context,
        _: &mut RenderContext<'reg, 'rc>,
    ) -> Result<ScopedJson<'rc>, RenderError> {
        let href = helper
            .param(0)
            .and_then(|param| param.value().as_str())
            .and_then(Href::parse);
        let shown = href.as_ref().map_or("", Href::as_str);
        Ok(ScopedJson::Derived(shown.into()))
    }
}

/// `{{wrap text indent=2}}` prints a text in lines of the width of a plain mail; the lines after
/// the first are indented.
pub(crate) struct Wrap;

impl HelperDef for Wrap {
    fn call<'reg: 'rc, 'rc>(
        &self,
        helper: &Helper<'rc>,
        _: &'reg Handlebars<'reg>,
        _: &'rc Context,
        _: &mut RenderContext<'reg, 'rc>,
        out: &mut dyn Output,
    ) -> HelperResult {
        let value = helper
            .param(0)
            .and_then(|param| param.value().as_str())
            .unwrap_or("");
        let indent = helper
            .hash_get("indent")
            .and_then(|param| param.value().as_u64())
            .and_then(|columns| usize::try_from(columns).ok())
            .unwrap_or(0)
            .min(text::WRAP_COLUMNS / 2);
        out.write(&text::wrap(&text::one_line(value), indent))?;
        Ok(())
    }
}
