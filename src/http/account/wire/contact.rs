//! The contact block of tenants and users.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::http::wire::resource;

resource! {
    /// How to reach somebody. What is unknown is empty.
    #[derive(Debug, Serialize, ToSchema)]
    #[schema(as = Contact)]
    response ContactResponse;

    /// What to change of a contact; what is missing is kept.
    #[derive(Debug, Default, Deserialize, ToSchema)]
    #[schema(as = ContactChange)]
    request ContactRequest;

    /// First line of the address.
    address1: String => #[schema(max_length = 256)] Option<String>;
    /// Second line of the address.
    address2: String => #[schema(max_length = 256)] Option<String>;
    /// City.
    city: String => #[schema(max_length = 256)] Option<String>;
    /// Country.
    country: String => #[schema(max_length = 256)] Option<String>;
    /// E-mail address.
    email: String;
    /// First name.
    firstname: String => #[schema(max_length = 256)] Option<String>;
    /// Last name.
    lastname: String => #[schema(max_length = 256)] Option<String>;
    /// Phone number.
    phone: String => #[schema(max_length = 256)] Option<String>;
    /// State or region.
    state: String => #[schema(max_length = 256)] Option<String>;
    /// Postal code.
    zipcode: String => #[schema(max_length = 256)] Option<String>;

    only {
        /// E-mail address; an empty text removes it.
        #[schema(max_length = 254)]
        pub(crate) email: Option<String>,
    }
}
