//! Everything people read: alerts, mails, the portal header and the pages behind links, in their
//! language and in the look of their brand. Use cases and pages call [`Renderer`].
//!
//! Templates and languages are compiled into the binary and checked by [`Renderer::new`]. Views
//! come in as plain values ([`view`]) whose texts may be hostile: HTML is escaped wherever a
//! template prints, no value is read as a template, control and direction characters are removed,
//! long names are cut, and addresses become links only as [`Href`].

mod alert;
mod assets;
mod color;
mod context;
mod figures;
#[cfg(test)]
mod fixtures;
mod header;
mod href;
mod known;
mod lang;
mod locale;
mod mail;
mod number;
mod page;
mod prepared;
mod templates;
#[cfg(test)]
mod tests;
mod text;
mod tone;
pub mod view;
mod widget;
mod words;

pub use assets::Asset;
pub use color::Color;
pub use href::Href;
pub use lang::Lang;
pub use view::{
    ActivationMailView, AlertText, BrandView, HeaderLine, HeaderView, Mail, OtherLine, Page,
    PageView, ProposalView, QuotaLine, QuotaMailView, SalesContact, Writing,
};

use locale::Locale;
use prepared::Kept;
use templates::Templates;

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

/// Why something could not be rendered. Except for [`RenderError::NothingToSay`] these are faults
/// of the templates or locales that were built in: no data can cause them.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// A template does not compile.
    #[error("a template does not compile")]
    Template(#[source] Box<handlebars::TemplateError>),
    /// A template could not be rendered, for instance because it names what its view has not.
    #[error("a template cannot be rendered")]
    Render(#[source] Box<handlebars::RenderError>),
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

impl From<handlebars::RenderError> for RenderError {
    fn from(cause: handlebars::RenderError) -> Self {
        Self::Render(Box::new(cause))
    }
}

/// All templates and languages. Make one at start and share it.
#[derive(Debug)]
pub struct Renderer {
    templates: Templates,
    kept: Kept,
    locales: Vec<Locale>,
    stylesheet: Asset,
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
        let templates = Templates::new()?;
        Ok(Self {
            stylesheet: assets::stylesheet(&templates)?,
            templates,
            kept: Kept::default(),
            locales,
        })
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

    /// The locale for `lang`: the tag itself, then the language, then the first in [`LOCALES`] of
    /// that language (Brazilian for Portuguese), then English.
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
}
