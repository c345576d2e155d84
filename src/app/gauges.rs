//! Brings metrics up to date that other parts count for themselves.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::domain::notification::MailState;
use crate::http::server::Server;
use crate::store::embedded::EmbeddedEngine;
use crate::store::engine::StoreError;
use crate::store::{Store, keys};
use crate::telemetry::metrics::{CommitOutcome, Metrics, OutboxState};
use crate::usecases::Env;

use super::ops::Collect;

/// The outbox is counted so far and no further; the gauge says "this many or more".
const MAX_COUNTED: usize = 100_000;

/// How often the outbox is counted.
const COUNT_INTERVAL: Duration = Duration::from_secs(15);

/// What the store had counted when it was last looked at.
#[derive(Default)]
struct Seen {
    commits: u64,
    conflicts: u64,
    failures: u64,
    groups: u64,
}

/// Reads what the store and the HTTP server count, when `/metrics` is asked for.
pub(super) fn collector<S>(engine: &Arc<EmbeddedEngine>, server: &Server<S>) -> Collect
where
    S: crate::http::message::Service,
{
    let (engine, http) = (Arc::clone(engine), server.stats());
    let seen = Mutex::new(Seen::default());
    Box::new(move |metrics: &Metrics| {
        let stats = engine.stats();
        let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
        let grow = |outcome, now: u64, last: &mut u64| {
            metrics
                .store_commits
                .add(outcome, now.saturating_sub(*last));
            *last = now;
        };
        grow(CommitOutcome::Committed, stats.commits(), &mut seen.commits);
        grow(
            CommitOutcome::Conflict,
            stats.conflicts(),
            &mut seen.conflicts,
        );
        grow(CommitOutcome::Failed, stats.failures(), &mut seen.failures);
        metrics
            .store_fsyncs
            .inc_by(stats.groups().saturating_sub(seen.groups));
        seen.groups = stats.groups();
        let open = i64::try_from(http.connections_open()).unwrap_or(i64::MAX);
        metrics.http_connections.set(open);
    })
}

/// Counts the outbox now and then, until `shutdown`.
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
