//! What several handlers share: path segments, query parameters and answers.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::domain::time::Timestamp;
use crate::http::account::wire::list::{IdsResponse, ListResponse, Paging};
use crate::http::cursor::{self, Cursor};
use crate::http::endpoint::{ParameterValue, query};
use crate::http::error::ApiError;
use crate::http::openapi::schema;
use crate::http::output;
use crate::usecases::page::{Page, PageRequest};

/// Values in a query: more ids do not fit into a URL of 8 KiB.
pub(super) const MAX_IDS: usize = 200;

query! {
    /// The version that a deletion expects.
    pub(super) struct VersionQuery {
        /// The current version; `If-Match` may say it instead.
        version: Option<u64> = 1,
    }
}

/// Defines texts of a query that the use case checks: `Name, what the document says of them;`.
macro_rules! texts {
    ($($name:ident, $schema:expr;)+) => {$(
        pub(super) struct $name(pub(super) String);

        impl ParameterValue for $name {
            fn schema() -> Value {
                $schema
            }

            fn parse(text: &str) -> Result<Self, String> {
                Ok(Self(text.to_owned()))
            }
        }
    )+};
}

texts! {
    Login, schema::login();
    SearchText, schema::text(1, 128);
    UsageName, json!({ "type": "string", "minLength": 1 });
}

/// The page that `limit` and `after` ask for. `list` names the list, so a cursor fits no other.
pub(super) fn page_request(
    limit: usize,
    after: Option<Cursor>,
    list: &str,
) -> Result<PageRequest, ApiError> {
    let after = after.map(|after| after.read("after", list)).transpose()?;
    Ok(PageRequest { limit, after })
}

/// A page in the envelope of the dialect.
pub(super) fn list_of<T, U>(
    page: Page<T>,
    list: &str,
    now: Timestamp,
    convert: impl Fn(T) -> U,
) -> ListResponse<U> {
    ListResponse {
        timestamp: output::time(now),
        paging: paging(page.next, list),
        items: page.items.into_iter().map(convert).collect(),
    }
}

/// Ids as the vendor lists them, with a cursor where there are more.
pub(super) fn ids_of(page: Page<Uuid>, list: &str) -> IdsResponse {
    IdsResponse {
        paging: page.next.map(|next| paging(Some(next), list)),
        items: page.items,
    }
}

fn paging(next: Option<Uuid>, list: &str) -> Paging {
    next.map(|id| cursor::write(&id, list)).into()
}
