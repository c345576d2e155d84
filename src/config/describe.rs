//! The configuration as a table: for `check-config`, and for `docs/configuration.md`.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::setting::{Setting, variable_of};
use super::source::Given;
use super::usage_names;
use super::{Config, Origin, SECTIONS};

/// One setting as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Described {
    /// `smtp.port`, or `data` for a setting above the first table.
    pub path: String,
    /// Its text; a secret is masked.
    pub value: String,
    /// Where the value came from.
    pub origin: Origin,
}

/// One setting as declared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Declared {
    /// `smtp.port`, or `data` for a setting above the first table.
    pub path: String,
    /// What may be written.
    pub expects: String,
}

/// Every setting that there is, in the order of the documentation.
#[must_use]
pub fn settings() -> Vec<Declared> {
    let declared = SECTIONS.iter().flat_map(|section| {
        section.settings.iter().map(|setting| Declared {
            path: section.path_of(setting.key),
            expects: (setting.expects)(),
        })
    });
    let names = usage_names::DEFAULTS.iter().map(|(name, _)| Declared {
        path: format!("{}.{name}", usage_names::SECTION),
        expects: "item, or `none`".to_owned(),
    });
    declared.chain(names).collect()
}

/// The secret setting of this path, if it is one.
fn secret(path: &str) -> Option<&'static Setting> {
    SECTIONS.iter().find_map(|section| {
        section
            .settings
            .iter()
            .find(|setting| (setting.is_secret)() && section.path_of(setting.key) == path)
    })
}

/// What was given, with secrets masked before anything keeps it.
pub(super) fn without_secrets(given: &Given) -> BTreeMap<String, (String, Origin)> {
    given
        .iter()
        .map(|(path, given)| {
            let text = match secret(path) {
                Some(setting) if !given.text.is_empty() => (setting.masked)(&given.text),
                _ => given.text.clone(),
            };
            (path.clone(), (text, given.origin.clone()))
        })
        .collect()
}

impl Config {
    /// Every setting with its value and source, in the order of the documentation.
    #[must_use]
    pub fn describe(&self) -> Vec<Described> {
        let declared = SECTIONS.iter().flat_map(|section| {
            section
                .settings
                .iter()
                .map(|setting| (section.path_of(setting.key), setting.default))
        });
        let names = self.usage_names.iter().map(|(name, item)| {
            let path = format!("{}.{}", usage_names::SECTION, name.as_str());
            (path, item.name())
        });
        declared
            .chain(names)
            .map(|(path, default)| {
                let (value, origin) = self
                    .given
                    .get(&path)
                    .cloned()
                    .unwrap_or_else(|| (default.to_owned(), Origin::Default));
                Described {
                    path,
                    value,
                    origin,
                }
            })
            .collect()
    }
}

/// `docs/configuration.md`, made from the declarations.
#[must_use]
pub fn documentation() -> String {
    let mut text = String::from(include_str!("preamble.md"));
    for section in SECTIONS {
        let title = if section.name.is_empty() {
            "Top level".to_owned()
        } else {
            format!("`[{}]`", section.name)
        };
        // Writing to a String cannot fail.
        let _ = writeln!(text, "\n## {title}\n\n{}\n", one_line(section.doc));
        text.push_str(
            "| Setting | Default | Meaning | Takes | Variable |\n|---|---|---|---|---|\n",
        );
        for setting in section.settings {
            let default = if setting.default.is_empty() {
                "(empty)".to_owned()
            } else {
                format!("`{}`", setting.default)
            };
            let _ = writeln!(
                text,
                "| `{}` | {default} | {} | {} | `{}` |",
                setting.key,
                one_line(setting.doc),
                (setting.expects)(),
                variable_of(&section.path_of(setting.key)),
            );
        }
    }
    let _ = writeln!(
        text,
        "\n## `[usage_names]`\n\nWhich item the vendor's usage names count towards. Names may be \
         added; `none` takes one away.\n\n| Setting | Default | Variable |\n|---|---|---|"
    );
    for (name, item) in usage_names::DEFAULTS {
        let variable = variable_of(&format!("{}.{name}", usage_names::SECTION));
        let _ = writeln!(text, "| `{name}` | `{item}` | `{variable}` |");
    }
    text
}

/// `deploy/upsell.toml`, made from the declarations: every setting with its default, commented out.
#[must_use]
pub fn example_file() -> String {
    let mut text = String::from(include_str!("example_preamble.toml"));
    // Writing to a String cannot fail.
    for section in SECTIONS {
        text.push('\n');
        if !section.name.is_empty() {
            let _ = writeln!(text, "[{}]", section.name);
        }
        comment(&mut text, section.doc);
        for setting in section.settings {
            text.push('\n');
            comment(&mut text, setting.doc);
            comment(&mut text, &format!("Takes: {}.", (setting.expects)()));
            let _ = writeln!(text, "#{} = {}", setting.key, toml_value(setting.default));
        }
    }
    let _ = writeln!(text, "\n[{}]", usage_names::SECTION);
    comment(
        &mut text,
        "Which item the vendor's usage names count towards; `none` takes a name away.",
    );
    for (name, item) in usage_names::DEFAULTS {
        let _ = writeln!(text, "#{name} = \"{item}\"");
    }
    text
}

fn comment(text: &mut String, words: &str) {
    for line in words.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let _ = writeln!(text, "# {line}");
    }
}

/// A default as TOML has it: numbers and truth values bare.
fn toml_value(default: &str) -> String {
    let is_number = !default.is_empty() && default.bytes().all(|byte| byte.is_ascii_digit());
    if is_number || default == "true" || default == "false" {
        default.to_owned()
    } else {
        format!("\"{default}\"")
    }
}

fn one_line(doc: &str) -> String {
    let lines: Vec<_> = doc.lines().map(str::trim).collect();
    lines.join(" ").trim().replace('|', "\\|")
}
