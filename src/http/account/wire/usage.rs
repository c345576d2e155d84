//! Usages: as they are listed, and as they are reported in batches.

use serde::de::Deserializer;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::Text;
use super::names::{MeasurementUnitName, OfferingTypeName};
use super::offering::QuotaOut;
use crate::domain::ids::{InfraId, TenantId, UserId};
use crate::http::account::error::DetailOut;
use crate::http::error::ApiError;
use crate::http::input;

/// How much of something is used.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Usage)]
pub(in super::super) struct UsageOut {
    /// How much; compare quotas with this.
    pub(in super::super) absolute_value: u64,
    /// The service it belongs to.
    #[schema(required, format = Uuid)]
    pub(in super::super) application_id: Option<String>,
    /// The edition it is sold in; null: none.
    #[schema(required)]
    pub(in super::super) edition: Option<String>,
    /// The component it is bound to; null: none.
    #[schema(required, format = Uuid)]
    pub(in super::super) infra_id: Option<String>,
    /// What its numbers count.
    #[schema(value_type = MeasurementUnitName)]
    pub(in super::super) measurement_unit: &'static str,
    /// The vendor's name of what is sold; else the usage name.
    pub(in super::super) name: String,
    /// What it counts against; missing where what is used is not sold.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(in super::super) offering_item: Option<UsageOffering>,
    /// The start of the billing period.
    #[schema(format = DateTime)]
    pub(in super::super) range_start: String,
    /// The API v1 id of its holder.
    pub(in super::super) tenant_id: u64,
    /// The id of its holder, where that is a tenant.
    #[schema(required, format = Uuid)]
    pub(in super::super) tenant_uuid: Option<String>,
    /// How the vendor classes it.
    #[serde(rename = "type")]
    #[schema(value_type = OfferingTypeName)]
    pub(in super::super) kind: &'static str,
    /// What is used.
    pub(in super::super) usage_name: String,
    /// How much in the billing period: the same.
    pub(in super::super) value: u64,
}

/// What usage counts against.
#[derive(Debug, Serialize, ToSchema)]
pub(in super::super) struct UsageOffering {
    /// What is allowed; null where there is nothing to count.
    #[schema(required)]
    pub(in super::super) quota: Option<QuotaOut>,
    /// Whether it is switched on: 1 or 0.
    #[schema(maximum = 1)]
    pub(in super::super) status: u8,
}

/// A batch of reports.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = UsageReports)]
pub(in super::super) struct ReportsIn {
    /// The reports. Each has its own outcome.
    #[schema(value_type = Vec<ReportIn>)]
    pub(in super::super) items: Vec<Line>,
}

/// A line of a batch, or what is wrong with it: one bad line is no reason to refuse the others.
#[derive(Debug)]
pub(in super::super) struct Line {
    /// As it was given, for the answer.
    pub(in super::super) tenant_id: Value,
    /// As it was given, for the answer.
    pub(in super::super) user_id: Option<Value>,
    /// As it was given, for the answer.
    pub(in super::super) usage_name: Value,
    /// The line itself.
    pub(in super::super) report: Result<ReportIn, ApiError>,
}

impl<'de> Deserialize<'de> for Line {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        Ok(Self {
            tenant_id: echo(&value, "tenant_id").unwrap_or_default(),
            user_id: echo(&value, "user_id"),
            usage_name: echo(&value, "usage_name").unwrap_or_default(),
            report: input::read(value, "item"),
        })
    }
}

/// A short text of the line; what is long or no text is not sent back.
fn echo(line: &Value, name: &str) -> Option<Value> {
    line.get(name)
        .filter(|value| value.as_str().is_some_and(|text| text.len() <= 128))
        .cloned()
}

/// How much an account uses of something. Either `tenant_id` or `user_id` says whose.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = UsageReport)]
pub(in super::super) struct ReportIn {
    /// The tenant whose usage it is.
    #[schema(value_type = Option<uuid::Uuid>)]
    pub(in super::super) tenant_id: Option<Text<TenantId>>,
    /// The user whose usage it is.
    #[schema(value_type = Option<uuid::Uuid>)]
    pub(in super::super) user_id: Option<Text<UserId>>,
    /// What is used.
    #[schema(
        min_length = 1,
        max_length = 128,
        pattern = "^[^\\u0000-\\u001f\\u007f-\\u009f\\u2028-\\u202e\\u2066-\\u2069]*$"
    )]
    pub(in super::super) usage_name: String,
    /// The component that it is used on.
    #[schema(value_type = Option<uuid::Uuid>)]
    pub(in super::super) infra_id: Option<Text<InfraId>>,
    /// The edition that it is used in.
    #[schema(
        min_length = 1,
        max_length = 128,
        pattern = "^[^\\u0000-\\u001f\\u007f-\\u009f\\u2028-\\u202e\\u2066-\\u2069]*$"
    )]
    pub(in super::super) edition: Option<String>,
    /// How much.
    pub(in super::super) absolute_value: u64,
    /// When it was measured; missing: now. What is older than what is known is skipped.
    #[schema(format = DateTime)]
    pub(in super::super) observed_at: Option<String>,
}

/// What became of a report.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = UsageReportOutcome)]
pub(in super::super) struct LineOut {
    /// As given; null where it was no short text.
    pub(in super::super) tenant_id: Value,
    /// As given; missing where it was not.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(in super::super) user_id: Option<Value>,
    /// As given; null where it was no short text.
    pub(in super::super) usage_name: Value,
    /// Why it was not taken; null: it was.
    #[schema(required)]
    pub(in super::super) error: Option<DetailOut>,
    /// There only where it is true: a later observation is stored already, and stays.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(in super::super) skipped: bool,
}
