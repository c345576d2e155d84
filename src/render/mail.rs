//! Mails: subject, plain part and HTML part from one view, so that they cannot disagree.

use askama::Template;

use super::context::{self, Brand, Group, Link, Offer, Phone, THEME, Theme};
use super::href::Href;
use super::locale::Locale;
use super::view::{ActivationMailView, BrandView, Mail, QuotaLine, QuotaMailView};
use super::{Lang, RenderError, Renderer, text, words};
use crate::domain::quota::{Scope, State};

/// What every mail has.
#[derive(Debug)]
struct Frame {
    lang: &'static str,
    dir: &'static str,
    /// What ends a label, with the space that the language has before it.
    colon: String,
    theme: &'static Theme,
    brand: Brand,
    subject: String,
    /// What a mailbox shows beside the subject.
    preheader: String,
    heading: String,
    greeting: String,
    /// Why the reader gets it.
    reason: String,
    phone: Option<Phone>,
    /// Unsubscribing first, where there is any.
    links: Vec<Link>,
}

#[derive(Debug)]
struct QuotaMail {
    frame: Frame,
    paragraphs: Vec<String>,
    groups: Vec<Group>,
    /// Whether the groups need headings: a mail about one quota has said it in its paragraph.
    several: bool,
    offer: Offer,
    as_of: Option<String>,
}

#[derive(Debug)]
struct ActivationMail {
    frame: Frame,
    intro: String,
    login: String,
    action: Option<Link>,
    /// Before the address (button and plain address are both given), or whom to ask.
    hint: String,
}

#[derive(Template)]
#[template(path = "email/quota.txt")]
struct QuotaText<'a> {
    frame: &'a Frame,
    mail: &'a QuotaMail,
}

#[derive(Template)]
#[template(path = "email/quota.html")]
struct QuotaHtml<'a> {
    frame: &'a Frame,
    mail: &'a QuotaMail,
}

#[derive(Template)]
#[template(path = "email/activation.txt")]
struct ActivationText<'a> {
    frame: &'a Frame,
    mail: &'a ActivationMail,
}

#[derive(Template)]
#[template(path = "email/activation.html")]
struct ActivationHtml<'a> {
    frame: &'a Frame,
    mail: &'a ActivationMail,
}

impl Renderer {
    /// One mail about all quotas that are exceeded or soon will be.
    ///
    /// # Errors
    /// [`RenderError::NothingToSay`] where no line is an alert; otherwise a built-in template or
    /// text is faulty.
    pub fn quota_mail(&self, view: &QuotaMailView<'_>, lang: &Lang) -> Result<Mail, RenderError> {
        let locale = self.locale(lang)?;
        let is_alert = |line: &QuotaLine| line.state.level().is_some();
        let lines: Vec<QuotaLine> = view
            .lines
            .iter()
            .filter(|line| is_alert(line))
            .copied()
            .collect();
        let others = others_of(view);
        // The reader's own first: they are what the heading and the first sentence are about.
        let own = lines.iter().map(|line| (*line, view.tenant_name));
        let told: Vec<(QuotaLine, &str)> = own.chain(others.iter().copied()).collect();
        let [(first, owner), rest @ ..] = told.as_slice() else {
            return Err(RenderError::NothingToSay);
        };
        let several = !rest.is_empty();
        let heading = if several {
            count(locale, told.len())?
        } else {
            words::title(locale, first)?
        };
        let paragraphs = paragraphs(locale, view, (first, owner), several)?;
        let mut groups = context::groups(locale, &lines, view.tenant_name)?;
        for of_one in others.chunk_by(|a, b| a.1 == b.1) {
            let (lines, owners): (Vec<_>, Vec<_>) = of_one.iter().copied().unzip();
            let owner = owners.first().copied().unwrap_or_default();
            groups.extend(context::groups(locale, &lines, owner)?);
        }
        let mut frame = frame(locale, view.brand, view.recipient_name)?;
        let subject_of = match first.state {
            State::HardExceeded => locale.text("mail.subject_stopped", &[("title", &heading)])?,
            _ => heading.clone(),
        };
        frame.subject = subject(locale, subject_of, view)?;
        frame.preheader = words::sentence(locale, first, owner)?;
        frame.heading = heading;
        frame.reason = by_service(locale, "mail.reason", view.brand)?;
        let unsubscribe = link(locale, "mail.unsubscribe", view.unsubscribe_url)?;
        frame.links.splice(0..0, unsubscribe);
        let as_of = match view.as_of {
            Some(at) => {
                let time = locale.date_time(at)?;
                Some(locale.text("mail.as_of", &[("time", &time)])?)
            }
            None => None,
        };
        let offer = Offer::of(locale, view.proposal, view.brand)?;
        // The contacts stand beside the advice already.
        if offer.contact.is_some() {
            frame.phone = None;
        }
        let mail = QuotaMail {
            frame,
            paragraphs,
            groups,
            several,
            offer,
            as_of,
        };
        let (mail, frame) = (&mail, &mail.frame);
        Ok(Mail {
            text: QuotaText { mail, frame }.render()?,
            html: QuotaHtml { mail, frame }.render()?,
            subject: frame.subject.clone(),
        })
    }

    /// The mail that invites a new user to activate the account.
    ///
    /// # Errors
    /// A built-in template or text is faulty.
    pub fn activation_mail(
        &self,
        view: &ActivationMailView<'_>,
        lang: &Lang,
    ) -> Result<Mail, RenderError> {
        let locale = self.locale(lang)?;
        let mut frame = frame(locale, view.brand, view.recipient_name)?;
        let login = text::name(view.login);
        let intro = by_service(locale, "activation.intro", view.brand)?;
        frame.subject = by_service(locale, "activation.subject", view.brand)?;
        frame.subject = text::short(&frame.subject, text::SUBJECT_MAX_CHARS);
        frame.preheader.clone_from(&intro);
        frame.heading = locale.text("activation.subject", &[])?;
        frame.reason = locale.text("activation.reason", &[])?;
        let hint = if view.activation_url.is_some() {
            "hint"
        } else {
            "no_link"
        };
        let mail = ActivationMail {
            frame,
            intro,
            login: locale.text("activation.login", &[("login", &login)])?,
            action: link(locale, "activation.action", view.activation_url)?,
            hint: locale.text(&format!("activation.{hint}"), &[])?,
        };
        let (mail, frame) = (&mail, &mail.frame);
        Ok(Mail {
            text: ActivationText { mail, frame }.render()?,
            html: ActivationHtml { mail, frame }.render()?,
            subject: frame.subject.clone(),
        })
    }
}

/// The lines of other users with their owners. To the reader they are somebody else's, as the
/// tenant's are, and are worded so.
fn others_of<'a>(view: &QuotaMailView<'a>) -> Vec<(QuotaLine, &'a str)> {
    let alerts = view
        .others
        .iter()
        .filter(|other| other.line.state.level().is_some());
    let worded = alerts.map(|other| {
        let line = QuotaLine {
            scope: Scope::Tenant,
            ..other.line
        };
        (line, other.owner)
    });
    worded.collect()
}

/// "2 quotas need your attention".
fn count(locale: &Locale, lines: usize) -> Result<String, RenderError> {
    let count = u64::try_from(lines).unwrap_or(u64::MAX);
    locale.plural(
        "mail.several",
        count,
        &[("number", &locale.meta.integer(count))],
    )
}

/// The heading (of a stopped service: with that), and what a mailbox cannot see otherwise: a reminder, and whose mail it is.
fn subject(
    locale: &Locale,
    mut subject: String,
    view: &QuotaMailView<'_>,
) -> Result<String, RenderError> {
    if view.reminder {
        subject = locale.text("mail.subject_reminder", &[("title", &subject)])?;
    }
    let service = context::service_name(view.brand);
    if !service.is_empty() {
        subject = locale.text(
            "mail.subject",
            &[("title", &subject), ("service", &service)],
        )?;
    }
    Ok(text::short(&subject, text::SUBJECT_MAX_CHARS))
}

fn paragraphs(
    locale: &Locale,
    view: &QuotaMailView<'_>,
    (first, owner): (&QuotaLine, &str),
    several: bool,
) -> Result<Vec<String>, RenderError> {
    let mut paragraphs = Vec::with_capacity(2);
    if view.reminder {
        paragraphs.push(locale.text("mail.intro_reminder", &[])?);
    }
    paragraphs.push(if several {
        locale.text("mail.intro_several", &[])?
    } else {
        words::short_sentence(locale, first, owner)?
    });
    Ok(paragraphs)
}

/// A frame with everything that depends on brand and reader alone.
fn frame(locale: &Locale, brand: &BrandView, recipient: &str) -> Result<Frame, RenderError> {
    let recipient = text::name(recipient);
    let greeting = if recipient.is_empty() {
        locale.text("mail.greeting_plain", &[])?
    } else {
        locale.text("mail.greeting", &[("name", &recipient)])?
    };
    let mut links = Vec::new();
    for (key, href) in [
        ("mail.support", &brand.support_url),
        ("mail.terms", &brand.terms_url),
        ("mail.privacy", &brand.privacy_policy_url),
    ] {
        links.extend(link(locale, key, href.as_ref())?);
    }
    Ok(Frame {
        lang: locale.tag,
        dir: locale.meta.direction.name(),
        colon: locale.meta.colon.clone(),
        theme: &THEME,
        brand: Brand::of(brand),
        subject: String::new(),
        preheader: String::new(),
        heading: String::new(),
        greeting,
        reason: String::new(),
        phone: context::phone(locale, brand)?,
        links,
    })
}

/// The text `key`, or `<key>_service` with the service's name where it has one.
fn by_service(locale: &Locale, key: &str, brand: &BrandView) -> Result<String, RenderError> {
    let service = context::service_name(brand);
    if service.is_empty() {
        locale.text(key, &[])
    } else {
        locale.text(&format!("{key}_service"), &[("service", &service)])
    }
}

fn link(locale: &Locale, key: &str, href: Option<&Href>) -> Result<Option<Link>, RenderError> {
    let Some(href) = href else {
        return Ok(None);
    };
    Ok(Some(Link {
        label: locale.text(key, &[])?,
        href: href.clone(),
    }))
}
