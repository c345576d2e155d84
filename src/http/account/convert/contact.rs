//! The contact block that tenants and users share.

use super::set;
use crate::domain::contact::Contact;
use crate::domain::text::check_line;
use crate::http::account::wire::contact::{ContactRequest, ContactResponse};
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
    use serde_json::{Value, json};

    use super::*;
    use crate::domain::contact::EmailAddress;

    fn apply(body: Value, contact: &mut Contact) -> Result<(), Error> {
        let request: ContactRequest = serde_json::from_value(body).unwrap();
        request.apply(contact)
    }

    #[test]
    fn what_is_not_given_is_kept() {
        let email: EmailAddress = "a@b.example".parse().unwrap();
        let mut contact = Contact {
            city: "Ulm".into(),
            email: Some(email.clone()),
            ..Contact::default()
        };
        apply(json!({ "firstname": "John" }), &mut contact).unwrap();
        assert_eq!((&*contact.city, &*contact.firstname), ("Ulm", "John"));
        assert_eq!(contact.email, Some(email));
        apply(json!({ "email": "" }), &mut contact).unwrap();
        assert_eq!(contact.email, None);
    }

    #[test]
    fn errors_name_the_field() {
        for (name, bad) in [("email", "a@b\r\nRCPT TO:<c@d>"), ("city", "U\nlm")] {
            let failed = apply(json!({ name: bad }), &mut Contact::default());
            let Err(Error::Invalid { field, .. }) = failed else {
                panic!("{failed:?}");
            };
            assert_eq!(field, format!("contact.{name}"));
        }
    }
}
