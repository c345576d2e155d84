//! Reference data of the billing dialect, from standards: countries with their subdivisions
//! (ISO 3166), languages (ISO 639) and bank accounts (ISO 13616). Crates hold the data; it never
//! changes while the program runs, and ids never change between versions.

pub mod countries;
pub mod iban;
pub mod languages;

use uuid::{Uuid, uuid};

/// Under it the ids of this module are made (RFC 9562 §5.5). It must never change: callers have
/// stored those ids.
const NAMESPACE: Uuid = uuid!("3f1c1f5e-6f0b-4d0e-9c55-0c9f5d1f7a52");

/// The ids that the vendor prints for what has a code in a standard (rule `billing-information`).
/// Callers that copied them know them, so they are kept.
const SEED_IDS: [(&str, Uuid); 4] = [
    ("country:BG", uuid!("b28c162b-007a-42a1-ba97-d798e9e26909")),
    ("country:US", uuid!("d46c54bd-1704-4a55-bb76-fc03073669a0")),
    ("state:US-AL", uuid!("b4c87080-7c8c-45e0-8867-a714ffc79b7d")),
    ("language:en", uuid!("48d06c90-f8a4-4726-a83c-a47dbb709f25")),
];

/// The id of what `name` names (`country:DE`): the same in every deployment and every version.
#[must_use]
pub fn id_of(name: &str) -> Uuid {
    let seed = SEED_IDS.iter().find(|(known, _)| *known == name);
    seed.map_or_else(|| Uuid::new_v5(&NAMESPACE, name.as_bytes()), |(_, id)| *id)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Callers store these ids: were one to change, their customers would lose their country.
    #[test]
    fn ids_never_change() {
        for (name, id) in [
            ("country:BG", "b28c162b-007a-42a1-ba97-d798e9e26909"),
            ("country:DE", "516ff657-9a78-59fc-b19c-879a1c19d351"),
            ("state:DE-BY", "8920ce47-8f59-5c37-b5cc-b8c775ec7b0e"),
            ("language:de", "20a02e9e-8950-5490-ad82-9cbed111ba0e"),
        ] {
            assert_eq!(id_of(name).to_string(), id, "{name}");
        }
    }
}
