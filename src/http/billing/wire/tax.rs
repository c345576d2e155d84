//! Taxes, as the vendor's pages show them.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::http::decimal::Number;
use crate::http::openapi::schema::Null;
use crate::http::wire::resource;
use crate::usecases::field_checks::Field;

resource! {
    /// A sales tax of a partner.
    #[derive(Debug, Serialize, ToSchema)]
    #[serde(rename_all = "PascalCase")]
    #[schema(as = Tax)]
    response TaxResponse;

    /// A tax to be created, or what to change of one; what is missing is kept.
    #[derive(Debug, Default, Deserialize, ToSchema)]
    #[serde(rename_all = "PascalCase")]
    #[schema(as = TaxChange)]
    request TaxRequest;

    /// Its id.
    id: Uuid;
    /// The partner that charges it.
    tenant: Uuid;
    /// The name on invoices.
    name: String => #[schema(value_type = Option<String>, max_length = 100)] Field<String>;
    /// Per cent: below 100, with at most four digits after the point.
    value: Number => #[schema(value_type = Option<Number>)] Field<Number>;
    /// Whether a customer can be given it.
    active: bool => #[schema(value_type = Option<bool>)] Field<bool>;
    /// Its code in the partner's bookkeeping.
    code: String => #[schema(value_type = Option<String>, max_length = 50)] Field<String>;
    /// Whether a customer can be given it even while it is not active.
    allow_inactive: bool => #[schema(value_type = Option<bool>)] Field<bool>;
    /// The one that forms should offer first.
    is_default: bool => #[schema(value_type = Option<bool>)] Field<bool>;
    /// Always null.
    custom_fields: Null;

    only {
        /// To change a tax: its id. Missing, null or zeros: it is a new one.
        #[schema(value_type = Option<String>)]
        #[serde(default)]
        pub(crate) id: Field<String>,
        /// Whose it is; missing: the caller's own. Never changes.
        #[schema(value_type = Option<String>)]
        #[serde(default)]
        pub(crate) tenant: Field<String>,
    }
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
