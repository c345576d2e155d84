//! Usage records and what became of them.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::email::CauseResponse;
use super::names::ItemName;

/// How much an account uses of something. Either `tenant_id` or `user_id` says whose it is, either
/// `item` or `usage_name` of what.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[allow(
    dead_code,
    reason = "records are read field by field; this describes them"
)]
pub(crate) struct UsageRecord {
    /// The tenant whose usage it is.
    pub(crate) tenant_id: Option<Uuid>,
    /// The user whose usage it is.
    pub(crate) user_id: Option<Uuid>,
    /// What is used.
    #[schema(value_type = Option<ItemName>)]
    pub(crate) item: Option<String>,
    /// What is used, as the vendor names it.
    #[schema(min_length = 1, max_length = 128)]
    pub(crate) usage_name: Option<String>,
    /// How much.
    pub(crate) value: u64,
    /// The component that it is used on.
    pub(crate) infra_id: Option<Uuid>,
    /// The edition that it is used in.
    #[schema(min_length = 1, max_length = 128)]
    pub(crate) edition: Option<String>,
    /// When it was measured; missing: now, which is always taken. What is older than what is known is
    /// skipped; what is further ahead than `limits.max_clock_skew` (5 minutes) is rejected.
    #[schema(format = DateTime)]
    pub(crate) observed_at: Option<String>,
}

/// Records, of which each has its own outcome.
#[derive(Deserialize, ToSchema)]
#[allow(dead_code, reason = "describes the body")]
pub(crate) struct UsageRecords(Vec<UsageRecord>);

/// Why a record was not taken (RFC 9457).
#[derive(Serialize, ToSchema)]
#[schema(as = RejectedProblem)]
pub(crate) struct ProblemResponse {
    /// Stable: what kind of error it is.
    #[serde(rename = "type")]
    pub(crate) kind: &'static str,
    /// The same in words.
    pub(crate) title: &'static str,
    /// What is wrong here and what to do.
    pub(crate) detail: String,
}

/// A record that was not taken.
#[derive(Serialize, ToSchema)]
#[schema(as = RejectedRecord)]
pub(crate) struct RejectedResponse {
    /// Its number, from 1.
    pub(crate) line: usize,
    /// Why it was not taken.
    pub(crate) error: ProblemResponse,
}

/// A mail that would be sent.
#[derive(Serialize, ToSchema)]
#[schema(as = WouldSend)]
pub(crate) struct WouldSendResponse {
    /// To this user.
    pub(crate) recipient: Uuid,
    /// What it would be about.
    pub(crate) causes: Vec<CauseResponse>,
}

/// What became of the records.
#[derive(Serialize, Default, ToSchema)]
#[schema(as = UsageSummary)]
pub(crate) struct SummaryResponse {
    /// Taken.
    pub(crate) accepted: usize,
    /// Taken, and nothing new.
    pub(crate) unchanged: usize,
    /// Older than what is known.
    pub(crate) skipped: usize,
    /// How many levels were entered or left.
    pub(crate) transitions: usize,
    /// Those that were not taken, and why.
    pub(crate) rejected: Vec<RejectedResponse>,
    /// With `mode=dry_run`: the mails that would be sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) would_send: Option<Vec<WouldSendResponse>>,
    /// Present, and true, where there are more recipients than are listed.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) would_send_truncated: bool,
}
