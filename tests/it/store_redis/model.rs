//! The random steps of `store_model`, on servers.

use std::sync::atomic::{AtomicU32, Ordering};

use proptest::test_runner::{Config, TestRunner};
use upsell::store::redis::Options;

use super::{On, cluster, one};
use crate::store_model::{any_steps, run};
use crate::support::redis::Program;

/// Every case has a prefix of its own: to start a server for each would take minutes.
fn does_what_a_map_does<S: Sync>(runtime: &tokio::runtime::Runtime, on: &On<S>, cases: u32) {
    let case = AtomicU32::new(0);
    let config = Config {
        cases,
        failure_persistence: None,
        ..Config::default()
    };
    let done = TestRunner::new(config).run(&any_steps(), |steps| {
        let number = case.fetch_add(1, Ordering::Relaxed);
        let store = On {
            server: (),
            url: on.url.clone(),
            options: Options {
                prefix: format!("case-{number}"),
                ..on.options.clone()
            },
        };
        runtime.block_on(run(steps, &store));
        Ok(())
    });
    done.unwrap();
}

fn runtime() -> tokio::runtime::Runtime {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_all().build().unwrap()
}

#[test]
fn one_server_does_what_a_map_does() {
    let runtime = runtime();
    let on = runtime.block_on(one(Program::Redis));
    does_what_a_map_does(&runtime, &on, 12);
}

#[test]
fn a_cluster_does_what_a_map_does() {
    let runtime = runtime();
    let on = runtime.block_on(cluster());
    does_what_a_map_does(&runtime, &on, 8);
}
