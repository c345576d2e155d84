//! Renders a mail when it is sent, from what is true at that moment. The outbox calls it.

use super::Env;
use super::colleagues::{self, ColleagueItem};
use super::error::Error;
use super::links;
use super::view::{self, UserView, quota_line};
use crate::domain::brand::Brand;
use crate::domain::contact::EmailAddress;
use crate::domain::ids::{AccountId, TenantId};
use crate::domain::link::Placement;
use crate::domain::mail::{CancelReason, Cause, Mail, MailKind};
use crate::domain::proposal::Proposal;
use crate::domain::quota::Scope;
use crate::domain::rules::{Trail, quota_mail};
use crate::domain::time::Timestamp;
use crate::render::{
    ActivationMailView, Href, Lang, Mail as RenderedMail, OtherLine, ProposalView, QuotaMailView,
};
use crate::tracked_link::Purpose;

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
        view::mail_route(self.brand.as_ref())
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
    let proposal = proposal_view(env, &view, now);
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
    let rendered = env.renderer.quota_mail(&mail_view, &lang_of(&view))?;
    Ok(due(view, to, Some(unsubscribe_url), rendered))
}

fn due(
    view: UserView,
    to: EmailAddress,
    unsubscribe_url: Option<String>,
    rendered: RenderedMail,
) -> Due {
    Due::Send(Box::new(Composed {
        to_name: view.user.contact.full_name(),
        to,
        brand: view.brand,
        unsubscribe_url,
        subject: rendered.subject,
        text: rendered.text,
        html: rendered.html,
    }))
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
    Ok(due(view, to, None, rendered))
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
    Ok(env.renderer.activation_mail(&mail_view, lang)?)
}

/// What a quota mail offers the reader, with its tracked link.
fn proposal_view(env: &Env, view: &UserView, now: Timestamp) -> Option<ProposalView> {
    match view.proposal? {
        Proposal::ContactSales => Some(ProposalView::ContactSales),
        Proposal::BuyNow => {
            let purpose = Purpose::Quota(Placement::Email);
            let href = Href::parse(&links::redirect_url(env, view, purpose, None, now))?;
            Some(ProposalView::BuyNow { href })
        }
    }
}

/// The language of mail to this reader: the user's, else the tenant's.
fn lang_of(view: &UserView) -> Lang {
    let own = [&view.user.language, &view.tenant.language];
    let tag = own.into_iter().find(|tag| !tag.is_empty());
    tag.and_then(|tag| Lang::parse(tag)).unwrap_or_default()
}
