//! Bulk usage: a JSON array, or one record per line.

use std::collections::BTreeMap;

use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

use super::emails::CauseResponse;
use crate::domain::client::ApiScope::UsageWrite;
use crate::domain::meter::Report;
use crate::http::dialect::problem_type;
use crate::http::endpoint::{Answer, Call, Endpoint, ParameterValue, post, query};
use crate::http::error::ApiError;
use crate::http::input::media_type;
use crate::http::native::examples;
use crate::http::native::names::ItemName;
use crate::http::native::records::{self, Line};
use crate::http::openapi::schema;
use crate::http::output;
use crate::http::router::BodyLimit;
use crate::store::engine::StoreError;
use crate::usecases::error::Error;
use crate::usecases::report_usage::{BatchOutcome, Mode, Outcome, UsageReport, report_usages};
use crate::usecases::would_send::{WouldSend, would_send};

/// How much an account uses of something. Either `tenant_id` or `user_id` says whose it is, either
/// `item` or `usage_name` of what.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[allow(
    dead_code,
    reason = "records are read field by field; this describes them"
)]
struct UsageRecord {
    /// The tenant whose usage it is.
    tenant_id: Option<Uuid>,
    /// The user whose usage it is.
    user_id: Option<Uuid>,
    /// What is used.
    #[schema(value_type = Option<ItemName>)]
    item: Option<String>,
    /// What is used, as the vendor names it.
    #[schema(min_length = 1, max_length = 128)]
    usage_name: Option<String>,
    /// How much.
    value: u64,
    /// The component that it is used on.
    infra_id: Option<Uuid>,
    /// The edition that it is used in.
    #[schema(min_length = 1, max_length = 128)]
    edition: Option<String>,
    /// When it was measured; missing: now, which is always taken. What is older than what is known is
    /// skipped; what is further ahead than `limits.max_clock_skew` (5 minutes) is rejected.
    #[schema(format = DateTime)]
    observed_at: Option<String>,
}

/// Records, of which each has its own outcome.
#[derive(Deserialize, ToSchema)]
#[allow(dead_code, reason = "describes the body")]
struct UsageRecords(Vec<UsageRecord>);

/// Why a record was not taken (RFC 9457).
#[derive(Serialize, ToSchema)]
pub(super) struct RejectedProblem {
    /// Stable: what kind of error it is.
    #[serde(rename = "type")]
    kind: &'static str,
    /// The same in words.
    title: &'static str,
    /// What is wrong here and what to do.
    detail: String,
}

/// A record that was not taken.
#[derive(Serialize, ToSchema)]
#[schema(as = RejectedRecord)]
pub(super) struct Rejected {
    /// Its number, from 1.
    line: usize,
    /// Why it was not taken.
    error: RejectedProblem,
}

impl Rejected {
    fn new(line: usize, error: &ApiError) -> Self {
        let (kind, title) = problem_type(error);
        let detail = error.message();
        let error = RejectedProblem {
            kind,
            title,
            detail,
        };
        Self { line, error }
    }
}

/// A mail that would be sent.
#[derive(Serialize, ToSchema)]
#[schema(as = WouldSend)]
pub(super) struct WouldSendResponse {
    /// To this user.
    recipient: Uuid,
    /// What it would be about.
    causes: Vec<CauseResponse>,
}

/// What became of the records.
#[derive(Serialize, Default, ToSchema)]
#[schema(as = UsageSummary)]
pub(super) struct SummaryResponse {
    /// Taken.
    accepted: usize,
    /// Taken, and nothing new.
    unchanged: usize,
    /// Older than what is known.
    skipped: usize,
    /// How many levels were entered or left.
    transitions: usize,
    /// Those that were not taken, and why.
    rejected: Vec<Rejected>,
    /// With `mode=dry_run`: the mails that would be sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    would_send: Option<Vec<WouldSendResponse>>,
    /// Present, and true, where there are more recipients than are listed.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    would_send_truncated: bool,
}

query! {
    /// What to do with the records.
    struct ReportQuery {
        /// `dry_run` shows what would be sent, and stores nothing.
        mode: Option<Mode>,
    }
}

impl ParameterValue for Mode {
    fn schema() -> Value {
        schema::one_of(["commit", "dry_run"])
    }

    fn parse(text: &str) -> Result<Self, String> {
        match text {
            "commit" => Ok(Self::Commit),
            "dry_run" => Ok(Self::DryRun),
            _ => Err("must be commit or dry_run".to_owned()),
        }
    }
}

/// Where usage is reported.
pub(super) fn endpoints() -> [Endpoint; 1] {
    let record = json!({
        "tenant_id": examples::TENANT, "item": "storage_size", "value": 111_669_149_696_u64,
    });
    let line = json!(format!("{record}\n"));
    let done = json!({
        "accepted": 1, "unchanged": 0, "skipped": 0, "transitions": 0, "rejected": [],
    });
    [post(
        crate::http::native::USAGES,
        "reportUsage",
        "Reports usage in bulk",
    )
    .scope(UsageWrite)
    .limit(BodyLimit::Bulk)
    .about(
        "A JSON array, or one record per line. A record that is rejected never undoes another. \
             200 says that all that were accepted are on disk.",
    )
    .takes_json::<UsageRecords>(json!([record]))
    .takes_as("application/x-ndjson", schema::any_text(), Some(line))
    .answers::<SummaryResponse>(200, "What became of the records.")
    .such_as(done)
    .to(report)]
}

async fn report(call: Call, query: ReportQuery) -> Answer {
    let mode = query.mode.unwrap_or(Mode::Commit);
    let body = &call.request.body;
    let names = &call.env.settings.usage_names;
    let lines = match media_type(call.head()).as_deref() {
        Some("application/json") => records::of_array(body, names)?,
        Some("application/x-ndjson" | "application/ndjson") => records::of_lines(body, names)?,
        _ => {
            let expected = "application/json (an array) or application/x-ndjson";
            return Err(ApiError::MediaType(expected));
        }
    };
    let mut summary = SummaryResponse::default();
    let (numbers, reports) = divide(lines, &mut summary);
    let outcome = report_usages(call.context(), reports, mode).await;
    refuse_where_the_store_is_away(&outcome)?;
    summary.transitions = outcome.transitions.len();
    if mode == Mode::DryRun {
        let sendings = would_send(&call.env, &outcome.transitions).await?;
        summary.would_send_truncated = sendings.is_truncated;
        summary.would_send = Some(would_send_forms(sendings));
    }
    for (line, result) in numbers.into_iter().zip(outcome.lines) {
        summary.add(line, result);
    }
    summary.rejected.sort_by_key(|rejected| rejected.line);
    Ok(output::json(StatusCode::OK, &summary))
}

/// The records that can be read, with their lines; the others are rejected at once.
fn divide(lines: Vec<Line>, summary: &mut SummaryResponse) -> (Vec<usize>, Vec<UsageReport>) {
    let mut numbers = Vec::with_capacity(lines.len());
    let mut reports = Vec::with_capacity(lines.len());
    for (number, report) in lines {
        match report {
            Ok(report) => {
                numbers.push(number);
                reports.push(report);
            }
            Err(error) => summary.rejected.push(Rejected::new(number, &error)),
        }
    }
    (numbers, reports)
}

impl SummaryResponse {
    fn add(&mut self, line: usize, result: Result<Outcome, Error>) {
        match result {
            Ok(outcome) => match outcome.report {
                Report::Accepted => self.accepted += 1,
                Report::Unchanged => self.unchanged += 1,
                Report::Skipped => self.skipped += 1,
            },
            Err(error) => {
                let rejected = Rejected::new(line, &ApiError::UseCase(error));
                self.rejected.push(rejected);
            }
        }
    }
}

/// Where the store took nothing at all, the caller is to come again with everything: 503.
fn refuse_where_the_store_is_away(outcome: &BatchOutcome) -> Result<(), ApiError> {
    let mut away = None;
    for line in &outcome.lines {
        match line {
            Ok(_) => return Ok(()),
            Err(Error::Store(error @ StoreError::Unavailable(_))) => away = Some(error),
            Err(_) => {}
        }
    }
    match away {
        Some(error) => Err(error.clone().into()),
        None => Ok(()),
    }
}

fn would_send_forms(sendings: WouldSend) -> Vec<WouldSendResponse> {
    let by_recipient: BTreeMap<_, _> = sendings.causes;
    by_recipient
        .into_iter()
        .map(|(recipient, causes)| WouldSendResponse {
            recipient: recipient.uuid(),
            causes: causes.iter().map(CauseResponse::from).collect(),
        })
        .collect()
}
