//! Builds an RFC 5322 message from a composed mail, by lettre; `quoted` does quoted-printable.

mod quoted;

use std::time::{Duration, SystemTime};

use lettre::Message;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart, SinglePart};

use crate::domain::contact::EmailAddress;
use crate::domain::ids::MailId;
use crate::domain::time::Timestamp;
use crate::usecases::compose::Composed;

/// The message could not be built: a defect, since every part was checked when it came in.
#[derive(Debug, thiserror::Error)]
pub enum MessageError {
    /// An address that our own type took is refused by the message builder.
    #[error("an address cannot be used in a message")]
    Address(#[from] lettre::address::AddressError),
    /// The message builder misses something.
    #[error("the message cannot be built: {0}")]
    Message(#[from] lettre::error::Error),
}

/// What a message needs beyond what it says.
#[derive(Debug, Clone, Copy)]
pub struct Posting<'a> {
    /// Names the mail; the `Message-ID` stays the same over all attempts, so that a mail that
    /// was delivered twice can be recognised (RFC 5322 §3.6.4).
    pub id: MailId,
    /// The sender.
    pub from: &'a EmailAddress,
    /// The domain on the right of the `Message-ID`.
    pub id_domain: &'a str,
    /// The `Date`.
    pub now: Timestamp,
}

/// Builds the message.
///
/// # Errors
/// See [`MessageError`].
pub fn build(composed: &Composed, posting: Posting<'_>) -> Result<Vec<u8>, MessageError> {
    let brand = composed.brand.as_ref();
    let sender = brand.map_or("", |brand| brand.service_name.as_str());
    let seconds = u64::try_from(posting.now.secs()).unwrap_or(0);
    let id = format!("<{}@{}>", posting.id, posting.id_domain);
    let mut message = Message::builder()
        .from(mailbox(sender, posting.from)?)
        .to(mailbox(&composed.to_name, &composed.to)?)
        .subject(composed.subject.as_str())
        .date(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds))
        .message_id(Some(id))
        // RFC 3834 §5: nobody's out-of-office reply should answer this.
        .raw_header(as_it_is("Auto-Submitted", "auto-generated"));
    if let Some(reply) = brand.and_then(|brand| brand.smtp.reply_address.as_ref()) {
        message = message.reply_to(mailbox(sender, reply)?);
    }
    if let Some(url) = &composed.unsubscribe_url {
        // RFC 2369, and RFC 8058 §3.1: one POST there stops the mails.
        message = message
            .raw_header(as_it_is("List-Unsubscribe", &format!("<{url}>")))
            .raw_header(as_it_is(
                "List-Unsubscribe-Post",
                "List-Unsubscribe=One-Click",
            ));
    }
    let parts = alternatives(&composed.text, &composed.html);
    Ok(message.multipart(parts)?.formatted())
}

/// The same in two forms, the better one last (RFC 2046 §5.1.4).
fn alternatives(text: &str, html: &str) -> MultiPart {
    let part = |content_type, text| {
        SinglePart::builder()
            .content_type(content_type)
            .body(quoted::body(text))
    };
    MultiPart::alternative()
        .singlepart(part(ContentType::TEXT_PLAIN, text))
        .singlepart(part(ContentType::TEXT_HTML, html))
}

/// A header that is not folded: clients would read a blank into a URL.
fn as_it_is(name: &'static str, value: &str) -> HeaderValue {
    let (name, value) = (HeaderName::new_from_ascii_str(name), value.to_owned());
    HeaderValue::dangerous_new_pre_encoded(name, value.clone(), value)
}

fn mailbox(name: &str, address: &EmailAddress) -> Result<Mailbox, MessageError> {
    // The builder encodes names; control characters have no business in one all the same.
    let name: String = name.chars().filter(|c| !is_unsafe(*c)).take(128).collect();
    let name = Some(name.trim().to_owned()).filter(|name| !name.is_empty());
    Ok(Mailbox::new(name, address.as_str().parse()?))
}

fn is_unsafe(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}')
}

#[cfg(test)]
mod tests {
    use mail_parser::MessageParser;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn both_parts_arrive_as_they_were(
            text in "([ -~\\u{a0}ü容=.\t-]{0,90}\n){0,6}",
            html in "([ -~]{0,200}\n){0,4}",
        ) {
            let message = alternatives(&text, &html).formatted();
            let raw = String::from_utf8(message.clone()).unwrap();
            prop_assert!(raw.is_ascii());
            prop_assert!(raw.split("\r\n").all(|line| line.len() <= 998 && !line.contains(['\r', '\n'])));
            let parsed = MessageParser::default().parse(&message).unwrap();
            let arrived = |part: Option<std::borrow::Cow<'_, str>>| part.unwrap_or_default().replace("\r\n", "\n");
            prop_assert_eq!(arrived(parsed.body_text(0)), text);
            prop_assert_eq!(arrived(parsed.body_html(0)), html);
        }
    }
}
