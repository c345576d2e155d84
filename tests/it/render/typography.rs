//! How the languages are written, over the files themselves: what a translator gets wrong most
//! easily is found by rule.

use std::fs;
use std::path::{Path, PathBuf};

const NO_BREAK: [char; 2] = ['\u{a0}', '\u{202f}'];

/// The texts of each locale with their keys: all that follows `[text]`, plurals form by form.
fn locales() -> Vec<(String, toml::Table)> {
    let files = files_in("templates/locales");
    let read = |path: &PathBuf| {
        let tag = path.file_stem().expect("a name").to_string_lossy();
        let source = fs::read_to_string(path).expect("a file");
        (tag.into_owned(), source.parse().expect("TOML"))
    };
    let read: Vec<_> = files.iter().map(read).collect();
    assert_eq!(read.len(), 8);
    read
}

fn files_in(directory: &str) -> Vec<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(directory);
    let entries = fs::read_dir(path).expect("a directory");
    entries
        .map(|entry| entry.expect("an entry").path())
        .collect()
}

fn texts(key: &str, value: &toml::Value, found: &mut Vec<(String, String)>) {
    match value {
        toml::Value::String(text) => found.push((key.to_owned(), text.clone())),
        toml::Value::Table(table) => {
            for (name, value) in table {
                texts(&format!("{key}.{name}"), value, found);
            }
        }
        _ => {}
    }
}

fn texts_of(locale: &toml::Table) -> Vec<(String, String)> {
    let mut found = Vec::new();
    texts("text", &locale["text"], &mut found);
    found
}

/// French has a narrow no-break space before `: ; ! ?` and within `« »`: a plain space lets the sign
/// begin a line.
#[test]
fn french_signs_have_a_narrow_no_break_space() {
    let locales = locales();
    let (_, french) = locales.iter().find(|(tag, _)| tag == "fr").expect("French");
    let colon = french["meta"]["colon"].as_str().expect("a text").to_owned();
    let all = [texts_of(french), vec![("meta.colon".to_owned(), colon)]].concat();
    for (key, text) in all {
        let mut before = ' ';
        for (at, sign) in text.char_indices() {
            let is_spaced = before == '\u{202f}';
            assert!(
                is_spaced || !":;!?»".contains(sign),
                "{key}: {text:?}, at {at}"
            );
            assert!(
                before != '«' || sign == '\u{202f}',
                "{key}: {text:?}, at {at}"
            );
            before = sign;
        }
    }
}

/// A number and what it counts or costs stay on one line.
#[test]
fn numbers_stay_with_their_units() {
    for (tag, locale) in locales() {
        let unit_space = locale["meta"]["unit_space"].as_str().expect("a text");
        assert!(
            unit_space.chars().eq([NO_BREAK[0]]),
            "{tag}: {unit_space:?}"
        );
        for (key, text) in texts_of(&locale) {
            let tight = [
                " %",
                " ×",
                "× ",
                "{currency} {amount}",
                "{amount} {currency}",
            ];
            for loose in tight {
                assert!(!text.contains(loose), "{tag} {key}: {text:?} has {loose:?}");
            }
        }
    }
}

/// The label of a state stands after the name of any item: "Almacenamiento: Superada" does not agree
/// with it. Where words have a gender, a label is a phrase with its own noun, or has no gender.
#[test]
fn state_labels_agree_with_every_item() {
    let phrases: [(&str, &[&str]); 5] = [
        ("es", &["Cuota", "Servicio", "Sin límite", "OK"]),
        ("fr", &["Quota", "Service", "Sans limite", "OK"]),
        ("it", &["Quota", "Servizio", "Senza limite", "OK"]),
        ("pt-BR", &["Cota", "Serviço", "Sem limite", "OK"]),
        ("ru", &["Квота", "Служба", "Без ограничений", "Норма"]),
    ];
    let locales = locales();
    for (tag, begins) in phrases {
        let (_, locale) = locales
            .iter()
            .find(|(known, _)| known == tag)
            .expect("a language");
        let states = locale["text"]["state"].as_table().expect("a table");
        for (state, label) in states {
            let label = label.as_str().expect("a text");
            let has_noun = begins.iter().any(|begin| label.starts_with(begin));
            assert!(
                has_noun,
                "{tag} {state}: {label:?} agrees with no item in particular"
            );
        }
    }
}

/// A template knows no language: signs that languages write differently come from the locale.
#[test]
fn templates_have_no_signs_of_their_own() {
    let directories = ["templates/email", "templates/layout"];
    for path in directories.iter().flat_map(|directory| files_in(directory)) {
        let source = fs::read_to_string(&path).expect("a file");
        for line in source.lines().filter(|line| !line.contains("style=")) {
            for sign in ["}}:", "}} :", "}}?", "}}!", "}}%", "({{"] {
                let is_css = line.trim_start().starts_with('.');
                assert!(is_css || !line.contains(sign), "{}: {line}", path.display());
            }
        }
    }
}
