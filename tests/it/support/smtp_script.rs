//! An SMTP server that does what the test says: by default it takes every mail, and at each point
//! of the conversation it can be told to refuse, dawdle, stall, lie or hang up. It records what it
//! was told, and notes every breach of the protocol by the client.

use std::collections::{HashMap, VecDeque};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, Once};
use std::time::Duration;

use rustls::ServerConfig;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tokio_rustls::TlsAcceptor;

use super::smtp_conversation::converse;

/// The points at which a server has something to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum At {
    Greeting,
    Ehlo,
    StartTls,
    Auth,
    Mail,
    Rcpt,
    Data,
    FinalDot,
    Quit,
    /// After the server has spoken unasked.
    Unasked,
}

/// What the server does instead of its usual answer.
#[derive(Debug, Clone)]
pub(crate) enum Act {
    /// These bytes; a CRLF is added.
    Say(String),
    /// The same, one byte at a time with this pause after each.
    Slowly(String, Duration),
    /// Nothing, and the connection stays open.
    Stall,
    /// Hangs up. At the final dot: without having taken the mail.
    Close,
    /// Only at the final dot: takes the mail and hangs up before saying so.
    TakeAndClose,
    /// Only at the final dot: takes the mail and says so once the server relents.
    TakeAndWithhold,
    /// The usual answer, and these bytes in the same packet.
    UsualAnd(String),
    /// The usual answer, and these bytes after a while, unasked.
    UsualThen(Duration, String),
    /// The usual answer, and hangs up.
    UsualAndClose,
}

impl Act {
    pub(crate) fn say(text: &str) -> Self {
        Self::Say(text.to_owned())
    }
}

/// Whether and when the server speaks TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ServerTls {
    Never,
    /// Offers STARTTLS.
    Offered,
    /// From the first byte.
    Always,
}

/// What the server makes of PIPELINING (RFC 2920).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pipelining {
    NotOffered,
    Works,
    /// Offers it, and hangs up when commands come together.
    HangsUp,
    /// Offers it, and forgets what came together with MAIL.
    Discards,
}

/// A mail that the server took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Taken {
    pub(crate) from: String,
    pub(crate) to: String,
    /// As composed: dots undone, CRLF line ends.
    pub(crate) message: String,
    pub(crate) encrypted: bool,
    /// User and password, if the client logged in.
    pub(crate) login: Option<(String, String)>,
    /// Which connection, counted from 0.
    pub(crate) connection: usize,
}

/// How a server is set up.
#[derive(Debug, Clone)]
pub(crate) struct Setup {
    pub(crate) tls: ServerTls,
    /// Lines of the EHLO answer besides `STARTTLS`.
    pub(crate) features: Vec<String>,
    pub(crate) pipelining: Pipelining,
    /// Waits so long before each answer.
    pub(crate) pause: Duration,
}

impl Default for Setup {
    fn default() -> Self {
        let features = ["8BITMIME", "SIZE 1000000"].map(str::to_owned).to_vec();
        Self {
            tls: ServerTls::Never,
            features,
            pipelining: Pipelining::NotOffered,
            pause: Duration::ZERO,
        }
    }
}

#[derive(Default)]
pub(crate) struct Orders {
    once: HashMap<At, VecDeque<Act>>,
    always: HashMap<At, Act>,
}

/// What all connections share.
pub(crate) struct Shared {
    pub(crate) setup: Setup,
    pub(crate) tls: TlsAcceptor,
    orders: Mutex<Orders>,
    pub(crate) taken: watch::Sender<Vec<Taken>>,
    /// Every command line in clear, as received; the AUTH ones too.
    pub(crate) lines: Mutex<Vec<String>>,
    pub(crate) breaches: Mutex<Vec<String>>,
    reached: watch::Sender<Vec<At>>,
    connections: watch::Sender<usize>,
    open: watch::Sender<usize>,
    /// The senders of mails that were taken and not yet answered.
    withheld: watch::Sender<Vec<String>>,
}

impl Shared {
    /// Until the server relents.
    pub(crate) async fn withhold(&self, from: &str) {
        let mut withheld = self.withheld.subscribe();
        self.withheld.send_modify(|all| all.push(from.to_owned()));
        // The sender is in `self`.
        let _ = withheld.wait_for(Vec::is_empty).await;
    }

    /// Notes that this point is reached, and says what to do there if not the usual.
    pub(crate) fn arrive(&self, at: At) -> Option<Act> {
        self.reached.send_modify(|reached| reached.push(at));
        let mut orders = self.orders.lock().unwrap();
        let once = orders.once.get_mut(&at).and_then(VecDeque::pop_front);
        once.or_else(|| orders.always.get(&at).cloned())
    }
}

/// A running server; it ends when dropped.
pub(crate) struct SmtpScript {
    pub(crate) address: SocketAddr,
    /// The certificate authority to believe, in PEM. The server's names are `localhost`,
    /// `mail.example.test` and its address.
    pub(crate) ca_pem: String,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

impl Drop for SmtpScript {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl SmtpScript {
    /// A server without TLS or AUTH that takes everything.
    pub(crate) async fn start() -> Self {
        Self::with(Setup::default()).await
    }

    pub(crate) async fn with(setup: Setup) -> Self {
        Self::at((Ipv4Addr::LOCALHOST, 0).into(), setup).await
    }

    pub(crate) async fn at(address: SocketAddr, setup: Setup) -> Self {
        let (ca_pem, tls) = certificate(address);
        let listener = TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            setup,
            tls,
            orders: Mutex::default(),
            taken: watch::Sender::new(Vec::new()),
            lines: Mutex::default(),
            breaches: Mutex::default(),
            reached: watch::Sender::new(Vec::new()),
            connections: watch::Sender::new(0),
            open: watch::Sender::new(0),
            withheld: watch::Sender::default(),
        });
        let task = tokio::spawn(accept(listener, Arc::clone(&shared)));
        Self {
            address,
            ca_pem,
            shared,
            task,
        }
    }

    /// At the next visit to this point, and only then. Several orders queue up.
    pub(crate) fn once(&self, at: At, act: Act) -> &Self {
        self.shared
            .orders
            .lock()
            .unwrap()
            .once
            .entry(at)
            .or_default()
            .push_back(act);
        self
    }

    /// At every visit to this point.
    pub(crate) fn always(&self, at: At, act: Act) -> &Self {
        self.shared.orders.lock().unwrap().always.insert(at, act);
        self
    }

    /// Back to the usual.
    pub(crate) fn relent(&self) {
        *self.shared.orders.lock().unwrap() = Orders::default();
        self.shared.withheld.send_modify(Vec::clear);
    }

    /// Waits until a mail of this sender was taken and its answer is withheld.
    pub(crate) async fn until_withheld(&self, from: &str) {
        soon(&self.shared.withheld, |all| all.iter().any(|of| of == from)).await;
    }

    /// The mails taken so far.
    pub(crate) fn taken(&self) -> Vec<Taken> {
        self.shared.taken.borrow().clone()
    }

    /// What `look` makes of the mails taken so far, without a copy of them.
    pub(crate) fn of_taken<T>(&self, look: impl FnOnce(&[Taken]) -> T) -> T {
        look(&self.shared.taken.borrow())
    }

    /// Waits until the mails taken are as wanted.
    pub(crate) async fn until_taken(&self, wanted: impl Fn(&[Taken]) -> bool) {
        let mut taken = self.shared.taken.subscribe();
        taken.wait_for(|taken| wanted(taken)).await.unwrap();
    }

    /// Every command line received.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.shared.lines.lock().unwrap().clone()
    }

    /// What the client did against the protocol.
    pub(crate) fn breaches(&self) -> Vec<String> {
        self.shared.breaches.lock().unwrap().clone()
    }

    /// How many connections were opened in all.
    pub(crate) fn connections(&self) -> usize {
        *self.shared.connections.borrow()
    }

    /// How many connections are open.
    pub(crate) fn open(&self) -> usize {
        *self.shared.open.borrow()
    }

    /// How often points were reached, over all connections.
    pub(crate) fn steps(&self) -> usize {
        self.shared.reached.borrow().len()
    }

    /// Waits until points were reached so often, over all connections.
    pub(crate) async fn until_steps(&self, count: usize) {
        soon(&self.shared.reached, |reached| reached.len() >= count).await;
    }

    /// Waits until this point was reached so often.
    pub(crate) async fn until_reached(&self, at: At, count: usize) {
        let visits = |reached: &Vec<At>| reached.iter().filter(|&&point| point == at).count();
        soon(&self.shared.reached, |reached| visits(reached) >= count).await;
    }

    /// Waits until no connection is open.
    pub(crate) async fn until_deserted(&self) {
        soon(&self.shared.open, |&open| open == 0).await;
    }
}

/// Waits for something that must happen, but not for ever.
async fn soon<T>(sender: &watch::Sender<T>, good: impl FnMut(&T) -> bool) {
    let mut receiver = sender.subscribe();
    let happened = receiver.wait_for(good);
    let in_time = tokio::time::timeout(Duration::from_secs(20), happened).await;
    assert!(
        in_time.is_ok(),
        "what the test waits for has not happened in 20 s"
    );
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let mut conversations = JoinSet::new();
    while let Ok((tcp, _)) = listener.accept().await {
        tcp.set_nodelay(true).unwrap();
        let number = *shared.connections.borrow();
        shared.connections.send_modify(|count| *count += 1);
        shared.open.send_modify(|open| *open += 1);
        let shared = Arc::clone(&shared);
        conversations.spawn(async move {
            // A client that hangs up ends the conversation; that is no fault of the server.
            let _ = converse(tcp, &shared, number).await;
            shared.open.send_modify(|open| *open -= 1);
        });
        while conversations.try_join_next().is_some() {}
    }
}

fn certificate(address: SocketAddr) -> (String, TlsAcceptor) {
    static PROVIDER: Once = Once::new();
    PROVIDER.call_once(|| {
        // Another test may have been first.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    });
    let address = address.ip().to_string();
    let names = ["localhost", "mail.example.test", &address].map(str::to_owned);
    let made = rcgen::generate_simple_self_signed(names).unwrap();
    let key = rustls::pki_types::PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    (made.cert.pem(), TlsAcceptor::from(Arc::new(config)))
}
