//! Who may talk to a server, and how: passwords, users, TLS.

use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use tempfile::TempDir;

use super::resp::Conversation;

/// Who may log in.
#[derive(Debug, Clone, Default)]
pub(crate) enum Access {
    /// Everybody, without a password.
    #[default]
    Open,
    /// Everybody who knows it.
    Password(String),
    /// Only these users, as lines of an ACL file: `user reader on >secret ~* +get`. There is one
    /// more of whom these lines say nothing: the tests' own, who may do everything.
    Users(Vec<String>),
}

/// A user and a password.
pub(super) type Login = (String, String);

/// The user of the tests themselves.
const OWN: &str = "the-tests";

impl Access {
    /// What it means for the configuration of a server in this directory.
    pub(super) fn settings(&self, dir: &TempDir) -> Vec<String> {
        match self {
            Self::Open => Vec::new(),
            Self::Password(password) => vec![format!("requirepass {password}")],
            Self::Users(users) => {
                let own = format!("user {OWN} on >{OWN} ~* &* +@all");
                let lines = [&["user default off".to_owned(), own], users.as_slice()].concat();
                let file = dir.path().join("users.acl");
                std::fs::write(&file, lines.join("\n") + "\n").unwrap();
                vec![format!("aclfile {}", file.display())]
            }
        }
    }

    /// How the tests themselves log in.
    pub(super) fn own_login(&self) -> Option<Login> {
        match self {
            Self::Open => None,
            Self::Password(password) => Some(("default".to_owned(), password.clone())),
            Self::Users(_) => Some((OWN.to_owned(), OWN.to_owned())),
        }
    }
}

/// The certificate of a server that speaks TLS. It is its own authority; its names are
/// `localhost` and `127.0.0.1`.
pub(super) struct Certificate {
    pub(super) pem: String,
    der: CertificateDer<'static>,
}

impl Certificate {
    /// Makes one, and puts it with its key into the directory of the server.
    pub(super) fn make(dir: &TempDir) -> Self {
        let names = ["localhost", "127.0.0.1"].map(str::to_owned);
        let made = rcgen::generate_simple_self_signed(names).unwrap();
        let pem = made.cert.pem();
        std::fs::write(dir.path().join("cert.pem"), &pem).unwrap();
        let key = made.signing_key.serialize_pem();
        std::fs::write(dir.path().join("key.pem"), key).unwrap();
        let der = made.cert.der().clone();
        Self { pem, der }
    }

    /// What it means for the configuration of a server in this directory.
    pub(super) fn settings(dir: &TempDir, port: u16) -> Vec<String> {
        let path = |name: &str| dir.path().join(name).display().to_string();
        vec![
            format!("tls-port {port}"),
            format!("tls-cert-file {}", path("cert.pem")),
            format!("tls-key-file {}", path("key.pem")),
            "tls-auth-clients no".to_owned(),
        ]
    }

    fn client(&self, tcp: TcpStream) -> StreamOwned<ClientConnection, TcpStream> {
        let mut roots = RootCertStore::empty();
        roots.add(self.der.clone()).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let name = ServerName::try_from("localhost").unwrap();
        let tls = ClientConnection::new(Arc::new(config), name).unwrap();
        StreamOwned::new(tls, tcp)
    }
}

/// To a server, with or without TLS.
pub(super) type Connection = Conversation<Box<dyn Stream>>;

/// Connects to a server, and logs in.
pub(super) fn connect(
    address: SocketAddr,
    certificate: Option<&Certificate>,
    login: Option<&Login>,
    patience: Duration,
) -> Result<Connection, String> {
    let connected = TcpStream::connect_timeout(&address, patience);
    let tcp = connected.map_err(|error| error.to_string())?;
    tcp.set_read_timeout(Some(patience)).unwrap();
    tcp.set_write_timeout(Some(patience)).unwrap();
    let stream: Box<dyn Stream> = match certificate {
        Some(certificate) => Box::new(certificate.client(tcp)),
        None => Box::new(tcp),
    };
    let mut conversation = Conversation::new(stream);
    if let Some((user, password)) = login {
        conversation.ask(&["AUTH", user, password])?;
    }
    Ok(conversation)
}

pub(super) trait Stream: std::io::Read + std::io::Write {}

impl<S: std::io::Read + std::io::Write> Stream for S {}
