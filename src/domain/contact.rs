//! Contact data of tenants and users, and e-mail addresses.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::text::{BadText, is_host_name};

/// The contact block of tenants and users, as the vendor prints it. Free text; may be empty.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[allow(missing_docs)] // the names are the meaning
pub struct Contact {
    pub address1: String,
    pub address2: String,
    pub city: String,
    pub country: String,
    pub email: Option<EmailAddress>,
    pub firstname: String,
    pub lastname: String,
    pub phone: String,
    pub state: String,
    pub zipcode: String,
}

impl Contact {
    /// "First Last", or what there is of it.
    #[must_use]
    pub fn full_name(&self) -> String {
        [self.firstname.trim(), self.lastname.trim()]
            .into_iter()
            .filter(|part| !part.is_empty())
            .collect::<Vec<_>>()
            .join(" ")
    }
}

/// Longest address, in bytes (RFC 5321 §4.5.3.1.3: a path of 256 with its angle brackets).
const MAX_ADDRESS_BYTES: usize = 254;

/// An address that mail can be sent to: `local@domain`, ASCII, no quoting, no comments. Narrower
/// than RFC 5321 on purpose: what is refused here cannot be smuggled into an SMTP command.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct EmailAddress(String);

impl EmailAddress {
    /// The address as given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for EmailAddress {
    type Err = BadText;

    fn from_str(text: &str) -> Result<Self, BadText> {
        const FORM: BadText = BadText::Form("must be an e-mail address such as johndoe@mysite.com");
        let (local, domain) = text.rsplit_once('@').ok_or(FORM)?;
        let local_ok = (1..=64).contains(&local.len())
            && local
                .split('.')
                .all(|atom| !atom.is_empty() && atom.bytes().all(is_atext));
        if local_ok && is_host_name(domain) && text.len() <= MAX_ADDRESS_BYTES {
            Ok(Self(text.to_owned()))
        } else {
            Err(FORM)
        }
    }
}

/// RFC 5322 §3.2.3 `atext`, ASCII only.
const fn is_atext(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(
            byte,
            b'!' | b'#' | b'$' | b'%' | b'&' | b'\'' | b'*' | b'+' | b'-' | b'/' | b'=' | b'?'
        )
        || matches!(byte, b'^' | b'_' | b'`' | b'{' | b'|' | b'}' | b'~')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_mail_can_be_sent_to() {
        for good in [
            "johndoe@mysite.com",
            "a@b",
            "o'neil+x@sub.example.org",
            "x.y@1.2.3.4",
        ] {
            assert!(good.parse::<EmailAddress>().is_ok(), "{good}");
        }
        let long = format!("{}@example.org", "a".repeat(65));
        let too_long = format!("a@{}.org", "b.".repeat(124) + "b");
        assert_eq!(too_long.len(), 255);
        for bad in [
            "",
            "a",
            "@b",
            "a@",
            "a b@c",
            "a@b c",
            "a@b\r\nRCPT TO:<x@y>",
            "\"a\"@b",
            "a..b@c",
            ".a@b",
            "a@-b",
            "a@b..c",
            "a@[127.0.0.1]",
            "é@b",
            "a@\u{2028}b",
            "<a@b>",
            "a@b@c,d",
            long.as_str(),
            too_long.as_str(),
        ] {
            assert!(bad.parse::<EmailAddress>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_name_is_what_there_is_of_it() {
        let mut contact = Contact::default();
        assert_eq!(contact.full_name(), "");
        contact.lastname = "Doe".into();
        assert_eq!(contact.full_name(), "Doe");
        contact.firstname = " John ".into();
        assert_eq!(contact.full_name(), "John Doe");
    }
}
