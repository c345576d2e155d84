//! `/ServiceDesk/Configuration`: what the ids of customers stand for.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use bytes::Bytes;
use http::HeaderValue;
use http::StatusCode;
use http::header::CACHE_CONTROL;

use super::wire::configuration::{ConfigurationOut, LanguageOut};
use crate::http::output;
use crate::http::router::{Answer, Call};
use crate::reference::{countries, languages};
use crate::usecases::access::Caller;

/// The same for everybody as long as the program runs, and large: written once.
static BODY: LazyLock<Bytes> = LazyLock::new(|| {
    // Wire forms are plain structs, whose serialization cannot fail.
    serde_json::to_vec(&configuration())
        .unwrap_or_default()
        .into()
});

fn configuration() -> ConfigurationOut {
    let countries = countries::all().iter();
    let named = countries
        .clone()
        .map(|country| (country.id.to_string(), country.name.clone()));
    let states = countries
        .filter(|country| !country.states.is_empty())
        .map(|country| {
            let states = country.states.iter();
            let states = states.map(|state| (state.id.to_string(), state.name));
            (country.id.to_string(), states.collect::<BTreeMap<_, _>>())
        });
    let languages = languages::all().iter().map(|language| LanguageOut {
        id: language.id.to_string(),
        country: language.country().map(|id| id.to_string()),
        name: language.name.clone(),
        active: true,
        english_name: language.english_name,
        code: language.code,
    });
    ConfigurationOut {
        languages: languages.collect(),
        countries: named.collect(),
        states: states.collect(),
    }
}

// A handler is async, whether it has anything to wait for or not.
pub(super) async fn read(_: Call, _: Caller) -> Answer {
    let mut response = output::with_body(StatusCode::OK, "application/json", BODY.clone());
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}
