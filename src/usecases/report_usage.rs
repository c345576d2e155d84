//! Usage comes in: stored, evaluated, and where a level is entered a notice is written, all in one
//! change per account. The changes of a batch go to the store together, each on its own.

mod batch;
mod resolve;

use super::Settings;
use super::access::Context;
use super::error::Error;
use super::holder::Holder;
use crate::domain::evaluate::{Evaluation, Transition};
use crate::domain::ids::AccountId;
use crate::domain::meter::{Meter, Offered, Report, UsageKey};
use crate::domain::notification::Notice;
use crate::domain::quota::{Item, Level};
use crate::domain::time::Timestamp;
use crate::telemetry::metrics::{Direction, Metrics, UsageOutcome};

pub use resolve::resolve_account;

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

/// What one accepted line did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outcome {
    /// Whether the value was new.
    pub report: Report,
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
    /// Per line, in the order given.
    pub lines: Vec<Result<Outcome, Error>>,
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
        Ok(outcome) => match outcome.report {
            Report::Accepted => UsageOutcome::Accepted,
            Report::Unchanged => UsageOutcome::Unchanged,
            Report::Skipped => UsageOutcome::Skipped,
        },
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
