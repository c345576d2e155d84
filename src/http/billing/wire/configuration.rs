//! The service desk's configuration, as the vendor's pages show it: the parts that customers
//! refer to. `States`, `EnglishName` and `Code` are ours.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// What the ids of customers stand for.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "PascalCase")]
#[schema(as = ServiceDeskConfiguration)]
pub(crate) struct ConfigurationResponse {
    /// The languages (ISO 639).
    pub(crate) languages: Vec<LanguageResponse>,
    /// Names by id.
    pub(crate) countries: BTreeMap<String, String>,
    /// Names by id, by the id of their country.
    pub(crate) states: BTreeMap<String, BTreeMap<String, &'static str>>,
}

/// A language.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "PascalCase")]
#[schema(as = Language)]
pub(crate) struct LanguageResponse {
    /// Its id.
    pub(crate) id: Uuid,
    /// Where it is spoken most.
    #[schema(required)]
    pub(crate) country: Option<Uuid>,
    /// As its speakers call it.
    pub(crate) name: String,
    /// Always true.
    pub(crate) active: bool,
    /// In English.
    pub(crate) english_name: &'static str,
    /// ISO 639-1.
    pub(crate) code: &'static str,
}
