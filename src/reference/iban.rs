//! International bank account numbers (ISO 13616).

use iban::{Iban, IbanLike, ParseIbanError};

use crate::domain::billing::BankAccount;

/// Why a text is no IBAN.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadIban {
    /// It has another form, or its check digits do not fit.
    #[error("is no IBAN: its check digits do not fit; compare it with the account's papers")]
    Checksum,
    /// Its check digits fit, but its country's accounts look otherwise.
    #[error("is no IBAN: accounts of its country have another length or form")]
    Form,
    /// Its first two letters name no country.
    #[error("is no IBAN: it begins with no country")]
    Country,
}

/// Reads an IBAN, with or without the blanks of its printed form.
///
/// # Errors
/// [`BadIban`]. Of a country that joined after this edition of the registry the check digits alone
/// are looked at.
pub fn parse(text: &str) -> Result<BankAccount, BadIban> {
    let electronic = match text.parse::<Iban>() {
        Ok(iban) => iban.electronic_str().to_owned(),
        Err(ParseIbanError::UnknownCountry(base)) => {
            rust_iso3166::from_alpha2(base.country_code()).ok_or(BadIban::Country)?;
            base.electronic_str().to_owned()
        }
        Err(ParseIbanError::InvalidBban(_)) => return Err(BadIban::Form),
        Err(_) => return Err(BadIban::Checksum),
    };
    Ok(BankAccount::of_checked_iban(electronic))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_and_lengths_are_looked_at() {
        let read = |text: &str| parse(text).map(|account| account.as_str().to_owned());
        for (text, electronic) in [
            (
                "AL35202111090000000001234567",
                "AL35202111090000000001234567",
            ),
            ("DE44 5001 0517 5407 3249 31", "DE44500105175407324931"),
            ("GB82WEST12345698765432", "GB82WEST12345698765432"),
        ] {
            assert_eq!(read(text).as_deref(), Ok(electronic), "{text}");
        }
        for text in [
            "AL35202111090000000001234568",
            "AL53202111090000000001234567",
            "DE",
            "not an IBAN",
            "AL35\u{202e}202111090000000001234567",
            &"1".repeat(5000),
        ] {
            assert_eq!(read(text), Err(BadIban::Checksum), "{text}");
        }
        // The check digits fit, but German accounts have 22 characters.
        assert_eq!(read("DE8850010517540732493"), Err(BadIban::Form));
        assert_eq!(read("XX89123456789012"), Err(BadIban::Country));
        // Honduras is not in this edition of the registry.
        assert!(read("HN29ABCD12345678901234567890").is_ok());
    }
}
