//! The engine of many nodes, on real servers: the contract and the random steps on each kind of them,
//! and then what only this engine promises.
//!
//! The tests whose names end in `_long` are ignored, because they take minutes; to run them:
//!
//! ```sh
//! cargo test --release --test it _long -- --ignored --nocapture --test-threads=1
//! ```

mod across;
mod cluster;
mod coherence;
mod emptied;
mod model;
mod opening;
mod outages;
mod sentinel;
mod writers;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::OnceCell;
use upsell::store::engine::{BoxFuture, Engine};
use upsell::store::keys::place::PLACES;
use upsell::store::redis::address::Address;
use upsell::store::redis::{Options, Places, RedisEngine};

use crate::store_contract::{Factory, contract_suite};
use crate::support::redis::{Program, RedisCluster, RedisServer, Shape};

/// Every key is in a place of its own: nearly every change spans partitions.
pub(crate) const SCATTERED: Places = Places {
    of_key: |key| key,
    of_prefix: |_| None,
};

/// How much longer than it should something may take on a machine that has much else to do.
const A_LITTLE: Duration = Duration::from_millis(800);

pub(crate) async fn open(url: &str, options: Options) -> RedisEngine {
    let address = Address::parse(url).unwrap();
    RedisEngine::open(address, options).await.unwrap()
}

/// The same, for several to share.
async fn shared(url: &str, options: Options) -> Arc<dyn Engine> {
    Arc::new(open(url, options).await)
}

/// Scattered keys, and calls that give up soon.
fn impatient() -> Options {
    Options {
        command_timeout: Duration::from_millis(700),
        ..Options::new(SCATTERED)
    }
}

/// A store of its own on a server of its own.
struct On<S> {
    server: S,
    url: String,
    options: Options,
}

impl<S: Sync> Factory for On<S> {
    fn open(&self) -> BoxFuture<'_, Arc<dyn Engine>> {
        Box::pin(shared(&self.url, self.options.clone()))
    }
}

async fn one(program: Program) -> On<RedisServer> {
    let server = RedisServer::start(program, &[]).await;
    On {
        url: server.url(),
        server,
        options: Options::new(PLACES),
    }
}

async fn cluster() -> On<RedisCluster> {
    let server = RedisCluster::start(Program::Redis, &Shape::default()).await;
    On {
        url: server.url(),
        server,
        options: Options::new(SCATTERED),
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

/// One cluster for all clauses, which ends with the tests; each has names of its own in it.
async fn part_of_a_cluster() -> On<()> {
    static CLUSTER: OnceCell<RedisCluster> = OnceCell::const_new();
    let start = || async { RedisCluster::start(Program::Redis, &Shape::default()).await };
    let url = CLUSTER.get_or_init(start).await.url();
    On {
        server: (),
        url,
        options: Options {
            prefix: format!("t{}", uuid::Uuid::new_v4().simple()),
            ..Options::new(SCATTERED)
        },
    }
}

mod redis_cluster {
    use super::*;
    contract_suite!(part_of_a_cluster().await);
}
