//! The contact block of tenants and users.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How to reach somebody. What is unknown is empty.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Contact)]
pub(crate) struct ContactResponse {
    /// First line of the address.
    pub(crate) address1: String,
    /// Second line of the address.
    pub(crate) address2: String,
    /// City.
    pub(crate) city: String,
    /// Country.
    pub(crate) country: String,
    /// E-mail address.
    pub(crate) email: String,
    /// First name.
    pub(crate) firstname: String,
    /// Last name.
    pub(crate) lastname: String,
    /// Phone number.
    pub(crate) phone: String,
    /// State or region.
    pub(crate) state: String,
    /// Postal code.
    pub(crate) zipcode: String,
}

/// What to change of a contact; what is missing is kept.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[schema(as = ContactChange)]
pub(crate) struct ContactRequest {
    /// First line of the address.
    #[schema(max_length = 256)]
    pub(crate) address1: Option<String>,
    /// Second line of the address.
    #[schema(max_length = 256)]
    pub(crate) address2: Option<String>,
    /// City.
    #[schema(max_length = 256)]
    pub(crate) city: Option<String>,
    /// Country.
    #[schema(max_length = 256)]
    pub(crate) country: Option<String>,
    /// E-mail address; an empty text removes it.
    #[schema(max_length = 254)]
    pub(crate) email: Option<String>,
    /// First name.
    #[schema(max_length = 256)]
    pub(crate) firstname: Option<String>,
    /// Last name.
    #[schema(max_length = 256)]
    pub(crate) lastname: Option<String>,
    /// Phone number.
    #[schema(max_length = 256)]
    pub(crate) phone: Option<String>,
    /// State or region.
    #[schema(max_length = 256)]
    pub(crate) state: Option<String>,
    /// Postal code.
    #[schema(max_length = 256)]
    pub(crate) zipcode: Option<String>,
}
