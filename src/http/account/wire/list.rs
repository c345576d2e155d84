//! The envelope of lists.

use serde::Serialize;

/// A list of objects.
#[derive(Debug, Serialize)]
pub(in super::super) struct List<T> {
    pub(in super::super) timestamp: String,
    pub(in super::super) items: Vec<T>,
    pub(in super::super) paging: Paging,
}

/// Where the list goes on.
#[derive(Debug, Serialize)]
pub(in super::super) struct Paging {
    pub(in super::super) cursors: Cursors,
}

/// `after` is missing on the last page.
#[derive(Debug, Serialize)]
pub(in super::super) struct Cursors {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in super::super) after: Option<String>,
}

/// A list that is whole.
#[derive(Debug, Serialize)]
pub(in super::super) struct Items<T> {
    pub(in super::super) items: Vec<T>,
}

/// Ids as the vendor lists them: `{"items":[uuid,…]}`, and where it goes on, if it does.
#[derive(Debug, Serialize)]
pub(in super::super) struct Ids {
    pub(in super::super) items: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in super::super) paging: Option<Paging>,
}
