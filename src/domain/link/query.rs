//! Writes query strings; foreign parameters are copied byte for byte.

use std::fmt::Write as _;

use url::form_urlencoded::byte_serialize;

/// A link whose query is being written.
pub(super) struct QueryWriter {
    link: String,
    /// Where the query begins, after its `?`.
    start: usize,
}

impl QueryWriter {
    /// Begins the query of a link that ends before its `?`.
    pub(super) fn new(mut link: String) -> Self {
        link.push('?');
        let start = link.len();
        Self { link, start }
    }

    /// Goes on with a link that ends within its query, which begins at `start`.
    pub(super) const fn resume(link: String, start: usize) -> Self {
        Self { link, start }
    }

    /// The link as far as it is written, and where its query begins.
    pub(super) fn into_parts(self) -> (String, usize) {
        (self.link, self.start)
    }

    /// Copies `query` without the parameters that have one of `names` once decoded.
    pub(super) fn copy_without(&mut self, query: &str, names: &[&str]) {
        let mut first = true;
        for pair in query.split('&') {
            let name = pair.split_once('=').map_or(pair, |(name, _)| name);
            if names.iter().any(|ours| decodes_to(name, ours)) {
                continue;
            }
            if !first {
                self.link.push('&');
            }
            self.link.push_str(pair);
            first = false;
        }
    }

    /// Adds `name=value`, form-encoded.
    pub(super) fn add(&mut self, name: &str, value: &str) {
        self.begin(name);
        self.link.extend(byte_serialize(value.as_bytes()));
    }

    /// Adds `name=value` for a value of letters, digits and underscores.
    pub(super) fn add_plain(&mut self, name: &str, value: &str) {
        self.begin(name);
        self.link.push_str(value);
    }

    /// Adds `name=value` for a number, which needs no encoding.
    pub(super) fn add_number(&mut self, name: &str, value: u64) {
        self.begin(name);
        // Writing to a String cannot fail.
        let _ = write!(self.link, "{value}");
    }

    /// Adds one more value to the last parameter, after an encoded comma.
    pub(super) fn extend_list(&mut self, value: &str) {
        self.link.push_str("%2C");
        self.link.push_str(value);
    }

    /// Ends the query; what follows is the fragment.
    pub(super) fn finish(mut self, fragment: &str) -> String {
        self.link.push_str(fragment);
        self.link
    }

    fn begin(&mut self, name: &str) {
        // A copied query may end with `?` or `&` of its own.
        if self.link.len() > self.start && !self.link.ends_with('&') {
            self.link.push('&');
        }
        self.link.push_str(name);
        self.link.push('=');
    }
}

/// Whether the form-encoded `encoded` stands for `plain` (ASCII), without allocating: this runs
/// at every click.
fn decodes_to(encoded: &str, plain: &str) -> bool {
    let mut rest = encoded.as_bytes();
    for expected in plain.bytes() {
        let (byte, length) = match rest {
            [b'%', high, low, ..] => match (hex(*high), hex(*low)) {
                (Some(high), Some(low)) => (high * 16 + low, 3),
                _ => (b'%', 1),
            },
            [b'+', ..] => (b' ', 1),
            [byte, ..] => (*byte, 1),
            [] => return false,
        };
        if byte != expected {
            return false;
        }
        rest = rest.get(length..).unwrap_or_default();
    }
    rest.is_empty()
}

const fn hex(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_compared_decoded() {
        for (encoded, same) in [
            ("page", true),
            ("%70age", true),
            ("%70%61%67%65", true),
            ("pag%65", true),
            ("", false),
            ("pag", false),
            ("pages", false),
            ("Page", false),
            ("page%20", false),
            ("pag%6", false),
            ("%zzpage", false),
            ("+page", false),
        ] {
            assert_eq!(decodes_to(encoded, "page"), same, "{encoded}");
        }
    }
}
