//! Every metric of the service, in one block. Label sets are enums, so they are bounded, and
//! each combination is resolved once at the start: counting is one atomic addition.

mod family;
mod labels;

#[cfg(target_os = "linux")]
use prometheus::process_collector::ProcessCollector;
use prometheus::{Histogram, IntCounter, IntGauge, Registry, TextEncoder};

pub use family::By;
pub use labels::{
    ClickKind, CommitOutcome, Direction, HttpDialect, Label, LogInFailure, MailLimit, MailOutcome,
    NotTold, OutboxState, RateLimit, RedirectOutcome, RedisEvent, StatusClass, Unsent,
    UsageOutcome,
};

use family::Declare;

use crate::domain::link::Placement;
use crate::domain::quota::Level;

/// From 100 µs to 5 s: a server next door takes less than a millisecond.
const REDIS_BUCKETS: [f64; 9] = [0.0001, 0.000_25, 0.0005, 0.001, 0.0025, 0.01, 0.1, 1.0, 5.0];

/// From 100 µs to 10 s: a redirect takes microseconds, a bulk report seconds.
const HTTP_BUCKETS: [f64; 12] = [
    0.0001, 0.000_25, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.1, 0.5, 2.0, 10.0,
];
/// From 10 ms to a day: a mail is handed over at once, or waits for a server to come back.
const MAIL_BUCKETS: [f64; 11] = [
    0.01, 0.05, 0.25, 1.0, 5.0, 30.0, 120.0, 600.0, 3_600.0, 21_600.0, 86_400.0,
];

/// Declares the metrics: each is one entry, with its type, how it is registered, its name, its help
/// and, for histograms, its buckets.
macro_rules! metrics {
    ($(
        $(#[doc = $doc:literal])*
        $field:ident: $type:ty = $make:ident($name:literal, $help:literal $(, $buckets:expr)?);
    )*) => {
        /// All metrics, on a registry of their own.
        #[derive(Debug)]
        pub struct Metrics {
            registry: Registry,
            $(
                #[doc = concat!("`", $name, "`: ", $help)]
                $(#[doc = $doc])*
                pub $field: $type,
            )*
        }

        impl Metrics {
            /// Registers every metric.
            ///
            /// # Errors
            /// When a name or label is not a legal one: a mistake in this file, which its test finds.
            pub fn new() -> Result<Self, prometheus::Error> {
                let declare = Declare(Registry::new());
                // `process_*`: processor time, memory, file descriptors and threads.
                #[cfg(target_os = "linux")]
                declare.0.register(Box::new(ProcessCollector::for_self()))?;
                let build = declare
                    .gauges::<Version>("upsell_build_info", "Always 1; the version is the label.")?;
                build.set(Version, 1);
                Ok(Self {
                    $($field: declare.$make($name, $help $(, $buckets)?)?,)*
                    registry: declare.0,
                })
            }
        }
    };
}

metrics! {
    http_requests: By<HttpDialect, By<StatusClass, IntCounter>> =
        counters2("upsell_http_requests_total", "HTTP requests answered.");
    http_duration: By<HttpDialect, Histogram> = histograms(
        "upsell_http_request_duration_seconds",
        "Time from the request head to the answer.",
        &HTTP_BUCKETS
    );
    http_connections: IntGauge = gauge("upsell_http_connections", "Open HTTP connections.");
    rate_limited: By<RateLimit, IntCounter> =
        counters("upsell_rate_limited_total", "Requests refused by a rate limit.");
    failed_log_ins: By<LogInFailure, IntCounter> =
        counters("upsell_failed_log_ins_total", "Log-ins and tokens refused.");
    alerts_evaluated: IntCounter =
        counter("upsell_alerts_evaluated_total", "Quotas measured against usage.");
    usage_records: By<UsageOutcome, IntCounter> =
        counters("upsell_usage_records_total", "Usage records reported.");
    transitions: By<Level, By<Direction, IntCounter>> =
        counters2("upsell_transitions_total", "Alert levels entered and left.");
    /// Contained ones; any other ends the process.
    panics: IntCounter = counter(
        "upsell_panics_total",
        "Panics that ended a request, a connection or a run of a task: each is a defect."
    );
    outbox_mails: By<OutboxState, IntGauge> = gauges("upsell_outbox_mails", "Mails in the outbox.");
    mails: By<MailOutcome, IntCounter> = counters("upsell_mails_total", "Attempts to send a mail.");
    mails_refused: By<MailLimit, IntCounter> =
        counters("upsell_mails_refused_total", "Mails refused by a limit.");
    /// Without people there is one for the account; without a mail server, one for the mail that
    /// waits.
    not_told: By<NotTold, IntCounter> =
        counters("upsell_people_not_told_total", "People not told by mail of a level, by reason.");
    unsent: By<Unsent, IntCounter> =
        counters("upsell_mails_unsent_total", "Mails that ended unsent, by reason.");
    /// A server accepted them from a node while another one had them, or had sent them.
    possible_duplicates: IntCounter =
        counter("upsell_mail_possible_duplicates_total", "Mails that two nodes may have sent.");
    /// Without the grouping wait.
    mail_latency: Histogram = histogram(
        "upsell_mail_latency_seconds",
        "Time from the decision to send to the mail server's acceptance.",
        &MAIL_BUCKETS
    );
    clicks: By<ClickKind, By<Placement, IntCounter>> =
        counters2("upsell_clicks_total", "Clicks on tracked links.");
    redirects: By<RedirectOutcome, IntCounter> =
        counters("upsell_redirects_total", "Answers to tracked links.");
    store_commits: By<CommitOutcome, IntCounter> =
        counters("upsell_store_commits_total", "Changes given to the store.");
    store_fsyncs: IntCounter =
        counter("upsell_store_fsyncs_total", "Times the store forced its log to disk.");
    store_current: IntGauge =
        gauge("upsell_store_current", "1 while invalidations from other nodes arrive.");
    store_calls: IntGauge =
        gauge("upsell_store_calls", "Calls to the servers of a shared store under way.");
    redis_events: By<RedisEvent, IntCounter> = counters(
        "upsell_redis_events_total",
        "Connections and commands to the servers of a shared store, by event."
    );
    /// With all its retries.
    redis_duration: Histogram = histogram(
        "upsell_redis_command_duration_seconds",
        "Time of a command to the servers of a shared store.",
        &REDIS_BUCKETS
    );
}

impl Metrics {
    /// The exposition text (format 0.0.4) for `/metrics`.
    ///
    /// # Errors
    /// When the encoder refuses a family; none of ours does.
    pub fn encode(&self) -> Result<String, prometheus::Error> {
        TextEncoder::new().encode_to_string(&self.registry.gather())
    }

    /// The content type of [`Metrics::encode`].
    pub const CONTENT_TYPE: &'static str = "text/plain; version=0.0.4; charset=utf-8";
}

/// The label of `upsell_build_info`.
#[derive(PartialEq)]
struct Version;

impl Label for Version {
    const NAME: &'static str = "version";
    const ALL: &'static [Self] = &[Self];

    fn text(&self) -> &'static str {
        env!("CARGO_PKG_VERSION")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_metric_is_there_from_the_start_and_named_by_the_conventions() {
        let text = Metrics::new().unwrap().encode().unwrap();
        let mut kinds = 0;
        for line in text.lines().filter_map(|line| line.strip_prefix("# TYPE ")) {
            let (name, kind) = line.split_once(' ').unwrap();
            // These have the names that they have everywhere.
            if name.starts_with("process_") {
                continue;
            }
            assert!(name.starts_with("upsell_"), "{name}");
            assert_eq!(
                kind == "counter",
                name.ends_with("_total"),
                "{name} is a {kind}"
            );
            assert_eq!(
                kind == "histogram",
                name.ends_with("_seconds"),
                "{name} is a {kind}"
            );
            kinds += 1;
        }
        assert_eq!(kinds, 25);
        let series = text
            .lines()
            .filter(|line| line.starts_with("upsell_"))
            .count();
        assert!(series < 300, "{series} series: a label set has grown");
        assert!(text.contains(concat!(
            "upsell_build_info{version=\"",
            env!("CARGO_PKG_VERSION"),
            "\"} 1"
        )));
    }

    #[test]
    fn what_is_counted_is_shown() {
        let metrics = Metrics::new().unwrap();
        metrics
            .http_requests
            .inc2(HttpDialect::Native, StatusClass::of(404));
        metrics.http_duration.observe(HttpDialect::Redirect, 0.0002);
        metrics.usage_records.add(UsageOutcome::Accepted, 1_000);
        metrics
            .transitions
            .inc2(Level::Exceeded, Direction::Entered);
        metrics.outbox_mails.set(OutboxState::Dead, 3);
        metrics
            .clicks
            .inc2(ClickKind::LikelyHuman, Placement::Email);
        let text = metrics.encode().unwrap();
        for line in [
            "upsell_http_requests_total{dialect=\"native\",status=\"4xx\"} 1",
            "upsell_http_request_duration_seconds_bucket{dialect=\"redirect\",le=\"0.00025\"} 1",
            "upsell_usage_records_total{outcome=\"accepted\"} 1000",
            "upsell_transitions_total{direction=\"entered\",level=\"exceeded\"} 1",
            "upsell_outbox_mails{state=\"dead\"} 3",
            "upsell_clicks_total{kind=\"likely_human\",placement=\"email_notification\"} 1",
            "upsell_clicks_total{kind=\"raw\",placement=\"email_notification\"} 0",
            "# TYPE process_resident_memory_bytes gauge",
        ] {
            assert!(text.lines().any(|shown| shown == line), "{line} in\n{text}");
        }
    }
}
