//! Changes of the contact block that tenants and users share.

use super::error::Error;
use crate::domain::contact::Contact;
use crate::domain::text::check_line;

/// Longest text in a contact block, in characters.
const MAX_CHARS: usize = 256;

/// What to change of a contact; `None` is kept.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[allow(missing_docs)] // the names are the meaning
pub struct ContactPatch {
    pub address1: Option<String>,
    pub address2: Option<String>,
    pub city: Option<String>,
    pub country: Option<String>,
    /// An empty text removes the address.
    pub email: Option<String>,
    pub firstname: Option<String>,
    pub lastname: Option<String>,
    pub phone: Option<String>,
    pub state: Option<String>,
    pub zipcode: Option<String>,
}

impl ContactPatch {
    /// The contact with the change made.
    ///
    /// # Errors
    /// [`Error::Invalid`] naming the field.
    pub fn apply(&self, mut contact: Contact) -> Result<Contact, Error> {
        let texts = [
            ("address1", &self.address1, &mut contact.address1),
            ("address2", &self.address2, &mut contact.address2),
            ("city", &self.city, &mut contact.city),
            ("country", &self.country, &mut contact.country),
            ("firstname", &self.firstname, &mut contact.firstname),
            ("lastname", &self.lastname, &mut contact.lastname),
            ("phone", &self.phone, &mut contact.phone),
            ("state", &self.state, &mut contact.state),
            ("zipcode", &self.zipcode, &mut contact.zipcode),
        ];
        for (name, change, slot) in texts {
            if let Some(text) = change {
                check_line(text, MAX_CHARS)
                    .map_err(|bad| Error::invalid(format!("contact.{name}"), bad))?;
                slot.clone_from(text);
            }
        }
        if let Some(email) = &self.email {
            let parsed = (!email.is_empty()).then(|| email.parse()).transpose();
            contact.email = parsed.map_err(|bad| Error::invalid("contact.email", bad))?;
        }
        Ok(contact)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_given_is_kept() {
        let before = Contact {
            city: "Ulm".into(),
            email: Some("a@b.example".parse().unwrap()),
            ..Contact::default()
        };
        let patch = ContactPatch {
            firstname: Some("John".into()),
            ..ContactPatch::default()
        };
        let after = patch.apply(before.clone()).unwrap();
        assert_eq!(
            (after.city.as_str(), after.firstname.as_str()),
            ("Ulm", "John")
        );
        assert_eq!(after.email, before.email);
        let removed = ContactPatch {
            email: Some(String::new()),
            ..ContactPatch::default()
        };
        assert_eq!(removed.apply(before).unwrap().email, None);
    }

    #[test]
    fn errors_name_the_field() {
        let field = |patch: ContactPatch| match patch.apply(Contact::default()) {
            Err(Error::Invalid { field, .. }) => field,
            other => panic!("{other:?}"),
        };
        let email = ContactPatch {
            email: Some("a@b\r\nRCPT TO:<c@d>".into()),
            ..ContactPatch::default()
        };
        assert_eq!(field(email), "contact.email");
        let city = ContactPatch {
            city: Some("U\nlm".into()),
            ..ContactPatch::default()
        };
        assert_eq!(field(city), "contact.city");
    }
}
