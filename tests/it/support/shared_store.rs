//! Servers that all services of a run share, where `UPSELL_TEST_STORE` asks for them: `redis`,
//! `valkey` or `redis-cluster`. Each service has names of its own in them. So the tests of the whole
//! program run on any kind of store:
//!
//! ```text
//! UPSELL_TEST_STORE=redis-cluster cargo test --test it -- walk
//! ```

use tokio::sync::OnceCell;

use super::redis::{Program, RedisCluster, RedisServer, Reply, Shape};

/// What was asked for, once somebody needs it. The servers end with the tests.
static SERVERS: OnceCell<Option<Servers>> = OnceCell::const_new();

enum Servers {
    One(Box<RedisServer>),
    Cluster(Box<RedisCluster>),
}

/// The part of the servers that one service has.
#[derive(Debug, Clone)]
pub(crate) struct Share {
    prefix: String,
    url: String,
}

impl Share {
    /// A share of its own, if there are servers.
    pub(crate) async fn new() -> Option<Self> {
        let servers = servers().await.as_ref()?;
        let random = uuid::Uuid::new_v4().simple().to_string();
        Some(Self {
            prefix: format!("t{}", &random[..12]),
            url: match servers {
                Servers::One(server) => server.url(),
                Servers::Cluster(cluster) => cluster.url(),
            },
        })
    }

    /// The settings of a service that has it.
    pub(crate) fn settings(&self) -> [(String, String); 2] {
        [
            ("UPSELL_STORE".to_owned(), self.url.clone()),
            ("UPSELL_REDIS_PREFIX".to_owned(), self.prefix.clone()),
        ]
    }

    /// All that lies in it, as bytes.
    pub(crate) async fn stored_bytes(&self) -> Vec<u8> {
        let nodes: Vec<&RedisServer> = match servers().await {
            Some(Servers::One(server)) => vec![server],
            Some(Servers::Cluster(cluster)) => cluster.nodes.iter().collect(),
            None => Vec::new(),
        };
        let mut all = Vec::new();
        for node in nodes {
            let names = node.ask(&["KEYS", &format!("{}:*", self.prefix)]).unwrap();
            for name in names.list() {
                all.extend_from_slice(name.bytes());
                // A replica sends who asks to its primary, which is asked, too.
                if let Ok(Reply::Text(value)) = node.ask(&[b"GET".as_slice(), name.bytes()]) {
                    all.extend_from_slice(&value);
                }
            }
        }
        all
    }
}

async fn servers() -> &'static Option<Servers> {
    let start = async || {
        let kind = std::env::var("UPSELL_TEST_STORE").ok()?;
        Some(match kind.as_str() {
            "redis" => Servers::One(Box::new(RedisServer::start(Program::Redis, &[]).await)),
            "valkey" => Servers::One(Box::new(RedisServer::start(Program::Valkey, &[]).await)),
            "redis-cluster" => {
                let cluster = RedisCluster::start(Program::Redis, &Shape::default()).await;
                Servers::Cluster(Box::new(cluster))
            }
            "embedded" => return None,
            other => panic!("UPSELL_TEST_STORE is {other}: write redis, valkey or redis-cluster"),
        })
    };
    SERVERS.get_or_init(start).await
}
