//! Takes usage reports: stores and evaluates them, and writes a notice where a level is entered,
//! in one change per account. The changes of a batch go to the store together; each succeeds or
//! fails alone.

mod batch;
mod resolve;

use super::Settings;
use super::access::Context;
use super::audit::Act;
use super::error::Error;
use super::holder::Holder;
use crate::domain::evaluate::{Evaluation, Transition};
use crate::domain::ids::AccountId;
use crate::domain::mail::Notice;
use crate::domain::meter::{Meter, Offered, Report, UsageKey};
use crate::domain::quota::{Item, Level};
use crate::domain::time::Timestamp;
use crate::store::engine::Changes;
use crate::store::record::Stored;
use crate::telemetry::metrics::{Direction, Metrics, UsageOutcome};

/// One line of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageReport {
    /// Whose usage.
    pub account: AccountId,
    /// Of what.
    pub key: UsageKey,
    /// How much: bytes or things.
    pub absolute: u64,
    /// When it was so; `None`: now.
    pub observed_at: Option<Timestamp>,
}

/// A change of state that a batch caused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountTransition {
    /// Whose quota.
    pub account: AccountId,
    /// From where to where.
    pub transition: Transition,
    /// The level that its people are told of, if they are.
    pub notify: Option<Level>,
}

/// The answer to a batch.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BatchOutcome {
    /// What each accepted line did, in the order given.
    pub lines: Vec<Result<Report, Error>>,
    /// Every change of state.
    pub transitions: Vec<AccountTransition>,
}

/// Whether a batch is stored, or only shows what it would do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Store it.
    Commit,
    /// Evaluate it and store nothing.
    DryRun,
}

/// Takes a batch. A line's failure never undoes another's; every `Ok` line is durable.
pub async fn report_usages(cx: Context<'_>, reports: Vec<UsageReport>, mode: Mode) -> BatchOutcome {
    let outcome = batch::run(cx, reports, mode).await;
    if mode == Mode::Commit {
        count(&cx.env.metrics, &outcome);
    }
    outcome
}

fn count(metrics: &Metrics, outcome: &BatchOutcome) {
    let labels = outcome.lines.iter().map(|line| match line {
        Ok(Report::Accepted) => UsageOutcome::Accepted,
        Ok(Report::Unchanged) => UsageOutcome::Unchanged,
        Ok(Report::Skipped) => UsageOutcome::Skipped,
        Err(_) => UsageOutcome::Rejected,
    });
    for label in labels {
        metrics.usage_records.inc(label);
    }
    for AccountTransition { transition, .. } in &outcome.transitions {
        if let Some(level) = transition.to.level() {
            metrics.transitions.inc2(level, Direction::Entered);
        }
        if let Some(level) = transition.from.level() {
            metrics.transitions.inc2(level, Direction::Left);
        }
    }
}

/// Evaluates a changed meter; a notice where its people are to be told.
/// Nobody of a tenant that is not enabled is told.
pub(super) fn evaluate<O: Offered>(
    settings: &Settings,
    metrics: &Metrics,
    meter: &mut Meter<O>,
    holder: Holder,
    now: Timestamp,
) -> (Vec<(Item, Evaluation)>, Option<Notice>) {
    let outcomes = meter.evaluate(&settings.usage_names, &holder.policy, now);
    metrics
        .alerts_evaluated
        .inc_by(u64::try_from(outcomes.len()).unwrap_or(0));
    let entered = outcomes
        .iter()
        .filter_map(|(item, outcome)| Some((*item, outcome.notify?)));
    let entered: Vec<(Item, Level)> = entered.collect();
    let told = !entered.is_empty() && holder.enabled;
    let notice = told.then_some(Notice {
        account: meter.account,
        entered,
        created_at: now,
    });
    (outcomes, notice)
}

/// As [`Context::commit`], with the notice of what [`evaluate`] found.
pub(super) async fn commit_evaluated<T: Stored>(
    cx: Context<'_>,
    mut changes: Changes,
    notice: Option<Notice>,
    act: Act<'_>,
    (before, after): (Option<&T>, &T),
) -> Result<(), Error> {
    if let Some(notice) = &notice {
        changes.put_notice(notice);
    }
    cx.commit(changes, act, before, Some(after)).await
}
