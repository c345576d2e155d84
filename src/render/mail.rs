//! Mails: subject, plain part and HTML part come from one view, so they cannot disagree.

use handlebars::Context;
use serde::Serialize;

use super::context::{self, Group, Line};
use super::href::Href;
use super::locale::Locale;
use super::prepared::{MailKind, Prepared, by_service};
use super::templates::Parts;
use super::view::{ActivationMailView, Mail, ProposalView, QuotaLine, QuotaMailView};
use super::{Lang, RenderError, Renderer, text, words};
use crate::domain::quota::{Scope, State};

/// What every mail has of its own.
#[derive(Debug, Serialize)]
struct Opening {
    subject: String,
    /// What a mailbox shows beside the subject.
    preheader: String,
    heading: String,
    greeting: String,
    unsubscribe_href: Option<Href>,
    /// Whether the contacts stand beside the advice to use them, rather than at the end.
    contact: bool,
}

#[derive(Debug, Serialize)]
struct QuotaMail {
    #[serde(flatten)]
    opening: Opening,
    reminder: bool,
    paragraph: String,
    buy_href: Option<Href>,
    as_of: Option<String>,
}

#[derive(Debug, Serialize)]
struct ListedLine {
    /// Before the first of a group, where a mail is about several quotas: one alone is said in its paragraph.
    heading: Option<String>,
    #[serde(flatten)]
    line: Line,
}

#[derive(Debug, Serialize)]
struct ActivationMail {
    #[serde(flatten)]
    opening: Opening,
    login: String,
    action_href: Option<Href>,
}

impl Renderer {
    /// One mail about all quotas that are exceeded or soon will be.
    ///
    /// # Errors
    /// [`RenderError::NothingToSay`] where no line is an alert; otherwise a built-in template or
    /// text is faulty.
    pub fn quota_mail(&self, view: &QuotaMailView<'_>, lang: &Lang) -> Result<Mail, RenderError> {
        let locale = self.locale(lang)?;
        let lines = view.lines.iter().copied();
        let lines: Vec<QuotaLine> = lines.filter(|line| line.state.level().is_some()).collect();
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
        let paragraph = if several {
            locale.text("mail.intro_several", &[])?
        } else {
            words::short_sentence(locale, first, owner)?
        };
        let mut groups = context::groups(locale, &lines, view.tenant_name)?;
        for of_one in others.chunk_by(|a, b| a.1 == b.1) {
            let (lines, owners): (Vec<_>, Vec<_>) = of_one.iter().copied().unzip();
            let owner = owners.first().copied().unwrap_or_default();
            groups.extend(context::groups(locale, &lines, owner)?);
        }
        let as_of = |at| locale.text("mail.as_of", &[("time", &locale.date_time(at)?)]);
        let mail = QuotaMail {
            opening: Opening {
                subject: subject(locale, &heading, first.state, view)?,
                preheader: words::sentence(locale, first, owner)?,
                heading,
                greeting: greeting(locale, view.recipient_name)?,
                unsubscribe_href: view.unsubscribe_url.cloned(),
                contact: matches!(view.proposal, Some(ProposalView::ContactSales)),
            },
            reminder: view.reminder,
            paragraph,
            buy_href: match view.proposal {
                Some(ProposalView::BuyNow { href }) => Some(href.clone()),
                _ => None,
            },
            as_of: view.as_of.map(as_of).transpose()?,
        };
        let prepared = self.prepared(MailKind::Quota, locale, view.brand)?;
        let lines = lines_of(&prepared, groups, several)?;
        let values = Context::wraps(&mail)?;
        self.filled(&prepared, mail.opening.subject, &values, &lines)
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
        let subject = by_service(locale, "activation.subject", view.brand)?;
        let login = text::name(view.login);
        let mail = ActivationMail {
            opening: Opening {
                subject: text::short(&subject, text::SUBJECT_MAX_CHARS),
                preheader: by_service(locale, "activation.intro", view.brand)?,
                heading: locale.text("activation.subject", &[])?,
                greeting: greeting(locale, view.recipient_name)?,
                unsubscribe_href: None,
                contact: false,
            },
            login: locale.text("activation.login", &[("login", &login)])?,
            action_href: view.activation_url.cloned(),
        };
        let prepared = self.prepared(MailKind::Activation, locale, view.brand)?;
        let values = Context::wraps(&mail)?;
        self.filled(&prepared, mail.opening.subject, &values, &[])
    }

    fn filled(
        &self,
        prepared: &Prepared,
        subject: String,
        values: &Context,
        lines: &[(&Parts, Context)],
    ) -> Result<Mail, RenderError> {
        let (html, text) = self.templates.filled(&prepared.mail, values, lines)?;
        Ok(Mail {
            subject,
            text,
            html,
        })
    }
}

/// The lines of all groups by the templates for their states, with the headings of the groups.
fn lines_of(
    prepared: &Prepared,
    groups: Vec<Group>,
    several: bool,
) -> Result<Vec<(&Parts, Context)>, RenderError> {
    let mut lines = Vec::new();
    for group in groups {
        let mut heading = several.then_some(group.heading);
        for line in group.lines {
            if let Some(parts) = prepared.line(line.state) {
                let heading = heading.take();
                lines.push((parts, Context::wraps(ListedLine { heading, line })?));
            }
        }
    }
    Ok(lines)
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
    let number = locale.meta.integer(count);
    locale.plural("mail.several", count, &[("number", &number)])
}

/// The heading (of a stopped service: with that), and what a mailbox cannot see otherwise: a reminder, and whose mail it is.
fn subject(
    locale: &Locale,
    heading: &str,
    state: State,
    view: &QuotaMailView<'_>,
) -> Result<String, RenderError> {
    let mut subject = match state {
        State::HardExceeded => locale.text("mail.subject_stopped", &[("title", heading)])?,
        _ => heading.to_owned(),
    };
    if view.reminder {
        subject = locale.text("mail.subject_reminder", &[("title", &subject)])?;
    }
    let service = context::service_name(view.brand);
    if !service.is_empty() {
        let values = [("title", &*subject), ("service", &service)];
        subject = locale.text("mail.subject", &values)?;
    }
    Ok(text::short(&subject, text::SUBJECT_MAX_CHARS))
}

fn greeting(locale: &Locale, recipient: &str) -> Result<String, RenderError> {
    let recipient = text::name(recipient);
    if recipient.is_empty() {
        locale.text("mail.greeting_plain", &[])
    } else {
        locale.text("mail.greeting", &[("name", &recipient)])
    }
}
