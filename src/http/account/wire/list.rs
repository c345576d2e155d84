//! The envelope of lists.

use serde::Serialize;
use utoipa::ToSchema;

/// A list of objects.
#[derive(Debug, Serialize)]
pub(in super::super) struct List<T> {
    /// The moment of the answer.
    pub(in super::super) timestamp: String,
    /// What is on this page.
    pub(in super::super) items: Vec<T>,
    /// Where the list goes on.
    pub(in super::super) paging: Paging,
}

/// Where the list goes on.
#[derive(Debug, Serialize, ToSchema)]
pub(in super::super) struct Paging {
    /// The cursors.
    pub(in super::super) cursors: Cursors,
}

/// Where the list goes on: `after` is missing on the last page.
#[derive(Debug, Serialize, ToSchema)]
pub(in super::super) struct Cursors {
    /// Give it as `after` to get the next page.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(in super::super) after: Option<String>,
}

/// A list that is whole.
#[derive(Debug, Serialize)]
pub(in super::super) struct Items<T> {
    /// All of it.
    pub(in super::super) items: Vec<T>,
}

/// Ids as the vendor lists them: `{"items":[uuid,…]}`, and where it goes on, if it does.
#[derive(Debug, Serialize, ToSchema)]
pub(in super::super) struct Ids {
    /// Ids.
    #[schema(value_type = Vec<uuid::Uuid>)]
    pub(in super::super) items: Vec<String>,
    /// Present where the list goes on.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(in super::super) paging: Option<Paging>,
}
