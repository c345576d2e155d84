//! One language: its texts, plurals and ways to write numbers, from `templates/locales/<tag>.toml`.

use std::collections::{BTreeMap, BTreeSet};

use icu_plurals::{PluralCategory, PluralRules, PluralRulesOptions, PluralRulesPreferences};
use serde::Deserialize;

use super::RenderError;

/// A language that the service speaks.
#[derive(Debug)]
pub(crate) struct Locale {
    /// The tag of its file.
    pub(crate) tag: &'static str,
    pub(crate) meta: Meta,
    texts: BTreeMap<String, Text>,
    /// The rules themselves hold an `Rc`, and locales are shared between threads: they are looked
    /// up in the built-in data at each use.
    plurals: PluralRulesPreferences,
}

/// How a language is written.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Meta {
    /// The language's name in itself.
    pub(crate) name: String,
    /// `ltr` or `rtl`, as HTML's `dir` has it.
    pub(crate) direction: Direction,
    /// Between the whole part and the decimals.
    pub(crate) decimal: String,
    /// Between groups of three digits.
    pub(crate) group: String,
    /// Fewest digits that are grouped: 4 in English, 5 in Spanish (CLDR `minimumGroupingDigits`).
    pub(crate) group_from_digits: usize,
    /// The binary units from bytes to exbibytes (IEC 80000-13) as the language writes them.
    pub(crate) units: [String; 7],
    /// What ends a label before its value.
    pub(crate) colon: String,
    /// Between a number and its unit.
    pub(crate) unit_space: String,
    /// The months as they stand in a date.
    pub(crate) months: [String; 12],
}

/// Writing direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Direction {
    Ltr,
    Rtl,
}

impl Direction {
    /// The value of HTML's `dir`.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Ltr => "ltr",
            Self::Rtl => "rtl",
        }
    }
}

/// A text, or one per plural category.
#[derive(Debug)]
enum Text {
    Plain(Message),
    Plural(BTreeMap<&'static str, Message>),
}

/// A text in pieces. Values are put in between, never parsed again: a company that is called
/// `{usage}` stays that.
#[derive(Debug)]
struct Message(Vec<Piece>);

#[derive(Debug)]
enum Piece {
    Literal(String),
    Placeholder(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    meta: Meta,
    text: toml::Table,
}

impl Locale {
    /// Reads a locale file.
    ///
    /// # Errors
    /// The file is not TOML of this form, its tag is no language, a text is malformed, or a
    /// plural lacks a category that the language needs (CLDR).
    pub(crate) fn parse(tag: &'static str, source: &str) -> Result<Self, RenderError> {
        let file: File = toml::from_str(source).map_err(|cause| RenderError::LocaleSyntax {
            tag,
            cause: Box::new(cause),
        })?;
        let problem = |problem: String| RenderError::Locale { tag, problem };
        let icu = tag
            .parse::<icu_locale::Locale>()
            .map_err(|cause| problem(format!("its name is not a language tag: {cause}")))?;
        let mut texts = BTreeMap::new();
        flatten("", file.text, &mut texts).map_err(problem)?;
        let locale = Self {
            tag,
            meta: file.meta,
            texts,
            plurals: icu.into(),
        };
        locale.check_plurals()?;
        Ok(locale)
    }

    /// The text `key` with its placeholders filled.
    ///
    /// # Errors
    /// No such text, it is a plural, or a placeholder has no value: a fault of this crate.
    pub(crate) fn text(&self, key: &str, values: &[(&str, &str)]) -> Result<String, RenderError> {
        match self.texts.get(key) {
            Some(Text::Plain(message)) => self.fill(key, message, values),
            _ => Err(self.missing(key)),
        }
    }

    /// The form of the plural text `key` for `count`, with its placeholders filled. The count
    /// itself is a placeholder only if `values` has it.
    ///
    /// # Errors
    /// As for [`Locale::text`].
    pub(crate) fn plural(
        &self,
        key: &str,
        count: u64,
        values: &[(&str, &str)],
    ) -> Result<String, RenderError> {
        let Some(Text::Plural(forms)) = self.texts.get(key) else {
            return Err(self.missing(key));
        };
        let category = category_name(self.plural_rules()?.category_for(count));
        let message = forms.get(category).or_else(|| forms.get("other"));
        self.fill(key, message.ok_or_else(|| self.missing(key))?, values)
    }

    /// Refuses a language whose texts differ from those of `reference` in keys, kind or
    /// placeholders: such a file would fail for one reader, months later.
    ///
    /// # Errors
    /// Names the first text that differs.
    pub(crate) fn check_against(&self, reference: &Self) -> Result<(), RenderError> {
        let problem = |problem: String| {
            Err(RenderError::Locale {
                tag: self.tag,
                problem,
            })
        };
        for (key, text) in &reference.texts {
            let Some(own) = self.texts.get(key) else {
                return problem(format!("has no text {key}"));
            };
            if matches!(own, Text::Plain(_)) != matches!(text, Text::Plain(_)) {
                return problem(format!(
                    "{key} must be a plural in every language, or in none"
                ));
            }
            // One form may leave out the number ("one machine"), so forms are taken together.
            if own.placeholders() != text.placeholders() {
                return problem(format!(
                    "{key} must have the placeholders {:?}",
                    text.placeholders()
                ));
            }
        }
        match self
            .texts
            .keys()
            .find(|key| !reference.texts.contains_key(*key))
        {
            Some(key) => problem(format!("{key} is not a text of {}", reference.tag)),
            None => Ok(()),
        }
    }

    fn plural_rules(&self) -> Result<PluralRules, RenderError> {
        PluralRules::try_new(self.plurals, PluralRulesOptions::default()).map_err(|cause| {
            RenderError::Locale {
                tag: self.tag,
                problem: format!("no plural rules: {cause}"),
            }
        })
    }

    fn check_plurals(&self) -> Result<(), RenderError> {
        let rules = self.plural_rules()?;
        let needed: BTreeSet<_> = rules.categories().map(category_name).collect();
        for (key, text) in &self.texts {
            if let Text::Plural(forms) = text
                && !forms.keys().copied().eq(needed.iter().copied())
            {
                let problem = format!("{key} must have exactly the forms {needed:?}");
                return Err(RenderError::Locale {
                    tag: self.tag,
                    problem,
                });
            }
        }
        Ok(())
    }

    fn fill(
        &self,
        key: &str,
        message: &Message,
        values: &[(&str, &str)],
    ) -> Result<String, RenderError> {
        let mut filled = String::new();
        for piece in &message.0 {
            filled.push_str(match piece {
                Piece::Literal(text) => text,
                Piece::Placeholder(name) => values
                    .iter()
                    .find_map(|(known, value)| (known == name).then_some(*value))
                    .ok_or_else(|| self.missing(&format!("{key} {{{name}}}")))?,
            });
        }
        Ok(filled)
    }

    fn missing(&self, key: &str) -> RenderError {
        RenderError::Locale {
            tag: self.tag,
            problem: format!("has no text {key}"),
        }
    }
}

impl Text {
    fn placeholders(&self) -> BTreeSet<&str> {
        match self {
            Self::Plain(message) => message.placeholders().collect(),
            Self::Plural(forms) => forms.values().flat_map(Message::placeholders).collect(),
        }
    }
}

impl Message {
    /// Splits `text` at `{name}`.
    fn parse(text: &str) -> Result<Self, String> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((literal, after)) = rest.split_once('{') {
            let (name, after) = after
                .split_once('}')
                .ok_or_else(|| format!("unclosed {{ in {text:?}"))?;
            if name.is_empty()
                || !name
                    .bytes()
                    .all(|byte| byte.is_ascii_lowercase() || byte == b'_')
            {
                return Err(format!("{{{name}}} is no placeholder, in {text:?}"));
            }
            pieces.push(Piece::Literal(literal.to_owned()));
            pieces.push(Piece::Placeholder(name.to_owned()));
            rest = after;
        }
        pieces.push(Piece::Literal(rest.to_owned()));
        Ok(Self(pieces))
    }

    fn placeholders(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|piece| match piece {
            Piece::Placeholder(name) => Some(name.as_str()),
            Piece::Literal(_) => None,
        })
    }
}

/// Tables become keys with dots; a table with the key `other` is a plural.
fn flatten(
    prefix: &str,
    table: toml::Table,
    texts: &mut BTreeMap<String, Text>,
) -> Result<(), String> {
    for (name, value) in table {
        let key = if prefix.is_empty() {
            name
        } else {
            format!("{prefix}.{name}")
        };
        match value {
            toml::Value::String(text) => {
                texts.insert(key, Text::Plain(Message::parse(&text)?));
            }
            toml::Value::Table(table) if table.contains_key("other") => {
                texts.insert(key.clone(), Text::Plural(plural_forms(&key, table)?));
            }
            toml::Value::Table(table) => flatten(&key, table, texts)?,
            other => return Err(format!("{key} must be a text, not {}", other.type_str())),
        }
    }
    Ok(())
}

fn plural_forms(key: &str, table: toml::Table) -> Result<BTreeMap<&'static str, Message>, String> {
    table
        .into_iter()
        .map(|(name, value)| {
            let category = PluralCategory::get_for_cldr_string(&name)
                .ok_or_else(|| format!("{key}.{name} is no plural category of CLDR"))?;
            let text = value
                .as_str()
                .ok_or_else(|| format!("{key}.{name} must be a text"))?;
            Ok((category_name(category), Message::parse(text)?))
        })
        .collect()
}

const fn category_name(category: PluralCategory) -> &'static str {
    match category {
        PluralCategory::Zero => "zero",
        PluralCategory::One => "one",
        PluralCategory::Two => "two",
        PluralCategory::Few => "few",
        PluralCategory::Many => "many",
        PluralCategory::Other => "other",
    }
}

#[cfg(test)]
#[path = "locale_tests.rs"]
mod tests;
