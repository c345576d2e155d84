//! Why a mail was not accepted, for three readers: the outbox, the log and the tenant.

use std::fmt::{self, Write};
use std::io;

use super::reply::{Reply, printable};
use crate::smtp_host::Refused;

/// Longest text that a cause has in a log, in characters.
const MAX_LOG_CHARS: usize = 600;

/// Where in the conversation something happened. In order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// Waiting for room among the open connections.
    Slot,
    /// Looking up the host, and judging its addresses.
    Resolve,
    /// Opening the TCP connection.
    Connect,
    /// The TLS handshake.
    Tls,
    /// The server's first words.
    Greeting,
    /// `EHLO`, before and after TLS.
    Ehlo,
    /// `STARTTLS`.
    StartTls,
    /// `AUTH`.
    Auth,
    /// `MAIL FROM`.
    Mail,
    /// `RCPT TO`.
    Rcpt,
    /// `DATA`, up to the 354.
    Data,
    /// Sending the message.
    Content,
    /// The final dot and the answer to it.
    FinalDot,
}

impl Stage {
    /// A short stable name, for metrics and logs.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Slot => "slot",
            Self::Resolve => "resolve",
            Self::Connect => "connect",
            Self::Tls => "tls",
            Self::Greeting => "greeting",
            Self::Ehlo => "ehlo",
            Self::StartTls => "starttls",
            Self::Auth => "auth",
            Self::Mail => "mail",
            Self::Rcpt => "rcpt",
            Self::Data => "data",
            Self::Content => "content",
            Self::FinalDot => "final_dot",
        }
    }
}

/// What to do with the mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Try again later: the fault lies with the server, the network or the settings.
    Transient,
    /// Do not try again: the server refused this very mail.
    Permanent,
}

/// What went wrong.
#[derive(Debug, thiserror::Error)]
pub enum Cause {
    /// The bound on open connections over all hosts is reached, none of them idle.
    #[error("too many SMTP connections are open")]
    TooManyConnections,
    /// The resolver failed.
    #[error("the host could not be looked up: {0}")]
    Lookup(#[source] io::Error),
    /// The name exists without an address.
    #[error("the host has no address")]
    NoAddress,
    /// The address policy.
    #[error("the host is refused by the address policy: {0}")]
    Refused(#[source] Refused),
    /// The port policy.
    #[error("port {0} is not allowed for a tenant's server")]
    PortRefused(u16),
    /// The time for the stage is over.
    #[error("timed out")]
    TimedOut,
    /// The connection broke.
    #[error("connection failed: {0}")]
    Io(#[source] io::Error),
    /// The server closed the connection where an answer was due.
    #[error("the server closed the connection")]
    Closed,
    /// The TLS handshake failed, for instance by the certificate.
    #[error("TLS failed: {0}")]
    Tls(#[source] io::Error),
    /// The server said no.
    #[error("the server answered {0}")]
    Answer(Reply),
    /// The server refused to forget a mail that it had refused before: nothing of this one was
    /// said to it.
    #[error("the server would not begin anew: {0}")]
    NoReset(Reply),
    /// What the server sent is not SMTP, or not in its turn.
    #[error("protocol violation: {0}")]
    Protocol(&'static str),
    /// The server lacks what the settings require.
    #[error("the server does not offer {0}")]
    NotOffered(&'static str),
    /// This message cannot be sent to this server at all.
    #[error("the message cannot be sent: {0}")]
    Unsendable(&'static str),
}

/// A mail was not handed over, or may have been ([`SendError::perhaps_accepted`]).
///
/// `Display` is for logs: bounded, without control characters, mail addresses masked. It may name
/// what stands behind the firewall, so tenants get [`SendError::public`] instead.
#[derive(Debug, thiserror::Error)]
pub struct SendError {
    stage: Stage,
    cause: Cause,
}

impl SendError {
    pub(super) fn new(stage: Stage, cause: Cause) -> Self {
        Self { stage, cause }
    }

    /// Where it happened.
    #[must_use]
    pub fn stage(&self) -> Stage {
        self.stage
    }

    /// What happened.
    #[must_use]
    pub fn cause(&self) -> &Cause {
        &self.cause
    }

    /// Whether to try again.
    ///
    /// Permanent is only what concerns this very mail: a 5xx at MAIL, RCPT, DATA or after the
    /// final dot, and a message that the server has no way to take. Whatever concerns the server
    /// or the settings (refused log-in or address, TLS, a 5xx greeting, `530` "log in first") is
    /// transient: a mistyped password must not kill a whole queue before somebody mends it.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match &self.cause {
            Cause::Unsendable(_) => Kind::Permanent,
            Cause::Answer(reply) if self.stage >= Stage::Mail && reply.is_permanent() => {
                Kind::Permanent
            }
            _ => Kind::Transient,
        }
    }

    /// Whether the server may have taken the mail although no answer said so: the end of the
    /// message was sent and its answer was lost. Trying again may deliver it twice.
    #[must_use]
    pub fn perhaps_accepted(&self) -> bool {
        self.stage == Stage::FinalDot && !matches!(self.cause, Cause::Answer(_))
    }

    /// For the tenant: uniform, so that it maps no network and echoes no banner.
    #[must_use]
    pub fn public(&self) -> &'static str {
        match self.stage {
            Stage::Slot => "The SMTP server is busy with other mail. Sending will be tried again.",
            Stage::Resolve
            | Stage::Connect
            | Stage::Tls
            | Stage::Greeting
            | Stage::Ehlo
            | Stage::StartTls => {
                "The SMTP server could not be used. Check its name, port and encryption."
            }
            Stage::Auth => {
                "The SMTP server did not accept the log-in. Check the user and the password."
            }
            Stage::Mail => "The SMTP server did not accept the sender address.",
            Stage::Rcpt => "The SMTP server did not accept the recipient.",
            Stage::Data | Stage::Content | Stage::FinalDot => {
                "The SMTP server did not accept the message."
            }
        }
    }

    /// The server's answer, if it was one: its code, and its enhanced status code (RFC 3463).
    #[must_use]
    pub fn reply(&self) -> Option<&Reply> {
        match &self.cause {
            Cause::Answer(reply) => Some(reply),
            _ => None,
        }
    }

    /// Whether the connection is still in step with the server, so that a QUIT makes sense.
    pub(super) fn is_in_step(&self) -> bool {
        matches!(
            self.cause,
            Cause::Answer(_) | Cause::NotOffered(_) | Cause::Unsendable(_)
        )
    }

    /// Whether the server said that it goes (RFC 5321 §3.8).
    pub(super) fn is_farewell(&self) -> bool {
        matches!(&self.cause, Cause::Answer(reply) if reply.code() == 421)
    }

    /// Whether it may be because the commands came in one packet: the server lost its place, hung
    /// up, or complains of their order or form (RFC 5321 §4.2.4). Nothing of the content was said.
    pub(super) fn is_perhaps_of_pipelining(&self) -> bool {
        let odd = match &self.cause {
            Cause::Io(_) | Cause::Closed | Cause::TimedOut | Cause::Protocol(_) => true,
            Cause::Answer(reply) => (500..=503).contains(&reply.code()),
            _ => false,
        };
        odd && (Stage::Mail..=Stage::Data).contains(&self.stage)
    }

    /// Whether the time was over.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        matches!(self.cause, Cause::TimedOut)
    }

    /// Whether the server had dropped the connection before this mail began: nothing of the mail
    /// was said, so another connection may be tried at once.
    pub(super) fn is_stale_connection(&self) -> bool {
        let gone = match &self.cause {
            Cause::Io(_) | Cause::Closed | Cause::NoReset(_) => true,
            Cause::Answer(reply) => reply.code() == 421,
            _ => false,
        };
        gone && self.stage == Stage::Mail
    }
}

impl fmt::Display for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SMTP {}: ", self.stage.as_str())?;
        // A refusing server may quote the log-in it was given.
        match (&self.cause, self.stage) {
            (Cause::Answer(reply), Stage::Auth) => {
                write!(f, "the server answered {}", reply.code_text())
            }
            // A certificate may bring its own words into the error.
            (cause, _) => cause
                .to_string()
                .chars()
                .take(MAX_LOG_CHARS)
                .try_for_each(|letter| f.write_char(printable(letter))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_gets_one_line_of_bounded_length() {
        let hostile = format!("cert for \r\n\u{2028}{}", "x".repeat(5_000));
        let text = SendError::new(Stage::Tls, Cause::Tls(io::Error::other(hostile))).to_string();
        assert!(
            text.starts_with("SMTP tls: TLS failed: cert for ???xxx"),
            "{text}"
        );
        assert!(text.chars().count() < 650);
    }
}
