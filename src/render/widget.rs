//! Texts of the widget: the words of its script, and the lines of its header.

use std::collections::BTreeMap;

use super::context::{self, Line};
use super::view::{HeaderLine, QuotaLine, Writing};
use super::{Lang, RenderError, Renderer};

/// The texts under `widget` in the locales.
const WORDS: [&str; 16] = [
    "alerts",
    "snooze",
    "day",
    "week",
    "month",
    "wake",
    "until",
    "none",
    "alerts_failed",
    "quotas_failed",
    "change_failed",
    "signed_out",
    "refused",
    "unavailable",
    "retry",
    "stale",
];

impl Renderer {
    /// The words of the widget's script as a JSON object: by language, then by name. `{time}` stays
    /// as it is; the script knows the reader's time zone.
    ///
    /// # Errors
    /// A built-in text is faulty.
    pub fn widget_words(&self) -> Result<String, RenderError> {
        let mut all = BTreeMap::new();
        for locale in &self.locales {
            let mut words = BTreeMap::from([("dir", locale.meta.direction.name().to_owned())]);
            for name in WORDS {
                let text = locale.text(&format!("widget.{name}"), &[("time", "{time}")])?;
                words.insert(name, text);
            }
            words.insert("quotas", locale.text("header.label", &[])?);
            all.insert(locale.tag, words);
        }
        serde_json::to_string(&all).map_err(|cause| RenderError::Locale {
            tag: "en",
            problem: format!("cannot be written as JSON: {cause}"),
        })
    }

    /// The language that a message to `lang` is written in.
    ///
    /// # Errors
    /// No language was built in.
    pub fn writing(&self, lang: &Lang) -> Result<Writing, RenderError> {
        let locale = self.locale(lang)?;
        Ok(Writing {
            lang: locale.tag,
            dir: locale.meta.direction.name(),
        })
    }

    /// The words of one line of the header, the same as in [`Renderer::header_html`].
    ///
    /// # Errors
    /// A built-in text is faulty.
    pub fn header_line(
        &self,
        line: &QuotaLine,
        tenant_name: &str,
        lang: &Lang,
    ) -> Result<HeaderLine, RenderError> {
        let locale = self.locale(lang)?;
        let shown = Line::of(locale, line)?;
        Ok(HeaderLine {
            group: context::heading(locale, line.scope, tenant_name)?,
            title: shown.item,
            label: shown.label,
            figures: shown.figures,
            percent: shown.percent,
        })
    }
}
