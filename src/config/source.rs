//! The three sources: flags, environment, TOML file. Each becomes a map from setting to text
//! and origin; the sources are then laid over one another.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

use super::nearest::hint;
use super::problem::{Origin, Problem};
use super::setting::{Section, variable_of};
use super::usage_names;

/// A setting given on the command line. Its `Debug` does not show the value: it may be a secret.
#[derive(Clone)]
pub struct Override {
    /// The setting: `smtp.port`, `data`.
    pub path: String,
    /// Its text.
    pub value: String,
    /// The flag as typed, for messages: `--listen`, `--set smtp.port`.
    pub flag: String,
}

impl Override {
    /// As `--set path=value` gives it.
    #[must_use]
    pub fn set(path: &str, value: &str) -> Self {
        Self {
            path: path.to_owned(),
            value: value.to_owned(),
            flag: format!("--set {path}"),
        }
    }
}

impl fmt::Debug for Override {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Override({} = …)", self.path)
    }
}

/// Everything a configuration is made from, passed in so that loading depends on nothing else.
pub struct Sources<'a> {
    /// From the command line; they win over the rest.
    pub flags: Vec<Override>,
    /// The environment; only names that begin with `UPSELL_` are looked at.
    pub environment: Vec<(OsString, OsString)>,
    /// The configuration file: where it is and what it says.
    pub file: Option<(PathBuf, String)>,
    /// Reads the file that holds a secret.
    pub read_file: &'a dyn Fn(&Path) -> io::Result<String>,
}

/// The text of one setting and where it came from.
#[derive(Debug, Clone)]
pub(super) struct Text {
    pub(super) text: String,
    pub(super) origin: Origin,
}

/// Texts by setting.
pub(super) type Given = BTreeMap<String, Text>;

/// The name of the variable that names the configuration file; the only one that is no setting.
pub(super) const CONFIG_VARIABLE: &str = "UPSELL_CONFIG";

/// What a path may be: a declared setting, a secret's `_file`, or a usage name.
pub(super) struct Known {
    sections: Vec<&'static Section>,
    /// Every declared setting, with `_file` forms.
    pub(super) paths: Vec<String>,
}

impl Known {
    pub(super) fn new(sections: Vec<&'static Section>) -> Self {
        let mut paths = Vec::new();
        for section in &sections {
            for setting in section.settings {
                paths.push(section.path_of(setting.key));
                if (setting.is_secret)() {
                    paths.push(section.path_of(&format!("{}_file", setting.key)));
                }
            }
        }
        Self { sections, paths }
    }

    fn has(&self, path: &str) -> bool {
        self.paths.iter().any(|known| known == path) || usage_names::name_in(path).is_some()
    }

    fn is_section(&self, name: &str) -> bool {
        name == usage_names::SECTION || self.section_names().any(|known| known == name)
    }

    fn section_names(&self) -> impl Iterator<Item = &'static str> {
        self.sections
            .iter()
            .map(|section| section.name)
            .filter(|name| !name.is_empty())
    }

    fn unknown(&self, origin: Origin, path: String) -> Problem {
        Problem::Unknown {
            hint: hint(&path, self.paths.iter().map(String::as_str)),
            origin,
            path,
        }
    }

    /// The setting that an environment variable stands for.
    fn path_of_variable(&self, name: &str) -> Option<String> {
        self.paths
            .iter()
            .find(|path| variable_of(path) == name)
            .cloned()
            .or_else(|| usage_names::path_of_variable(name))
    }
}

/// Reads the flags. Later ones win over earlier ones, as on any command line.
pub(super) fn from_flags(
    known: &Known,
    flags: Vec<Override>,
    problems: &mut Vec<Problem>,
) -> Given {
    let mut given = Given::new();
    for Override { path, value, flag } in flags {
        let origin = Origin::Flag(flag);
        if known.has(&path) {
            given.insert(
                path,
                Text {
                    text: value,
                    origin,
                },
            );
        } else {
            problems.push(known.unknown(origin, path));
        }
    }
    given
}

/// Reads the environment. Unknown names are only warned about: they may be meant for another
/// version of the service that shares the environment.
pub(super) fn from_environment(
    known: &Known,
    environment: Vec<(OsString, OsString)>,
    problems: &mut Vec<Problem>,
    warnings: &mut Vec<String>,
) -> Given {
    let mut given = Given::new();
    for (name, value) in environment {
        let Some(name) = name.to_str().filter(|name| name.starts_with("UPSELL_")) else {
            continue;
        };
        if name == CONFIG_VARIABLE {
            continue;
        }
        let origin = Origin::Environment(name.to_owned());
        let Some(path) = known.path_of_variable(name) else {
            let variables: Vec<_> = known.paths.iter().map(|path| variable_of(path)).collect();
            let hint = hint(name, variables.iter().map(String::as_str));
            warnings.push(format!("{name}: no setting has this variable{hint}"));
            continue;
        };
        match value.into_string() {
            Ok(text) => {
                given.insert(path, Text { text, origin });
            }
            Err(_) => problems.push(Problem::Shape {
                origin,
                reason: "its value is not UTF-8 text; set it again".to_owned(),
            }),
        }
    }
    given
}

/// Reads the TOML file.
pub(super) fn from_file(
    known: &Known,
    path: &Path,
    content: &str,
    problems: &mut Vec<Problem>,
) -> Given {
    let mut file = File {
        known,
        path,
        content,
        given: Given::new(),
        problems,
    };
    match DeTable::parse(content) {
        Ok(table) => file.top(table.get_ref()),
        Err(error) => {
            let origin = file.at(error.span().map_or(0, |span| span.start));
            file.problems.push(Problem::Syntax {
                origin,
                message: error.message().replace('\n', " "),
            });
        }
    }
    file.given
}

/// The walk through a parsed file.
struct File<'a> {
    known: &'a Known,
    path: &'a Path,
    content: &'a str,
    given: Given,
    problems: &'a mut Vec<Problem>,
}

impl File<'_> {
    fn at(&self, offset: usize) -> Origin {
        let before = self.content.as_bytes().iter().take(offset);
        Origin::File {
            path: self.path.to_owned(),
            line: 1 + before.filter(|byte| **byte == b'\n').count(),
        }
    }

    fn wrong_shape(&mut self, origin: Origin, reason: String) {
        self.problems.push(Problem::Shape { origin, reason });
    }

    fn top(&mut self, table: &DeTable<'_>) {
        for (key, value) in table {
            let origin = self.at(key.span().start);
            let name = key.get_ref().as_ref();
            match value.get_ref() {
                DeValue::Table(inner) if self.known.is_section(name) => {
                    for (key, value) in inner {
                        self.setting(format!("{name}.{}", key.get_ref()), key.span().start, value);
                    }
                }
                DeValue::Table(_) if !self.known.has(name) => {
                    let hint = hint(name, self.known.section_names());
                    self.wrong_shape(origin, format!("there is no section [{name}]{hint}"));
                }
                _ if self.known.is_section(name) => self.wrong_shape(
                    origin,
                    format!("`{name}` is a section; write [{name}] and its settings below"),
                ),
                _ => self.setting(name.to_owned(), key.span().start, value),
            }
        }
    }

    fn setting(&mut self, path: String, offset: usize, value: &Spanned<DeValue<'_>>) {
        let origin = self.at(offset);
        if !self.known.has(&path) {
            self.problems.push(self.known.unknown(origin, path));
            return;
        }
        match text_of(value.get_ref()) {
            Ok(text) => {
                self.given.insert(path, Text { text, origin });
            }
            Err(reason) => self.wrong_shape(origin, format!("`{path}` {reason}")),
        }
    }
}

/// A TOML value as the text that the environment would give for it.
fn text_of(value: &DeValue<'_>) -> Result<String, String> {
    match value {
        DeValue::String(text) => Ok(text.to_string()),
        DeValue::Integer(number) if number.radix() == 10 => Ok(number.as_str().to_owned()),
        DeValue::Boolean(value) => Ok(value.to_string()),
        DeValue::Array(values) => list_of(values),
        DeValue::Table(_) => Err("is a value, not a table; write `key = value`".to_owned()),
        DeValue::Integer(_) | DeValue::Float(_) | DeValue::Datetime(_) => {
            Err("takes text, a whole decimal number, true or false, or a list of texts".to_owned())
        }
    }
}

fn list_of(values: &DeArray<'_>) -> Result<String, String> {
    let texts: Result<Vec<_>, _> = values
        .iter()
        .map(|value| match value.get_ref() {
            DeValue::String(text) if !text.contains(',') => Ok(text.as_ref()),
            _ => Err("takes a list of texts without commas, such as [\"a\", \"b\"]".to_owned()),
        })
        .collect();
    Ok(texts?.join(","))
}
