//! A primary with a replica and Sentinels, which put the one in the place of the other.

use std::time::Duration;

use upsell::store::redis::Options;

use super::writers::Writers;
use super::{A_LITTLE, impatient, shared};
use crate::store_contract::key;
use crate::support::redis::{Program, Sentinels};

/// The Sentinels wait for a second, agree, and tell whoever asks.
const BACK_WITHIN: Duration = Duration::from_secs(10);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writers_follow_the_sentinels() {
    let mut all = Sentinels::start(Program::Redis).await;
    let options = Options {
        wait_replicas: 1,
        ..impatient()
    };
    let engine = shared(&all.url(), options.clone()).await;
    let groups = (0..6).map(|number| vec![key(&format!("counter/{number}"))]);
    let writers = Writers::start(std::slice::from_ref(&engine), groups.collect());
    writers.until_all_write().await;
    all.servers[0].kill();
    // Its replica is the primary then and has none itself: nothing can be acknowledged.
    assert_eq!(all.until_other_primary(0).await, 1);
    all.servers[0].restart().await;
    let back = writers.until_all_write().await;
    println!("all write again {back:?} after the other server was back as a replica");
    assert!(back < BACK_WITHIN);
    let answers = writers.stop(&*engine).await;
    assert!(answers.longest() < options.command_timeout * 2 + A_LITTLE);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_waiting_for_replicas_writers_go_on_with_one_server() {
    let mut all = Sentinels::start(Program::Valkey).await;
    let engine = shared(&all.url(), impatient()).await;
    let groups = (0..6).map(|number| vec![key(&format!("counter/{number}"))]);
    let writers = Writers::start(std::slice::from_ref(&engine), groups.collect());
    writers.until_all_write().await;
    // It hangs: its connections stay.
    all.servers[0].pause();
    let back = writers.until_all_write().await;
    println!("all write again {back:?} after the primary stopped");
    assert!(back < BACK_WITHIN);
    assert!(writers.answers.longest() < impatient().command_timeout * 2 + A_LITTLE);
}
