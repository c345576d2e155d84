//! Usage comes in: stored, evaluated, and where a level is entered a notice is written, all in one
//! commit per account.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::StreamExt;

use super::Env;
use super::access::Caller;
use super::error::{Error, What, retrying};
use crate::domain::evaluate::{Evaluation, Transition};
use crate::domain::ids::{AccountId, TenantId};
use crate::domain::meter::{Meter, Report, UsageKey};
use crate::domain::quota::{Item, Level};
use crate::domain::tenant::Tenant;
use crate::domain::time::Timestamp;
use crate::store::engine::Changes;
use crate::store::record::Notice;
use crate::telemetry::metrics::{Direction, Metrics, UsageOutcome};

/// A report from further in the future than this is refused: stored, it would make every honest
/// one after it look old.
const MAX_CLOCK_SKEW: Duration = Duration::from_secs(3600);

/// Accounts of one batch that are worked on at once; their commits share one fsync.
const CONCURRENT_ACCOUNTS: usize = 256;

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
pub async fn report_usages(
    env: &Env,
    caller: &Caller,
    reports: Vec<UsageReport>,
    mode: Mode,
    now: Timestamp,
) -> BatchOutcome {
    let mut lines: Vec<Option<Result<Outcome, Error>>> = vec![None; reports.len()];
    let mut by_account: BTreeMap<AccountId, Vec<(usize, UsageReport)>> = BTreeMap::new();
    for (index, report) in reports.into_iter().enumerate() {
        by_account
            .entry(report.account)
            .or_default()
            .push((index, report));
    }
    let mut running = futures_util::stream::iter(by_account)
        .map(|(account, reports)| async move {
            let indexes: Vec<usize> = reports.iter().map(|(index, _)| *index).collect();
            let done = report_account(env, caller, account, &reports, mode, now).await;
            (indexes, done)
        })
        .buffer_unordered(CONCURRENT_ACCOUNTS);
    let mut transitions = Vec::new();
    while let Some((indexes, done)) = running.next().await {
        match done {
            Ok(account) => {
                transitions.extend(account.transitions);
                for (index, line) in indexes.into_iter().zip(account.lines) {
                    lines[index] = Some(line);
                }
            }
            Err(error) => {
                for index in indexes {
                    lines[index] = Some(Err(error.clone()));
                }
            }
        }
    }
    transitions.sort_by_key(|change| (change.account, change.transition.item));
    let missing = || Err(Error::Internal("a usage line was not worked on".to_owned()));
    let lines = lines
        .into_iter()
        .map(|line| line.unwrap_or_else(missing))
        .collect();
    let outcome = BatchOutcome { lines, transitions };
    if mode == Mode::Commit {
        count(&env.metrics, &outcome);
    }
    outcome
}

fn count(metrics: &Metrics, outcome: &BatchOutcome) {
    for line in &outcome.lines {
        let label = match line {
            Ok(Outcome {
                report: Report::Accepted,
            }) => UsageOutcome::Accepted,
            Ok(Outcome {
                report: Report::Unchanged,
            }) => UsageOutcome::Unchanged,
            Ok(Outcome {
                report: Report::Skipped,
            }) => UsageOutcome::Skipped,
            Err(_) => UsageOutcome::Rejected,
        };
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

/// All lines of one account, in one commit.
async fn report_account(
    env: &Env,
    caller: &Caller,
    account: AccountId,
    reports: &[(usize, UsageReport)],
    mode: Mode,
    now: Timestamp,
) -> Result<BatchOutcome, Error> {
    let (account, tenant) = resolve_account(env, caller, account).await?;
    let _turn = env.store.turn(account).await;
    retrying(|| async {
        let (mut meter, expect) = env.store.meter(account).await?;
        let lines: Vec<_> = reports
            .iter()
            .map(|(_, report)| take(&mut meter, report, now))
            .collect();
        let (outcomes, notice) = evaluate(env, &mut meter, &tenant, now);
        let changed = lines.iter().any(|line| {
            matches!(
                line,
                Ok(Outcome {
                    report: Report::Accepted | Report::Unchanged
                })
            )
        });
        if mode == Mode::Commit && changed {
            let told = notice.is_some();
            let mut changes = Changes::new();
            changes.put_meter(expect, meter);
            if let Some(notice) = notice {
                changes.put_notice(notice);
            }
            env.store.commit(changes).await?;
            if told {
                env.outbox_wake.notify_one();
            }
        }
        Ok(BatchOutcome {
            lines,
            transitions: transitions_of(account, &outcomes),
        })
    })
    .await
}

/// The account that is meant and its tenant. A user's personal tenant id means the user.
///
/// # Errors
/// [`Error::NotFound`] where it is unknown or out of reach.
pub async fn resolve_account(
    env: &Env,
    caller: &Caller,
    account: AccountId,
) -> Result<(AccountId, Tenant), Error> {
    match account {
        AccountId::User(id) => {
            let (_, tenant) = caller.user(&env.store, id).await?;
            Ok((account, tenant.value))
        }
        AccountId::Tenant(id) => match caller.tenant(&env.store, id).await {
            Ok(tenant) => Ok((account, tenant.value)),
            Err(Error::NotFound(_)) => resolve_personal(env, caller, id).await,
            Err(error) => Err(error),
        },
    }
}

async fn resolve_personal(
    env: &Env,
    caller: &Caller,
    id: TenantId,
) -> Result<(AccountId, Tenant), Error> {
    let missing = Error::NotFound(What::Tenant);
    let key = crate::store::keys::personal_tenant(id);
    let Some(user) = env.store.lookup(&key).await? else {
        return Err(missing);
    };
    let user = crate::domain::ids::UserId::new(user);
    match caller.user(&env.store, user).await {
        Ok((_, tenant)) => Ok((AccountId::User(user), tenant.value)),
        Err(Error::NotFound(_)) => Err(missing),
        Err(error) => Err(error),
    }
}

fn take(meter: &mut Meter, report: &UsageReport, now: Timestamp) -> Result<Outcome, Error> {
    let observed_at = report.observed_at.unwrap_or(now);
    if observed_at > now.plus(MAX_CLOCK_SKEW) {
        return Err(Error::invalid(
            "observed_at",
            "lies more than an hour in the future",
        ));
    }
    let taken = meter.report(&report.key, report.absolute, observed_at);
    match taken {
        Ok(report) => Ok(Outcome { report }),
        Err(refused) => Err(Error::invalid("usage_name", refused)),
    }
}

/// Evaluates a changed meter; a notice where its people are to be told.
pub(super) fn evaluate(
    env: &Env,
    meter: &mut Meter,
    tenant: &Tenant,
    now: Timestamp,
) -> (Vec<(Item, Evaluation)>, Option<Notice>) {
    let policy = env.settings.quota.for_tenant(&tenant.settings);
    let outcomes = meter.evaluate(&env.settings.usage_names, &policy, now);
    let entered: Vec<(Item, Level)> = outcomes
        .iter()
        .filter_map(|(item, outcome)| Some((*item, outcome.notify?)))
        .collect();
    let told = !entered.is_empty() && tenant.enabled;
    let notice = told.then_some(Notice {
        account: meter.account,
        entered,
        created_at: now,
    });
    (outcomes, notice)
}

fn transitions_of(account: AccountId, outcomes: &[(Item, Evaluation)]) -> Vec<AccountTransition> {
    let changed = outcomes.iter().filter_map(|(_, outcome)| {
        let transition = outcome.transition?;
        Some(AccountTransition {
            account,
            transition,
            notify: outcome.notify,
        })
    });
    changed.collect()
}
