//! The service desk's configuration, as the vendor's pages show it: the parts that customers
//! refer to. `States`, `EnglishName` and `Code` are ours.

use std::collections::BTreeMap;

use serde::Serialize;

/// `GET /ServiceDesk/Configuration`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(in super::super) struct ConfigurationOut {
    pub(in super::super) languages: Vec<LanguageOut>,
    /// Names by id.
    pub(in super::super) countries: BTreeMap<String, String>,
    /// Names by id, by the id of their country.
    pub(in super::super) states: BTreeMap<String, BTreeMap<String, &'static str>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(in super::super) struct LanguageOut {
    pub(in super::super) id: String,
    /// Where it is spoken most.
    pub(in super::super) country: Option<String>,
    /// As its speakers call it.
    pub(in super::super) name: String,
    pub(in super::super) active: bool,
    pub(in super::super) english_name: &'static str,
    /// ISO 639-1.
    pub(in super::super) code: &'static str,
}
