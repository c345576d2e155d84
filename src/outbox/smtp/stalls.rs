//! Servers that stall: a connection to them came to no answer in time. Each has one connection until
//! it takes a mail, so that it holds up one and no ten; then all at once again.

use std::collections::HashMap;
use std::time::Duration;

use tokio::time::Instant;

use super::target::Target;

/// How long a server that nobody has tried since is remembered as one that stalls.
const REMEMBERED: Duration = Duration::from_secs(2 * 3600);

/// Servers that are remembered as such; beyond that the oldest goes.
const MAX_SERVERS: usize = 1000;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Stalls {
    since: HashMap<Target, Instant>,
}

impl Stalls {
    /// A connection to the server came to no answer in time.
    pub(super) fn stalled(&mut self, target: &Target, now: Instant) {
        let is_over = |since: &Instant| now.saturating_duration_since(*since) >= REMEMBERED;
        self.since.retain(|_, since| !is_over(since));
        if self.since.len() >= MAX_SERVERS && !self.since.contains_key(target) {
            let oldest = self.since.iter().min_by_key(|(_, since)| **since);
            if let Some(oldest) = oldest.map(|(target, _)| target.clone()) {
                self.since.remove(&oldest);
            }
        }
        self.since.insert(target.clone(), now);
    }

    /// The server took a mail. Whether it had stalled before.
    pub(super) fn is_well(&mut self, target: &Target) -> bool {
        !self.since.is_empty() && self.since.remove(target).is_some()
    }

    /// How many connections the server may have, which may have `usual` as a rule.
    pub(super) fn allowed(&self, target: &Target, usual: usize, now: Instant) -> usize {
        match self.since.get(target) {
            Some(since) if now.saturating_duration_since(*since) < REMEMBERED => usual.min(1),
            _ => usual,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::target::{Encryption, Host, Trust};
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn target(port: u16) -> Target {
        let host = Host::parse("mx.example.com").unwrap();
        Target::new(host, port, Encryption::None, None, Trust::Operator).unwrap()
    }

    enum Event {
        Stalled,
        Well,
        Wait(Duration),
    }

    #[test]
    fn a_server_that_stalls_has_one_connection_until_it_is_well() {
        use Event::{Stalled, Wait, Well};
        let (mut stalls, mut now) = (Stalls::default(), Instant::now());
        // What happens, and how many connections the server may have then.
        for (step, (event, allowed)) in [
            (Well, 10),
            (Stalled, 1),
            (Stalled, 1),
            (Wait(REMEMBERED - SECOND), 1),
            (Well, 10),
            (Stalled, 1),
            (Wait(REMEMBERED - SECOND), 1),
            (Stalled, 1),
            (Wait(REMEMBERED - SECOND), 1),
            (Wait(SECOND), 10),
        ]
        .into_iter()
        .enumerate()
        {
            match event {
                Stalled => stalls.stalled(&target(25), now),
                Well => {
                    let had_stalled = stalls.allowed(&target(25), 10, now) == 1;
                    assert_eq!(stalls.is_well(&target(25)), had_stalled, "{step}");
                }
                Wait(time) => now += time,
            }
            assert_eq!(stalls.allowed(&target(25), 10, now), allowed, "{step}");
            assert_eq!(stalls.allowed(&target(26), 10, now), 10, "{step}: another");
        }
    }

    #[test]
    fn no_more_servers_are_remembered_than_there_is_room_for() {
        let (mut stalls, now) = (Stalls::default(), Instant::now());
        let ports = 1..=u16::try_from(MAX_SERVERS).unwrap() + 1;
        for port in ports {
            stalls.stalled(&target(port), now + SECOND * u32::from(port));
        }
        assert_eq!(stalls.since.len(), MAX_SERVERS);
        assert_eq!(stalls.allowed(&target(1), 10, now), 10, "the oldest");
        assert_eq!(stalls.allowed(&target(2), 10, now), 1);
    }
}
