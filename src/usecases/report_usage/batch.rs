//! Processes a batch: resolves the account of each line, and applies all lines of an account to
//! its meter together.
#![expect(
    clippy::indexing_slicing,
    reason = "lines are as many as reports, and places count them"
)]

use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::resolve::resolve_many;
use super::{AccountTransition, BatchOutcome, Mode, UsageReport, evaluate};
use crate::domain::evaluate::Evaluation;
use crate::domain::ids::{AccountId, AccountRef};
use crate::domain::meter::{HotMeter, Observed, Report};
use crate::domain::quota::Item;
use crate::domain::time::Timestamp;
use crate::store::engine::{Changes, CommitError, Key, StoreError, Update, Updated};
use crate::store::keys;
use crate::store::record::hot_meter;
use crate::telemetry::metrics::{Metrics, NotTold};
use crate::usecases::access::Context;
use crate::usecases::error::{Error, What, all_away};
use crate::usecases::holder::Holder;
use crate::usecases::{Env, Settings};

/// Accounts of one batch whose meters go to the store together; bounds the memory they take.
const ACCOUNTS_TOGETHER: usize = 4096;

/// Takes a batch.
pub(super) async fn run(cx: Context<'_>, reports: Vec<UsageReport>, mode: Mode) -> BatchOutcome {
    let Context { env, now, .. } = cx;
    let mut lines = vec![None; reports.len()];
    let meant = resolve(cx, &reports, &mut lines).await;
    let batch = Arc::new(Batch {
        settings: Arc::clone(&env.settings),
        metrics: Arc::clone(&env.metrics),
        now,
        order: meant.iter().map(|(_, line, _)| *line).collect(),
        reports,
    });
    let mut transitions = Vec::new();
    let mut away = None;
    for accounts in accounts_of(&meant).chunks(ACCOUNTS_TOGETHER) {
        let part = Arc::new(Part::new(Arc::clone(&batch), accounts.to_vec()));
        let outcomes = match &away {
            // Each part would wait for the store in vain.
            Some(error) => vec![Err(Error::clone(error)); accounts.len()],
            None => part.take(env, mode).await,
        };
        away = all_away(&outcomes);
        transitions.extend(part.end(env, mode, outcomes, &mut lines));
    }
    transitions.sort_by_key(|change: &AccountTransition| (change.account, change.transition.item));
    let missing = || Err(Error::Internal("a usage line was not worked on".to_owned()));
    BatchOutcome {
        lines: lines
            .into_iter()
            .map(|line| line.unwrap_or_else(missing))
            .collect(),
        transitions,
    }
}

/// The outcome of each line, as far as it is known.
type Lines = Vec<Option<Result<Report, Error>>>;

/// An account that a line means, and the place of the line.
type Meant = (AccountRef, usize, Holder);

/// The accounts that are meant, by account and then in the order given; lines about others are answered.
async fn resolve(cx: Context<'_>, reports: &[UsageReport], lines: &mut Lines) -> Vec<Meant> {
    let mut named: Vec<AccountId> = reports.iter().map(|report| report.account).collect();
    named.sort_unstable();
    named.dedup();
    let resolved = resolve_many(cx, &named).await;
    let mut meant: Vec<Meant> = Vec::with_capacity(reports.len());
    for (line, report) in reports.iter().enumerate() {
        let found = named.binary_search(&report.account).ok();
        match found.and_then(|place| resolved.get(place)) {
            Some(Ok((account, holder))) => meant.push((*account, line, *holder)),
            Some(Err(error)) => lines[line] = Some(Err(error.clone())),
            None => {}
        }
    }
    // Two ids may mean one account: its lines are taken in the order given all the same.
    meant.sort_unstable_by_key(|(account, line, _)| (*account, *line));
    meant
}

fn accounts_of(meant: &[Meant]) -> Vec<Account> {
    let mut start = 0;
    let of_accounts = meant.chunk_by(|(one, ..), (other, ..)| one == other);
    let accounts = of_accounts.filter_map(|lines| {
        let (account, _, holder) = *lines.first()?;
        let first = start;
        start += lines.len();
        Some(Account {
            account,
            holder,
            lines: first..start,
        })
    });
    accounts.collect()
}

/// An account that lines are about.
#[derive(Clone)]
struct Account {
    account: AccountRef,
    holder: Holder,
    /// Its lines, as places in [`Batch::order`].
    lines: Range<usize>,
}

/// What all parts share.
struct Batch {
    settings: Arc<Settings>,
    metrics: Arc<Metrics>,
    now: Timestamp,
    reports: Vec<UsageReport>,
    /// The lines by account, those of one account in the order given.
    order: Vec<usize>,
}

/// Accounts whose meters are replaced together.
struct Part {
    batch: Arc<Batch>,
    accounts: Vec<Account>,
    keys: Vec<Key>,
    /// What was decided of each account.
    decided: Mutex<Vec<Decided>>,
}

/// What the lines of an account do to its meter.
#[derive(Default)]
struct Decided {
    lines: Vec<Result<Report, Error>>,
    transitions: Vec<AccountTransition>,
    /// A level was entered, and the tenant is disabled.
    is_held_back: bool,
}

impl Part {
    fn new(batch: Arc<Batch>, accounts: Vec<Account>) -> Self {
        let keys = accounts.iter().map(|account| keys::meter(account.account));
        Self {
            keys: keys.collect(),
            decided: Mutex::new(accounts.iter().map(|_| Decided::default()).collect()),
            batch,
            accounts,
        }
    }

    fn decided(&self) -> MutexGuard<'_, Vec<Decided>> {
        self.decided.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Replaces the meters, or only looks what would come of it. The outcomes by account.
    async fn take(self: &Arc<Self>, env: &Env, mode: Mode) -> Vec<Result<(), Error>> {
        match mode {
            Mode::Commit => {
                let update = Arc::clone(self) as Arc<dyn Update>;
                let outcomes = env.store.update(update).await.into_iter();
                let both = outcomes.zip(&self.accounts);
                both.map(|(outcome, account)| outcome.map_err(|error| failed(error, account)))
                    .collect()
            }
            Mode::DryRun => {
                let records = env.store.engine().get_each(&self.keys).await;
                let tried = records.into_iter().enumerate().map(|(n, record)| {
                    let body = record?.map(|record| record.body);
                    self.apply(n, body.as_deref())?;
                    Ok(())
                });
                tried.collect()
            }
        }
    }

    /// Notes what came of the lines. The changes of state that were stored, or would be.
    fn end(
        &self,
        env: &Env,
        mode: Mode,
        outcomes: Vec<Result<(), Error>>,
        lines: &mut Lines,
    ) -> Vec<AccountTransition> {
        let mut transitions = Vec::new();
        let decided = std::mem::take(&mut *self.decided());
        for ((account, outcome), decided) in self.accounts.iter().zip(outcomes).zip(decided) {
            let places = self
                .batch
                .order
                .get(account.lines.clone())
                .unwrap_or_default();
            match outcome {
                Err(error) => {
                    for place in places {
                        lines[*place] = Some(Err(error.clone()));
                    }
                }
                Ok(()) => {
                    for (place, line) in places.iter().zip(decided.lines) {
                        lines[*place] = Some(line);
                    }
                    transitions.extend(decided.transitions);
                    if decided.is_held_back && mode == Mode::Commit {
                        env.metrics.not_told.inc(NotTold::TenantDisabled);
                    }
                }
            }
        }
        transitions
    }
}

/// Why the meter of an account was not replaced.
fn failed(error: CommitError, account: &Account) -> Error {
    match error {
        // The account is gone.
        CommitError::Conflict(key) if key == profile_of(account) => {
            Error::NotFound(match account.account.id {
                AccountId::Tenant(_) => What::Tenant,
                AccountId::User(_) => What::User,
            })
        }
        error => Error::from(error),
    }
}

fn profile_of(account: &Account) -> Key {
    match account.account.id {
        AccountId::Tenant(id) => keys::tenant(id),
        AccountId::User(id) => keys::user(id),
    }
}

impl Update for Part {
    fn keys(&self) -> &[Key] {
        &self.keys
    }

    /// What is remembered of an account that is deleted meanwhile must not leave it a meter.
    fn parent(&self, n: usize) -> Key {
        self.accounts
            .get(n)
            .map_or_else(|| Key(Vec::new()), profile_of)
    }

    /// On the embedded engine this runs on the thread of the store's writer.
    fn apply(&self, n: usize, body: Option<&[u8]>) -> Result<Option<Updated>, StoreError> {
        let Some(account) = self.accounts.get(n) else {
            return Ok(None);
        };
        let id = account.account.id;
        let mut meter = match body {
            Some(body) => hot_meter::decode(id, body)?,
            None => HotMeter::empty(id),
        };
        let (decided, updated) = self.batch.decide(account, &mut meter);
        if let Some(place) = self.decided().get_mut(n) {
            *place = decided;
        }
        Ok(updated)
    }
}

impl Batch {
    /// What the lines do to the meter; nothing is to be written where all are skipped.
    fn decide(&self, account: &Account, meter: &mut HotMeter) -> (Decided, Option<Updated>) {
        let places = self.order.get(account.lines.clone()).unwrap_or_default();
        let reports = places.iter().filter_map(|place| self.reports.get(*place));
        let lines = reports.map(|report| self.take_line(meter, report));
        let lines: Vec<Result<Report, Error>> = lines.collect();
        let (outcomes, notice) = evaluate(
            &self.settings,
            &self.metrics,
            meter,
            account.holder,
            self.now,
        );
        let is_entered = outcomes.iter().any(|(_, outcome)| outcome.notify.is_some());
        let decided = Decided {
            is_held_back: is_entered && notice.is_none(),
            transitions: transitions_of(account.account.id, &outcomes),
            lines,
        };
        let is_skipped =
            |line: &Result<Report, Error>| matches!(line, Err(_) | Ok(Report::Skipped));
        if decided.lines.iter().all(is_skipped) {
            // Another policy may change states. That is stored with the next report, and told then.
            let nothing = Decided {
                lines: decided.lines,
                ..Decided::default()
            };
            return (nothing, None);
        }
        let mut changes = Changes::new();
        if let Some(notice) = notice {
            changes.put_notice(&notice);
        }
        let updated = Updated {
            body: hot_meter::encode(meter),
            others: changes.writes,
        };
        (decided, Some(updated))
    }

    fn take_line(&self, meter: &mut HotMeter, report: &UsageReport) -> Result<Report, Error> {
        let skew = self.settings.max_clock_skew;
        let latest = self.now.plus(skew);
        let observed = match report.observed_at {
            None => Observed::OnArrival(self.now),
            Some(at) if at <= latest => Observed::At { at, latest },
            Some(_) => {
                let why = format!(
                    "lies more than {} s in the future (limits.max_clock_skew): set the \
                     collector's clock, or leave it out",
                    skew.as_secs()
                );
                return Err(Error::invalid("observed_at", why));
            }
        };
        let done = meter.report(&report.key, report.absolute, observed);
        done.map_err(|refused| Error::invalid("usage_name", refused))
    }
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
