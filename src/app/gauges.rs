//! Copies into the metrics what the store, the HTTP server and the outbox count for themselves: the
//! first two when `/metrics` is asked for, the outbox every 15 seconds.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::domain::mail::MailState;
use crate::http::server::Server;
use crate::panics;
use crate::store::engine::StoreError;
use crate::store::redis::Stats;
use crate::store::{Store, keys};
use crate::telemetry::metrics::{CommitOutcome, Metrics, OutboxState, RedisEvent};
use crate::usecases::Env;

use super::data::OpenEngine;
use super::ops::Collect;

/// The count of the outbox stops here; the gauge then says "this many or more".
const MAX_COUNTED: usize = 100_000;

/// How often the outbox is counted.
const COUNT_INTERVAL: Duration = Duration::from_secs(15);

/// The counters of the store at the last collection.
#[derive(Default)]
struct Seen {
    commits: [u64; 3],
    groups: u64,
    events: [u64; 10],
    panics: u64,
}

/// How much a counter has grown since `last`, which is updated.
const fn grown(last: &mut u64, now: u64) -> u64 {
    let more = now.saturating_sub(*last);
    *last = now;
    more
}

/// Collects the counters of the store and the HTTP server, for each request of `/metrics`.
pub(super) fn collector<S>(engine: &OpenEngine, server: &Server<S>) -> Collect
where
    S: crate::http::message::Service,
{
    let (engine, http) = (engine.clone(), server.stats());
    let seen = Mutex::new(Seen::default());
    Box::new(move |metrics: &Metrics| {
        let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
        match &engine {
            OpenEngine::Embedded(engine) => {
                let stats = engine.stats();
                let commits = [stats.commits(), stats.conflicts(), stats.failures()];
                count_commits(metrics, &mut seen, commits);
                let fsyncs = grown(&mut seen.groups, stats.groups());
                metrics.store_fsyncs.inc_by(fsyncs);
            }
            OpenEngine::Redis(engine) => {
                let stats = engine.stats();
                let commits = [stats.commits(), stats.conflicts(), stats.failures()];
                count_commits(metrics, &mut seen, commits);
                count_events(metrics, &mut seen, stats);
                metrics.store_calls.set(stats.in_flight());
            }
        }
        let panics = panics::contained_so_far();
        metrics.panics.inc_by(grown(&mut seen.panics, panics));
        let is_current = engine.shared().is_current();
        metrics.store_current.set(i64::from(is_current));
        let open = i64::try_from(http.connections_open()).unwrap_or(i64::MAX);
        metrics.http_connections.set(open);
    })
}

fn count_commits(metrics: &Metrics, seen: &mut Seen, now: [u64; 3]) {
    let outcomes = [
        CommitOutcome::Committed,
        CommitOutcome::Conflict,
        CommitOutcome::Failed,
    ];
    for ((outcome, now), last) in outcomes.into_iter().zip(now).zip(&mut seen.commits) {
        metrics.store_commits.add(outcome, grown(last, now));
    }
}

fn count_events(metrics: &Metrics, seen: &mut Seen, stats: &Stats) {
    let events = [
        (RedisEvent::Connect, stats.connects()),
        (RedisEvent::ConnectFailure, stats.connect_failures()),
        (RedisEvent::Retry, stats.retries()),
        (RedisEvent::Redirection, stats.redirections()),
        (RedisEvent::Timeout, stats.timeouts()),
        (RedisEvent::Error, stats.errors()),
        (RedisEvent::Overload, stats.overloads()),
        (RedisEvent::Across, stats.across()),
        (RedisEvent::EndedForOthers, stats.finished_for_others()),
        (RedisEvent::ForgotAll, stats.forgot_all()),
    ];
    for ((event, now), last) in events.into_iter().zip(&mut seen.events) {
        metrics.redis_events.add(event, grown(last, now));
    }
}

/// Counts the outbox periodically, until `shutdown`.
pub(super) async fn count_outbox(env: Env, shutdown: impl Future<Output = ()>) {
    let mut shutdown = std::pin::pin!(shutdown);
    loop {
        for (state, label) in [
            (MailState::Queued, OutboxState::Waiting),
            (MailState::Dead, OutboxState::Dead),
        ] {
            if let Ok(count) = count(&env.store, state).await {
                env.metrics
                    .outbox_mails
                    .set(label, i64::try_from(count).unwrap_or(i64::MAX));
            }
        }
        tokio::select! {
            () = &mut shutdown => return,
            () = tokio::time::sleep(COUNT_INTERVAL) => {}
        }
    }
}

async fn count(store: &Store, state: MailState) -> Result<usize, StoreError> {
    const PAGE: usize = 1000;
    let prefix = keys::mails_by_state(state);
    let (mut counted, mut after) = (0, None);
    while counted < MAX_COUNTED {
        let page = store.engine().scan(&prefix, after.as_ref(), PAGE).await?;
        counted += page.len();
        if page.len() < PAGE {
            break;
        }
        after = page.into_iter().next_back().map(|(key, _)| key);
    }
    Ok(counted)
}
