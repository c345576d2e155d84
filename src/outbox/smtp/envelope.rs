//! What stands on the envelope: names and addresses that cannot smuggle a command.

use std::fmt;
use std::net::IpAddr;

use super::target::DomainName;

/// Longest local part, in bytes (RFC 5321 §4.5.3.1.1).
const MAX_LOCAL_BYTES: usize = 64;

/// Longest address, in bytes (RFC 5321 §4.5.3.1.3: a path of 256 with its angle brackets).
const MAX_MAILBOX_BYTES: usize = 254;

/// The text is not a mail address that can be put on an envelope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a mail address such as name@example.com")]
pub struct InvalidMailbox;

/// The text is not a name by which this service can greet a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a host name such as upsell.example.com, or an IP address")]
pub struct InvalidHelloName;

/// A mail address: a dot-atom, `@`, and a domain (RFC 5321 §4.1.2).
///
/// Quoted local parts and address literals are refused: nobody's mailbox has them, and they are
/// where parsers disagree. The domain is kept in its ASCII form.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Mailbox {
    text: String,
}

impl Mailbox {
    /// Parses a bare address, without display name or angle brackets.
    ///
    /// # Errors
    /// [`InvalidMailbox`].
    pub fn parse(text: &str) -> Result<Self, InvalidMailbox> {
        let (local, domain) = text.rsplit_once('@').ok_or(InvalidMailbox)?;
        let atoms_are_good = local.split('.').all(|atom| !atom.is_empty())
            && local
                .chars()
                .all(|letter| letter == '.' || is_atom_letter(letter));
        if local.len() > MAX_LOCAL_BYTES || !atoms_are_good {
            return Err(InvalidMailbox);
        }
        let domain = DomainName::parse(domain).ok_or(InvalidMailbox)?;
        let text = format!("{local}@{}", domain.as_str());
        if text.len() > MAX_MAILBOX_BYTES || domain.as_str().contains('_') {
            return Err(InvalidMailbox);
        }
        Ok(Self { text })
    }

    /// `local@domain`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether the local part needs the SMTPUTF8 extension (RFC 6531).
    #[must_use]
    pub fn needs_smtputf8(&self) -> bool {
        !self.text.is_ascii()
    }
}

/// RFC 5321 `atext`, and with RFC 6531 §3.3 letters and digits of any script. Alphanumeric leaves
/// out every separator, control and format character, U+2028 among them.
fn is_atom_letter(letter: char) -> bool {
    match letter {
        'a'..='z' | 'A'..='Z' | '0'..='9' => true,
        _ if letter.is_ascii() => "!#$%&'*+-/=?^_`{|}~".contains(letter),
        _ => letter.is_alphanumeric(),
    }
}

/// Masked, as in logs: the domain only.
impl fmt::Debug for Mailbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let domain = self.text.rsplit('@').next().unwrap_or_default();
        write!(f, "Mailbox(…@{domain})")
    }
}

/// From whom and to whom. One recipient: a refused one must not take others down with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    /// Where bounces go (the return path).
    pub from: Mailbox,
    /// The recipient.
    pub to: Mailbox,
}

/// The name after `EHLO`: a domain, or an address literal (RFC 5321 §4.1.3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HelloName(String);

impl HelloName {
    /// Takes a host name or an IP address; the address is put into brackets.
    ///
    /// # Errors
    /// [`InvalidHelloName`].
    pub fn parse(text: &str) -> Result<Self, InvalidHelloName> {
        match text.parse::<IpAddr>() {
            Ok(IpAddr::V4(v4)) => return Ok(Self(format!("[{v4}]"))),
            Ok(IpAddr::V6(v6)) => return Ok(Self(format!("[IPv6:{v6}]"))),
            Err(_) => {}
        }
        let name = DomainName::parse(text).ok_or(InvalidHelloName)?;
        Ok(Self(name.as_str().to_owned()))
    }

    /// As written after `EHLO`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn addresses_that_a_person_has_are_taken() {
        for (text, expected) in [
            ("name@example.com", "name@example.com"),
            ("First.Last+tag@Example.COM", "First.Last+tag@example.com"),
            ("o'brien@example.com", "o'brien@example.com"),
            ("müller@bücher.example", "müller@xn--bcher-kva.example"),
            ("root@localhost", "root@localhost"),
        ] {
            assert_eq!(Mailbox::parse(text).unwrap().as_str(), expected);
        }
        assert!(
            Mailbox::parse("müller@example.com")
                .unwrap()
                .needs_smtputf8()
        );
        assert!(!Mailbox::parse("a@bücher.example").unwrap().needs_smtputf8());
    }

    #[test]
    fn addresses_that_could_carry_a_command_are_refused() {
        for text in [
            "",
            "@",
            "a@",
            "@b",
            "a",
            "a b@c.d",
            "a@b c",
            "a@b@c",
            ".a@b.c",
            "a.@b.c",
            "a..b@c.d",
            "a@b.c>\r\nRCPT TO:<x@y.z",
            "a\r@b.c",
            "a\n@b.c",
            "a\0@b.c",
            "a\u{2028}@b.c",
            "a\u{a0}@b.c",
            "a\u{85}@b.c",
            "a\u{202e}@b.c",
            "\"a\"@b.c",
            "<a@b.c>",
            "a@[127.0.0.1]",
            "a,b@c.d",
            "a@b_c.d",
            "a(b)@c.d",
            "a:b@c.d",
            "a\\b@c.d",
        ] {
            assert_eq!(Mailbox::parse(text), Err(InvalidMailbox), "{text:?}");
        }
        let long = format!("{}@b.c", "a".repeat(65));
        assert_eq!(Mailbox::parse(&long), Err(InvalidMailbox));
    }

    #[test]
    fn the_hello_name_is_a_domain_or_a_literal() {
        for (text, expected) in [
            ("upsell.example.com", Some("upsell.example.com")),
            ("127.0.0.1", Some("[127.0.0.1]")),
            ("::1", Some("[IPv6:::1]")),
            ("", None),
            ("a b", None),
            ("a\r\nMAIL FROM:<>", None),
            ("a\u{2028}", None),
        ] {
            let parsed = HelloName::parse(text).ok();
            assert_eq!(parsed.as_ref().map(HelloName::as_str), expected, "{text:?}");
        }
    }

    #[test]
    fn debug_masks_the_person() {
        assert_eq!(
            format!("{:?}", Mailbox::parse("name@b.c").unwrap()),
            "Mailbox(…@b.c)"
        );
    }

    proptest! {
        #[test]
        fn no_accepted_address_holds_a_separator(text in "\\PC{0,20}@\\PC{0,20}|[\\x00-\\x7f]{0,12}@[a-z\\x00-\\x40]{1,9}") {
            if let Ok(mailbox) = Mailbox::parse(&text) {
                let bad = |c: char| c.is_whitespace() || c.is_control() || "<>\"\\,;:()[]".contains(c);
                prop_assert!(!mailbox.as_str().contains(bad));
                prop_assert_eq!(mailbox.as_str().matches('@').count(), 1);
            }
        }
    }
}
