//! Bounded set of servers whose entries expire.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::target::Target;

/// Servers that are remembered; beyond that the oldest goes.
const MAX_SERVERS: usize = 1000;

/// See the module.
#[derive(Debug)]
pub(super) struct Remembered {
    since: Mutex<HashMap<Target, Instant>>,
    time: Duration,
}

impl Remembered {
    /// Each server is remembered for `time` after it was noted last.
    pub(super) fn new(time: Duration) -> Self {
        let since = Mutex::default();
        Self { since, time }
    }

    fn since(&self) -> MutexGuard<'_, HashMap<Target, Instant>> {
        // Nothing panics while the lock is held.
        self.since.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn note(&self, target: &Target) {
        let mut servers = self.since();
        servers.retain(|_, since| since.elapsed() < self.time);
        if servers.len() >= MAX_SERVERS && !servers.contains_key(target) {
            let oldest = servers.iter().min_by_key(|(_, since)| **since);
            if let Some(oldest) = oldest.map(|(target, _)| target.clone()) {
                servers.remove(&oldest);
            }
        }
        servers.insert(target.clone(), Instant::now());
    }

    /// Whether the server had been noted.
    pub(super) fn forget(&self, target: &Target) -> bool {
        let mut servers = self.since();
        !servers.is_empty() && servers.remove(target).is_some()
    }

    pub(super) fn has(&self, target: &Target) -> bool {
        let servers = self.since();
        let since = servers.get(target);
        since.is_some_and(|since| since.elapsed() < self.time)
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::super::target::{Encryption, Host, Trust};
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);
    const TIME: Duration = Duration::from_secs(60);

    fn target(port: u16) -> Target {
        let host = Host::parse("mx.example.com").unwrap();
        Target::new(host, port, Encryption::None, None, Trust::Operator).unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn a_server_is_remembered_until_it_is_forgotten_or_the_time_is_over() {
        let servers = Remembered::new(TIME);
        assert!(!servers.has(&target(25)) && !servers.forget(&target(25)));
        servers.note(&target(25));
        assert!(servers.has(&target(25)) && !servers.has(&target(26)));
        assert!(servers.forget(&target(25)) && !servers.has(&target(25)));
        servers.note(&target(25));
        advance(TIME - SECOND).await;
        servers.note(&target(25));
        advance(TIME - SECOND).await;
        assert!(servers.has(&target(25)), "it was noted again");
        advance(SECOND).await;
        assert!(!servers.has(&target(25)));
    }

    #[tokio::test(start_paused = true)]
    async fn no_more_servers_are_remembered_than_there_is_room_for() {
        let servers = Remembered::new(Duration::MAX);
        for port in 1..=u16::try_from(MAX_SERVERS).unwrap() + 1 {
            servers.note(&target(port));
            advance(SECOND).await;
        }
        assert_eq!(servers.since().len(), MAX_SERVERS);
        assert!(!servers.has(&target(1)), "the oldest");
        assert!(servers.has(&target(2)));
    }
}
