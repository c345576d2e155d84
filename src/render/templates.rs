//! The templates, rendered by handlebars.
//!
//! Most of a mail is the same for all readers of a brand and a language, so it is rendered in two
//! steps: [`Templates::prepared`] prints each known value and leaves a template of the others,
//! which is cached; [`Templates::filled`] renders that for each mail. Printed values are text in
//! it, never source: no name is ever read as a template.

use handlebars::{
    Context, Handlebars, Helper, HelperDef, HelperResult, JsonTruthy as _, Output, RenderContext,
    RenderErrorReason, Renderable, Template,
};
use serde::Serialize;
use serde_json::Value;

use super::known::{Known, Rendered, given};
use super::{RenderError, text};

/// A template by its name, whose ending says how values are printed: into HTML, or as plain text.
macro_rules! template {
    ($name:literal) => {
        (
            $name,
            include_str!(concat!("../../templates/", $name, ".hbs")),
        )
    };
}

pub(crate) const SOURCES: &[(&str, &str)] = &[
    template!("layout/mail.html"),
    template!("layout/footer.txt"),
    template!("email/quota.html"),
    template!("email/quota.txt"),
    template!("email/line.html"),
    template!("email/line.txt"),
    template!("email/activation.html"),
    template!("email/activation.txt"),
    template!("page/page.html"),
    template!("portal/header.html"),
    template!("assets/upsell.css"),
    template!("assets/brand.css"),
];

/// All templates, compiled.
#[derive(Debug)]
pub(crate) struct Templates {
    html: Handlebars<'static>,
    plain: Handlebars<'static>,
}

/// The two parts of a mail, or of a line in it.
#[derive(Debug)]
pub(crate) struct Parts {
    html: Template,
    plain: Template,
}

impl Templates {
    pub(crate) fn new() -> Result<Self, RenderError> {
        Self::of(SOURCES)
    }

    fn of(sources: &[(&str, &str)]) -> Result<Self, RenderError> {
        let (mut html, mut plain) = (engine(), engine());
        html.register_escape_fn(|value| text::markup(value).into_owned());
        plain.register_escape_fn(|value| text::neutralise(value).into_owned());
        let mut templates = Self { html, plain };
        for (name, source) in sources {
            let engine = if name.ends_with(".html") {
                &mut templates.html
            } else {
                &mut templates.plain
            };
            engine
                .register_template_string(name, source)
                .map_err(|cause| RenderError::Template(Box::new(cause)))?;
        }
        Ok(templates)
    }

    /// Prints a template of HTML.
    pub(crate) fn html(&self, name: &str, values: &impl Serialize) -> Result<String, RenderError> {
        Ok(self.html.render(name, values)?)
    }

    /// Prints any other.
    pub(crate) fn plain(&self, name: &str, values: &impl Serialize) -> Result<String, RenderError> {
        Ok(self.plain.render(name, values)?)
    }

    /// What is left of the templates `<name>.html` and `<name>.txt` when all is printed whose name is in `known`.
    pub(crate) fn prepared(
        &self,
        name: &str,
        known: &impl Serialize,
    ) -> Result<Parts, RenderError> {
        let known = Context::wraps(known)?;
        let left = |engine, ending| {
            let known = Known {
                engine,
                values: &known,
            };
            known.left_of(&format!("{name}.{ending}"))
        };
        Ok(Parts {
            html: left(&self.html, "html")?,
            plain: left(&self.plain, "txt")?,
        })
    }

    /// HTML and plain text of a mail, from its lines and all other values.
    pub(crate) fn filled(
        &self,
        mail: &Parts,
        values: &Context,
        lines: &[(&Parts, Context)],
    ) -> Result<(String, String), RenderError> {
        let filled = |engine, part: fn(&Parts) -> &Template| {
            let mut state = RenderContext::new(None);
            state.register_local_helper("lines", Box::new(Lines { lines, part }));
            part(mail).renders(engine, values, &mut state)
        };
        let html = filled(&self.html, |parts| &parts.html)?;
        Ok((html, filled(&self.plain, |parts| &parts.plain)?))
    }
}

fn engine() -> Handlebars<'static> {
    let mut engine = Handlebars::new();
    // A misspelt name is an error, not an empty place.
    engine.set_strict_mode(true);
    engine.register_helper("if", Box::new(If { wanted: true }));
    engine.register_helper("unless", Box::new(If { wanted: false }));
    engine.register_helper("wrap", Box::new(Wrap));
    engine
}

fn first<'a>(helper: &'a Helper<'_>) -> Rendered<&'a Value> {
    let missing = RenderErrorReason::ParamNotFoundForIndex("helper", 0);
    given(helper.param(0).ok_or(missing)?)
}

/// `{{#if x}}` and `{{#unless x}}`, as handlebars has them but for names that are misspelt.
struct If {
    wanted: bool,
}

impl HelperDef for If {
    fn call<'reg: 'rc, 'rc>(
        &self,
        helper: &Helper<'rc>,
        engine: &'reg Handlebars<'reg>,
        values: &'rc Context,
        state: &mut RenderContext<'reg, 'rc>,
        out: &mut dyn Output,
    ) -> HelperResult {
        let side = if first(helper)?.is_truthy(false) == self.wanted {
            helper.template()
        } else {
            helper.inverse()
        };
        side.map_or(Ok(()), |side| side.render(engine, values, state, out))
    }
}

/// `{{wrap text indent=2}}` prints a text in lines of the width of a plain mail; the lines after
/// the first are indented.
struct Wrap;

impl HelperDef for Wrap {
    fn call<'reg: 'rc, 'rc>(
        &self,
        helper: &Helper<'rc>,
        _: &'reg Handlebars<'reg>,
        _: &'rc Context,
        _: &mut RenderContext<'reg, 'rc>,
        out: &mut dyn Output,
    ) -> HelperResult {
        let indent = helper.hash_get("indent");
        let indent = indent.and_then(|columns| columns.value().as_u64());
        let indent = indent.and_then(|columns| usize::try_from(columns).ok());
        let text = first(helper)?.as_str().unwrap_or_default();
        Ok(out.write(&text::wrapped(text, indent.unwrap_or_default()))?)
    }
}

/// `{{lines}}` prints the lines of a mail, each by a template of its own.
struct Lines<'a> {
    lines: &'a [(&'a Parts, Context)],
    part: fn(&Parts) -> &Template,
}

impl HelperDef for Lines<'_> {
    fn call<'reg: 'rc, 'rc>(
        &self,
        _: &Helper<'rc>,
        engine: &'reg Handlebars<'reg>,
        _: &'rc Context,
        _: &mut RenderContext<'reg, 'rc>,
        out: &mut dyn Output,
    ) -> HelperResult {
        let mut lines = self.lines.iter();
        lines.try_for_each(|(line, values)| {
            (self.part)(line).render(engine, values, &mut RenderContext::new(None), out)
        })
    }
}

#[cfg(test)]
mod tests {
    use handlebars::template::TemplateElement;
    use serde_json::json;

    use super::*;

    const LAYOUT: (&str, &str) = (
        "layout.html",
        "<{{brand.name}}|{{place}}>\n{{> @partial-block}}\n{{#each links}}\n{{this}}{{@root/colon}}\n{{/each}}\n",
    );

    fn templates(html: &'static str) -> Templates {
        let txt = (
            "x.txt",
            "{{#if a}}{{wrap brand.name}}{{else}}{{wrap place}}{{/if}}",
        );
        Templates::of(&[LAYOUT, ("x.html", html), txt]).unwrap()
    }

    fn known() -> Value {
        json!({"brand": {"name": "B{{place}}\\{", "none": null}, "links": ["1", "2"], "colon": ":"})
    }

    fn filled(html: &'static str, values: Value) -> Result<(String, String), RenderError> {
        let templates = templates(html);
        let parts = templates.prepared("x", &known())?;
        templates.filled(&parts, &values.into(), &[])
    }

    #[test]
    fn what_is_known_is_text_and_the_rest_is_filled() {
        let html = "{{#> layout.html}}\n{{#if a}}{{colon}}{{place}}{{else}}{{brand.name}}{{/if}}\n\
                    {{#unless brand.none}}{{#if brand.none}}never{{else}}always{{/if}}{{/unless}}\n{{/layout.html}}\n";
        for (a, body) in [(true, ":&lt;p&gt;"), (false, "B{{place}}\\{")] {
            let (html, text) = filled(html, json!({"a": a, "place": "<p>"})).unwrap();
            let begin = "<B{{place}}\\{|&lt;p&gt;>";
            assert_eq!(html, format!("{begin}\n{body}\nalways\n1:\n2:\n"));
            assert_eq!(text, if a { "B{{place}}\\{" } else { "<p>" });
        }
    }

    #[test]
    fn only_names_that_are_not_known_are_left() {
        let html =
            "{{#> layout.html}}{{#if brand.name}}{{colon}}{{/if}}{{/layout.html}}{{brand.name}}";
        let parts = templates(html).prepared("x", &known()).unwrap();
        let [
            TemplateElement::RawString(_),
            TemplateElement::Expression(left),
            TemplateElement::RawString(_),
        ] = parts.html.elements.as_slice()
        else {
            panic!("{:?}", parts.html.elements);
        };
        assert_eq!(left.name.as_name(), Some("place"));
    }

    #[test]
    fn a_misspelt_name_is_an_error() {
        let values = || json!({"a": false, "place": ""});
        assert!(filled("{{place}}{{#if a}}{{/if}}", values()).is_ok());
        for html in [
            "{{plaec}}",
            "{{#if plaec}}{{/if}}",
            "{{#unless plaec}}{{/unless}}",
            "{{brand.nmae}}",
            "{{#if brand.nmae}}{{/if}}",
            "{{#if a}}{{brand.nmae}}{{/if}}",
            "{{#each plaec}}{{/each}}",
            "{{#each links}}{{nmae}}{{/each}}",
            "{{> layuot.html}}",
        ] {
            let error = filled(html, values()).unwrap_err();
            assert!(matches!(error, RenderError::Render(_)), "{html}: {error:?}");
        }
    }
}
