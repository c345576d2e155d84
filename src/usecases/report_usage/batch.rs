//! A batch on its way through: whose account each line means, what it does there, and all changes
//! to the store together.

use std::ops::Range;

use super::resolve::resolve_many;
use super::{AccountTransition, BatchOutcome, Mode, Outcome, UsageReport, evaluate};
use crate::domain::evaluate::Evaluation;
use crate::domain::ids::{AccountId, AccountRef};
use crate::domain::meter::{HotMeter, Observed, Report};
use crate::domain::quota::Item;
use crate::domain::time::Timestamp;
use crate::store::engine::{Changes, CommitError, Expect, Key, StoreError};
use crate::store::meters::SeenMeter;
use crate::telemetry::metrics::NotTold;
use crate::usecases::Env;
use crate::usecases::access::Caller;
use crate::usecases::error::{ATTEMPTS, Error, What, all_away};
use crate::usecases::facts::Holder;

/// Accounts of one batch whose changes go to the store together; bounds the memory they take.
const ACCOUNTS_TOGETHER: usize = 4096;

/// An account that lines are about.
pub(super) struct Account {
    id: AccountRef,
    holder: Holder,
    /// Its lines, as places in [`Batch::order`].
    lines: Range<usize>,
}

/// What is to be stored of an account.
struct Decided<'a> {
    account: &'a Account,
    lost: u32,
    transitions: Vec<AccountTransition>,
    is_told: bool,
    /// A level was entered, and the tenant is disabled.
    is_held_back: bool,
}

/// An account that is still to be worked on, and how often a race for it was lost.
type Left<'a> = (&'a Account, u32);

/// See the module.
pub(super) struct Batch<'a> {
    env: &'a Env,
    reports: &'a [UsageReport],
    mode: Mode,
    now: Timestamp,
    /// The lines by account, those of one account in the order given.
    order: Vec<usize>,
    lines: Vec<Option<Result<Outcome, Error>>>,
    transitions: Vec<AccountTransition>,
}

impl<'a> Batch<'a> {
    pub(super) fn new(
        env: &'a Env,
        reports: &'a [UsageReport],
        mode: Mode,
        now: Timestamp,
    ) -> Self {
        Self {
            env,
            reports,
            mode,
            now,
            order: Vec::with_capacity(reports.len()),
            lines: vec![None; reports.len()],
            transitions: Vec::new(),
        }
    }

    /// The accounts that are meant; lines about others are answered.
    pub(super) async fn resolve(&mut self, caller: &Caller) -> Vec<Account> {
        let reports = self.reports;
        let mut named: Vec<AccountId> = reports.iter().map(|report| report.account).collect();
        named.sort_unstable();
        named.dedup();
        let resolved = resolve_many(self.env, caller, &named).await;
        let mut meant: Vec<(AccountRef, usize, Holder)> = Vec::with_capacity(reports.len());
        for (line, report) in reports.iter().enumerate() {
            let found = named.binary_search(&report.account).ok();
            match found.and_then(|place| resolved.get(place)) {
                Some(Ok((account, holder))) => meant.push((*account, line, *holder)),
                Some(Err(error)) => self.lines[line] = Some(Err(error.clone())),
                None => {}
            }
        }
        // Two ids may mean one account: its lines are taken in the order given all the same.
        meant.sort_unstable_by_key(|(account, line, _)| (*account, *line));
        self.order.extend(meant.iter().map(|(_, line, _)| *line));
        let mut start = 0;
        let of_accounts = meant.chunk_by(|(one, ..), (other, ..)| one == other);
        let accounts = of_accounts.filter_map(|lines| {
            let (id, _, holder) = *lines.first()?;
            let first = start;
            start += lines.len();
            Some(Account {
                id,
                holder,
                lines: first..start,
            })
        });
        accounts.collect()
    }

    /// Takes the lines of `accounts`.
    pub(super) async fn take(&mut self, accounts: &[Account]) {
        let mut away = None;
        for together in accounts.chunks(ACCOUNTS_TOGETHER) {
            if let Some(error) = &away {
                // Each part would wait for the store in vain.
                together
                    .iter()
                    .for_each(|account| self.refuse(account, error));
                continue;
            }
            let mut left: Vec<Left<'_>> = together.iter().map(|account| (account, 0)).collect();
            while !left.is_empty() {
                left = self.take_some(left).await;
            }
            let places = together.iter().flat_map(|account| account.lines.clone());
            away = all_away(places.filter_map(|place| self.lines[self.order[place]].as_ref()));
        }
    }

    /// Takes the lines of the accounts whose turn it is; returns those that are left.
    async fn take_some<'t>(&mut self, accounts: Vec<Left<'t>>) -> Vec<Left<'t>> {
        let ids: Vec<AccountRef> = accounts.iter().map(|(account, _)| account.id).collect();
        if self.mode == Mode::DryRun {
            let _nothing_to_store = self.decide(&accounts, &ids).await;
            return Vec::new();
        }
        let named: Vec<AccountId> = ids.iter().map(|account| account.id).collect();
        let turns = self.env.store.turns(&named).await;
        let mut is_mine = turns.is_mine.iter();
        let (mine, mut left): (Vec<Left<'_>>, Vec<Left<'_>>) = accounts
            .into_iter()
            .partition(|_| is_mine.next() == Some(&true));
        let ids: Vec<AccountRef> = mine.iter().map(|(account, _)| account.id).collect();
        let (decided, changes) = self.decide(&mine, &ids).await;
        if changes.is_empty() {
            return left;
        }
        let outcomes = self.env.store.commit_each(changes).await;
        let mut is_told = false;
        for (decided, outcome) in decided.into_iter().zip(outcomes) {
            match outcome {
                Ok(()) => {
                    self.transitions.extend(decided.transitions);
                    is_told |= decided.is_told;
                    if decided.is_held_back {
                        self.env.metrics.not_told.inc(NotTold::TenantDisabled);
                    }
                }
                Err(error) => left.extend(self.failed(decided.account, decided.lost, error)),
            }
        }
        if is_told {
            self.env.outbox_wake.notify_one();
        }
        left
    }

    /// An account whose change was not made: to be tried again, or its lines have failed.
    fn failed<'t>(
        &mut self,
        account: &'t Account,
        lost: u32,
        error: CommitError,
    ) -> Option<Left<'t>> {
        let lost = lost + 1;
        match Error::from(error) {
            Error::LostRace if lost < ATTEMPTS => Some((account, lost)),
            error => {
                self.refuse(account, &error);
                None
            }
        }
    }

    fn refuse(&mut self, account: &Account, error: &Error) {
        for place in account.lines.clone() {
            self.lines[self.order[place]] = Some(Err(error.clone()));
        }
    }

    /// What the lines do to each account, and the changes that store it.
    async fn decide<'t>(
        &mut self,
        accounts: &[Left<'t>],
        ids: &[AccountRef],
    ) -> (Vec<Decided<'t>>, Vec<Changes>) {
        let meters = self.env.store.hot_meters(ids).await;
        let mut profiles = self.profiles_of_first(ids, &meters).await.into_iter();
        let mut all = Vec::with_capacity(accounts.len());
        let mut changes = Vec::with_capacity(accounts.len());
        for ((account, lost), meter) in accounts.iter().zip(meters) {
            let seen = meter.map_err(Error::from).and_then(|seen| match seen.1 {
                Expect::Absent => Ok((seen, profiles.next().transpose()?)),
                Expect::Revision(_) => Ok((seen, None)),
            });
            match seen {
                Err(error) => self.refuse(account, &error),
                Ok((seen, profile)) => {
                    if let Some((decided, mut change)) = self.decide_one(account, *lost, seen) {
                        if let Some((key, expect)) = profile {
                            change.expect(key, expect);
                        }
                        all.push(decided);
                        changes.push(change);
                    }
                }
            }
        }
        (all, changes)
    }

    /// The profiles of the accounts that have no meter yet, in their order: what is remembered of an
    /// account that is deleted meanwhile must not leave it a meter.
    async fn profiles_of_first(
        &self,
        ids: &[AccountRef],
        meters: &[Result<SeenMeter, StoreError>],
    ) -> Vec<Result<(Key, Expect), Error>> {
        let both = ids.iter().zip(meters);
        let first = both.filter(|(_, meter)| matches!(meter, Ok((_, Expect::Absent))));
        let first: Vec<AccountId> = first.map(|(account, _)| account.id).collect();
        if first.is_empty() || self.mode == Mode::DryRun {
            return Vec::new();
        }
        let found = self.env.store.profiles(&first).await;
        let pairs = first.into_iter().zip(found);
        let profiles = pairs.map(|(id, profile)| {
            let (key, revision) = profile?;
            let revision = revision.ok_or(Error::NotFound(match id {
                AccountId::Tenant(_) => What::Tenant,
                AccountId::User(_) => What::User,
            }))?;
            Ok((key, Expect::Revision(revision)))
        });
        profiles.collect()
    }

    /// `None` where nothing is to be stored.
    fn decide_one<'t>(
        &mut self,
        account: &'t Account,
        lost: u32,
        (mut meter, expect): SeenMeter,
    ) -> Option<(Decided<'t>, Changes)> {
        let mut is_new = false;
        for place in account.lines.clone() {
            let line = self.order[place];
            let outcome = self.take_line(&mut meter, &self.reports[line]);
            is_new |= outcome
                .as_ref()
                .is_ok_and(|outcome| outcome.report != Report::Skipped);
            self.lines[line] = Some(outcome);
        }
        let (outcomes, notice) = evaluate(self.env, &mut meter, account.holder, self.now);
        let transitions = transitions_of(account.id.id, &outcomes);
        if self.mode == Mode::DryRun {
            self.transitions.extend(transitions);
            return None;
        }
        if !is_new {
            // Another policy may change states. That is stored with the next report, and told then.
            return None;
        }
        let is_told = notice.is_some();
        let is_entered = outcomes.iter().any(|(_, outcome)| outcome.notify.is_some());
        let mut changes = Changes::new();
        changes.put_hot_meter(account.id.number, expect, &meter);
        if let Some(notice) = notice {
            changes.put_notice(notice);
        }
        let decided = Decided {
            account,
            lost,
            transitions,
            is_told,
            is_held_back: is_entered && !is_told,
        };
        Some((decided, changes))
    }

    fn take_line(&self, meter: &mut HotMeter, report: &UsageReport) -> Result<Outcome, Error> {
        let skew = self.env.settings.max_clock_skew;
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
        match meter.report(&report.key, report.absolute, observed) {
            Ok(report) => Ok(Outcome { report }),
            Err(refused) => Err(Error::invalid("usage_name", refused)),
        }
    }

    pub(super) fn into_outcome(self) -> BatchOutcome {
        let mut transitions = self.transitions;
        transitions.sort_by_key(|change| (change.account, change.transition.item));
        let missing = || Err(Error::Internal("a usage line was not worked on".to_owned()));
        let lines = self.lines.into_iter();
        BatchOutcome {
            lines: lines.map(|line| line.unwrap_or_else(missing)).collect(),
            transitions,
        }
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
