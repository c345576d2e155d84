//! What a search finds.

use serde::Serialize;

#[derive(Debug, Serialize)]
pub(in super::super) struct HitOut {
    pub(in super::super) id: String,
    pub(in super::super) kind: Option<&'static str>,
    pub(in super::super) login: Option<String>,
    pub(in super::super) name: String,
    pub(in super::super) obj_type: &'static str,
    pub(in super::super) parent_id: Option<String>,
    pub(in super::super) path: Vec<String>,
}
