//! Records the outcomes of claimed mails, many in one commit, since a commit costs an fsync and
//! mails come in thousands. A commit is all or nothing: after a lost race each outcome is recorded
//! alone.

use std::collections::HashSet;

use super::{Failure, LEASE};
use crate::domain::ids::{MailId, TenantId, UserId};
use crate::domain::mail::{
    AfterFailure, CancelReason, GaveUp, Mail, MailState, Recipient, RetryPolicy, Verdict,
};
use crate::domain::time::Timestamp;
use crate::store::engine::{Changes, Key, StoreError};
use crate::store::{Found, keys};
use crate::usecases::Env;
use crate::usecases::error::{Error, retrying};

/// What became of a mail that was claimed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// Which mail.
    pub id: MailId,
    /// The number of the lease that it was claimed with.
    pub lease: u64,
    /// What became of it.
    pub ended: Ended,
}

impl Outcome {
    /// What became of `mail`, as it was when it was claimed.
    #[must_use]
    pub const fn of(mail: &Mail, ended: Ended) -> Self {
        Self {
            id: mail.id,
            lease: mail.leases,
            ended,
        }
    }
}

/// How it ended to have claimed a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// A mail server accepted it.
    Sent {
        /// The subject it was sent with.
        subject: String,
    },
    /// An attempt failed: it is tried again later, or a dead letter now.
    Failed {
        /// How.
        failure: Failure,
        /// Any number; it spreads the retries.
        random: u64,
    },
    /// It is not sent, because it is no longer true; says why.
    Cancelled(CancelReason),
    /// Its turn did not come; it is due as before, and this was no attempt.
    Untried,
    /// The same: it belongs to this route now; see [`Mail::route`].
    Rerouted(Option<TenantId>),
}

/// Records what became of mails, in one commit where nobody else changed one of them meanwhile.
/// Says of each failed one what follows; nothing of one that others have taken since.
///
/// # Errors
/// The store failed: mails of which nothing was recorded are sent again once their lease is over.
pub async fn record(
    env: &Env,
    outcomes: &[Outcome],
    now: Timestamp,
) -> Result<Vec<Option<AfterFailure>>, Error> {
    let ids = outcomes.iter().map(|outcome| outcome.id);
    let stored = env.node.in_flight().stored(ids);
    let next = match record_together(env, outcomes, stored, now).await {
        Err(Error::LostRace) => {
            let mut next = Vec::with_capacity(outcomes.len());
            for outcome in outcomes {
                next.push(record_one(env, outcome, now).await?);
            }
            next
        }
        done => done?,
    };
    env.node
        .in_flight()
        .end(outcomes.iter().map(|outcome| outcome.id));
    Ok(next)
}

/// Records what became of one mail.
///
/// # Errors
/// As [`record`].
pub async fn record_one(
    env: &Env,
    outcome: &Outcome,
    now: Timestamp,
) -> Result<Option<AfterFailure>, Error> {
    let outcomes = std::slice::from_ref(outcome);
    let next = retrying(|| record_together(env, outcomes, None, now)).await?;
    env.node.in_flight().end([outcome.id]);
    Ok(next.into_iter().next().flatten())
}

/// `stored`: what is stored of the mails, as far as is known without reading them.
async fn record_together(
    env: &Env,
    outcomes: &[Outcome],
    stored: Option<Vec<Option<Found<Mail>>>>,
    now: Timestamp,
) -> Result<Vec<Option<AfterFailure>>, Error> {
    let mails = match stored {
        Some(stored) => stored,
        None => {
            let ids = outcomes.iter().map(|outcome| outcome.id);
            env.store.load_many::<Mail>(ids).await?
        }
    };
    let mut changes = Changes::new();
    let mut told = Vec::new();
    let mut twice = Vec::new();
    let mut next = Vec::with_capacity(outcomes.len());
    for (outcome, found) in outcomes.iter().zip(mails) {
        // Of a mail that was deleted meanwhile nothing is left to say.
        let Some(found) = found else {
            next.push(None);
            continue;
        };
        let was_sent = matches!(outcome.ended, Ended::Sent { .. });
        let mut mail = found.value.clone();
        if !env.store.is_shared() && mail.is_before_lease(outcome.lease) {
            if outcome.ended == Ended::Untried {
                next.push(None);
                continue;
            }
            // No other process could claim it, so nothing was stored yet.
            mail.take(env.node.id(), now, LEASE);
        }
        match mail.verdict(outcome.lease, was_sent) {
            Verdict::Record => {}
            other => {
                twice.extend((other == Verdict::PossibleDuplicate).then_some(outcome.id));
                next.push(None);
                continue;
            }
        }
        next.push(end(&mut mail, outcome, &env.settings.retry, now));
        if was_sent && mail.kind.is_quota() {
            told.push(mail.user_id);
        }
        changes.update_mail(&found, &mail);
    }
    remember(env, &mut changes, told, now).await?;
    if !changes.is_empty() {
        env.store.commit(changes).await?;
    }
    count_duplicates(env, &twice);
    Ok(next)
}

fn count_duplicates(env: &Env, mails: &[MailId]) {
    env.metrics.possible_duplicates.inc_by(mails.len() as u64);
    for mail in mails {
        tracing::warn!(%mail, "a mail may arrive twice: another node took it while it was being sent");
    }
}

fn end(
    mail: &mut Mail,
    outcome: &Outcome,
    retry: &RetryPolicy,
    now: Timestamp,
) -> Option<AfterFailure> {
    match &outcome.ended {
        Ended::Sent { subject } => {
            mail.end_sent(outcome.lease, subject.clone(), now);
            None
        }
        Ended::Failed { failure, random } => {
            let next = if failure.is_permanent {
                AfterFailure::GiveUp(GaveUp::Refused)
            } else {
                retry.after_failure(mail.attempts, mail.created_at, now, *random)
            };
            match next {
                AfterFailure::RetryAt(at) => mail.give_back(at, failure.why.clone()),
                AfterFailure::GiveUp(reason) => {
                    mail.end(MailState::Dead, Some(reason.says(&failure.why)), now);
                }
            }
            Some(next)
        }
        Ended::Cancelled(why) => {
            mail.end(MailState::Cancelled, Some(why.says().to_owned()), now);
            None
        }
        Ended::Untried => {
            mail.give_back_untried(now);
            None
        }
        Ended::Rerouted(route) => {
            mail.route = *route;
            mail.give_back_untried(now);
            None
        }
    }
}

/// Remembers of each recipient that they were told now, and when to remind them. Nothing is kept
/// of a user who was deleted meanwhile.
async fn remember(
    env: &Env,
    changes: &mut Changes,
    told: Vec<UserId>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let mut seen = HashSet::new();
    let mut told = told;
    told.retain(|user| seen.insert(*user));
    let user_keys: Vec<Key> = told.iter().map(|user| keys::user(*user)).collect();
    let users = env.store.engine().get_many(&user_keys).await?;
    let known = env
        .store
        .load_many::<Recipient>(told.iter().copied())
        .await?;
    for ((user, stored), old) in told.into_iter().zip(users).zip(known) {
        if stored.is_some() {
            let new = Recipient::after_sending(user, now, env.settings.repeat_interval);
            changes.put_recipient(old.as_ref(), new);
        }
    }
    Ok(())
}
