//! Usages: as they are listed, and as they are reported in batches.

use serde::de::Deserializer;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Text;
use super::offering::QuotaOut;
use crate::domain::ids::{InfraId, TenantId, UserId};
use crate::http::error::ApiError;
use crate::http::input;

#[derive(Debug, Serialize)]
pub(in super::super) struct UsageOut {
    pub(in super::super) absolute_value: u64,
    pub(in super::super) application_id: Option<String>,
    pub(in super::super) edition: Option<String>,
    pub(in super::super) infra_id: Option<String>,
    pub(in super::super) measurement_unit: &'static str,
    pub(in super::super) name: String,
    /// Missing where what is used is not sold.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in super::super) offering_item: Option<UsageOffering>,
    pub(in super::super) range_start: String,
    /// The API v1 id.
    pub(in super::super) tenant_id: u64,
    pub(in super::super) tenant_uuid: Option<String>,
    #[serde(rename = "type")]
    pub(in super::super) kind: &'static str,
    pub(in super::super) usage_name: String,
    pub(in super::super) value: u64,
}

#[derive(Debug, Serialize)]
pub(in super::super) struct UsageOffering {
    pub(in super::super) quota: Option<QuotaOut>,
    pub(in super::super) status: u8,
}

#[derive(Debug, Deserialize)]
pub(in super::super) struct ReportsIn {
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

#[derive(Debug, Deserialize)]
pub(in super::super) struct ReportIn {
    pub(in super::super) tenant_id: Option<Text<TenantId>>,
    pub(in super::super) user_id: Option<Text<UserId>>,
    pub(in super::super) usage_name: String,
    pub(in super::super) infra_id: Option<Text<InfraId>>,
    pub(in super::super) edition: Option<String>,
    pub(in super::super) absolute_value: u64,
    pub(in super::super) observed_at: Option<String>,
}

/// What became of a line.
#[derive(Debug, Serialize)]
pub(in super::super) struct LineOut {
    pub(in super::super) tenant_id: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in super::super) user_id: Option<Value>,
    pub(in super::super) usage_name: Value,
    pub(in super::super) error: Option<Value>,
    /// There only where it is true: a later observation is stored already, and stays.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(in super::super) skipped: bool,
}
