//! Short ways to a mailer, a target and a mail.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use upsell::outbox::smtp::{
    Answer, Credentials, Encryption, Envelope, Host, Mailer, Network, Reply, Roots, SendError,
    Settings, Target, Timeouts, Trust,
};

use super::smtp_script::SmtpScript;

/// The same time for everything.
fn all(time: Duration) -> Timeouts {
    Timeouts {
        resolve: time,
        connect: time,
        tls: time,
        greeting: time,
        ehlo: time,
        starttls: time,
        auth: time,
        mail: time,
        rcpt: time,
        data: time,
        block: time,
        final_dot: time,
        quit: time,
    }
}

/// Settings with generous times, which believe only the server's certificate.
pub(crate) fn settings(server: &SmtpScript) -> Settings {
    let roots = Roots {
        without_native: true,
        extra_pem: server.ca_pem.clone().into_bytes(),
    };
    let hello_name = Host::parse("upsell.example.test").unwrap();
    let timeouts = all(Duration::from_secs(20));
    Settings {
        roots,
        timeouts,
        ..Settings::new(hello_name)
    }
}

pub(crate) fn mailer(server: &SmtpScript) -> Mailer {
    Mailer::new(settings(server)).unwrap()
}

/// A mailer that gives each stage so long.
pub(crate) fn impatient(server: &SmtpScript, time: Duration) -> Mailer {
    let timeouts = all(time);
    Mailer::new(Settings {
        timeouts,
        ..settings(server)
    })
    .unwrap()
}

/// One mail alone.
pub(crate) trait SendOne {
    /// Hands a mail over as soon as the server has a free connection, and leaves the connection to
    /// the next unless that went wrong.
    async fn send(&self, to: &Target, envelope: &Envelope, mail: &[u8])
    -> Result<Reply, SendError>;
}

impl SendOne for Mailer {
    async fn send(
        &self,
        to: &Target,
        envelope: &Envelope,
        mail: &[u8],
    ) -> Result<Reply, SendError> {
        let prepared = self.prepare(envelope.clone(), mail)?;
        let mut connection = loop {
            match self.try_reserve(to) {
                Some(connection) => break connection,
                None => tokio::time::sleep(Duration::from_millis(2)).await,
            }
        };
        let reply = connection.send(&prepared, None).await?;
        connection.rest().await;
        Ok(reply)
    }
}

/// The operator's server.
pub(crate) fn target(server: &SmtpScript, encryption: Encryption) -> Target {
    target_at(
        "127.0.0.1",
        server.address.port(),
        encryption,
        None,
        Trust::Operator,
    )
}

pub(crate) fn target_at(
    host: &str,
    port: u16,
    encryption: Encryption,
    login: Option<(&str, &str)>,
    trust: Trust,
) -> Target {
    let login =
        login.map(|(user, password)| Credentials::new(user.into(), password.into()).unwrap());
    Target::new(Host::parse(host).unwrap(), port, encryption, login, trust).unwrap()
}

pub(crate) fn envelope(to: &str) -> Envelope {
    let from = "upsell@example.test".parse().unwrap();
    Envelope {
        from,
        to: to.parse().unwrap(),
    }
}

/// A mail of about `lines` lines that can be told from every other: the token is quoted by the
/// scripted server, and stands at the end too, so that a cut mail is seen.
pub(crate) fn message(token: &str, lines: usize) -> String {
    let body: String = (0..lines)
        .map(|n| format!("line {n} of {token}\r\n.{n}\r\n"))
        .collect();
    format!("Subject: quota\r\nX-Token: {token}\r\n\r\n{body}end of {token}\r\n")
}

/// A resolver that knows these names and counts the questions.
#[derive(Default)]
pub(crate) struct Names {
    pub(crate) known: HashMap<String, Vec<IpAddr>>,
    pub(crate) asked: AtomicUsize,
}

impl Names {
    pub(crate) fn new(known: &[(&str, &[&str])]) -> Arc<Self> {
        let address = |text: &&str| text.parse().unwrap();
        let entry = |(name, found): &(&str, &[&str])| {
            ((*name).to_owned(), found.iter().map(address).collect())
        };
        Arc::new(Self {
            known: known.iter().map(entry).collect(),
            asked: AtomicUsize::new(0),
        })
    }

    /// `mail.example.test` is this machine.
    pub(crate) fn local() -> Arc<Self> {
        let here = Ipv4Addr::LOCALHOST.to_string();
        Self::new(&[("mail.example.test", &[&here])])
    }
}

impl Network for Names {
    fn lookup<'a>(&'a self, name: &'a str) -> Answer<'a, Vec<IpAddr>> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        let found = self.known.get(name).cloned();
        Box::pin(async move { found.ok_or_else(|| io::Error::other("no such name")) })
    }
}
