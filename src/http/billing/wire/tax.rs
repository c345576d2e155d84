//! Taxes, as the vendor's pages show them.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::http::decimal::Number;
use crate::http::openapi::schema::Null;
use crate::usecases::field_checks::Field;

/// A sales tax of a partner.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "PascalCase")]
#[schema(as = Tax)]
pub(crate) struct TaxResponse {
    /// Its id.
    #[schema(format = Uuid)]
    pub(crate) id: String,
    /// The partner that charges it.
    #[schema(format = Uuid)]
    pub(crate) tenant: String,
    /// The name on invoices.
    pub(crate) name: String,
    /// Per cent: below 100, with at most four digits after the point.
    pub(crate) value: Number,
    /// Whether a customer can be given it.
    pub(crate) active: bool,
    /// Its code in the partner's bookkeeping.
    pub(crate) code: String,
    /// Whether a customer can be given it even while it is not active.
    pub(crate) allow_inactive: bool,
    /// The one that forms should offer first.
    pub(crate) is_default: bool,
    /// Always null.
    #[schema(value_type = Null)]
    pub(crate) custom_fields: (),
}

/// A page of taxes.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TaxListOut)]
pub(crate) struct TaxesResponse {
    /// The taxes.
    pub(crate) taxes: Vec<TaxResponse>,
    /// How many there are on all pages.
    #[serde(rename = "AmountRecordsFound")]
    pub(crate) amount_records_found: usize,
    /// How many pages there are.
    #[serde(rename = "AmountOfPages")]
    pub(crate) amount_of_pages: usize,
}

/// A tax to be created, or what to change of one; what is missing is kept.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "PascalCase")]
#[schema(as = TaxChange)]
pub(crate) struct TaxRequest {
    /// To change a tax: its id. Missing, null or zeros: it is a new one.
    #[schema(value_type = Option<String>)]
    #[serde(default)]
    pub(crate) id: Field<String>,
    /// Whose it is; missing: the caller's own. Never changes.
    #[schema(value_type = Option<String>)]
    #[serde(default)]
    pub(crate) tenant: Field<String>,
    /// The name on invoices.
    #[schema(value_type = Option<String>, max_length = 100)]
    #[serde(default)]
    pub(crate) name: Field<String>,
    /// Per cent: below 100, with at most four digits after the point.
    #[schema(value_type = Option<Number>)]
    #[serde(default)]
    pub(crate) value: Field<Number>,
    /// Whether a customer can be given it.
    #[schema(value_type = Option<bool>)]
    #[serde(default)]
    pub(crate) active: Field<bool>,
    /// Its code in the partner's bookkeeping.
    #[schema(value_type = Option<String>, max_length = 50)]
    #[serde(default)]
    pub(crate) code: Field<String>,
    /// Whether a customer can be given it even while it is not active.
    #[schema(value_type = Option<bool>)]
    #[serde(default)]
    pub(crate) allow_inactive: Field<bool>,
    /// The one that forms should offer first.
    #[schema(value_type = Option<bool>)]
    #[serde(default)]
    pub(crate) is_default: Field<bool>,
}
