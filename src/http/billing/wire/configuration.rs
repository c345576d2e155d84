//! The service desk's configuration, as the vendor's pages show it: the parts that customers
//! refer to. `States`, `EnglishName` and `Code` are ours.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

/// What the ids of customers stand for.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "PascalCase")]
#[schema(as = ServiceDeskConfiguration)]
pub(in super::super) struct ConfigurationOut {
    /// The languages (ISO 639).
    pub(in super::super) languages: Vec<LanguageOut>,
    /// Names by id.
    pub(in super::super) countries: BTreeMap<String, String>,
    /// Names by id, by the id of their country.
    pub(in super::super) states: BTreeMap<String, BTreeMap<String, &'static str>>,
}

/// A language.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "PascalCase")]
#[schema(as = Language)]
pub(in super::super) struct LanguageOut {
    /// Its id.
    #[schema(format = Uuid)]
    pub(in super::super) id: String,
    /// Where it is spoken most.
    #[schema(required, format = Uuid)]
    pub(in super::super) country: Option<String>,
    /// As its speakers call it.
    pub(in super::super) name: String,
    /// Always true.
    pub(in super::super) active: bool,
    /// In English.
    pub(in super::super) english_name: &'static str,
    /// ISO 639-1.
    pub(in super::super) code: &'static str,
}
