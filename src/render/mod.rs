//! What people read: alerts, mails, the portal header and the pages behind links, in their
//! language and in the look of their brand.
//!
//! Everything is compiled into the binary and checked by [`Renderer::new`]. Views come in as
//! plain values ([`view`]); their texts may be hostile and come out as text: HTML is escaped by
//! the template engine, control and direction characters are taken out, long names are cut, and
//! addresses become links only as [`Href`].

mod alert;
mod assets;
mod color;
mod context;
mod figures;
#[cfg(test)]
mod fixtures;
mod header;
mod helpers;
mod href;
mod lang;
mod locale;
mod mail;
mod number;
mod page;
#[cfg(test)]
mod tests;
mod text;
mod tone;
pub mod view;
mod widget;
mod words;

use handlebars::Handlebars;
use serde::Serialize;

pub use assets::Asset;
pub use color::Color;
pub use href::Href;
pub use lang::Lang;
pub use view::{
    ActivationMailView, AlertText, BrandView, HeaderLine, HeaderView, Mail, OtherLine, Page,
    PageView, ProposalView, QuotaLine, QuotaMailView, SalesContact, Writing,
};

use locale::Locale;

/// The languages: tag and file. The first is the reference and the last resort.
const LOCALES: &[(&str, &str)] = &[
    ("en", include_str!("../../templates/locales/en.toml")),
    ("de", include_str!("../../templates/locales/de.toml")),
    ("es", include_str!("../../templates/locales/es.toml")),
    ("fr", include_str!("../../templates/locales/fr.toml")),
    ("it", include_str!("../../templates/locales/it.toml")),
    ("ja", include_str!("../../templates/locales/ja.toml")),
    ("pt-BR", include_str!("../../templates/locales/pt-BR.toml")),
    ("ru", include_str!("../../templates/locales/ru.toml")),
];

const HTML: &[(&str, &str)] = &[
    (
        "layout/mail",
        include_str!("../../templates/layout/mail.hbs"),
    ),
    (
        "email/quota",
        include_str!("../../templates/email/quota/html.hbs"),
    ),
    (
        "email/activation",
        include_str!("../../templates/email/activation/html.hbs"),
    ),
    ("page/page", include_str!("../../templates/page/page.hbs")),
    (
        "portal/header",
        include_str!("../../templates/portal/header.hbs"),
    ),
];

const TEXT: &[(&str, &str)] = &[
    (
        "layout/footer",
        include_str!("../../templates/layout/footer.txt.hbs"),
    ),
    (
        "email/quota",
        include_str!("../../templates/email/quota/text.hbs"),
    ),
    (
        "email/activation",
        include_str!("../../templates/email/activation/text.hbs"),
    ),
    (
        "assets/upsell.css",
        include_str!("../../templates/assets/upsell.css.hbs"),
    ),
    (
        "assets/brand.css",
        include_str!("../../templates/assets/brand.css.hbs"),
    ),
];

/// Why something could not be rendered. Except for [`RenderError::NothingToSay`] these are faults
/// of the templates or locales that were built in: no data can cause them.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// A template does not compile.
    #[error("the template {name} does not compile")]
    Template {
        /// The template.
        name: &'static str,
        /// Where and why.
        #[source]
        cause: Box<handlebars::TemplateError>,
    },
    /// A template could not be rendered, for instance because it names what its view has not.
    #[error("the template {name} cannot be rendered")]
    Render {
        /// The template.
        name: &'static str,
        /// Where and why.
        #[source]
        cause: Box<handlebars::RenderError>,
    },
    /// A locale file is not TOML of the expected form.
    #[error("templates/locales/{tag}.toml cannot be read")]
    LocaleSyntax {
        /// The language.
        tag: &'static str,
        /// Where and why.
        #[source]
        cause: Box<toml::de::Error>,
    },
    /// A locale lacks a text, or has one that does not fit.
    #[error("templates/locales/{tag}.toml: {problem}")]
    Locale {
        /// The language.
        tag: &'static str,
        /// What is wrong, beginning with the text's key.
        problem: String,
    },
    /// A quota mail without a quota that is exceeded or soon will be: do not send it.
    #[error("none of the quotas is exceeded or soon will be, so there is no mail to write")]
    NothingToSay,
}

/// All templates and languages, compiled. Make one at start and share it.
#[derive(Debug)]
pub struct Renderer {
    html: Handlebars<'static>,
    text: Handlebars<'static>,
    locales: Vec<Locale>,
    assets: Vec<Asset>,
}

impl Renderer {
    /// Compiles the templates, reads the languages and checks them against English.
    ///
    /// # Errors
    /// A template or language that was built in is faulty.
    pub fn new() -> Result<Self, RenderError> {
        let locales = LOCALES
            .iter()
            .map(|(tag, source)| Locale::parse(tag, source))
            .collect::<Result<Vec<_>, _>>()?;
        if let Some((reference, others)) = locales.split_first() {
            others
                .iter()
                .try_for_each(|locale| locale.check_against(reference))?;
        }
        let mut renderer = Self {
            html: engine(HTML)?,
            text: engine(TEXT)?,
            locales,
            assets: Vec::new(),
        };
        renderer
            .html
            .register_escape_fn(|value| handlebars::html_escape(&text::neutralise(value)));
        renderer
            .text
            .register_escape_fn(|value| text::neutralise(value).into_owned());
        renderer.assets.push(assets::stylesheet(&renderer)?);
        Ok(renderer)
    }

    /// The tags of the languages, English first.
    pub fn languages(&self) -> impl Iterator<Item = &'static str> {
        self.locales.iter().map(|locale| locale.tag)
    }

    /// The names of the languages, each in itself, in the order of [`Renderer::languages`].
    pub fn language_names(&self) -> impl Iterator<Item = &str> {
        self.locales.iter().map(|locale| locale.meta.name.as_str())
    }

    /// The first of the `Accept-Language` header's languages that is spoken here, else English.
    #[must_use]
    pub fn negotiate(&self, accept_language: &str) -> Lang {
        Lang::accepted(accept_language)
            .into_iter()
            .find(|lang| self.find(lang).is_some())
            .unwrap_or_default()
    }

    /// The locale for `lang`: the tag itself, then the language, then any region of it (Brazilian
    /// for Portuguese), then English.
    fn locale(&self, lang: &Lang) -> Result<&Locale, RenderError> {
        self.find(lang)
            .or_else(|| self.locales.first())
            .ok_or_else(|| RenderError::Locale {
                tag: "en",
                problem: "is missing".to_owned(),
            })
    }

    fn find(&self, lang: &Lang) -> Option<&Locale> {
        let by_tag = |tag: String| self.locales.iter().find(|locale| locale.tag == tag);
        let of_language = |locale: &&Locale| locale.tag.split('-').next() == Some(lang.language());
        lang.candidates()
            .into_iter()
            .find_map(by_tag)
            .or_else(|| self.locales.iter().find(of_language))
    }

    fn html(&self, name: &'static str, view: &impl Serialize) -> Result<String, RenderError> {
        render(&self.html, name, view)
    }

    fn text(&self, name: &'static str, view: &impl Serialize) -> Result<String, RenderError> {
        render(&self.text, name, view)
    }
}

fn engine(templates: &[(&'static str, &str)]) -> Result<Handlebars<'static>, RenderError> {
    let mut engine = Handlebars::new();
    // A misspelt name is an error, not an empty place.
    engine.set_strict_mode(true);
    engine.register_helper("url", Box::new(helpers::Url));
    engine.register_helper("wrap", Box::new(helpers::Wrap));
    for (name, source) in templates {
        engine
            .register_template_string(name, source)
            .map_err(|cause| RenderError::Template {
                name,
                cause: Box::new(cause),
            })?;
    }
    Ok(engine)
}

fn render(
    engine: &Handlebars<'static>,
    name: &'static str,
    view: &impl Serialize,
) -> Result<String, RenderError> {
    engine
        .render(name, view)
        .map_err(|cause| RenderError::Render {
            name,
            cause: Box::new(cause),
        })
}
