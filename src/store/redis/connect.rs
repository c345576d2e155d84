//! Makes connections: to one server, to whichever the Sentinels name, or to a cluster.

use std::path::PathBuf;
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::cluster::ClusterClientBuilder;
use redis::cluster_async::ClusterConnection;
use redis::io::tcp::TcpSettings;
use redis::sentinel::{SentinelClientBuilder, SentinelServerType};
use redis::{
    AsyncConnectionConfig, Client, ConnectionAddr, ConnectionInfo, ErrorKind,
    IntoConnectionInfo as _, ProtocolVersion, PushInfo, RedisConnectionInfo, RedisError,
    RedisResult, TlsCertificates, TlsMode,
};

use super::address::{Address, Kind, Node};

/// What is pushed to a connection without having been asked for.
pub(super) type OnPush = std::sync::Arc<dyn Fn(PushInfo) + Send + Sync>;

/// A connection that many use at once.
#[derive(Clone)]
pub(super) enum Connection {
    One(MultiplexedConnection),
    Cluster(ClusterConnection),
}

/// How connections are made.
#[derive(Debug, Clone)]
pub(super) struct Connector {
    pub(super) address: Address,
    /// For the connection, and for the answer to a command.
    pub(super) timeout: Duration,
    /// A PEM file of authorities to trust in place of the system's.
    pub(super) ca: Option<(PathBuf, Vec<u8>)>,
}

impl Connector {
    /// Connects; what the server pushes is given to `on_push`.
    pub(super) async fn connect(&self, on_push: Option<OnPush>) -> RedisResult<Connection> {
        let made = async {
            match &self.address.kind {
                Kind::Standalone => {
                    let client = self.client(self.info(self.first())?)?;
                    self.connect_to(&client, on_push).await
                }
                Kind::Sentinel { master } => {
                    let client = self.ask_sentinels(master).await?;
                    self.connect_to(&client, on_push).await
                }
                Kind::Cluster => self.connect_cluster(on_push).await,
            }
        };
        // A name that does not resolve, or a handshake that never ends, is in no other timeout.
        let made = tokio::time::timeout(self.timeout, made).await;
        made.unwrap_or_else(|_| Err(timed_out()))
    }

    async fn connect_to(
        &self,
        client: &Client,
        on_push: Option<OnPush>,
    ) -> RedisResult<Connection> {
        let mut config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(self.timeout))
            // Each command has a deadline of its own.
            .set_response_timeout(None);
        if let Some(on_push) = on_push {
            config = config.set_push_sender(move |push| -> Result<(), ()> {
                on_push(push);
                Ok(())
            });
        }
        let connection = client.get_multiplexed_async_connection_with_config(&config);
        connection.await.map(Connection::One)
    }

    async fn connect_cluster(&self, on_push: Option<OnPush>) -> RedisResult<Connection> {
        let nodes: RedisResult<Vec<ConnectionInfo>> = self
            .address
            .nodes
            .iter()
            .map(|node| self.info(node))
            .collect();
        let mut builder = ClusterClientBuilder::new(nodes?)
            // Twice it waits for all nodes together, and one that hangs must not hide the others.
            .connection_timeout(self.timeout / 4)
            .response_timeout(self.timeout)
            .overall_response_timeout(None)
            // Who sends again must know whether the command may have been carried out.
            .retries(0)
            .tcp_settings(tcp())
            .use_protocol(ProtocolVersion::RESP3);
        if self.address.tls {
            builder = builder.tls(TlsMode::Secure);
        }
        if let Some(certificates) = self.certificates() {
            builder = builder.certs(certificates);
        }
        if let Some(user) = &self.address.user {
            builder = builder.username(user);
        }
        if let Some(password) = &self.address.password {
            builder = builder.password(password.as_str());
        }
        if let Some(on_push) = on_push {
            builder = builder.push_sender(move |push| -> Result<(), ()> {
                on_push(push);
                Ok(())
            });
        }
        let connection = builder.build()?.get_async_connection().await?;
        Ok(Connection::Cluster(connection))
    }

    /// The server that the Sentinels name, which has said itself that it is the master.
    async fn ask_sentinels(&self, master: &str) -> RedisResult<Client> {
        let mut last = None;
        // One after the other, each for its part of the time: one that is away or hangs must not
        // hide the others.
        let nodes = u32::try_from(self.address.nodes.len()).unwrap_or(u32::MAX);
        for node in &self.address.nodes {
            let asked = self.ask_sentinel(node, master);
            match tokio::time::timeout(self.timeout / (nodes + 1), asked).await {
                Ok(Ok(client)) => return Ok(client),
                Ok(Err(error)) => last = Some(error),
                Err(_) => last = Some(timed_out()),
            }
        }
        let none = (ErrorKind::InvalidClientConfig, "no Sentinel is named");
        Err(last.unwrap_or_else(|| none.into()))
    }

    async fn ask_sentinel(&self, node: &Node, master: &str) -> RedisResult<Client> {
        let sentinel = self.address_of(node);
        let mut builder =
            SentinelClientBuilder::new([sentinel], master, SentinelServerType::Master)?
                .set_client_to_redis_db(self.address.db.into())
                .set_client_to_redis_protocol(ProtocolVersion::RESP3)
                .set_client_to_redis_tcp_settings(tcp())
                .set_client_to_sentinel_tcp_settings(tcp());
        if self.address.tls {
            builder = builder
                .set_client_to_redis_tls_mode(TlsMode::Secure)
                .set_client_to_sentinel_tls_mode(TlsMode::Secure);
        }
        if let Some(certificates) = self.certificates() {
            builder = builder
                .set_client_to_redis_certificates(certificates.clone())
                .set_client_to_sentinel_certificates(certificates);
        }
        if let Some(user) = &self.address.user {
            builder = builder.set_client_to_redis_username(user);
        }
        if let Some(password) = &self.address.password {
            builder = builder.set_client_to_redis_password(password.as_str());
        }
        builder.build()?.async_get_client().await
    }

    #[expect(clippy::indexing_slicing, reason = "a parsed address has a node")]
    fn first(&self) -> &Node {
        &self.address.nodes[0]
    }

    fn client(&self, info: ConnectionInfo) -> RedisResult<Client> {
        match self.certificates() {
            Some(certificates) => Client::build_with_tls(info, certificates),
            None => Client::open(info),
        }
    }

    fn certificates(&self) -> Option<TlsCertificates> {
        let (_, pem) = self.ca.as_ref().filter(|_| self.address.tls)?;
        Some(TlsCertificates {
            client_tls: None,
            root_cert: Some(pem.clone()),
        })
    }

    /// A server with what to log in with.
    fn info(&self, node: &Node) -> RedisResult<ConnectionInfo> {
        let info = self.address_of(node).into_connection_info()?;
        Ok(info
            .set_tcp_settings(tcp())
            .set_redis_settings(self.login()))
    }

    fn address_of(&self, Node { host, port }: &Node) -> ConnectionAddr {
        let (host, port) = (host.clone(), *port);
        if self.address.tls {
            ConnectionAddr::TcpTls {
                host,
                port,
                insecure: false,
                tls_params: None,
            }
        } else {
            ConnectionAddr::Tcp(host, port)
        }
    }

    fn login(&self) -> RedisConnectionInfo {
        let mut login = RedisConnectionInfo::default()
            .set_db(self.address.db.into())
            .set_protocol(ProtocolVersion::RESP3)
            .set_lib_name("upsell", env!("CARGO_PKG_VERSION"));
        if let Some(user) = &self.address.user {
            login = login.set_username(user);
        }
        if let Some(password) = &self.address.password {
            login = login.set_password(password.as_str());
        }
        login
    }
}

/// Without this, each small command waits for the acknowledgement of the one before.
fn tcp() -> TcpSettings {
    TcpSettings::default().set_nodelay(true)
}

pub(super) fn timed_out() -> RedisError {
    std::io::Error::from(std::io::ErrorKind::TimedOut).into()
}
