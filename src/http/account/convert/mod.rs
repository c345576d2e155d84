//! Converts between the JSON of the account management dialect and the values of the use cases.

pub(super) mod accounts;
pub(super) mod brand;
mod contact;
pub(super) mod meters;

use crate::domain::text::BadText;
use crate::usecases::error::Error;

/// Puts a text into its place where one is given that passes `check`.
fn set(
    field: &str,
    given: &Option<String>,
    slot: &mut String,
    check: impl Fn(&str) -> Result<(), BadText>,
) -> Result<(), Error> {
    if let Some(text) = given {
        check(text).map_err(|bad| Error::invalid(field, bad))?;
        slot.clone_from(text);
    }
    Ok(())
}
