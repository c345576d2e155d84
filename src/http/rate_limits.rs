//! Rate limits of addresses, clients and tenants, and the waits after failed log-ins.
//!
//! The service checks the address before it authenticates, the client and the tenant after it. Each
//! node counts for itself, in memory of a fixed size. Answers carry the limits in `RateLimit` headers.

mod bucket;
mod headers;
mod log_ins;
mod log_throttle;
mod table;

use std::hash::Hash;
use std::net::IpAddr;

use http::header::FORWARDED;

use self::bucket::{Bucket, Decision, Rate};
pub use self::headers::{RateLimited, Standing};
use self::log_ins::{LogIn, LogIns};
use self::log_throttle::LogThrottle;
use self::table::Table;
use super::client_address::counted;
use super::error::ApiError;
use super::message::Head;
use super::pages::redirect;
use crate::config;
use crate::domain::time::Timestamp;
use crate::telemetry::logs::RedactedIp;
use crate::telemetry::metrics::{Metrics, RateLimit};
use crate::threads;
use crate::usecases::access::Caller;

/// One limit, and a bucket for each that it applies to.
#[derive(Debug)]
struct Level {
    label: RateLimit,
    rate: Rate,
    /// What `RateLimit-Policy` says of it.
    policy: String,
    buckets: Table<Bucket>,
}

impl Level {
    fn new(label: RateLimit, per_s: u32, burst: u32) -> Option<Self> {
        let rate = Rate::per_second(per_s, burst)?;
        Some(Self {
            label,
            rate,
            policy: headers::policy(label, rate),
            buckets: Table::new(),
        })
    }

    fn take<K: Hash>(&self, key: &K, now: Timestamp) -> Decision {
        let now_ns = now_ns(now);
        let take = |bucket: &mut Bucket| bucket.take(self.rate, now_ns);
        self.buckets().change(key, take)
    }

    fn look<K: Hash>(&self, key: &K, now: Timestamp) -> Decision {
        self.buckets().get(key).look(self.rate, now_ns(now))
    }

    fn standing<K: Hash>(&self, key: &K, now: Timestamp) -> Decision {
        self.buckets().get(key).standing(self.rate, now_ns(now))
    }

    /// For the threads that answer, which wait for their locks: workers count failed log-ins only.
    fn buckets(&self) -> &Table<Bucket> {
        debug_assert!(!threads::has_lower_priority(), "a worker counts requests");
        &self.buckets
    }
}

fn now_ns(now: Timestamp) -> u64 {
    u64::try_from(now.micros())
        .unwrap_or_default()
        .saturating_mul(1_000)
}

/// The limits of a node. The default has none.
#[derive(Debug, Default)]
pub struct RateLimits {
    address: Option<Level>,
    client: Option<Level>,
    tenant: Option<Level>,
    redirect: Option<Level>,
    log_ins: Option<LogIns>,
    log_throttle: LogThrottle,
}

impl RateLimits {
    /// These limits.
    #[must_use]
    pub fn new(limits: &config::RateLimits) -> Self {
        use RateLimit::{Address, Client, Redirect, Tenant};
        let level = Level::new;
        let (free, max_wait) = (limits.failed_log_ins, limits.failed_log_in_max_wait);
        Self {
            address: level(Address, limits.address_per_s, limits.address_burst),
            client: level(Client, limits.client_per_s, limits.client_burst),
            tenant: level(Tenant, limits.tenant_per_s, limits.tenant_burst),
            redirect: level(Redirect, limits.redirect_per_s, limits.redirect_burst),
            log_ins: (free > 0).then(|| LogIns::new(free, max_wait)),
            log_throttle: LogThrottle::default(),
        }
    }

    /// Lets a request through before anything is known of it but its address.
    ///
    /// # Errors
    /// 429.
    pub fn admit(&self, metrics: &Metrics, head: &Head) -> Result<(), ApiError> {
        let Some(level) = self.of_address(head) else {
            return Ok(());
        };
        let (address, now) = (counted(head.client_address), head.received_at);
        let decision = level.take(&address, now);
        if decision.is_allowed {
            return Ok(());
        }
        if let Some(not_logged) = self.count(metrics, level, now) {
            // Else all that come through a proxy share a limit, and nobody knows why.
            let names_a_client = head.headers.contains_key(FORWARDED)
                || head.headers.contains_key("x-forwarded-for");
            tracing::warn!(
                address = %RedactedIp(address),
                not_logged,
                "too many requests from one address{}",
                if names_a_client {
                    "; if it is a proxy, or behind one, set http.trusted_proxies (UPSELL_HTTP_TRUSTED_PROXIES)"
                } else {
                    ""
                }
            );
        }
        Err(limited(level, decision))
    }

    /// Lets a request of a known caller through.
    ///
    /// # Errors
    /// 429.
    pub fn admit_caller(
        &self,
        metrics: &Metrics,
        caller: &Caller,
        now: Timestamp,
    ) -> Result<(), ApiError> {
        let Some((level, decision)) = self.take_of(caller, now) else {
            return Ok(());
        };
        if let Some(not_logged) = self.count(metrics, level, now) {
            tracing::warn!(
                client_id = %caller.client,
                limit = ?level.label,
                not_logged,
                "too many requests of a client or tenant"
            );
        }
        Err(limited(level, decision))
    }

    /// As [`RateLimits::admit`] and [`RateLimits::admit_caller`], for an answer that is there already:
    /// how the caller then stands. `None`: a limit is reached, and who asks them hears which.
    #[must_use]
    pub fn admit_cached(&self, head: &Head, caller: &Caller) -> Option<Standing> {
        let now = head.received_at;
        let mut standing = Standing::default();
        if let Some(level) = self.of_address(head) {
            let decision = level.take(&counted(head.client_address), now);
            standing.add(level, decision.is_allowed.then_some(decision)?);
        }
        for (level, key) in self.of_caller(Some(caller)) {
            let decision = level.take(&key, now);
            standing.add(level, decision.is_allowed.then_some(decision)?);
        }
        Some(standing)
    }

    /// Whether a tracked link may be followed at once: always without a limit of its own.
    #[must_use]
    pub fn may_follow(&self, head: &Head) -> bool {
        self.redirect.as_ref().is_none_or(|level| {
            let address = counted(head.client_address);
            let look = || level.look(&address, head.received_at);
            !head.uri.path().starts_with(redirect::PREFIX) || look().is_allowed
        })
    }

    /// Counts a tracked link that was followed at once.
    pub fn followed(&self, head: &Head) {
        if let Some(level) = &self.redirect {
            level.take(&counted(head.client_address), head.received_at);
        }
    }

    /// How the caller stands with the limits of a request that was let through.
    #[must_use]
    pub fn standing(&self, head: &Head, caller: Option<&Caller>) -> Standing {
        let now = head.received_at;
        let mut standing = Standing::default();
        if let Some(level) = self.of_address(head) {
            let decision = level.standing(&counted(head.client_address), now);
            standing.add(level, decision);
        }
        for (level, key) in self.of_caller(caller) {
            standing.add(level, level.standing(&key, now));
        }
        standing
    }

    /// Whether limits of their own hold for tracked links.
    fn of_address(&self, head: &Head) -> Option<&Level> {
        if head.uri.path().starts_with(redirect::PREFIX) {
            self.redirect.as_ref()
        } else {
            self.address.as_ref()
        }
    }

    /// The limits of a caller. A user with a token of their own counts for themselves and not for the
    /// tenant: one user cannot take what the others of the tenant need.
    fn of_caller(&self, caller: Option<&Caller>) -> impl Iterator<Item = (&Level, uuid::Uuid)> {
        let client = caller.map(|caller| caller.subject);
        let tenant = caller.filter(|caller| caller.user.is_none());
        let tenant = tenant.map(|caller| caller.root.uuid());
        let client = self.client.as_ref().zip(client);
        client.into_iter().chain(self.tenant.as_ref().zip(tenant))
    }

    /// Takes a request of a caller; the limit that refuses it.
    fn take_of(&self, caller: &Caller, now: Timestamp) -> Option<(&Level, Decision)> {
        self.of_caller(Some(caller)).find_map(|(level, key)| {
            let decision = level.take(&key, now);
            (!decision.is_allowed).then_some((level, decision))
        })
    }

    /// Counts a refusal, and says whether it may be logged.
    fn count(&self, metrics: &Metrics, level: &Level, now: Timestamp) -> Option<u64> {
        metrics.rate_limited.inc(level.label);
        self.log_throttle.may_log(now)
    }

    /// Lets somebody try to log in.
    ///
    /// # Errors
    /// 429 where there were too many failures.
    pub fn log_in<'a>(
        &'a self,
        metrics: &'a Metrics,
        client_id: &'a str,
        head: &Head,
    ) -> Result<Attempt<'a>, ApiError> {
        let log_in = LogIn {
            client_id,
            address: counted(head.client_address),
            now: head.received_at,
        };
        let log_ins = self.log_ins.as_ref();
        if let Some((log_ins, retry_after_s)) =
            log_ins.and_then(|log_ins| Some((log_ins, log_ins.wait_s(&log_in)?)))
        {
            log_ins.blocked(metrics);
            return Err(ApiError::TooManyFailures { retry_after_s });
        }
        Ok(Attempt {
            log_ins,
            metrics,
            log_in,
        })
    }

    /// How a token that is none of ours is answered.
    #[must_use]
    pub fn bad_token(&self, metrics: &Metrics, address: IpAddr, now: Timestamp) -> ApiError {
        let log_ins = self.log_ins.as_ref();
        let wait = log_ins.and_then(|all| all.bad_token(metrics, counted(address), now));
        wait.map_or(ApiError::InvalidToken, |retry_after_s| {
            ApiError::TooManyFailures { retry_after_s }
        })
    }
}

fn limited(level: &Level, decision: Decision) -> ApiError {
    ApiError::RateLimited(RateLimited {
        limit: level.label,
        retry_after_s: decision.in_s,
        rate: level.rate,
    })
}

/// A log-in that may be tried.
#[derive(Debug)]
pub struct Attempt<'a> {
    log_ins: Option<&'a LogIns>,
    metrics: &'a Metrics,
    log_in: LogIn<'a>,
}

impl Attempt<'_> {
    /// The secret was wrong, or there is no such client.
    pub fn failed(self) {
        if let Some(log_ins) = self.log_ins {
            log_ins.failed(self.metrics, &self.log_in);
        }
    }

    /// The client proved who it is.
    pub fn succeeded(self) {
        if let Some(log_ins) = self.log_ins {
            log_ins.succeeded(&self.log_in);
        }
    }
}
