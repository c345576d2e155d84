//! Bulk usage: a JSON array, or one record per line.

use std::collections::BTreeMap;

use http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::emails::CauseForm;
use super::records::{self, Line};
use crate::domain::meter::Report;
use crate::http::dialect::problem_type;
use crate::http::error::ApiError;
use crate::http::input::{Params, media_type};
use crate::http::output;
use crate::http::router::{Answer, Call};
use crate::store::engine::StoreError;
use crate::usecases::access::Caller;
use crate::usecases::error::Error;
use crate::usecases::report_usage::{BatchOutcome, Mode, Outcome, UsageReport, report_usages};
use crate::usecases::would_send::{WouldSend, would_send};

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
pub(super) struct WouldSendForm {
    /// To this user.
    recipient: Uuid,
    /// What it would be about.
    causes: Vec<CauseForm>,
}

/// What became of the records.
#[derive(Serialize, Default, ToSchema)]
#[schema(as = UsageSummary)]
pub(super) struct Summary {
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
    would_send: Option<Vec<WouldSendForm>>,
    /// Present, and true, where there are more recipients than are listed.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    would_send_truncated: bool,
}

/// POST `/usages?mode=`.
pub(super) async fn report(call: Call, caller: Caller) -> Answer {
    let params = Params::of_query(&call.request.head)?;
    params.only(&["mode"])?;
    let mode = match params.get("mode") {
        None | Some("commit") => Mode::Commit,
        Some("dry_run") => Mode::DryRun,
        Some(_) => return Err(ApiError::malformed("mode", "must be commit or dry_run")),
    };
    let body = &call.request.body;
    let names = &call.env.settings.usage_names;
    let lines = match media_type(&call.request.head).as_deref() {
        Some("application/json") => records::of_array(body, names)?,
        Some("application/x-ndjson" | "application/ndjson") => records::of_lines(body, names)?,
        _ => {
            let expected = "application/json (an array) or application/x-ndjson";
            return Err(ApiError::MediaType(expected));
        }
    };
    let mut summary = Summary::default();
    let (numbers, reports) = divide(lines, &mut summary);
    let now = call.request.head.received_at;
    let outcome = report_usages(&call.env, &caller, reports, mode, now).await;
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
fn divide(lines: Vec<Line>, summary: &mut Summary) -> (Vec<usize>, Vec<UsageReport>) {
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

impl Summary {
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

fn would_send_forms(sendings: WouldSend) -> Vec<WouldSendForm> {
    let by_recipient: BTreeMap<_, _> = sendings.causes;
    by_recipient
        .into_iter()
        .map(|(recipient, causes)| WouldSendForm {
            recipient: recipient.uuid(),
            causes: causes.iter().map(CauseForm::from).collect(),
        })
        .collect()
}
