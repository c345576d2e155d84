//! What the ids of customers stand for.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use bytes::Bytes;
use http::header::CACHE_CONTROL;
use http::{HeaderValue, StatusCode};

use crate::domain::client::ApiScope::BillingRead;
use crate::http::billing::wire::configuration::{ConfigurationResponse, LanguageResponse};
use crate::http::endpoint::{Answer, Call, Endpoint, get};
use crate::http::output;
use crate::reference::{countries, languages};

/// The same for everybody as long as the program runs, and large: written once.
static BODY: LazyLock<Bytes> = LazyLock::new(|| output::json_bytes(&configuration()));

pub(super) fn endpoints() -> [Endpoint; 2] {
    let desk = get(
        "/api/advanced-automation/v1/ServiceDesk/Configuration",
        "readConfiguration",
        "Countries, states and languages",
    );
    let form = get(
        "/api/advanced-automation/v1/StaticFormData",
        "readStaticFormData",
        "The same, as the vendor's own pages call it",
    );
    [desk, form].map(|endpoint| {
        endpoint
            .scope(BillingRead)
            .answers::<ConfigurationResponse>(200, "The configuration.")
            .to(read)
    })
}

fn configuration() -> ConfigurationResponse {
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
    let languages = languages::all().iter().map(|language| LanguageResponse {
        id: language.id.uuid(),
        country: language.country().map(|id| id.uuid()),
        name: language.name.clone(),
        active: true,
        english_name: language.english_name,
        code: language.code,
    });
    ConfigurationResponse {
        languages: languages.collect(),
        countries: named.collect(),
        states: states.collect(),
    }
}

// A handler is async, whether it has anything to wait for or not.
async fn read(_: Call) -> Answer {
    let mut response = output::with_body(StatusCode::OK, "application/json", BODY.clone());
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}
