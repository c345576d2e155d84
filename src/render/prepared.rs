//! Prepared mails: the part that a brand and a language determine is rendered once and cached; a
//! mail fills in the rest.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::Serialize;

use super::context::{self, Brand, Contact, Link, Phone, THEME, Theme};
use super::locale::Locale;
use super::templates::{Parts, Templates};
use super::tone::{self, Tone};
use super::view::BrandView;
use super::{RenderError, Renderer, words};
use crate::domain::proposal::Proposal;
use crate::domain::quota::State;

/// The kinds of mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MailKind {
    Quota,
    Activation,
}

/// All that a prepared mail depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Origin<'a> {
    kind: MailKind,
    lang: &'static str,
    brand: &'a BrandView,
}

/// The mails of one kind, brand and language, as far as they are the same.
#[derive(Debug)]
pub(crate) struct Prepared {
    kind: MailKind,
    lang: &'static str,
    brand: BrandView,
    pub(crate) mail: Parts,
    /// By the states that mails are about.
    lines: Vec<(&'static str, Parts)>,
}

/// The values that are printed once.
#[derive(Debug, Serialize)]
struct Frame {
    lang: &'static str,
    dir: &'static str,
    /// What ends a label, with the space that the language has before it.
    colon: String,
    theme: &'static Theme,
    brand: Brand,
    words: Words,
    /// Why the reader gets it.
    reason: String,
    phone: Option<Phone>,
    /// After the one that unsubscribes.
    links: Vec<Link>,
    sales: Contact,
}

/// Texts of a frame.
#[derive(Debug, Serialize)]
struct Words {
    unsubscribe: String,
    reminder: String,
    buy: String,
    created: String,
    activate: String,
    /// Before the address: button and plain address are both given.
    hint: String,
    /// Whom to ask where there is no address.
    no_link: String,
}

/// The same for a line.
#[derive(Debug, Serialize)]
struct LineFrame<'a> {
    #[serde(flatten)]
    frame: &'a Frame,
    /// The state's name on the wire; a CSS class.
    state: &'static str,
    label: String,
    /// Colours for where no style sheet reaches.
    tone: Tone,
}

impl Renderer {
    /// The mails of this kind, brand and language.
    pub(crate) fn prepared(
        &self,
        kind: MailKind,
        locale: &Locale,
        brand: &BrandView,
    ) -> Result<Arc<Prepared>, RenderError> {
        let lang = locale.tag;
        if let Some(prepared) = self.kept.find(Origin { kind, lang, brand }) {
            return Ok(prepared);
        }
        let frame = Frame::of(kind, locale, brand)?;
        let prepared = Arc::new(Prepared {
            kind,
            lang,
            brand: brand.clone(),
            mail: match kind {
                MailKind::Quota => self.templates.prepared("email/quota", &frame)?,
                MailKind::Activation => self.templates.prepared("email/activation", &frame)?,
            },
            lines: match kind {
                MailKind::Quota => lines(&self.templates, locale, &frame)?,
                MailKind::Activation => Vec::new(),
            },
        });
        self.kept.put(Arc::clone(&prepared));
        Ok(prepared)
    }
}

impl Prepared {
    /// A line of this state.
    pub(crate) fn line(&self, state: &str) -> Option<&Parts> {
        let mut lines = self.lines.iter();
        lines.find_map(|(name, parts)| (*name == state).then_some(parts))
    }

    fn origin(&self) -> Origin<'_> {
        Origin {
            kind: self.kind,
            lang: self.lang,
            brand: &self.brand,
        }
    }
}

fn lines(
    templates: &Templates,
    locale: &Locale,
    frame: &Frame,
) -> Result<Vec<(&'static str, Parts)>, RenderError> {
    let states = [State::Soon, State::Exceeded, State::HardExceeded].into_iter();
    let lines = states.map(|state| {
        let state_name = state.name();
        let known = LineFrame {
            frame,
            state: state_name,
            label: locale.text(&format!("state.{state_name}"), &[])?,
            tone: tone::light(state),
        };
        Ok((state_name, templates.prepared("email/line", &known)?))
    });
    lines.collect()
}

impl Frame {
    fn of(kind: MailKind, locale: &Locale, brand: &BrandView) -> Result<Self, RenderError> {
        let text = |key| locale.text(key, &[]);
        let links = [
            ("mail.support", brand.support_url.as_ref()),
            ("mail.terms", brand.terms_url.as_ref()),
            ("mail.privacy", brand.privacy_policy_url.as_ref()),
        ];
        Ok(Self {
            lang: locale.tag,
            dir: locale.meta.direction.name(),
            colon: locale.meta.colon.clone(),
            theme: &THEME,
            brand: Brand::of(brand),
            words: Words {
                unsubscribe: text("mail.unsubscribe")?,
                reminder: text("mail.intro_reminder")?,
                buy: words::label(locale, Proposal::BuyNow)?,
                created: by_service(locale, "activation.intro", brand)?,
                activate: text("activation.action")?,
                hint: text("activation.hint")?,
                no_link: text("activation.no_link")?,
            },
            reason: match kind {
                MailKind::Quota => by_service(locale, "mail.reason", brand)?,
                MailKind::Activation => text("activation.reason")?,
            },
            phone: context::phone(locale, brand)?,
            links: context::links(locale, links)?,
            sales: Contact::of(locale, brand)?,
        })
    }
}

/// The text `key`, or `<key>_service` with the service's name where it has one.
pub(crate) fn by_service(
    locale: &Locale,
    key: &str,
    brand: &BrandView,
) -> Result<String, RenderError> {
    let service = context::service_name(brand);
    if service.is_empty() {
        locale.text(key, &[])
    } else {
        locale.text(&format!("{key}_service"), &[("service", &service)])
    }
}

/// Maximum prepared mails in the cache; the least recently used is dropped.
const KEPT: usize = 256;

/// Cache of prepared mails by all that they depend on, so that none outlives a change.
#[derive(Debug, Default)]
pub(crate) struct Kept(Mutex<VecDeque<Arc<Prepared>>>);

impl Kept {
    fn find(&self, origin: Origin<'_>) -> Option<Arc<Prepared>> {
        let mut kept = self.lock();
        let at = kept.iter().position(|one| one.origin() == origin)?;
        let found = kept.remove(at)?;
        kept.push_front(Arc::clone(&found));
        Some(found)
    }

    fn put(&self, prepared: Arc<Prepared>) {
        let mut kept = self.lock();
        kept.push_front(prepared);
        kept.truncate(KEPT);
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Arc<Prepared>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::super::Lang;
    use super::super::fixtures::brand;
    use super::*;

    #[test]
    fn a_prepared_mail_is_kept_by_all_that_it_is_made_of() {
        let renderer = Renderer::new().unwrap();
        let locale = |tag| renderer.locale(&Lang::parse(tag).unwrap()).unwrap();
        let prepared = |kind, tag, brand: &_| renderer.prepared(kind, locale(tag), brand).unwrap();
        let first = prepared(MailKind::Quota, "en", &brand());
        let again = prepared(MailKind::Quota, "en", &brand());
        assert!(Arc::ptr_eq(&first, &again));
        let changed = BrandView {
            terms_url: None,
            ..brand()
        };
        for other in [
            prepared(MailKind::Activation, "en", &brand()),
            prepared(MailKind::Quota, "de", &brand()),
            prepared(MailKind::Quota, "en", &changed),
        ] {
            assert!(!Arc::ptr_eq(&first, &other));
        }
    }

    #[test]
    fn those_that_were_used_last_are_kept() {
        let renderer = Renderer::new().unwrap();
        let locale = renderer.locale(&Lang::default()).unwrap();
        let prepared = |name: usize| {
            let brand = BrandView {
                service_name: name.to_string(),
                ..BrandView::default()
            };
            let kind = MailKind::Activation;
            renderer.prepared(kind, locale, &brand).unwrap()
        };
        let (used, unused) = (prepared(0), prepared(1));
        for name in 2..=KEPT {
            prepared(name);
            assert!(Arc::ptr_eq(&used, &prepared(0)));
        }
        assert_eq!(renderer.kept.lock().len(), KEPT);
        assert!(!Arc::ptr_eq(&unused, &prepared(1)));
    }
}
