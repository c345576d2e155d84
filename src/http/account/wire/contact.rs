//! The contact block of tenants and users (seed 000).

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How to reach somebody. What is unknown is empty.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Contact)]
pub(in super::super) struct ContactOut {
    /// First line of the address.
    pub(in super::super) address1: String,
    /// Second line of the address.
    pub(in super::super) address2: String,
    /// City.
    pub(in super::super) city: String,
    /// Country.
    pub(in super::super) country: String,
    /// E-mail address.
    pub(in super::super) email: String,
    /// First name.
    pub(in super::super) firstname: String,
    /// Last name.
    pub(in super::super) lastname: String,
    /// Phone number.
    pub(in super::super) phone: String,
    /// State or region.
    pub(in super::super) state: String,
    /// Postal code.
    pub(in super::super) zipcode: String,
}

/// What to change of a contact; what is missing is kept.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[schema(as = ContactChange)]
pub(in super::super) struct ContactIn {
    /// First line of the address.
    #[schema(
        max_length = 256,
        pattern = "^[^\\u0000-\\u001f\\u007f-\\u009f\\u2028-\\u202e\\u2066-\\u2069]*$"
    )]
    pub(in super::super) address1: Option<String>,
    /// Second line of the address.
    #[schema(
        max_length = 256,
        pattern = "^[^\\u0000-\\u001f\\u007f-\\u009f\\u2028-\\u202e\\u2066-\\u2069]*$"
    )]
    pub(in super::super) address2: Option<String>,
    /// City.
    #[schema(
        max_length = 256,
        pattern = "^[^\\u0000-\\u001f\\u007f-\\u009f\\u2028-\\u202e\\u2066-\\u2069]*$"
    )]
    pub(in super::super) city: Option<String>,
    /// Country.
    #[schema(
        max_length = 256,
        pattern = "^[^\\u0000-\\u001f\\u007f-\\u009f\\u2028-\\u202e\\u2066-\\u2069]*$"
    )]
    pub(in super::super) country: Option<String>,
    /// E-mail address; an empty text removes it.
    #[schema(max_length = 254)]
    pub(in super::super) email: Option<String>,
    /// First name.
    #[schema(
        max_length = 256,
        pattern = "^[^\\u0000-\\u001f\\u007f-\\u009f\\u2028-\\u202e\\u2066-\\u2069]*$"
    )]
    pub(in super::super) firstname: Option<String>,
    /// Last name.
    #[schema(
        max_length = 256,
        pattern = "^[^\\u0000-\\u001f\\u007f-\\u009f\\u2028-\\u202e\\u2066-\\u2069]*$"
    )]
    pub(in super::super) lastname: Option<String>,
    /// Phone number.
    #[schema(
        max_length = 256,
        pattern = "^[^\\u0000-\\u001f\\u007f-\\u009f\\u2028-\\u202e\\u2066-\\u2069]*$"
    )]
    pub(in super::super) phone: Option<String>,
    /// State or region.
    #[schema(
        max_length = 256,
        pattern = "^[^\\u0000-\\u001f\\u007f-\\u009f\\u2028-\\u202e\\u2066-\\u2069]*$"
    )]
    pub(in super::super) state: Option<String>,
    /// Postal code.
    #[schema(
        max_length = 256,
        pattern = "^[^\\u0000-\\u001f\\u007f-\\u009f\\u2028-\\u202e\\u2066-\\u2069]*$"
    )]
    pub(in super::super) zipcode: Option<String>,
}
