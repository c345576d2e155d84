//! Taxes, as the vendor's pages show them.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Maybe;
use crate::http::decimal::Number;
use crate::http::openapi::schema::Null;

/// A sales tax of a partner.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "PascalCase")]
#[schema(as = Tax)]
pub(in super::super) struct TaxOut {
    /// Its id.
    #[schema(format = Uuid)]
    pub(in super::super) id: String,
    /// The partner that charges it.
    #[schema(format = Uuid)]
    pub(in super::super) tenant: String,
    /// The name on invoices.
    pub(in super::super) name: String,
    /// Per cent: below 100, with at most four digits after the point.
    pub(in super::super) value: Number,
    /// Whether a customer can be given it.
    pub(in super::super) active: bool,
    /// Its code in the partner's bookkeeping.
    pub(in super::super) code: String,
    /// Whether a customer can be given it even while it is not active.
    pub(in super::super) allow_inactive: bool,
    /// The one that forms should offer first.
    pub(in super::super) is_default: bool,
    /// Always null.
    #[schema(value_type = Null)]
    pub(in super::super) custom_fields: (),
}

/// A page of taxes.
#[derive(Debug, Serialize, ToSchema)]
pub(in super::super) struct TaxListOut {
    /// The taxes.
    pub(in super::super) taxes: Vec<TaxOut>,
    /// How many there are on all pages.
    #[serde(rename = "AmountRecordsFound")]
    pub(in super::super) amount_records_found: usize,
    /// How many pages there are.
    #[serde(rename = "AmountOfPages")]
    pub(in super::super) amount_of_pages: usize,
}

/// A tax to be created, or what to change of one; what is missing is kept.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "PascalCase")]
#[derive(Default)]
#[schema(as = TaxChange)]
pub(in super::super) struct TaxIn {
    /// To change a tax: its id. Missing, null or zeros: it is a new one.
    #[schema(value_type = Option<String>)]
    #[serde(default)]
    pub(in super::super) id: Maybe<String>,
    /// Whose it is; missing: the caller's own. Never changes.
    #[schema(value_type = Option<String>)]
    #[serde(default)]
    pub(in super::super) tenant: Maybe<String>,
    /// The name on invoices.
    #[schema(value_type = Option<String>, max_length = 100, pattern = "^[^\\u0000-\\u001f\\u007f-\\u009f\\u2028-\\u202e\\u2066-\\u2069]*$")]
    #[serde(default)]
    pub(in super::super) name: Maybe<String>,
    /// Per cent: below 100, with at most four digits after the point.
    #[schema(value_type = Option<Number>)]
    #[serde(default)]
    pub(in super::super) value: Maybe<Number>,
    /// Whether a customer can be given it.
    #[schema(value_type = Option<bool>)]
    #[serde(default)]
    pub(in super::super) active: Maybe<bool>,
    /// Its code in the partner's bookkeeping.
    #[schema(value_type = Option<String>, max_length = 50, pattern = "^[^\\u0000-\\u001f\\u007f-\\u009f\\u2028-\\u202e\\u2066-\\u2069]*$")]
    #[serde(default)]
    pub(in super::super) code: Maybe<String>,
    /// Whether a customer can be given it even while it is not active.
    #[schema(value_type = Option<bool>)]
    #[serde(default)]
    pub(in super::super) allow_inactive: Maybe<bool>,
    /// The one that forms should offer first.
    #[schema(value_type = Option<bool>)]
    #[serde(default)]
    pub(in super::super) is_default: Maybe<bool>,
}
