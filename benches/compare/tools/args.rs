//! Arguments: pairs of `--name value`.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::str::FromStr;

/// What was given and is not used yet.
pub(crate) struct Args(BTreeMap<String, String>);

impl Args {
    pub(crate) fn parse(words: Vec<String>) -> Result<Self, String> {
        let mut pairs = BTreeMap::new();
        let mut words = words.into_iter();
        while let Some(word) = words.next() {
            let name = word.strip_prefix("--");
            let name = name.ok_or_else(|| format!("{word}: must be a --name"))?;
            let value = words
                .next()
                .ok_or_else(|| format!("--{name} needs a value"))?;
            pairs.insert(name.to_owned(), value);
        }
        Ok(Self(pairs))
    }

    /// The value of `name`, which must be given.
    pub(crate) fn need<T: FromStr<Err: Display>>(&mut self, name: &str) -> Result<T, String> {
        self.maybe(name)?
            .ok_or_else(|| format!("--{name} is missing"))
    }

    /// The value of `name`, or `default`.
    pub(crate) fn or<T: FromStr<Err: Display>>(
        &mut self,
        name: &str,
        default: T,
    ) -> Result<T, String> {
        Ok(self.maybe(name)?.unwrap_or(default))
    }

    pub(crate) fn maybe<T: FromStr<Err: Display>>(
        &mut self,
        name: &str,
    ) -> Result<Option<T>, String> {
        let Some(text) = self.0.remove(name) else {
            return Ok(None);
        };
        let parsed = text.parse();
        parsed
            .map(Some)
            .map_err(|why| format!("--{name} {text}: {why}"))
    }

    /// Refuses what no command asked for: a misspelt name must not measure something else.
    pub(crate) fn finish(&self) -> Result<(), String> {
        match self.0.keys().next() {
            Some(name) => Err(format!("--{name} is not known here")),
            None => Ok(()),
        }
    }
}
