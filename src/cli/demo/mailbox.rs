//! The mails that arrived, parsed for reading.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use mail_parser::MessageParser;

use crate::domain::time::Timestamp;

/// No more mails are kept.
const KEPT: usize = 200;

/// A mail as it arrived.
#[derive(Debug)]
pub(super) struct Received {
    /// Counts from 1.
    pub(super) id: u64,
    pub(super) at: Timestamp,
    /// The recipient that the envelope names.
    pub(super) to: String,
    pub(super) from: String,
    pub(super) subject: String,
    /// As they were written, unfolded.
    pub(super) headers: Vec<(String, String)>,
    pub(super) text: String,
    pub(super) html: String,
}

/// All mailboxes of the demo's people.
#[derive(Debug, Default)]
pub(super) struct Mailbox(Mutex<VecDeque<Arc<Received>>>);

impl Mailbox {
    /// Takes a mail in; `None` where it is no mail.
    pub(super) fn take(&self, to: &str, raw: &[u8], at: Timestamp) -> Option<Arc<Received>> {
        let message = MessageParser::default().parse(raw)?;
        let sender = message.from().and_then(|from| from.first());
        let from = sender.map_or_else(String::new, |sender| {
            let address = sender.address().unwrap_or_default();
            match sender.name() {
                Some(name) => format!("{name} <{address}>"),
                None => address.to_owned(),
            }
        });
        let headers = message.headers_raw();
        let headers = headers.map(|(name, value)| (name.to_owned(), unfold(value)));
        let mut mails = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mail = Arc::new(Received {
            id: mails.back().map_or(1, |last| last.id + 1),
            at,
            to: to.to_owned(),
            from,
            subject: message.subject().unwrap_or_default().to_owned(),
            headers: headers.collect(),
            text: message.body_text(0).unwrap_or_default().into_owned(),
            html: message.body_html(0).unwrap_or_default().into_owned(),
        });
        if mails.len() == KEPT {
            mails.pop_front();
        }
        mails.push_back(Arc::clone(&mail));
        Some(mail)
    }

    /// The mails to one address, or all; the newest first.
    pub(super) fn list(&self, to: Option<&str>) -> Vec<Arc<Received>> {
        let mails = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let newest_first = mails.iter().rev();
        newest_first
            .filter(|mail| to.is_none_or(|to| mail.to.eq_ignore_ascii_case(to)))
            .cloned()
            .collect()
    }

    /// One mail, while it is kept.
    pub(super) fn get(&self, id: u64) -> Option<Arc<Received>> {
        let mails = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        mails.iter().find(|mail| mail.id == id).cloned()
    }
}

/// A header's value on one line (RFC 5322 §2.2.3).
fn unfold(value: &str) -> String {
    let lines = value.lines().map(str::trim);
    lines
        .filter(|line| !line.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAIL: &str = "From: =?utf-8?b?Tm9yZGxpY2h0?= <a@b.example>\r\nTo: c@d.example\r\n\
        Subject: =?utf-8?q?=C3=9Cber?=\r\n =?utf-8?q?_Quota?=\r\nX-Long: one\r\n two\r\n\
        MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=x\r\n\r\n\
        --x\r\nContent-Type: text/plain; charset=utf-8\r\n\
        Content-Transfer-Encoding: quoted-printable\r\n\r\nGr=C3=BC=C3=9Fe\r\n\
        --x\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>Hallo</p>\r\n--x--\r\n";

    #[test]
    fn mails_are_taken_apart() {
        let mailbox = Mailbox::default();
        let mail = mailbox
            .take("C@d.example", MAIL.as_bytes(), Timestamp::default())
            .unwrap();
        assert_eq!(mail.from, "Nordlicht <a@b.example>");
        assert_eq!(mail.subject, "Über Quota");
        assert_eq!(
            (mail.text.trim(), mail.html.trim()),
            ("Grüße", "<p>Hallo</p>")
        );
        assert!(mail.headers.contains(&("X-Long".into(), "one two".into())));
        assert_eq!(mailbox.list(Some("c@D.example")).len(), 1);
        assert_eq!(mailbox.list(Some("x@d.example")).len(), 0);
        assert!(mailbox.get(1).is_some() && mailbox.get(2).is_none());
    }

    #[test]
    fn only_the_last_mails_are_kept() {
        let mailbox = Mailbox::default();
        for _ in 0..KEPT + 5 {
            mailbox
                .take("c@d.example", MAIL.as_bytes(), Timestamp::default())
                .unwrap();
        }
        let mails = mailbox.list(None);
        assert_eq!((mails.len(), mails[0].id), (KEPT, KEPT as u64 + 5));
    }
}
