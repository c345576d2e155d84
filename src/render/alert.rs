//! Alerts of the backup console, and the message that proposes an edition.

use super::locale::Locale;
use super::view::{AlertText, QuotaLine};
use super::{Lang, RenderError, Renderer, text, words};
use crate::domain::plan::Purchase;
use crate::domain::proposal::Proposal;

impl Renderer {
    /// The alert for one quota. Titles follow rule `alert-titles`, labels rule `who-may-buy`.
    /// `tenant_name` may be empty.
    ///
    /// # Errors
    /// A built-in text is faulty.
    pub fn alert(
        &self,
        line: &QuotaLine,
        tenant_name: &str,
        proposal: Option<Proposal>,
        lang: &Lang,
    ) -> Result<AlertText, RenderError> {
        let locale = self.locale(lang)?;
        let mut body = words::sentence(locale, line, tenant_name)?;
        if let Some(note) = words::note(locale, line)? {
            body = locale.text("body.joined", &[("first", &body), ("second", &note)])?;
        }
        Ok(AlertText {
            title: words::title(locale, line)?,
            body,
            label: label(locale, proposal)?,
            to_buy: words::to_buy_of(locale, line)?,
        })
    }

    /// The message that proposes an edition (rule `buy-url`).
    ///
    /// # Errors
    /// A built-in text is faulty.
    pub fn edition(
        &self,
        edition: &str,
        proposal: Option<Proposal>,
        lang: &Lang,
    ) -> Result<AlertText, RenderError> {
        let locale = self.locale(lang)?;
        let edition = text::name(edition);
        let body = proposal.map_or("plain", Proposal::name);
        let values = [("edition", edition.as_str())];
        Ok(AlertText {
            title: locale.text("edition.title", &values)?,
            body: locale.text(&format!("edition.{body}"), &values)?,
            label: label(locale, proposal)?,
            to_buy: None,
        })
    }

    /// What covers an overage and its price, in one sentence.
    ///
    /// # Errors
    /// A built-in text is faulty.
    pub fn to_buy(&self, purchase: &Purchase, lang: &Lang) -> Result<String, RenderError> {
        words::to_buy(self.locale(lang)?, purchase)
    }
}

fn label(locale: &Locale, proposal: Option<Proposal>) -> Result<Option<String>, RenderError> {
    proposal
        .map(|proposal| words::label(locale, proposal))
        .transpose()
}
