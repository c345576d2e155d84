//! Taxes, as the vendor's pages show them.

use serde::{Deserialize, Serialize};

use super::Maybe;
use crate::http::decimal::Number;

/// A tax in an answer.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(in super::super) struct TaxOut {
    pub(in super::super) id: String,
    pub(in super::super) tenant: String,
    pub(in super::super) name: String,
    /// Per cent.
    pub(in super::super) value: Number,
    pub(in super::super) active: bool,
    pub(in super::super) code: String,
    pub(in super::super) allow_inactive: bool,
    pub(in super::super) is_default: bool,
    /// Always `null`.
    pub(in super::super) custom_fields: (),
}

/// `GET /Taxes`.
#[derive(Debug, Serialize)]
pub(in super::super) struct TaxListOut {
    /// In lower case, as the vendor has it.
    pub(in super::super) taxes: Vec<TaxOut>,
    /// How many there are on all pages.
    #[serde(rename = "AmountRecordsFound")]
    pub(in super::super) amount_records_found: usize,
    #[serde(rename = "AmountOfPages")]
    pub(in super::super) amount_of_pages: usize,
}

/// A tax in a request.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[derive(Default)]
pub(in super::super) struct TaxIn {
    pub(in super::super) id: Maybe<String>,
    pub(in super::super) tenant: Maybe<String>,
    pub(in super::super) name: Maybe<String>,
    pub(in super::super) value: Maybe<Number>,
    pub(in super::super) active: Maybe<bool>,
    pub(in super::super) code: Maybe<String>,
    pub(in super::super) allow_inactive: Maybe<bool>,
    pub(in super::super) is_default: Maybe<bool>,
}
