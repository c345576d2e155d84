//! The mail server and the mailboxes behind it: whole mails as their readers' programs read them.

use std::net::SocketAddr;

use mail_parser::{Message, MessageParser};

use super::app::DEADLINE;
use super::smtp_script::{Setup, SmtpScript, Taken};

/// A server that takes every mail, unless its script says otherwise.
pub(crate) struct Sink {
    pub(crate) script: SmtpScript,
}

/// A mail as it arrived.
#[derive(Debug, Clone)]
pub(crate) struct Mail {
    pub(crate) envelope: Taken,
    message: Message<'static>,
    pub(crate) subject: String,
    /// As a reader sees it: transfer encoding undone.
    pub(crate) text: String,
    pub(crate) html: String,
}

impl Mail {
    fn parse(envelope: Taken) -> Self {
        let parsed = MessageParser::default().parse(envelope.message.as_bytes());
        let message = parsed.expect("a mail that can be parsed").into_owned();
        let text = message.body_text(0).expect("a text part").into_owned();
        let html = message.body_html(0).expect("an HTML part").into_owned();
        let subject = message.subject().expect("a subject").to_owned();
        Self {
            envelope,
            message,
            subject,
            text,
            html,
        }
    }

    /// A header as it stands in the mail, unfolded; empty where it is missing.
    pub(crate) fn header(&self, name: &str) -> String {
        let raw = self.message.header_raw(name).unwrap_or_default();
        raw.replace("\r\n", "").trim().to_owned()
    }

    /// How often a header stands in the mail.
    pub(crate) fn count(&self, name: &str) -> usize {
        let headers = self.message.headers().iter();
        headers
            .filter(|header| header.name().eq_ignore_ascii_case(name))
            .count()
    }

    pub(crate) fn to(&self) -> &str {
        &self.envelope.to
    }

    /// The first link of the text part that goes to the service's redirect.
    pub(crate) fn tracked_link(&self) -> Option<String> {
        links(&self.text)
            .into_iter()
            .find(|url| url.contains("/r/"))
    }

    /// Every `href` of the HTML part, entities undone.
    pub(crate) fn hrefs(&self) -> Vec<String> {
        let parts = self.html.split("href=\"").skip(1);
        let ends = parts.filter_map(|rest| rest.split_once('"'));
        ends.map(|(url, _)| url.replace("&amp;", "&").replace("&#x3D;", "="))
            .collect()
    }

    /// Where one click stops these mails.
    pub(crate) fn unsubscribe_url(&self) -> String {
        let header = self.header("List-Unsubscribe");
        let url = header.strip_prefix('<').and_then(|u| u.strip_suffix('>'));
        url.unwrap_or_else(|| panic!("List-Unsubscribe is {header:?}"))
            .to_owned()
    }
}

fn links(text: &str) -> Vec<String> {
    let words = text.split_whitespace();
    let urls = words.filter(|word| word.starts_with("http"));
    urls.map(str::to_owned).collect()
}

impl Sink {
    pub(crate) async fn start() -> Self {
        Self {
            script: SmtpScript::start().await,
        }
    }

    /// On an address of its own.
    pub(crate) async fn at(address: SocketAddr, setup: Setup) -> Self {
        Self {
            script: SmtpScript::at(address, setup).await,
        }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.script.address
    }

    /// As a setting.
    pub(crate) fn port(&self) -> String {
        self.address().port().to_string()
    }

    /// The mails so far, in the order of their arrival.
    pub(crate) fn mails(&self) -> Vec<Mail> {
        self.script.taken().into_iter().map(Mail::parse).collect()
    }

    /// Waits until so many mails are there.
    pub(crate) async fn until(&self, count: usize) -> Vec<Mail> {
        let enough = |taken: &[Taken]| taken.len() >= count;
        let arrived = tokio::time::timeout(DEADLINE, self.script.until_taken(enough)).await;
        assert!(
            arrived.is_ok(),
            "{} mails instead of {count}",
            self.script.taken().len()
        );
        self.mails()
    }

    /// Waits until each of these has a mail.
    pub(crate) async fn until_all_have_mail(&self, addresses: &[String]) {
        let missing = |taken: &[Taken]| {
            let got: std::collections::HashSet<&str> =
                taken.iter().map(|mail| mail.to.as_str()).collect();
            addresses
                .iter()
                .filter(|address| !got.contains(address.as_str()))
                .count()
        };
        let all_there = |taken: &[Taken]| missing(taken) == 0;
        let arrived = tokio::time::timeout(DEADLINE, self.script.until_taken(all_there)).await;
        assert!(
            arrived.is_ok(),
            "{} of {} have no mail",
            missing(&self.script.taken()),
            addresses.len()
        );
    }
}

/// What sends a service's mail at once to a server on this machine.
pub(crate) fn sink_settings(port: &str) -> [(&str, &str); 8] {
    [
        ("UPSELL_SMTP_SERVER", "127.0.0.1"),
        ("UPSELL_SMTP_PORT", port),
        ("UPSELL_SMTP_ENCRYPTION", "none"),
        ("UPSELL_SMTP_FROM", "upsell@cloud.example"),
        ("UPSELL_MAIL_GROUP_WAIT", "50ms"),
        ("UPSELL_MAIL_RETRY_BASE", "20ms"),
        ("UPSELL_MAIL_RETRY_MAX", "100ms"),
        // As many as a test makes of a day.
        ("UPSELL_MAIL_USER_PER_DAY", "1000000"),
    ]
}
