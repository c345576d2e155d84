//! The kinds of settings: how each text is read, and how the documentation describes it.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use lettre::message::Mailbox;
use tracing_subscriber::filter::Targets;

use super::duration;
use super::setting::Kind;
use super::values::{Secret, StoreChoice};
use crate::domain::quota::Percent;

/// A kind made of a function and a description.
pub(super) struct Simple<T> {
    parse: fn(&str) -> Result<T, String>,
    expects: &'static str,
}

/// A kind for any type that brings its own reading.
pub(super) const fn simple<T>(
    expects: &'static str,
    parse: fn(&str) -> Result<T, String>,
) -> Simple<T> {
    Simple { parse, expects }
}

impl<T> Kind for Simple<T> {
    type Value = T;

    fn parse(&self, text: &str) -> Result<T, String> {
        (self.parse)(text)
    }

    fn expects(&self) -> String {
        self.expects.to_owned()
    }
}

/// Where the text is empty, there is no value.
pub(super) struct Optional<K>(pub(super) K);

impl<K: Kind> Kind for Optional<K> {
    type Value = Option<K::Value>;

    fn parse(&self, text: &str) -> Result<Self::Value, String> {
        if text.is_empty() {
            return Ok(None);
        }
        self.0.parse(text).map(Some)
    }

    fn expects(&self) -> String {
        format!("{}, or empty", self.0.expects())
    }

    fn is_secret(&self) -> bool {
        self.0.is_secret()
    }
}

/// Several values: a TOML array, or one text with commas. At most 100.
pub(super) struct List<K>(pub(super) K);

impl<K: Kind> Kind for List<K> {
    type Value = Vec<K::Value>;

    fn parse(&self, text: &str) -> Result<Self::Value, String> {
        if text.trim().is_empty() {
            return Ok(Vec::new());
        }
        let parts: Vec<_> = text.split(',').map(str::trim).collect();
        if parts.len() > 100 {
            return Err("has more than 100 entries; merge or remove some".to_owned());
        }
        let read = |part: &&str| {
            self.0
                .parse(part)
                .map_err(|reason| format!("in {part:?}: {reason}"))
        };
        parts.iter().map(read).collect()
    }

    fn expects(&self) -> String {
        format!("list of: {}", self.0.expects())
    }
}

/// One of a few words.
pub(super) struct Choice<T: 'static>(pub(super) &'static [(&'static str, T)]);

impl<T: Copy> Kind for Choice<T> {
    type Value = T;

    fn parse(&self, text: &str) -> Result<T, String> {
        self.0
            .iter()
            .find(|(name, _)| *name == text)
            .map(|(_, value)| *value)
            .ok_or_else(|| format!("write {}", self.expects()))
    }

    fn expects(&self) -> String {
        let names: Vec<_> = self.0.iter().map(|(name, _)| format!("`{name}`")).collect();
        names.join(" or ")
    }
}

/// `true` or `false`.
pub(super) const BOOL: Choice<bool> = Choice(&[("true", true), ("false", false)]);

/// A whole number between two bounds, both allowed.
pub(super) struct Whole<T> {
    min: T,
    max: T,
}

/// A whole number from `min` to `max`.
pub(super) const fn whole<T>(min: T, max: T) -> Whole<T> {
    Whole { min, max }
}

impl<T: std::str::FromStr + PartialOrd + std::fmt::Display + Copy> Kind for Whole<T> {
    type Value = T;

    fn parse(&self, text: &str) -> Result<T, String> {
        text.parse()
            .ok()
            .filter(|number| (self.min..=self.max).contains(number))
            .ok_or_else(|| format!("write a {}", self.expects()))
    }

    fn expects(&self) -> String {
        format!("whole number from {} to {}", self.min, self.max)
    }
}

/// A number of bytes between two bounds: `1024`, `256KiB`, `1MiB`.
pub(super) struct Bytes {
    min: usize,
    max: usize,
}

const BYTE_UNITS: [(&str, usize); 4] = [
    ("GiB", 1 << 30),
    ("MiB", 1 << 20),
    ("KiB", 1 << 10),
    ("", 1),
];

/// A size from `min` to `max` bytes.
pub(super) const fn bytes(min: usize, max: usize) -> Bytes {
    Bytes { min, max }
}

fn parse_bytes(text: &str) -> Option<usize> {
    let (number, unit) = BYTE_UNITS
        .iter()
        .find_map(|(name, unit)| Some((text.strip_suffix(name)?, *unit)))?;
    number.parse::<usize>().ok()?.checked_mul(unit)
}

fn show_bytes(bytes: usize) -> String {
    BYTE_UNITS
        .iter()
        .find(|(_, unit)| bytes >= *unit && bytes.is_multiple_of(*unit))
        .map_or_else(
            || bytes.to_string(),
            |(name, unit)| format!("{}{name}", bytes / unit),
        )
}

impl Kind for Bytes {
    type Value = usize;

    fn parse(&self, text: &str) -> Result<usize, String> {
        parse_bytes(text)
            .filter(|number| (self.min..=self.max).contains(number))
            .ok_or_else(|| format!("write a {}", self.expects()))
    }

    fn expects(&self) -> String {
        let (min, max) = (show_bytes(self.min), show_bytes(self.max));
        format!("size such as 4096, 256KiB or 1MiB, from {min} to {max}")
    }
}

/// A duration between two bounds; 0 is allowed below `min` where it means "never" or "at once".
pub(super) struct Span {
    min: Duration,
    max: Duration,
    zero: bool,
}

/// A duration from `min` to `max`.
pub(super) const fn span(min: Duration, max: Duration) -> Span {
    Span {
        min,
        max,
        zero: false,
    }
}

/// A duration from `min` to `max`, or 0.
pub(super) const fn span_or_zero(min: Duration, max: Duration) -> Span {
    Span {
        min,
        max,
        zero: true,
    }
}

impl Kind for Span {
    type Value = Duration;

    fn parse(&self, text: &str) -> Result<Duration, String> {
        let value = duration::parse(text)?;
        if (self.min..=self.max).contains(&value) || (self.zero && value.is_zero()) {
            Ok(value)
        } else {
            Err(format!("write a {}", self.expects()))
        }
    }

    fn expects(&self) -> String {
        let (min, max) = (duration::show(self.min), duration::show(self.max));
        let zero = if self.zero { "0, or " } else { "" };
        format!("duration: {zero}from {min} to {max}")
    }
}

/// A secret, at most 1,024 bytes, without line breaks: it goes into protocol lines.
pub(super) struct SecretText;

impl Kind for SecretText {
    type Value = Secret;

    fn parse(&self, text: &str) -> Result<Secret, String> {
        if text.len() > 1024 || text.contains(char::is_control) {
            return Err("write at most 1024 bytes on one line".to_owned());
        }
        Ok(Secret::new(text.to_owned()))
    }

    fn expects(&self) -> String {
        "secret text, or its file in the setting with `_file` at the end".to_owned()
    }

    fn is_secret(&self) -> bool {
        true
    }
}

/// Where the store is. Its password is masked.
pub(super) struct StoreText;

impl Kind for StoreText {
    type Value = StoreChoice;

    fn parse(&self, text: &str) -> Result<StoreChoice, String> {
        StoreChoice::parse(text)
    }

    fn expects(&self) -> String {
        "`embedded`, `redis://host:port`, `redis-cluster://a:port,b:port` or \
         `redis-sentinel://a,b,c/master-name`; `rediss` in place of `redis` is over TLS"
            .to_owned()
    }

    fn is_secret(&self) -> bool {
        true
    }

    fn masked(&self, text: &str) -> String {
        match StoreChoice::parse(text) {
            Ok(choice) => choice.to_string(),
            Err(_) => "(secret)".to_owned(),
        }
    }
}

/// A path to a file or directory; whether it exists is asked when it is used.
pub(super) const PATH: Simple<PathBuf> = simple("path", |text| {
    if text.is_empty() || text.contains('\0') {
        return Err("write a path".to_owned());
    }
    Ok(PathBuf::from(text))
});

/// Where to listen.
pub(super) const SOCKET: Simple<SocketAddr> = simple("IP address and port", |text| {
    text.parse().map_err(|_| {
        "write an IP address and a port, such as 127.0.0.1:8080 or [::]:8080 (port 0: any free one)"
            .to_owned()
    })
});

/// Text on one line, for protocol lines: at most 256 bytes.
pub(super) const LINE: Simple<String> = simple("text on one line", |text| {
    if text.len() > 256 || text.contains(char::is_control) {
        return Err("write at most 256 bytes without control characters".to_owned());
    }
    Ok(text.to_owned())
});

/// A sender: `upsell@example.com` or `Backup Cloud <upsell@example.com>`.
pub(super) const MAILBOX: Simple<Mailbox> =
    simple("e-mail address, with or without a name", |text| {
        let wrong = || "write an address such as `Backup Cloud <upsell@example.com>`".to_owned();
        if text.len() > 320 || text.contains(char::is_control) {
            return Err(wrong());
        }
        text.parse().map_err(|_| wrong())
    });

/// A soon threshold in percent, or none.
pub(super) const SOON: Simple<Option<Percent>> = simple("`off`, or percent from 1 to 99", |text| {
    if text == "off" {
        return Ok(None);
    }
    text.parse()
        .ok()
        .and_then(Percent::new)
        .map(Some)
        .ok_or_else(|| "write off, or a whole number from 1 to 99 without a % sign".to_owned())
});

/// What to log.
pub(super) const LEVEL: Simple<Targets> = simple(
    "`error`, `warn`, `info`, `debug`, `trace`, or levels by module",
    |text| {
        text.parse().map_err(|_| {
            "write a level such as info, or levels by module such as info,upsell::outbox=debug"
                .to_owned()
        })
    },
);
