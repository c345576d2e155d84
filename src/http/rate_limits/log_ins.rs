//! Failed log-ins: a guesser waits, longer each time.
//!
//! Three counters limit guessing. A client id *from one address* waits soon, so that wrong secrets
//! from elsewhere do not affect the client itself. An *address* waits after more failures,
//! whichever clients it tries. A *client id* from anywhere waits after very many, and never for
//! long. A success clears the counters of the client, not that of the address. Where a client has
//! logged in before, the last two do not apply to it, so it is not locked out behind an address
//! that others guess from.

use std::net::IpAddr;
use std::time::Duration;

use super::log_throttle::LogThrottle;
use super::table::{Entry, Table};
use crate::domain::ids::ClientId;
use crate::domain::time::Timestamp;
use crate::telemetry::logs::RedactedIp;
use crate::telemetry::metrics::{LogInFailure, Metrics};

/// Failures that an address has free, as a multiple of those of a client id from one address.
const OF_ADDRESS: u32 = 4;

/// The same of a client id from anywhere.
const OF_CLIENT: u32 = 200;

/// Bad tokens that an address has free, as a multiple of the same.
const OF_TOKENS: u32 = 40;

/// Anybody's guesses keep a client from new addresses for no longer than this.
const MAX_CLIENT_WAIT: Duration = Duration::from_secs(15);

/// Failures are forgotten after this time without one.
const MEMORY: Duration = Duration::from_secs(15 * 60);

/// Where a client logged in is remembered for this time.
const KNOWN: Duration = Duration::from_secs(24 * 60 * 60);

/// What is held against a key: failures since the last success, and whether there was one.
#[derive(Debug, Clone, Copy, Default)]
struct Failures {
    forgotten_at_us: u64,
    blocked_until_us: u64,
    count: u32,
    is_known: bool,
}

impl Entry for Failures {
    fn forgotten_at(&self) -> u64 {
        self.forgotten_at_us
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

/// How failures of one kind are answered.
#[derive(Debug, Clone, Copy)]
struct Rule {
    /// So many without a wait.
    free: u32,
    /// The longest wait.
    max_wait: Duration,
}

impl Rule {
    /// One more failure: a wait of a second after the free ones, then twice as long each time.
    fn fail(self, failures: &mut Failures, now_us: u64) {
        // Further ahead it was noted before the clock was set back.
        let ahead_us = failures.forgotten_at_us.checked_sub(now_us);
        if ahead_us.is_none_or(|ahead_us| ahead_us == 0 || ahead_us > micros(2 * KNOWN)) {
            *failures = Failures::default();
        }
        failures.count = failures.count.saturating_add(1);
        let mut wait = Duration::ZERO;
        if let Some(over) = failures.count.checked_sub(self.free + 1) {
            let doubled = Duration::from_secs(1 << over.min(30));
            wait = doubled.min(self.max_wait);
        }
        failures.blocked_until_us = now_us.saturating_add(micros(wait));
        let forgotten_at_us = now_us.saturating_add(micros(wait.saturating_add(MEMORY)));
        failures.forgotten_at_us = failures.forgotten_at_us.max(forgotten_at_us);
    }

    /// The wait that is left, in whole seconds. One that is longer than the longest was begun before
    /// the clock was set back, and is over.
    fn wait_s(self, failures: &Failures, now_us: u64) -> Option<u64> {
        let left_us = failures.blocked_until_us.checked_sub(now_us)?;
        let is_waiting = left_us > 0 && left_us <= micros(self.max_wait);
        is_waiting.then(|| left_us.div_ceil(1_000_000))
    }
}

/// The failed log-ins of a node, within bounds.
#[derive(Debug)]
pub(super) struct LogIns {
    pairs: (Rule, Table<Failures>),
    addresses: (Rule, Table<Failures>),
    clients: (Rule, Table<Failures>),
    tokens: (Rule, Table<Failures>),
    log_throttle: LogThrottle,
}

/// Somebody who is about to prove who they are.
#[derive(Debug, Clone, Copy)]
pub(super) struct LogIn<'a> {
    /// The client id, as given.
    pub client_id: &'a str,
    /// The address that counts.
    pub address: IpAddr,
    /// When.
    pub now: Timestamp,
}

impl LogIn<'_> {
    fn pair(&self) -> (&str, IpAddr) {
        (self.client_id, self.address)
    }
}

fn now_us(now: Timestamp) -> u64 {
    u64::try_from(now.micros()).unwrap_or_default()
}

impl LogIns {
    /// `free` failures of a client id from one address have no wait; no wait is longer than
    /// `max_wait`.
    pub(super) fn new(free: u32, max_wait: Duration) -> Self {
        let of = |multiple: u32, max_wait| {
            let free = free.saturating_mul(multiple);
            (Rule { free, max_wait }, Table::new())
        };
        Self {
            pairs: of(1, max_wait),
            addresses: of(OF_ADDRESS, max_wait),
            clients: of(OF_CLIENT, max_wait.min(MAX_CLIENT_WAIT)),
            tokens: of(OF_TOKENS, max_wait),
            log_throttle: LogThrottle::default(),
        }
    }

    /// How many seconds this log-in has to wait before it is looked at; `None`: now.
    pub(super) fn wait_s(&self, log_in: &LogIn<'_>) -> Option<u64> {
        let now_us = now_us(log_in.now);
        let pair = self.pairs.1.get(&log_in.pair());
        let own = self.pairs.0.wait_s(&pair, now_us);
        if pair.is_known && now_us < pair.forgotten_at_us {
            return own;
        }
        let address = self.addresses.1.get(&log_in.address);
        let client = self.clients.1.get(&log_in.client_id);
        let waits = [
            own,
            self.addresses.0.wait_s(&address, now_us),
            self.clients.0.wait_s(&client, now_us),
        ];
        waits.into_iter().flatten().max()
    }

    /// The log-in was refused because of a wait.
    pub(super) fn blocked(&self, metrics: &Metrics) {
        metrics.failed_log_ins.inc(LogInFailure::Blocked);
    }

    /// The secret was wrong, or there is no such client.
    pub(super) fn failed(&self, metrics: &Metrics, log_in: &LogIn<'_>) {
        metrics.failed_log_ins.inc(LogInFailure::Secret);
        let now_us = now_us(log_in.now);
        let (pair, address, client) = (&self.pairs, &self.addresses, &self.clients);
        let count = pair.1.change(&log_in.pair(), |failures| {
            pair.0.fail(failures, now_us);
            failures.count
        });
        let fail_address = |failures: &mut _| address.0.fail(failures, now_us);
        address.1.change(&log_in.address, fail_address);
        let fail_client = |failures: &mut _| client.0.fail(failures, now_us);
        client.1.change(&log_in.client_id, fail_client);
        if let Some(not_logged) = self.log_throttle.may_log(log_in.now) {
            // What is no id may be anything, so it is not repeated.
            let client_id = log_in.client_id.parse::<ClientId>().ok();
            tracing::warn!(
                client_id = client_id.map(|id| id.to_string()),
                address = %RedactedIp(log_in.address),
                failures = count,
                not_logged,
                "a log-in failed: wrong secret or no such client"
            );
        }
    }

    /// The client proved who it is.
    pub(super) fn succeeded(&self, log_in: &LogIn<'_>) {
        let known = Failures {
            forgotten_at_us: now_us(log_in.now).saturating_add(micros(KNOWN)),
            is_known: true,
            ..Failures::default()
        };
        self.pairs.1.change(&log_in.pair(), |pair| *pair = known);
        let clear = |client: &mut _| *client = Failures::default();
        self.clients.1.change(&log_in.client_id, clear);
    }

    /// A token was none of ours. A good one is taken from any address, so this locks nobody out;
    /// it says how many seconds an address that sent very many has to wait.
    pub(super) fn bad_token(
        &self,
        metrics: &Metrics,
        address: IpAddr,
        now: Timestamp,
    ) -> Option<u64> {
        let now_us = now_us(now);
        let (rule, table) = &self.tokens;
        let (waiting, count) = table.change(&address, |failures| {
            let waiting = rule.wait_s(failures, now_us);
            if waiting.is_none() {
                rule.fail(failures, now_us);
            }
            (waiting, failures.count)
        });
        if waiting.is_some() {
            self.blocked(metrics);
            return waiting;
        }
        metrics.failed_log_ins.inc(LogInFailure::Token);
        if let Some(not_logged) = self.log_throttle.may_log(now) {
            tracing::warn!(
                address = %RedactedIp(address),
                failures = count,
                not_logged,
                "a token was not issued by this service"
            );
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FREE: u32 = 5;
    const MAX_WAIT: Duration = Duration::from_secs(300);

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_secs(1_800_000_000 + seconds)
    }

    fn log_in(client_id: &str, address: u8, seconds: i64) -> LogIn<'_> {
        LogIn {
            client_id,
            address: [192, 0, 2, address].into(),
            now: at(seconds),
        }
    }

    fn log_ins() -> (LogIns, Metrics) {
        (LogIns::new(FREE, MAX_WAIT), Metrics::new().unwrap())
    }

    #[test]
    fn waits_double_up_to_the_longest() {
        let (log_ins, metrics) = log_ins();
        let (mut now, mut waits) = (0, Vec::new());
        for _ in 0..16 {
            log_ins.failed(&metrics, &log_in("a", 1, now));
            let wait = log_ins.wait_s(&log_in("a", 1, now)).unwrap_or(0);
            waits.push(wait);
            now += i64::try_from(wait).unwrap();
            assert_eq!(log_ins.wait_s(&log_in("a", 1, now)), None);
        }
        let expected = [0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300];
        assert_eq!(waits, expected);
        // Forgotten in the end.
        let later = now + 300 + 15 * 60;
        log_ins.failed(&metrics, &log_in("a", 1, later));
        assert_eq!(log_ins.wait_s(&log_in("a", 1, later)), None);
    }

    #[test]
    fn guesses_from_elsewhere_do_not_lock_a_client_out() {
        let (log_ins, metrics) = log_ins();
        for _ in 0..6 {
            log_ins.failed(&metrics, &log_in("victim", 66, 0));
        }
        assert!(log_ins.wait_s(&log_in("victim", 66, 0)).is_some());
        assert_eq!(log_ins.wait_s(&log_in("victim", 1, 0)), None);
        // From very many addresses: a short wait, and none where the client is known.
        log_ins.succeeded(&log_in("victim", 1, 0));
        for address in 2..=255 {
            for _ in 0..5 {
                log_ins.failed(&metrics, &log_in("victim", address, 0));
            }
        }
        let wait = log_ins.wait_s(&log_in("victim", 0, 0));
        assert!(wait.is_some_and(|wait| wait <= 15), "{wait:?}");
        assert_eq!(log_ins.wait_s(&log_in("victim", 1, 0)), None);
    }

    #[test]
    fn an_address_that_tries_many_clients_waits_and_no_success_frees_it() {
        let (log_ins, metrics) = log_ins();
        let names: Vec<String> = (0..30).map(|n| format!("client {n}")).collect();
        log_ins.succeeded(&log_in("own", 66, 0));
        for name in &names {
            log_ins.failed(&metrics, &log_in(name, 66, 0));
            log_ins.succeeded(&log_in("own", 66, 0));
        }
        assert!(log_ins.wait_s(&log_in("another", 66, 0)).is_some());
        assert_eq!(log_ins.wait_s(&log_in("another", 1, 0)), None);
        // A client that has logged in from there goes on, for a day.
        assert_eq!(log_ins.wait_s(&log_in("own", 66, 0)), None);
    }

    #[test]
    fn a_success_clears_the_count_of_the_client() {
        let (log_ins, metrics) = log_ins();
        for _ in 0..5 {
            for _ in 0..5 {
                log_ins.failed(&metrics, &log_in("a", 1, 0));
            }
            log_ins.succeeded(&log_in("a", 1, 0));
        }
        assert_eq!(log_ins.wait_s(&log_in("a", 1, 0)), None);
        for _ in 0..6 {
            log_ins.failed(&metrics, &log_in("a", 1, 0));
        }
        assert!(log_ins.wait_s(&log_in("a", 1, 0)).is_some());
    }

    #[test]
    fn a_clock_that_is_set_back_ends_waits() {
        let (log_ins, metrics) = log_ins();
        for _ in 0..6 {
            log_ins.failed(&metrics, &log_in("a", 1, 1_000_000));
        }
        assert!(log_ins.wait_s(&log_in("a", 1, 1_000_000)).is_some());
        assert_eq!(log_ins.wait_s(&log_in("a", 1, 0)), None);
        for _ in 0..6 {
            assert_eq!(log_ins.wait_s(&log_in("a", 1, 0)), None);
            log_ins.failed(&metrics, &log_in("a", 1, 0));
        }
        assert_eq!(log_ins.wait_s(&log_in("a", 1, 0)), Some(1));
    }

    #[test]
    fn bad_tokens_wait_in_the_end() {
        let (log_ins, metrics) = log_ins();
        let bad = |seconds| log_ins.bad_token(&metrics, [192, 0, 2, 1].into(), at(seconds));
        let answers: Vec<_> = (0..203).map(|_| bad(0)).collect();
        assert!(answers.iter().take(201).all(Option::is_none));
        assert_eq!(answers[201], Some(1));
        assert_eq!(bad(1), None);
        assert_eq!(bad(1), Some(2));
    }
}
