//! Names of plans, domains and roles. They are part of URL paths, so they are unique ignoring case.

use crate::link::is_invisible;
use crate::text::{BadText, check_name};

/// Longest name, in characters; it is part of a key.
pub const MAX_NAME_CHARS: usize = 100;

/// The name of a plan, a domain or a role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name(String);

impl Name {
    /// Reads a name: one line of visible text, without blanks at its ends, without slashes, and
    /// nothing that a path would read as a step (`.`, `..`).
    ///
    /// # Errors
    /// [`BadText`].
    pub fn parse(text: &str) -> Result<Self, BadText> {
        check_name(text, MAX_NAME_CHARS)?;
        if text.chars().any(is_invisible) {
            return Err(BadText::Control);
        }
        if text.trim() != text {
            return Err(BadText::Form("must not begin or end with a blank"));
        }
        if text.contains(['/', '\\']) || text == "." || text == ".." {
            return Err(BadText::Form("must not hold slashes, nor be . or .."));
        }
        Ok(Self(text.to_owned()))
    }

    /// As it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form under which it is looked up.
    #[must_use]
    pub fn folded(&self) -> String {
        self.0.to_lowercase()
    }

    /// Whether both name the same thing: alike but for case.
    #[must_use]
    pub fn is(&self, other: &Self) -> bool {
        self.0 == other.0 || self.folded() == other.folded()
    }
}

impl std::fmt::Display for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::str::FromStr for Name {
    type Err = BadText;

    fn from_str(text: &str) -> Result<Self, BadText> {
        Self::parse(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_visible_and_fit_a_path() {
        for good in [
            "Gold",
            "No Privileges",
            "basic@company",
            "Größe 3",
            "100%",
            "a?b#c",
        ] {
            assert_eq!(Name::parse(good).unwrap().as_str(), good);
        }
        let long = "a".repeat(MAX_NAME_CHARS + 1);
        for bad in [
            "",
            " ",
            " Gold",
            "Gold ",
            "a/b",
            "a\\b",
            ".",
            "..",
            "a\nb",
            "a\0",
            "a\u{202e}b",
            "a\u{200b}b",
            "a\u{2028}b",
            &long,
        ] {
            assert!(Name::parse(bad).is_err(), "{bad:?}");
        }
        let name = |text| Name::parse(text).unwrap();
        assert!(name("GRÖSSE").is(&name("grösse")));
        assert!(!name("Gold").is(&name("Golden")));
    }
}
