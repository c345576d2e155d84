//! Bulk usage: a JSON array, or one record per line.

use http::StatusCode;
use serde_json::{Value, json};

use crate::domain::client::ApiScope::UsageWrite;
use crate::domain::meter::Report;
use crate::http::endpoint::{Answer, Call, Endpoint, ParameterValue, post, query};
use crate::http::error::ApiError;
use crate::http::input::media_type;
use crate::http::native::convert::usage as convert;
use crate::http::native::records::{self, Line};
use crate::http::native::wire::usage::{SummaryResponse, UsageRecords};
use crate::http::native::{USAGES, examples};
use crate::http::openapi::schema;
use crate::http::output;
use crate::store::engine::StoreError;
use crate::usecases::error::Error;
use crate::usecases::report_usage::{BatchOutcome, Mode, UsageReport, report_usages};
use crate::usecases::would_send::would_send;

pub(super) fn endpoints() -> [Endpoint; 1] {
    let record = json!({
        "tenant_id": examples::TENANT, "item": "storage_size", "value": 111_669_149_696_u64,
    });
    let line = json!(format!("{record}\n"));
    let done = json!({
        "accepted": 1, "unchanged": 0, "skipped": 0, "transitions": 0, "rejected": [],
    });
    let report = post(USAGES, "reportUsage", "Reports usage in bulk")
        .scope(UsageWrite)
        .limit(|limits| limits.bulk_bytes)
        .about(
            "A JSON array, or one record per line. A record that is rejected never undoes another. \
             200 says that all that were accepted are on disk.",
        )
        .takes_json::<UsageRecords>(json!([record]))
        .takes_as("application/x-ndjson", schema::any_text(), Some(line))
        .answers::<SummaryResponse>(200, "What became of the records.")
        .such_as(done)
        .to(report);
    [report]
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
        summary.would_send = Some(convert::would_send(sendings));
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
            Err(error) => summary.rejected.push(convert::rejected(number, &error)),
        }
    }
    (numbers, reports)
}

impl SummaryResponse {
    fn add(&mut self, line: usize, result: Result<Report, Error>) {
        match result {
            Ok(Report::Accepted) => self.accepted += 1,
            Ok(Report::Unchanged) => self.unchanged += 1,
            Ok(Report::Skipped) => self.skipped += 1,
            Err(error) => {
                let error = ApiError::UseCase(error);
                self.rejected.push(convert::rejected(line, &error));
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
