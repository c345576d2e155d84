//! What the backup console shows: everything that stands for one user, the worst first.

use super::Env;
use super::access::Context;
use super::error::Error;
use super::messages::{LinkedProposal, MessageContext};
use super::remembered::{Basis, Seen};
use super::what_to_buy::ToBuy;
use crate::domain::ids::{AccountId, TenantId, UserId};
use crate::domain::link::Placement;
use crate::domain::meter::ItemStatus;
use crate::domain::quota::{Level, Scope};
use crate::domain::snooze::{AlertId, Snoozes};
use crate::domain::time::Timestamp;
use crate::render::Writing;

/// How a caller wants messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Asked<'a> {
    /// In this language, else in the user's.
    pub lang: Option<&'a str>,
    /// For this page.
    pub page: Option<&'a str>,
}

/// One standing alert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alert {
    /// Stable over levels and reports.
    pub id: AlertId,
    /// How the item stands.
    pub status: ItemStatus,
    /// The level it stands in.
    pub level: Level,
    /// In the reader's language.
    pub title: String,
    /// In the reader's language.
    pub body: String,
    /// Until when the user does not want to see it.
    pub snoozed_until: Option<Timestamp>,
    /// What the reader can do.
    pub proposal: Option<LinkedProposal>,
    /// What covers the overage, for a reader who may buy it.
    pub to_buy: Option<ToBuy>,
}

/// The alerts of a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alerts {
    /// The reader.
    pub user_id: UserId,
    /// The reader's tenant.
    pub tenant_id: TenantId,
    /// The language of the texts.
    pub writing: Writing,
    /// When this was worked out.
    pub generated_at: Timestamp,
    /// The worst first.
    pub items: Vec<Alert>,
}

/// The alerts of `user`, and what they were made of.
///
/// # Errors
/// The user is unknown or out of reach; the store failed.
pub async fn list_alerts(
    cx: Context<'_>,
    user: UserId,
    asked: Asked<'_>,
) -> Result<(Alerts, Basis), Error> {
    let Context { env, now, .. } = cx;
    let (seen, view) = Seen::view(cx, user).await?;
    let snoozes = env.store.load::<Snoozes>(user).await?;
    let snoozes = snoozes.map(|found| found.value).unwrap_or_default();
    let message = MessageContext::new(env, &view, asked.lang, asked.page, now);
    let items = alerts_of(env, &message, &snoozes)?;
    let ends = items.iter().filter_map(|alert| alert.snoozed_until).min();
    let alerts = Alerts {
        user_id: view.user.id,
        tenant_id: view.tenant.id,
        writing: env.renderer.writing(&message.lang)?,
        generated_at: now,
        items,
    };
    Ok((alerts, Basis { seen, ends }))
}

/// The alerts of a view.
///
/// # Errors
/// A built-in text is faulty.
pub fn alerts_of(
    env: &Env,
    message: &MessageContext<'_>,
    snoozes: &Snoozes,
) -> Result<Vec<Alert>, Error> {
    let standing = message.view.standing().into_iter();
    standing
        .filter_map(|(scope, status)| Some((scope, status, status.state.level()?)))
        .map(|(scope, status, level)| alert_of(env, message, snoozes, (scope, status, level)))
        .collect()
}

fn alert_of(
    env: &Env,
    message: &MessageContext<'_>,
    snoozes: &Snoozes,
    (scope, status, level): (Scope, ItemStatus, Level),
) -> Result<Alert, Error> {
    let view = message.view;
    let account = match scope {
        Scope::User => AccountId::User(view.user.id),
        Scope::Tenant => AccountId::Tenant(view.tenant.id),
    };
    let id = AlertId {
        account,
        item: status.item,
    };
    let line = view.line(scope, status);
    let renderer = &env.renderer;
    let text = renderer.alert(&line, &view.tenant.name, view.proposal, &message.lang)?;
    let placement = Placement::Alert(status.item);
    Ok(Alert {
        id,
        status,
        level,
        title: text.title,
        body: text.body,
        snoozed_until: snoozes.until(id, message.now),
        proposal: message.proposal(env, placement, text.label),
        to_buy: ToBuy::of(line.to_buy, text.to_buy),
    })
}
