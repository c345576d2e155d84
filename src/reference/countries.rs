//! Countries by ISO 3166-1 with their subdivisions by ISO 3166-2.

use std::collections::HashMap;
use std::sync::LazyLock;

use icu_locale::names::RegionDisplayName;
use icu_locale::subtags::Region;
use rust_iso3166::CountryCode;

use super::id_of;
use crate::domain::ids::{CountryId, StateId};

/// A country.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Country {
    /// Made of its code.
    pub id: CountryId,
    /// ISO 3166-1 alpha-2: `BG`.
    pub code: &'static str,
    /// As people call it in English (Unicode CLDR): `United States`, as the vendor prints it, where
    /// ISO has `United States of America`.
    pub name: String,
    /// Its states, provinces and whatever else it is divided into, by name.
    pub states: Vec<State>,
}

/// A subdivision of a country.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    /// Made of its code.
    pub id: StateId,
    /// ISO 3166-2: `US-AL`.
    pub code: &'static str,
    /// `Alabama`.
    pub name: &'static str,
}

struct Catalog {
    countries: Vec<Country>,
    by_id: HashMap<CountryId, usize>,
}

static CATALOG: LazyLock<Catalog> = LazyLock::new(|| {
    let mut countries: Vec<Country> = rust_iso3166::ALL.iter().map(country_of).collect();
    countries.sort_by(|a, b| a.name.cmp(&b.name));
    let positions = countries.iter().enumerate();
    Catalog {
        by_id: positions
            .map(|(position, country)| (country.id, position))
            .collect(),
        countries,
    }
});

fn country_of(country: &CountryCode) -> Country {
    let state_of = |state: &rust_iso3166::iso3166_2::Subdivision| State {
        id: StateId::new(id_of(&format!("state:{}", state.code))),
        code: state.code,
        name: state.name,
    };
    let states = country.subdivisions().unwrap_or_default();
    let mut states: Vec<State> = states.iter().map(state_of).collect();
    states.sort_by_key(|state| (state.name, state.code));
    Country {
        id: id_of_country(country.alpha2),
        code: country.alpha2,
        name: common_name(country.alpha2).unwrap_or_else(|| country.name.to_owned()),
        states,
    }
}

fn common_name(code: &str) -> Option<String> {
    let region: Region = code.parse().ok()?;
    let english = icu_locale::locale!("en");
    let name = RegionDisplayName::try_new_light((&english).into(), region).ok()?;
    Some(name.to_string())
}

/// The id of the country with this ISO 3166-1 alpha-2 code.
#[must_use]
pub fn id_of_country(code: &str) -> CountryId {
    CountryId::new(id_of(&format!("country:{code}")))
}

/// All countries, by name.
#[must_use]
pub fn all() -> &'static [Country] {
    &CATALOG.countries
}

/// The country of that id.
#[must_use]
pub fn find(id: CountryId) -> Option<&'static Country> {
    let position = CATALOG.by_id.get(&id)?;
    CATALOG.countries.get(*position)
}

impl Country {
    /// The subdivision of that id, if it is one of this country's.
    #[must_use]
    pub fn state(&self, id: StateId) -> Option<&State> {
        self.states.iter().find(|state| state.id == id)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn called(name: &str) -> &'static Country {
        all().iter().find(|country| country.name == name).unwrap()
    }

    #[test]
    fn every_country_is_there_once() {
        assert_eq!(all().len(), 249);
        let ids: HashSet<CountryId> = all().iter().map(|country| country.id).collect();
        assert_eq!(ids.len(), 249);
        let states: Vec<StateId> = all()
            .iter()
            .flat_map(|country| country.states.iter().map(|state| state.id))
            .collect();
        assert!(states.len() > 5000, "{}", states.len());
        let distinct: HashSet<StateId> = states.iter().copied().collect();
        assert_eq!(distinct.len(), states.len());
        for country in all() {
            assert_eq!(find(country.id), Some(country));
            // Where CLDR has no name, the code would stand there.
            assert!(country.name.len() > 2, "{country:?}");
        }
    }

    #[test]
    fn names_are_those_of_the_seed() {
        let us = called("United States");
        assert_eq!(us.code, "US");
        assert_eq!(us.id.to_string(), "d46c54bd-1704-4a55-bb76-fc03073669a0");
        let alabama = us.states.iter().find(|state| state.name == "Alabama");
        let id = alabama.unwrap().id;
        assert_eq!(id.to_string(), "b4c87080-7c8c-45e0-8867-a714ffc79b7d");
        assert_eq!(us.state(id), alabama);
        let bulgaria = called("Bulgaria");
        assert_eq!(
            bulgaria.id.to_string(),
            "b28c162b-007a-42a1-ba97-d798e9e26909"
        );
        assert_eq!(bulgaria.states.len(), 28);
        assert_eq!(bulgaria.state(id), None, "Alabama is elsewhere");
        for name in ["Germany", "South Korea", "Türkiye", "United Kingdom"] {
            called(name);
        }
    }
}
