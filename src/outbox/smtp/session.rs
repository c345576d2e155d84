//! The conversation with a server: RFC 5321, 3207 (STARTTLS), 4954 (AUTH), 1870 (SIZE) and 2920
//! (PIPELINING). Mails and addresses are ASCII, so 8BITMIME and SMTPUTF8 are never asked for.

use std::net::IpAddr;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rustls::ClientConfig;
use tokio::sync::OwnedSemaphorePermit;
use zeroize::Zeroizing;

use super::connect::{connect, server_name};
use super::error::{Cause, SendError, Stage};
use super::exchange::{Envelope, Opening, PreparedMail};
use super::reply::Reply;
use super::settings::{Settings, Timeouts};
use super::target::{Credentials, Encryption, Host, Target};
use super::wire::Wire;

/// Lets a cause be named with its stage: `.map_err(at(Stage::Mail))`.
pub(super) fn at(stage: Stage) -> impl Fn(Cause) -> SendError {
    move |cause| SendError::new(stage, cause)
}

/// What the server said it can do.
#[derive(Debug, Default)]
struct Features {
    starttls: bool,
    pipelining: bool,
    auth_plain: bool,
    auth_login: bool,
    /// `SIZE` was offered, with the longest message that the server takes, in bytes. Zero: no fixed
    /// bound (RFC 1870 §4).
    size: Option<usize>,
}

impl Features {
    fn from_ehlo(reply: &Reply) -> Self {
        let mut features = Self::default();
        // The first line is the server's name.
        for line in reply.lines().iter().skip(1) {
            let line = line.to_ascii_uppercase();
            let mut words = line.split([' ', '=']).filter(|word| !word.is_empty());
            match words.next() {
                Some("STARTTLS") => features.starttls = true,
                Some("PIPELINING") => features.pipelining = true,
                Some("SIZE") => {
                    let max_bytes = words.next().and_then(|word| word.parse().ok());
                    features.size = Some(max_bytes.unwrap_or(0));
                }
                Some("AUTH") => {
                    for word in words {
                        features.auth_plain |= word == "PLAIN";
                        features.auth_login |= word == "LOGIN";
                    }
                }
                _ => {}
            }
        }
        features
    }
}

/// A connection that has been greeted, encrypted and logged in as the target wants it, and is
/// between two mails.
///
/// Whoever lends one out takes it by value and gives it back only after a complete exchange: a
/// future that is dropped half-way drops the connection with it.
pub(super) struct Session {
    pub(super) wire: Wire,
    features: Features,
    /// Mails that were handed over.
    pub(super) mails: u32,
    /// Commands are sent without waiting for the answers to those before.
    pub(super) pipelines: bool,
    /// The opening of the next mail that was sent already; its answers are still to be read.
    pub(super) ahead: Option<Opening>,
    /// A mail was begun and refused: the server is to forget it before the next.
    pub(super) needs_reset: bool,
    /// The last exchange was complete, and the server did not say that it goes.
    pub(super) is_usable: bool,
    _permit: OwnedSemaphorePermit,
}

impl Session {
    /// Opens a connection. `permit` is its share of the bound over all hosts.
    pub(super) async fn open(
        target: &Target,
        settings: &Settings,
        tls: &Arc<ClientConfig>,
        may_pipeline: bool,
        permit: OwnedSemaphorePermit,
    ) -> Result<Self, SendError> {
        let times = &settings.timeouts;
        let mut wire = Wire::new(connect(target, settings).await?);
        if target.encryption == Encryption::Tls {
            wire = encrypt(wire, target, tls, times).await?;
        }
        let greeting = wire
            .reply(times.greeting)
            .await
            .map_err(at(Stage::Greeting))?;
        positive(greeting, Stage::Greeting)?;
        if !wire.is_in_step() {
            return Err(at(Stage::Greeting)(Cause::Protocol("more than a greeting")));
        }
        let mut features = ehlo(&mut wire, settings).await?;
        if target.encryption == Encryption::StartTls {
            if !features.starttls {
                return Err(at(Stage::StartTls)(Cause::NotOffered("STARTTLS")));
            }
            let reply = wire.command("STARTTLS\r\n", times.starttls).await;
            positive(reply.map_err(at(Stage::StartTls))?, Stage::StartTls)?;
            wire = encrypt(wire, target, tls, times).await?;
            // What was offered in clear counts no more (RFC 3207 §4.2).
            features = ehlo(&mut wire, settings).await?;
        }
        if let Some(credentials) = &target.credentials {
            log_in(&mut wire, &features, credentials, times)
                .await
                .map_err(at(Stage::Auth))?;
        }
        Ok(Self {
            wire,
            pipelines: may_pipeline && features.pipelining,
            features,
            mails: 0,
            ahead: None,
            needs_reset: false,
            is_usable: true,
            _permit: permit,
        })
    }

    /// What is said before the mail's content.
    ///
    /// # Errors
    /// The server does not take messages of this size.
    pub(super) fn opening(&self, prepared: &PreparedMail) -> Result<Opening, Cause> {
        let Envelope { from, to } = &prepared.envelope;
        let bytes = prepared.content.len();
        let size = match self.features.size {
            Some(max @ 1..) if bytes > max => {
                return Err(Cause::Unsendable("it is longer than the server takes"));
            }
            Some(_) => format!(" SIZE={bytes}"),
            None => String::new(),
        };
        Ok(Opening([
            format!("MAIL FROM:<{from}>{size}\r\n"),
            format!("RCPT TO:<{to}>\r\n"),
            "DATA\r\n".to_owned(),
        ]))
    }

    /// Whether the connection may carry another mail.
    pub(super) fn is_reusable(&self, settings: &Settings) -> bool {
        // The answers to what was sent ahead may have come already.
        let in_step = self.ahead.is_some() || self.wire.is_in_step();
        self.is_usable && in_step && self.mails < settings.mails_per_connection
    }

    /// Takes leave without waiting for the answer.
    pub(super) async fn quit(mut self, times: &Timeouts) {
        // The connection is closed in any case; the word is a courtesy.
        let _ = self.wire.say("QUIT\r\n", times.quit).await;
    }
}

async fn encrypt(
    wire: Wire,
    target: &Target,
    tls: &Arc<ClientConfig>,
    times: &Timeouts,
) -> Result<Wire, SendError> {
    let name = server_name(&target.host).map_err(at(Stage::Tls))?;
    wire.encrypt(Arc::clone(tls), name, times.tls)
        .await
        .map_err(at(Stage::Tls))
}

async fn ehlo(wire: &mut Wire, settings: &Settings) -> Result<Features, SendError> {
    let line = format!("EHLO {}\r\n", literal(&settings.hello_name));
    let reply = wire
        .command(&line, settings.timeouts.ehlo)
        .await
        .map_err(at(Stage::Ehlo))?;
    let reply = positive(reply, Stage::Ehlo)?;
    Ok(Features::from_ehlo(&reply))
}

/// A host's name, or its address in brackets (RFC 5321 §4.1.3).
fn literal(host: &Host) -> String {
    match host {
        Host::Address(IpAddr::V6(v6)) => format!("[IPv6:{v6}]"),
        Host::Address(v4) => format!("[{v4}]"),
        Host::Name(name) => name.as_str().to_owned(),
    }
}

/// AUTH PLAIN (RFC 4616), else AUTH LOGIN: both hand the password over, so the channel guards it.
async fn log_in(
    wire: &mut Wire,
    features: &Features,
    credentials: &Credentials,
    times: &Timeouts,
) -> Result<(), Cause> {
    let encoded = |text: &str| Zeroizing::new(STANDARD.encode(text));
    let reply = if features.auth_plain {
        let Credentials { user, password } = credentials;
        let secret = Zeroizing::new(format!("\0{}\0{}", **user, **password));
        let line = Zeroizing::new(format!("AUTH PLAIN {}\r\n", *encoded(&secret)));
        wire.command(&line, times.auth).await?
    } else if features.auth_login {
        // The challenges say "Username:" and "Password:" in many spellings; only their order counts.
        let odd = "an answer to AUTH LOGIN that is no challenge";
        let reply = wire.command("AUTH LOGIN\r\n", times.auth).await?;
        coded(reply, 334, odd)?;
        let line = Zeroizing::new(format!("{}\r\n", *encoded(&credentials.user)));
        coded(wire.command(&line, times.auth).await?, 334, odd)?;
        let line = Zeroizing::new(format!("{}\r\n", *encoded(&credentials.password)));
        wire.command(&line, times.auth).await?
    } else {
        return Err(Cause::NotOffered("AUTH PLAIN or AUTH LOGIN"));
    };
    let odd = "an answer to AUTH that is neither yes nor no";
    coded(reply, 235, odd)
}

fn coded(reply: Reply, code: u16, odd: &'static str) -> Result<(), Cause> {
    match reply.code() {
        given if given == code => Ok(()),
        _ if reply.is_negative() => Err(Cause::Answer(reply)),
        _ => Err(Cause::Protocol(odd)),
    }
}

pub(super) fn positive(reply: Reply, stage: Stage) -> Result<Reply, SendError> {
    expect(reply, stage, Reply::is_positive)
}

pub(super) fn expect(
    reply: Reply,
    stage: Stage,
    good: impl Fn(&Reply) -> bool,
) -> Result<Reply, SendError> {
    if good(&reply) {
        return Ok(reply);
    }
    let cause = if reply.is_negative() {
        Cause::Answer(reply)
    } else {
        Cause::Protocol("an answer out of turn")
    };
    Err(SendError::new(stage, cause))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_service_is_named_by_a_domain_or_a_literal() {
        for (text, expected) in [
            ("upsell.example.com", "upsell.example.com"),
            ("127.0.0.1", "[127.0.0.1]"),
            ("::1", "[IPv6:::1]"),
        ] {
            assert_eq!(literal(&Host::parse(text).unwrap()), expected);
        }
    }
}
