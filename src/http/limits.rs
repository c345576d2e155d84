//! The limits of one HTTP server: sizes, counts and times, each with its default.

use std::time::Duration;

use super::budget::Holder;

/// The bounds of one HTTP server. Every field has a default that suits a machine on the open
/// internet; the configuration overrides them one by one.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Longest request target, in bytes; a longer one is answered 414. Default 8 KiB.
    pub url_bytes: usize,
    /// Most header lines of a request; more are answered 431. Default 100.
    pub header_count: usize,
    /// Most bytes of all header names and values together; more are answered 431. Default 32 KiB.
    pub header_bytes: usize,
    /// Time from the first byte of a request head (on a new connection: from the accept) to its
    /// end; then the connection is cut. Default 10 s.
    pub header_timeout: Duration,
    /// Time for a request body; then 408. A body that moved at least at `min_rate_bytes_per_s`
    /// in that time is given the same time again, as often as it keeps that rate. Default 30 s.
    pub body_timeout: Duration,
    /// Time for the peer to take a response, given again on the same condition; then the
    /// connection is cut. Default 30 s.
    pub write_timeout: Duration,
    /// The slowest transfer, in bytes per second, that is given more than the times above.
    /// Default 64 KiB/s: 32 MiB of bulk usage may take nine minutes, not an hour.
    pub min_rate_bytes_per_s: u32,
    /// How long a connection may sit between two requests. Default 60 s.
    pub keep_alive_idle: Duration,
    /// Time for a TLS handshake. Default 10 s.
    pub handshake_timeout: Duration,
    /// How long the peer may take to read a refusal and close, after a request whose body was not
    /// read (closing at once would reset the connection and lose the answer). Default 2 s.
    pub linger: Duration,
    /// Most open connections. Those beyond it are accepted and closed at once: a client or load
    /// balancer that sees a refusal goes elsewhere, one in a silent queue does not. Default 10,000.
    pub connections: usize,
    /// Most requests being answered at one time; further ones get 503 with `Retry-After: 1`.
    /// Default 4,096.
    pub requests_in_flight: usize,
    /// Most bytes of request bodies held at one time; beyond it 503 with `Retry-After: 1`.
    /// Default 256 MiB.
    pub body_memory_bytes: usize,
    /// Most bytes of answers that wait for their peers at one time, not counting what is held
    /// anyway; beyond it reads get 503. Default 256 MiB.
    pub answer_memory_bytes: usize,
    /// What one address (IPv6: one /64) may have of the four above at one time, in percent: of the
    /// connections, and of what goes without a client's own token. Default 25.
    pub share_per_address_percent: u8,
    /// What one client may have of them with its own token, in percent. Default 50.
    pub share_per_client_percent: u8,
    /// HTTP/2: most streams open at one time on a connection. Default 100.
    pub h2_streams: u32,
    /// HTTP/2: an idle peer is pinged this often. Default 30 s.
    pub h2_ping_interval: Duration,
    /// HTTP/2: and cut when it has not answered for this long. Default 10 s.
    pub h2_ping_timeout: Duration,
    /// HTTP/2: streams the peer may reset before they were served (the rapid-reset attack,
    /// CVE-2023-44487) before the connection is ended. Default 20.
    pub h2_pending_resets: usize,
    /// HTTP/2: streams we may have to reset for the peer's errors before the connection is ended.
    /// Default 100.
    pub h2_error_resets: usize,
    /// Shutdown: how long an idle HTTP/1.1 connection is kept, so that a request already on its way
    /// is answered (with `Connection: close`) instead of meeting a closed socket. Default 1 s.
    pub drain_idle: Duration,
    /// Shutdown: after this the connections still open are cut. Default 10 s.
    pub drain: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            url_bytes: 8 * 1024,
            header_count: 100,
            header_bytes: 32 * 1024,
            header_timeout: Duration::from_secs(10),
            body_timeout: Duration::from_secs(30),
            write_timeout: Duration::from_secs(30),
            min_rate_bytes_per_s: 64 * 1024,
            keep_alive_idle: Duration::from_secs(60),
            handshake_timeout: Duration::from_secs(10),
            linger: Duration::from_secs(2),
            connections: 10_000,
            requests_in_flight: 4096,
            body_memory_bytes: 256 * 1024 * 1024,
            answer_memory_bytes: 256 * 1024 * 1024,
            share_per_address_percent: 25,
            share_per_client_percent: 50,
            h2_streams: 100,
            h2_ping_interval: Duration::from_secs(30),
            h2_ping_timeout: Duration::from_secs(10),
            h2_pending_resets: 20,
            h2_error_resets: 100,
            drain_idle: Duration::from_secs(1),
            drain: Duration::from_secs(10),
        }
    }
}

impl Limits {
    /// Bytes of a request head the parser may buffer: the target, the headers, and some room for
    /// the separators that the two limits do not count.
    pub(super) fn head_bytes(&self) -> usize {
        const SEPARATORS: usize = 8 * 1024;
        self.url_bytes
            .saturating_add(self.header_bytes)
            .saturating_add(SEPARATORS)
    }

    /// Bytes a transfer must move in each `period` to be given another one.
    pub(super) fn progress_bytes(&self, period: Duration) -> usize {
        let rate = u128::from(self.min_rate_bytes_per_s);
        usize::try_from(rate.saturating_mul(period.as_millis()) / 1000).unwrap_or(usize::MAX)
    }

    /// How much of `total` this holder may have at one time; one at least.
    pub(super) fn share(&self, total: usize, holder: Holder) -> usize {
        let percent = match holder {
            Holder::Address(_) => self.share_per_address_percent,
            Holder::Client(_) => self.share_per_client_percent,
        };
        (total / 100 * usize::from(percent) + total % 100 * usize::from(percent) / 100).max(1)
    }

    /// The shortest of the times a connection is watched for: looking once in this period finds
    /// every overrun on time, without touching a timer for each request.
    pub(super) fn watch_period(&self) -> Duration {
        [
            self.header_timeout,
            self.write_timeout,
            self.keep_alive_idle,
            self.linger,
        ]
        .into_iter()
        .fold(Duration::from_secs(10), Duration::min)
        .max(Duration::from_millis(5))
    }
}
