//! Usages: as they are listed, and as they are reported in batches.

use serde::de::Deserializer;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use super::Text;
use super::names::{MeasurementUnitName, OfferingTypeName};
use super::offering::QuotaResponse;
use crate::domain::ids::{InfraId, TenantId, UserId};
use crate::http::account::error::DetailResponse;
use crate::http::error::ApiError;
use crate::http::input;

/// How much of something is used.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Usage)]
pub(crate) struct UsageResponse {
    /// How much; compare quotas with this.
    pub(crate) absolute_value: u64,
    /// The service it belongs to.
    #[schema(required)]
    pub(crate) application_id: Option<Uuid>,
    /// The edition it is sold in; null: none.
    #[schema(required)]
    pub(crate) edition: Option<String>,
    /// The component it is bound to; null: none.
    #[schema(required)]
    pub(crate) infra_id: Option<Uuid>,
    /// What its numbers count.
    pub(crate) measurement_unit: MeasurementUnitName,
    /// The vendor's name of what is sold; else the usage name.
    pub(crate) name: String,
    /// What it counts against; missing where what is used is not sold.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) offering_item: Option<UsageOffering>,
    /// The start of the billing period.
    #[schema(format = DateTime)]
    pub(crate) range_start: String,
    /// The API v1 id of its holder.
    pub(crate) tenant_id: u64,
    /// The id of its holder, where that is a tenant.
    #[schema(required)]
    pub(crate) tenant_uuid: Option<Uuid>,
    /// How the vendor classes it.
    #[serde(rename = "type")]
    pub(crate) kind: OfferingTypeName,
    /// What is used.
    pub(crate) usage_name: String,
    /// How much in the billing period: the same.
    pub(crate) value: u64,
}

/// What usage counts against.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UsageOffering {
    /// What is allowed; null where there is nothing to count.
    #[schema(required)]
    pub(crate) quota: Option<QuotaResponse>,
    /// Whether it is switched on: 1 or 0.
    #[schema(maximum = 1)]
    pub(crate) status: u8,
}

/// A batch of reports.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = UsageReports)]
pub(crate) struct ReportsRequest {
    /// The reports. Each has its own outcome.
    #[schema(value_type = Vec<ReportRequest>)]
    pub(crate) items: Vec<Line>,
}

/// A line of a batch, or what is wrong with it: one bad line is no reason to refuse the others.
#[derive(Debug)]
pub(crate) struct Line {
    /// As it was given, for the answer.
    pub(crate) tenant_id: Value,
    /// As it was given, for the answer.
    pub(crate) user_id: Option<Value>,
    /// As it was given, for the answer.
    pub(crate) usage_name: Value,
    /// The line itself.
    pub(crate) report: Result<ReportRequest, ApiError>,
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
pub(crate) struct ReportRequest {
    /// The tenant whose usage it is.
    #[schema(value_type = Option<Uuid>)]
    pub(crate) tenant_id: Option<Text<TenantId>>,
    /// The user whose usage it is.
    #[schema(value_type = Option<Uuid>)]
    pub(crate) user_id: Option<Text<UserId>>,
    /// What is used.
    #[schema(min_length = 1, max_length = 128)]
    pub(crate) usage_name: String,
    /// The component that it is used on.
    #[schema(value_type = Option<Uuid>)]
    pub(crate) infra_id: Option<Text<InfraId>>,
    /// The edition that it is used in.
    #[schema(min_length = 1, max_length = 128)]
    pub(crate) edition: Option<String>,
    /// How much.
    pub(crate) absolute_value: u64,
    /// When it was measured; missing: now. What is older than what is known is skipped.
    #[schema(format = DateTime)]
    pub(crate) observed_at: Option<String>,
}

/// What became of a report.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = UsageReportOutcome)]
pub(crate) struct LineResponse {
    /// As given; null where it was no short text.
    pub(crate) tenant_id: Value,
    /// As given; missing where it was not.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) user_id: Option<Value>,
    /// As given; null where it was no short text.
    pub(crate) usage_name: Value,
    /// Why it was not taken; null: it was.
    #[schema(required)]
    pub(crate) error: Option<DetailResponse>,
    /// There only where it is true: a later observation is stored already, and stays.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) skipped: bool,
}
