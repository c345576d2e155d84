//! What a setting is: its name, its default, how its text becomes a value. `section!` declares
//! a section once, and the struct, the reading, `check-config` and the documentation follow.

use super::problem::Problem;
use super::source::Given;

/// How the text of a setting becomes a value.
pub(super) trait Kind {
    /// What comes out.
    type Value;

    /// The value, or what is wrong with the text and what to write instead.
    fn parse(&self, text: &str) -> Result<Self::Value, String>;

    /// What may be written, for the documentation: "a duration such as 30s, up to 7d".
    fn expects(&self) -> String;

    /// Holds a secret: masked wherever it is shown, and also readable from a file (`<key>_file`).
    fn is_secret(&self) -> bool {
        false
    }

    /// What is shown of a secret.
    fn masked(&self, text: &str) -> String {
        let _secret = text;
        "(secret)".to_owned()
    }
}

/// One setting, as declared.
pub(super) struct Setting {
    /// The key inside its section.
    pub(super) key: &'static str,
    /// The text that stands for it when no source gives one.
    pub(super) default: &'static str,
    /// Meaning and unit.
    pub(super) doc: &'static str,
    /// What may be written.
    pub(super) expects: fn() -> String,
    /// Whether its value is masked.
    pub(super) is_secret: fn() -> bool,
    /// Its value, masked.
    pub(super) masked: fn(&str) -> String,
}

/// One section, as declared.
pub(super) struct Section {
    /// The name of the TOML table; empty for the settings above the first table.
    pub(super) name: &'static str,
    /// What the section is about.
    pub(super) doc: &'static str,
    /// Its settings, in the order of their declaration.
    pub(super) settings: &'static [Setting],
}

impl Section {
    /// `smtp.port`, or `data` for a setting of the top level.
    pub(super) fn path_of(&self, key: &str) -> String {
        if self.name.is_empty() {
            key.to_owned()
        } else {
            format!("{}.{key}", self.name)
        }
    }
}

/// The environment variable of a setting: the one rule.
pub(super) fn variable_of(path: &str) -> String {
    format!("UPSELL_{}", path.replace('.', "_").to_ascii_uppercase())
}

/// Turns given texts into values, and collects what is wrong on the way, so that one run of
/// `check-config` shows every mistake.
pub(super) struct Reader<'a> {
    given: &'a Given,
    /// What was wrong so far.
    pub(super) problems: Vec<Problem>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(given: &'a Given) -> Self {
        Self {
            given,
            problems: Vec::new(),
        }
    }

    /// The value of one setting; `None` where it is wrong, which is then among the problems.
    pub(super) fn read<K: Kind>(
        &mut self,
        section: &Section,
        key: &str,
        default: &str,
        kind: &K,
    ) -> Option<K::Value> {
        let path = section.path_of(key);
        let given = self.given.get(&path);
        let text = given.map_or(default, |given| given.text.as_str());
        match kind.parse(text) {
            Ok(value) => Some(value),
            Err(reason) => {
                self.problems.push(Problem::Value {
                    origin: given.map(|given| given.origin.clone()).unwrap_or_default(),
                    shown: if kind.is_secret() {
                        "(not shown)".to_owned()
                    } else {
                        format!("{text:?}")
                    },
                    path,
                    reason,
                });
                None
            }
        }
    }
}

/// Declares a section: a public struct with one documented field per setting, each written as
/// `name: Type = kind, "default";`.
macro_rules! section {
    (
        $(#[doc = $section_doc:literal])*
        $name:ident = $section:literal {
            $( $(#[doc = $doc:literal])* $field:ident: $type:ty = $kind:expr, $default:literal; )*
        }
    ) => {
        $(#[doc = $section_doc])*
        #[derive(Debug, Clone)]
        pub struct $name {
            $(
                $(#[doc = $doc])*
                #[doc = ""]
                #[doc = concat!("Default: `", $default, "`.")]
                pub $field: $type,
            )*
        }

        impl $name {
            pub(super) const SECTION: $crate::config::setting::Section =
                $crate::config::setting::Section {
                    name: $section,
                    doc: concat!($($section_doc, "\n"),*),
                    settings: &[$(
                        $crate::config::setting::Setting {
                            key: stringify!($field),
                            default: $default,
                            doc: concat!($($doc, "\n"),*),
                            expects: || $crate::config::setting::Kind::expects(&$kind),
                            is_secret: || $crate::config::setting::Kind::is_secret(&$kind),
                            masked: |text| $crate::config::setting::Kind::masked(&$kind, text),
                        },
                    )*],
                };

            pub(super) fn read(
                reader: &mut $crate::config::setting::Reader<'_>,
            ) -> Option<Self> {
                // All are read before the first missing one ends it: every mistake is reported.
                $( let $field =
                    reader.read(&Self::SECTION, stringify!($field), $default, &$kind); )*
                Some(Self { $( $field: $field?, )* })
            }
        }
    };
}

pub(super) use section;
