//! Reads the fields of a request and collects what is wrong with them, so that the caller learns
//! of all problems at once.

use std::fmt::Display;
use std::str::FromStr;

use serde::{Deserialize, Deserializer};
use uuid::Uuid;

use super::error::{Error, FieldProblem};
use crate::domain::ids::InvalidId;
use crate::domain::text::{BadText, check_line};

/// What a request says of one field; in one that is missing it is the default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Field<T> {
    /// Nothing: it stays as it is.
    #[default]
    Keep,
    /// `null`: it goes back to what it is without being said.
    Clear,
    /// This.
    Set(T),
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Field<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Option::<T>::deserialize(deserializer)?;
        Ok(value.map_or(Self::Clear, Self::Set))
    }
}

impl<T> Field<T> {
    /// Puts what is said into `slot`, as `read` reads it, or `cleared`.
    fn put<U, E>(
        self,
        slot: &mut U,
        cleared: U,
        read: impl FnOnce(T) -> Result<U, E>,
    ) -> Result<(), E> {
        *slot = match self {
            Self::Keep => return Ok(()),
            Self::Clear => cleared,
            Self::Set(value) => read(value)?,
        };
        Ok(())
    }
}

impl<T: Copy> Field<T> {
    /// The same of the value that `change` makes of what is said.
    pub fn map<U>(&self, change: impl FnOnce(T) -> U) -> Field<U> {
        match self {
            Self::Keep => Field::Keep,
            Self::Clear => Field::Clear,
            Self::Set(value) => Field::Set(change(*value)),
        }
    }
}

impl Field<String> {
    /// The text without outer blanks; a text that says nothing clears the field.
    fn said(&self) -> Field<&str> {
        match self {
            Self::Keep => Field::Keep,
            Self::Clear => Field::Clear,
            Self::Set(text) if text.trim().is_empty() => Field::Clear,
            Self::Set(text) => Field::Set(text.trim()),
        }
    }

    /// The id that is said. No id, an empty text and the id of zeros clear the field.
    ///
    /// # Errors
    /// It is no id.
    pub fn id<T: From<Uuid>>(&self) -> Result<Field<T>, InvalidId> {
        let text = match self.said() {
            Field::Keep => return Ok(Field::Keep),
            Field::Clear => return Ok(Field::Clear),
            Field::Set(text) => text,
        };
        // One id, one spelling.
        let id = Uuid::try_parse(text).ok().filter(|_| text.len() == 36);
        let id = id.ok_or(InvalidId)?;
        Ok(if id.is_nil() {
            Field::Clear
        } else {
            Field::Set(id.into())
        })
    }
}

/// Takes what a request says field by field, and remembers what is wrong.
#[derive(Debug, Default)]
pub struct Checks {
    problems: Vec<FieldProblem>,
}

impl Checks {
    /// Remembers that a field is wrong.
    pub fn fail(&mut self, field: &'static str, issue: impl Display) {
        self.problems.push(FieldProblem {
            field,
            issue: issue.to_string(),
        });
    }

    fn note(&mut self, field: &'static str, done: Result<(), impl Display>) {
        if let Err(bad) = done {
            self.fail(field, bad);
        }
    }

    /// Whether a field is wrong.
    #[must_use]
    pub fn failed(&self, field: &str) -> bool {
        self.problems.iter().any(|problem| problem.field == field)
    }

    /// Nothing is wrong.
    ///
    /// # Errors
    /// [`Error::InvalidFields`] with everything that is.
    pub fn done(self) -> Result<(), Error> {
        if self.problems.is_empty() {
            return Ok(());
        }
        Err(Error::InvalidFields(self.problems))
    }

    /// A text of one line that may be empty.
    pub fn line(
        &mut self,
        field: &'static str,
        given: &Field<String>,
        max_chars: usize,
        slot: &mut String,
    ) {
        self.text(field, given, slot, |text| check_line(text, max_chars));
    }

    /// A text with a rule of its own, which may be empty.
    pub fn text(
        &mut self,
        field: &'static str,
        given: &Field<String>,
        slot: &mut String,
        check: impl FnOnce(&str) -> Result<(), BadText>,
    ) {
        let read = |text: &str| check(text).map(|()| text.to_owned());
        self.note(field, given.said().put(slot, String::new(), read));
    }

    /// A text of one line, or none.
    pub fn optional_line(
        &mut self,
        field: &'static str,
        given: &Field<String>,
        max_chars: usize,
        slot: &mut Option<String>,
    ) {
        self.parsed(field, given, slot, |text| {
            check_line(text, max_chars).map(|()| text.to_owned())
        });
    }

    /// A text that has its own parser, or none.
    pub fn parsed<T, E: Display>(
        &mut self,
        field: &'static str,
        given: &Field<String>,
        slot: &mut Option<T>,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) {
        let read = |text: &str| parse(text).map(Some);
        self.note(field, given.said().put(slot, None, read));
    }

    /// As [`Checks::parsed`], by [`FromStr`].
    pub fn from_text<T: FromStr<Err: Display>>(
        &mut self,
        field: &'static str,
        given: &Field<String>,
        slot: &mut Option<T>,
    ) {
        self.parsed(field, given, slot, str::parse);
    }

    /// A whole number within bounds, `default` where it is cleared.
    pub fn number<T: TryFrom<i64, Error: Display>>(
        &mut self,
        field: &'static str,
        given: &Field<i64>,
        default: T,
        slot: &mut T,
    ) {
        self.note(field, given.put(slot, default, T::try_from));
    }
}

/// A yes or no, `default` where it is cleared.
pub const fn flag(given: &Field<bool>, default: bool, slot: &mut bool) {
    match given {
        Field::Keep => {}
        Field::Clear => *slot = default,
        Field::Set(value) => *slot = *value,
    }
}

/// A value that may be missing.
pub fn optional<T: Copy>(given: &Field<T>, slot: &mut Option<T>) {
    match given {
        Field::Keep => {}
        Field::Clear => *slot = None,
        Field::Set(value) => *slot = Some(*value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_have_one_spelling_and_zeros_are_none() {
        let read = |text: &str| Field::Set(text.to_owned()).id::<Uuid>();
        let id = "6074cc51-98d1-4f9d-b380-95d3277b5e98";
        assert_eq!(read(id), Ok(Field::Set(id.parse().unwrap())));
        for none in ["", "  ", "00000000-0000-0000-0000-000000000000"] {
            assert_eq!(read(none), Ok(Field::Clear), "{none:?}");
        }
        for bad in ["7", "6074cc5198d14f9db38095d3277b5e98", "{}"] {
            assert_eq!(read(bad), Err(InvalidId), "{bad}");
        }
    }

    #[test]
    fn every_fault_is_told() {
        let mut checks = Checks::default();
        let (mut name, mut count) = ("old".to_owned(), 7_u16);
        checks.line("A", &Field::Set("x".repeat(9)), 8, &mut name);
        checks.number("B", &Field::Set(-1), 0, &mut count);
        assert!(checks.failed("A") && !checks.failed("C"));
        assert_eq!((name.as_str(), count), ("old", 7), "nothing is taken");
        let Err(Error::InvalidFields(problems)) = checks.done() else {
            panic!("nothing was told");
        };
        let fields: Vec<_> = problems.iter().map(|problem| problem.field).collect();
        assert_eq!(fields, ["A", "B"]);
    }

    #[test]
    fn missing_and_null_are_two_things() {
        #[derive(Deserialize)]
        struct One {
            #[serde(default)]
            x: Field<bool>,
        }
        let read = |text: &str| serde_json::from_str::<One>(text).unwrap().x;
        assert_eq!(read("{}"), Field::Keep);
        assert_eq!(read(r#"{"x":null}"#), Field::Clear);
        assert_eq!(read(r#"{"x":true}"#), Field::Set(true));
    }
}
