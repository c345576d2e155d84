//! The contact block that tenants and users share.

use super::super::wire::contact::{ContactRequest, ContactResponse};
use super::set;
use crate::domain::contact::Contact;
use crate::domain::text::check_line;
use crate::usecases::error::Error;

/// Longest text in a contact block, in characters.
const MAX_CHARS: usize = 256;

impl ContactRequest {
    /// The contact with the change made; an empty e-mail address removes it.
    pub(crate) fn apply(&self, contact: &mut Contact) -> Result<(), Error> {
        for (name, given, slot) in [
            ("contact.address1", &self.address1, &mut contact.address1),
            ("contact.address2", &self.address2, &mut contact.address2),
            ("contact.city", &self.city, &mut contact.city),
            ("contact.country", &self.country, &mut contact.country),
            ("contact.firstname", &self.firstname, &mut contact.firstname),
            ("contact.lastname", &self.lastname, &mut contact.lastname),
            ("contact.phone", &self.phone, &mut contact.phone),
            ("contact.state", &self.state, &mut contact.state),
            ("contact.zipcode", &self.zipcode, &mut contact.zipcode),
        ] {
            set(name, given, slot, |text| check_line(text, MAX_CHARS))?;
        }
        if let Some(email) = &self.email {
            let parsed = (!email.is_empty()).then(|| email.parse()).transpose();
            contact.email = parsed.map_err(|bad| Error::invalid("contact.email", bad))?;
        }
        Ok(())
    }
}

pub(super) fn contact(contact: Contact) -> ContactResponse {
    let email = contact
        .email
        .as_ref()
        .map(|email| email.as_str().to_owned());
    ContactResponse {
        address1: contact.address1,
        address2: contact.address2,
        city: contact.city,
        country: contact.country,
        email: email.unwrap_or_default(),
        firstname: contact.firstname,
        lastname: contact.lastname,
        phone: contact.phone,
        state: contact.state,
        zipcode: contact.zipcode,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_given_is_kept() {
        let mut contact = Contact {
            city: "Ulm".into(),
            email: Some("a@b.example".parse().unwrap()),
            ..Contact::default()
        };
        let email = contact.email.clone();
        let named = ContactRequest {
            firstname: Some("John".into()),
            ..ContactRequest::default()
        };
        named.apply(&mut contact).unwrap();
        assert_eq!(
            (contact.city.as_str(), contact.firstname.as_str()),
            ("Ulm", "John")
        );
        assert_eq!(contact.email, email);
        let removed = ContactRequest {
            email: Some(String::new()),
            ..ContactRequest::default()
        };
        removed.apply(&mut contact).unwrap();
        assert_eq!(contact.email, None);
    }

    #[test]
    fn errors_name_the_field() {
        let field = |request: ContactRequest| match request.apply(&mut Contact::default()) {
            Err(Error::Invalid { field, .. }) => field,
            other => panic!("{other:?}"),
        };
        let email = ContactRequest {
            email: Some("a@b\r\nRCPT TO:<c@d>".into()),
            ..ContactRequest::default()
        };
        assert_eq!(field(email), "contact.email");
        let city = ContactRequest {
            city: Some("U\nlm".into()),
            ..ContactRequest::default()
        };
        assert_eq!(field(city), "contact.city");
    }
}
