//! What a mail says when it is sent: rendered from what is true at that moment.

use super::Env;
use super::colleagues::{self, ColleagueItem};
use super::error::Error;
use super::links;
use super::view::{self, UserView, quota_line};
use crate::domain::brand::Brand;
use crate::domain::contact::EmailAddress;
use crate::domain::ids::{AccountId, TenantId};
use crate::domain::link::Placement;
use crate::domain::notification::{CancelReason, Cause, Mail, MailKind};
use crate::domain::proposal::Proposal;
use crate::domain::quota::Scope;
use crate::domain::rules::{Trail, quota_mail};
use crate::domain::time::Timestamp;
use crate::render::{
    ActivationMailView, Href, Lang, Mail as RenderedMail, OtherLine, ProposalView, QuotaMailView,
};

/// A rendered mail with what its headers need.
#[derive(Debug, Clone)]
pub struct Composed {
    /// The recipient's name, perhaps empty.
    pub to_name: String,
    /// The recipient's address.
    pub to: EmailAddress,
    /// The nearest enabled brand: whose mail it is, and perhaps whose server sends it.
    pub brand: Option<Brand>,
    /// Where one click stops these mails (RFC 8058); none for mail that is not repeated.
    pub unsubscribe_url: Option<String>,
    /// One line.
    pub subject: String,
    /// The plain part.
    pub text: String,
    /// The HTML part.
    pub html: String,
}

impl Composed {
    /// Through whose mail server it goes; see [`Mail::route`].
    #[must_use]
    pub fn route(&self) -> Option<TenantId> {
        let own = self.brand.as_ref().filter(|brand| brand.has_own_server());
        own.map(|brand| brand.tenant_id)
    }
}

/// What is to be done with a mail that is due.
#[derive(Debug, Clone)]
pub enum Due {
    /// Send this.
    Send(Box<Composed>),
    /// It is no longer true, or there is nobody to send it to.
    Cancel(CancelReason),
}

/// Decides about a due mail and renders it.
///
/// # Errors
/// The store failed, or a template did.
pub async fn compose(env: &Env, mail: &Mail, now: Timestamp) -> Result<Due, Error> {
    let view = view::load(env, mail.user_id).await?;
    compose_for(env, mail, view, now).await
}

/// The same, where the recipient's view was loaded just now; `None`: there is no such user.
///
/// # Errors
/// As [`compose`].
pub async fn compose_for(
    env: &Env,
    mail: &Mail,
    view: Option<UserView>,
    now: Timestamp,
) -> Result<Due, Error> {
    let Some(view) = view else {
        return Ok(Due::Cancel(CancelReason::RecipientDeleted));
    };
    match mail.kind {
        MailKind::Quota | MailKind::Reminder => compose_quota(env, mail, view, now).await,
        MailKind::Activation => compose_activation(env, view),
    }
}

async fn compose_quota(
    env: &Env,
    mail: &Mail,
    view: UserView,
    now: Timestamp,
) -> Result<Due, Error> {
    if let Err(rule) = quota_mail(&view.user, &view.tenant, &mut Trail::silent()) {
        return Ok(Due::Cancel(CancelReason::NotTold(rule)));
    }
    let view = view.with_what_to_buy(env).await?;
    let colleagues = colleagues::standing_of_causes(env, &view, &mail.causes).await?;
    let still_true = !colleagues.is_empty() || own_cause_stands(&view, &mail.causes);
    let Some(to) = view.user.contact.email.clone().filter(|_| still_true) else {
        return Ok(Due::Cancel(CancelReason::Resolved));
    };
    let (lines, names) = (
        view.quota_lines(),
        colleagues.iter().map(ColleagueItem::name),
    );
    let names: Vec<String> = names.collect();
    let others = colleagues.iter().zip(&names).map(|(item, name)| OtherLine {
        owner: name,
        line: quota_line(Scope::User, item.status),
    });
    let others: Vec<OtherLine<'_>> = others.collect();
    let unsubscribe_url = links::unsubscribe_url(env, &view, now);
    let unsubscribe = Href::parse(&unsubscribe_url);
    let proposal = proposal_view(env, &view, Placement::Email, now);
    let brand_view = view::brand_view(env, view.brand.as_ref());
    let name = view.user.contact.full_name();
    let mail_view = QuotaMailView {
        recipient_name: &name,
        tenant_name: &view.tenant.name,
        lines: &lines,
        others: &others,
        proposal: proposal.as_ref(),
        brand: &brand_view,
        unsubscribe_url: unsubscribe.as_ref(),
        reminder: mail.kind == MailKind::Reminder,
        as_of: Some(now),
    };
    let rendered = env
        .renderer
        .quota_mail(&mail_view, &lang_of(&view))
        .map_err(template_failed)?;
    Ok(Due::Send(Box::new(Composed {
        to_name: name,
        to,
        brand: view.brand,
        unsubscribe_url: Some(unsubscribe_url),
        subject: rendered.subject,
        text: rendered.text,
        html: rendered.html,
    })))
}

/// Whether one of the causes that concern the reader's own or the tenant's quotas still stands.
/// What else stands was told at its own time and is no reason for this mail.
fn own_cause_stands(view: &UserView, causes: &[Cause]) -> bool {
    view.standing().into_iter().any(|(scope, status)| {
        let account = match scope {
            Scope::User => AccountId::User(view.user.id),
            Scope::Tenant => AccountId::Tenant(view.tenant.id),
        };
        causes
            .iter()
            .any(|cause| cause.account == account && cause.item == status.item)
    })
}

fn compose_activation(env: &Env, view: UserView) -> Result<Due, Error> {
    if view.user.activated {
        return Ok(Due::Cancel(CancelReason::Activated));
    }
    let Some(to) = view.user.contact.email.clone() else {
        return Ok(Due::Cancel(CancelReason::NoAddress));
    };
    let rendered = activation_mail(env, &view, &lang_of(&view))?;
    Ok(Due::Send(Box::new(Composed {
        to_name: view.user.contact.full_name(),
        to,
        brand: view.brand,
        unsubscribe_url: None,
        subject: rendered.subject,
        text: rendered.text,
        html: rendered.html,
    })))
}

/// The mail that invites a new user.
///
/// # Errors
/// A template failed.
pub(super) fn activation_mail(
    env: &Env,
    view: &UserView,
    lang: &Lang,
) -> Result<RenderedMail, Error> {
    let home = view
        .brand
        .as_ref()
        .and_then(|brand| Href::parse(&brand.urls.account_server));
    let mail_view = ActivationMailView {
        recipient_name: &view.user.contact.full_name(),
        login: &view.user.login,
        activation_url: home.as_ref(),
        brand: &view::brand_view(env, view.brand.as_ref()),
    };
    let rendered = env.renderer.activation_mail(&mail_view, lang);
    rendered.map_err(template_failed)
}

/// What a message in `placement` offers the reader, with its tracked link.
#[must_use]
pub fn proposal_view(
    env: &Env,
    view: &UserView,
    placement: Placement,
    now: Timestamp,
) -> Option<ProposalView> {
    match view.proposal? {
        Proposal::ContactSales => Some(ProposalView::ContactSales),
        Proposal::BuyNow => {
            let href = Href::parse(&links::tracked_url(env, view, placement, now))?;
            Some(ProposalView::BuyNow { href })
        }
    }
}

fn lang_of(view: &UserView) -> Lang {
    Lang::parse(view.language(None)).unwrap_or_default()
}

fn template_failed(error: crate::render::RenderError) -> Error {
    Error::Internal(format!("a template failed: {error}"))
}
