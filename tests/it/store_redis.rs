//! The engine of many nodes: the contract on each kind of servers.

use std::sync::Arc;

use upsell::store::engine::{BoxFuture, Engine};
use upsell::store::keys::place;
use upsell::store::redis::address::Address;
use upsell::store::redis::{Options, Places, RedisEngine};

use crate::store_contract::{Factory, contract_suite};
use crate::support::redis::{Program, RedisCluster, RedisServer, Shape};

/// Where records of the product are.
pub(crate) const PLACES: Places = Places {
    of_key: place::of_key,
    of_prefix: place::of_prefix,
};

/// Every key is in a place of its own: nearly every change spans partitions.
const SCATTERED: Places = Places {
    of_key: |key| key,
    of_prefix: |_| None,
};

pub(crate) async fn open(url: &str, options: Options) -> RedisEngine {
    let address = Address::parse(url).unwrap();
    RedisEngine::open(address, options).await.unwrap()
}

/// A store of its own on a server of its own.
struct On<S> {
    _server: S,
    url: String,
    places: Places,
}

impl<S: Sync> Factory for On<S> {
    fn open(&self) -> BoxFuture<'_, Arc<dyn Engine>> {
        Box::pin(async {
            let engine = open(&self.url, Options::new(self.places)).await;
            Arc::new(engine) as Arc<dyn Engine>
        })
    }
}

async fn one(program: Program) -> On<RedisServer> {
    let server = RedisServer::start(program, &[]).await;
    On {
        url: server.url(),
        _server: server,
        places: PLACES,
    }
}

async fn cluster() -> On<RedisCluster> {
    let server = RedisCluster::start(Program::Redis, &Shape::default()).await;
    On {
        url: server.url(),
        _server: server,
        places: SCATTERED,
    }
}

mod redis {
    use super::*;
    contract_suite!(one(Program::Redis).await);
}

mod valkey {
    use super::*;
    contract_suite!(one(Program::Valkey).await);
}

mod redis_cluster {
    use super::*;
    contract_suite!(cluster().await);
}
