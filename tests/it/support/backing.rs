//! A store of its own for a test with several nodes: one server, or a cluster where
//! `UPSELL_TEST_STORE` says so.

use super::redis::{Program, RedisCluster, RedisServer, Shape};

pub(crate) enum Backing {
    One(Box<RedisServer>),
    Cluster(Box<RedisCluster>),
}

/// What a server needs so that a loss of power loses nothing.
pub(crate) const DURABLE: [&str; 2] = ["appendonly yes", "appendfsync always"];

impl Backing {
    pub(crate) async fn start() -> Self {
        match std::env::var("UPSELL_TEST_STORE").as_deref() {
            Ok("redis-cluster") => {
                let cluster = RedisCluster::start(Program::Redis, &Shape::default()).await;
                Self::Cluster(Box::new(cluster))
            }
            Ok("valkey") => Self::one(Program::Valkey).await,
            _ => Self::one(Program::Redis).await,
        }
    }

    async fn one(program: Program) -> Self {
        Self::One(Box::new(RedisServer::start(program, &DURABLE).await))
    }

    /// What `store` is to be.
    pub(crate) fn url(&self) -> String {
        match self {
            Self::One(server) => server.url(),
            Self::Cluster(cluster) => cluster.url(),
        }
    }
}
