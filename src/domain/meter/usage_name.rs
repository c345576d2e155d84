//! Names of what is measured. Each report compares several of them, and nearly all accounts use the
//! same five: those are stored as numbers, so they need no heap memory and no copying.

use std::borrow::Borrow;
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Deref;

use serde::{Deserialize, Serialize, Serializer};

/// The names that are numbers, in the order of their texts, so that the numbers are in it as well.
const COMMON: [&str; 5] = ["mobiles", "servers", "storage", "vms", "workstations"];

/// What is measured: `storage`, `vms`, … Behaves as its text, in comparisons as well.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "String")]
pub struct UsageName(Form);

/// A common name is never [`Form::Other`].
#[derive(Clone, PartialEq, Eq)]
enum Form {
    /// A place in [`COMMON`].
    Common(u8),
    Other(Box<str>),
}

impl UsageName {
    /// `mobiles`.
    pub const MOBILES: Self = Self(Form::Common(0));
    /// `servers`.
    pub const SERVERS: Self = Self(Form::Common(1));
    /// `storage`.
    pub const STORAGE: Self = Self(Form::Common(2));
    /// `vms`.
    pub const VMS: Self = Self(Form::Common(3));
    /// `workstations`.
    pub const WORKSTATIONS: Self = Self(Form::Common(4));

    /// Its text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match &self.0 {
            Form::Common(place) => COMMON.get(usize::from(*place)).copied().unwrap_or_default(),
            Form::Other(text) => text,
        }
    }

    fn common(text: &str) -> Option<Self> {
        let place = COMMON.iter().position(|name| *name == text)?;
        let place = u8::try_from(place).ok()?;
        Some(Self(Form::Common(place)))
    }
}

impl From<&str> for UsageName {
    fn from(text: &str) -> Self {
        Self::common(text).unwrap_or_else(|| Self(Form::Other(text.into())))
    }
}

impl From<String> for UsageName {
    fn from(text: String) -> Self {
        Self::common(&text).unwrap_or_else(|| Self(Form::Other(text.into())))
    }
}

impl From<UsageName> for String {
    fn from(name: UsageName) -> Self {
        match name.0 {
            Form::Common(_) => name.as_str().to_owned(),
            Form::Other(text) => text.into(),
        }
    }
}

impl Serialize for UsageName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self)
    }
}

impl Deref for UsageName {
    type Target = str;

    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl Borrow<str> for UsageName {
    fn borrow(&self) -> &str {
        self.as_str()
    }
}

impl Ord for UsageName {
    fn cmp(&self, other: &Self) -> Ordering {
        match (&self.0, &other.0) {
            (Form::Common(own), Form::Common(others)) => own.cmp(others),
            _ => self.as_str().cmp(other.as_str()),
        }
    }
}

impl PartialOrd for UsageName {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// As a text, since it can be looked up by one.
impl Hash for UsageName {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

impl PartialEq<str> for UsageName {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == other
    }
}

impl PartialEq<&str> for UsageName {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == *other
    }
}

impl PartialEq<String> for UsageName {
    fn eq(&self, other: &String) -> bool {
        self.as_str() == other
    }
}

impl fmt::Debug for UsageName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl fmt::Display for UsageName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn names_behave_as_their_texts() {
        let texts = COMMON.iter().copied();
        let others = ["", "a", "server", "serversx", "storagf", "zz", "Storage"];
        let texts: Vec<&str> = texts.chain(others).collect();
        for one in &texts {
            let name = UsageName::from(*one);
            assert_eq!(name, UsageName::from((*one).to_owned()));
            assert_eq!(name.to_string(), *one);
            assert_eq!(String::from(name.clone()), *one);
            for other in &texts {
                let both = (&name, &UsageName::from(*other));
                assert_eq!(both.0.cmp(both.1), one.cmp(other), "{both:?}");
                assert_eq!(both.0 == both.1, one == other, "{both:?}");
            }
        }
        let names: HashSet<UsageName> = texts.iter().map(|text| (*text).into()).collect();
        assert!(names.len() == texts.len() && texts.iter().all(|text| names.contains(*text)));
    }

    #[test]
    fn common_names_take_no_memory() {
        use UsageName as N;
        let names = [N::MOBILES, N::SERVERS, N::STORAGE, N::VMS, N::WORKSTATIONS];
        for (name, text) in names.into_iter().zip(COMMON) {
            assert!(matches!(UsageName::from(text).0, Form::Common(_)), "{text}");
            assert_eq!(name.as_str(), text);
        }
    }
}
