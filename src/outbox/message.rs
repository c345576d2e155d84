//! From a composed mail to an RFC 5322 message: the headers by lettre, which knows how names and
//! subjects are encoded; the two parts of the body by `body`.

mod body;

use std::time::{Duration, SystemTime};

use lettre::message::header::{
    Date, From, Header, HeaderName, HeaderValue, Headers, MIME_VERSION_1_0, MessageId, ReplyTo,
    Subject, To,
};
use lettre::message::{Mailbox, Mailboxes};

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
    let at = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
    let mut headers = Headers::with_capacity(10);
    headers.set(From::from(one(mailbox(sender, posting.from)?)));
    headers.set(To::from(one(mailbox(&composed.to_name, &composed.to)?)));
    headers.set(Subject::from(composed.subject.clone()));
    headers.set(Date::new(at));
    let id = format!("<{}@{}>", posting.id, posting.id_domain);
    headers.set(MessageId::from(id));
    headers.set(AutoSubmitted);
    if let Some(reply) = brand.and_then(|brand| brand.smtp.reply_address.as_ref()) {
        headers.set(ReplyTo::from(one(mailbox(sender, reply)?)));
    }
    if let Some(url) = &composed.unsubscribe_url {
        headers.set(ListUnsubscribe(format!("<{url}>")));
        headers.set(OneClick);
    }
    headers.set(MIME_VERSION_1_0);
    let mut message = headers.to_string().into_bytes();
    let parts = [
        ("text/plain", composed.text.as_str()),
        ("text/html", &composed.html),
    ];
    body::append_alternatives(&mut message, posting.id, parts);
    Ok(message)
}

fn one(mailbox: Mailbox) -> Mailboxes {
    Mailboxes::new().with(mailbox)
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

/// RFC 3834 §5: nobody's out-of-office reply should answer this.
#[derive(Clone)]
struct AutoSubmitted;

/// RFC 2369: where the mails are stopped.
#[derive(Clone)]
struct ListUnsubscribe(String);

/// RFC 8058 §3.1: they are stopped by one POST.
#[derive(Clone)]
struct OneClick;

type Parsed<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Parsed<Self> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

impl Header for ListUnsubscribe {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("List-Unsubscribe")
    }

    fn parse(text: &str) -> Parsed<Self> {
        Ok(Self(text.to_owned()))
    }

    fn display(&self) -> HeaderValue {
        // A URL must not be folded: clients would read a blank into it.
        HeaderValue::dangerous_new_pre_encoded(Self::name(), self.0.clone(), self.0.clone())
    }
}

impl Header for OneClick {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("List-Unsubscribe-Post")
    }

    fn parse(_: &str) -> Parsed<Self> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "List-Unsubscribe=One-Click".to_owned())
    }
}
