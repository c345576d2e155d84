//! Languages by ISO 639-1.

use std::sync::LazyLock;

use icu_locale::{LanguageIdentifier, LocaleExpander};
use isolang::Language as Iso;

use super::countries::id_of_country;
use super::id_of;
use crate::domain::ids::{CountryId, LanguageId};

/// A language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Language {
    /// Made of its code.
    pub id: LanguageId,
    /// ISO 639-1: `de`.
    pub code: &'static str,
    /// As its speakers call it: `Deutsch`; in English where the data do not say.
    pub name: String,
    /// In English: `German`.
    pub english_name: &'static str,
    /// The region where it is spoken most (CLDR's likely subtags), ISO 3166-1 alpha-2: `DE`.
    pub region: Option<String>,
}

static LANGUAGES: LazyLock<Vec<Language>> = LazyLock::new(|| {
    let expander = LocaleExpander::new_extended();
    let found = isolang::languages().filter_map(|language| language_of(language, &expander));
    let mut languages: Vec<Language> = found.collect();
    languages.sort_by_key(|language| language.english_name);
    languages
});

fn language_of(iso: Iso, expander: &LocaleExpander) -> Option<Language> {
    let code = iso.to_639_1()?;
    let english_name = iso.to_name();
    let name = iso.to_autonym().map_or(english_name, first_name);
    let mut tag: LanguageIdentifier = code.parse().ok()?;
    expander.maximize(&mut tag);
    Some(Language {
        id: id_of_language(code),
        code,
        name: capitalized(name),
        english_name,
        region: tag
            .region
            .filter(|region| region.is_alphabetic())
            .map(|region| region.to_string()),
    })
}

/// Some languages have several names there, and transcriptions in brackets: the first will do.
fn first_name(names: &str) -> &str {
    const ENDS: [char; 3] = ['\u{200e}', '(', ','];
    let first = names.split(ENDS).next().unwrap_or(names).trim();
    if first.is_empty() { names } else { first }
}

/// With a capital first letter, as a list has it; CLDR writes names as they stand in a sentence.
fn capitalized(name: &str) -> String {
    /// Behind Latin, Greek, Cyrillic and Armenian there are scripts without capitals, and
    /// Georgian, whose capitals stand in no list.
    const FIRST_WITHOUT_CAPITALS: char = '\u{590}';
    let mut chars = name.chars();
    match chars.next() {
        Some(first) if first < FIRST_WITHOUT_CAPITALS => {
            first.to_uppercase().chain(chars).collect()
        }
        _ => name.to_owned(),
    }
}

fn id_of_language(code: &str) -> LanguageId {
    LanguageId::new(id_of(&format!("language:{code}")))
}

/// All languages, by English name.
#[must_use]
pub fn all() -> &'static [Language] {
    &LANGUAGES
}

/// The language of that id.
#[must_use]
pub fn find(id: LanguageId) -> Option<&'static Language> {
    all().iter().find(|language| language.id == id)
}

/// The language of a tag such as `de` or `pt-BR`; English where it is not known.
#[must_use]
pub fn of_tag(tag: &str) -> LanguageId {
    let primary = tag.split(['-', '_']).next().unwrap_or_default();
    let primary = primary.to_ascii_lowercase();
    let found = all().iter().find(|language| language.code == primary);
    found.map_or_else(|| id_of_language("en"), |language| language.id)
}

impl Language {
    /// The culture that forms and documents follow, language and region: `en-US` (rule `billing-information`).
    #[must_use]
    pub fn culture(&self) -> String {
        match &self.region {
            Some(region) => format!("{}-{region}", self.code),
            None => self.code.to_owned(),
        }
    }

    /// The country where it is spoken most.
    #[must_use]
    pub fn country(&self) -> Option<CountryId> {
        self.region.as_deref().map(id_of_country)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::super::countries;
    use super::*;

    #[test]
    fn every_language_of_iso_639_1_is_there_once() {
        assert!(all().len() >= 183, "{}", all().len());
        let ids: HashSet<LanguageId> = all().iter().map(|language| language.id).collect();
        assert_eq!(ids.len(), all().len());
        for language in all() {
            assert_eq!(find(language.id), Some(language));
            let plain =
                |c: char| c.is_alphabetic() || c.is_whitespace() || c > '\u{300}' || c == '-';
            let odd = |c: char| matches!(c, '\u{200e}' | '(' | ',');
            let name = &language.name;
            assert!(name.chars().all(plain) && !name.contains(odd), "{name:?}");
            if let Some(country) = language.country() {
                assert!(countries::find(country).is_some(), "{language:?}");
            }
        }
    }

    #[test]
    fn languages_have_names_and_a_culture() {
        for (tag, name, culture) in [
            ("en", "English", "en-US"),
            ("de-AT", "Deutsch", "de-DE"),
            ("bg", "Български", "bg-BG"),
            ("pt_BR", "Português", "pt-BR"),
            ("ja", "日本語", "ja-JP"),
            ("ka", "ქართული", "ka-GE"),
            ("hy", "Հայերեն", "hy-AM"),
            ("ab", "Аҧсуа бызшәа", "ab-GE"),
            ("tlh", "English", "en-US"),
        ] {
            let language = find(of_tag(tag)).unwrap();
            assert_eq!(language.name, name, "{tag}");
            assert_eq!(language.culture(), culture, "{tag}");
        }
        let english = of_tag("en").to_string();
        assert_eq!(english, "48d06c90-f8a4-4726-a83c-a47dbb709f25");
    }
}
