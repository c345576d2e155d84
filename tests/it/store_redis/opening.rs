//! What it takes to open a store, and how it is refused.

use upsell::store::engine::Engine;
use upsell::store::redis::address::Address;
use upsell::store::redis::{OpenError, Options, RedisEngine};

use super::{impatient, one, open};
use crate::store_contract::{key, put};
use crate::support::redis::{Access, Program, RedisServer, Setup};
use upsell::store::keys::place::PLACES;

async fn refused(url: &str, options: Options) -> (OpenError, String) {
    let address = Address::parse(url).unwrap();
    match RedisEngine::open(address, options).await {
        Err(error) => {
            let said = error.to_string();
            (error, said)
        }
        Ok(_) => panic!("{url} was opened"),
    }
}

async fn works(engine: &dyn Engine) {
    engine.commit(put("a", "1")).await.unwrap();
    assert!(engine.get(&key("a")).await.unwrap().is_some());
    crate::support::app::eventually("it hears of changes", async || {
        engine.is_current().then_some(())
    })
    .await;
}

async fn guarded(access: Access) -> RedisServer {
    let setup = Setup {
        access,
        ..Setup::default()
    };
    RedisServer::with(Program::Redis, setup).await
}

#[tokio::test]
async fn a_password_is_asked_for_and_never_shown() {
    let server = guarded(Access::Password("right".to_owned())).await;
    let with = |login: &str| {
        server
            .url()
            .replace("redis://", &format!("redis://{login}"))
    };
    works(&open(&with(":right@"), Options::new(PLACES)).await).await;
    for (login, word) in [
        (":wr0ng@", "WRONGPASS"),
        ("", "NOAUTH"),
        ("nobody:wr0ng@", "WRONGPASS"),
    ] {
        let (error, said) = refused(&with(login), impatient()).await;
        assert!(matches!(error, OpenError::Unreachable { .. }), "{said}");
        assert!(said.contains(&server.address().to_string()), "{said}");
        assert!(said.contains(word), "{said}");
        assert!(
            !format!("{said} {error:?}").contains("wr0ng"),
            "{said} {error:?}"
        );
    }
}

#[tokio::test]
async fn a_user_needs_the_records_and_the_messages_of_the_store() {
    let may = "user node on >secret ~upsell:* &upsell:* +@all -@admin -@dangerous +info".to_owned();
    let deaf = "user deaf on >secret ~upsell:* resetchannels +@all".to_owned();
    let server = guarded(Access::Users(vec![may, deaf])).await;
    let with = |login: &str| {
        server
            .url()
            .replace("redis://", &format!("redis://{login}@"))
    };
    works(&open(&with("node:secret"), Options::new(PLACES)).await).await;
    // Its changes would be made by half: a script that may not tell of them ends there.
    let (_, said) = refused(&with("deaf:secret"), impatient()).await;
    assert!(
        said.contains("NoPerm") && said.contains("channel"),
        "{said}"
    );
    // Another prefix is another store, of which it has nothing.
    let other = Options {
        prefix: "other".to_owned(),
        ..impatient()
    };
    let (_, said) = refused(&with("node:secret"), other).await;
    assert!(said.contains("NoPerm"), "{said}");
}

#[tokio::test]
async fn tls_needs_the_authority() {
    let setup = Setup {
        tls: true,
        ..Setup::default()
    };
    let server = RedisServer::with(Program::Redis, setup).await;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("ca.pem");
    std::fs::write(&path, server.ca_pem()).unwrap();
    let trusting = Options {
        ca_file: Some(path),
        ..Options::new(PLACES)
    };
    works(&open(&server.url(), trusting).await).await;
    // With time for the system's authorities to be read.
    let (_, said) = refused(&server.url(), Options::new(PLACES)).await;
    assert!(said.contains("certificate"), "{said}");
    let missing = Options {
        ca_file: Some(dir.path().join("none.pem")),
        ..Options::new(PLACES)
    };
    let (error, said) = refused(&server.url(), missing).await;
    assert!(matches!(error, OpenError::Authorities { .. }), "{said}");
    assert!(said.contains("redis.ca_file"), "{said}");
}

#[tokio::test]
async fn what_is_no_store_of_this_version_and_kind_is_refused() {
    let on = one(Program::Redis).await;
    let format = "upsell:{000}f";
    for (stands, words) in [
        ("2 1", ["format 2", "newer version"]),
        ("1 256", ["256 partitions", "a cluster"]),
        ("what is this", ["no upsell store", "redis.prefix"]),
    ] {
        on.server.command(&["SET", format, stands]);
        let (_, said) = refused(&on.url, impatient()).await;
        assert!(words.iter().all(|word| said.contains(word)), "{said}");
        assert!(said.contains(&on.server.address().to_string()), "{said}");
        assert_eq!(on.server.command(&["GET", format]), stands);
    }
    on.server.command(&["DEL", format]);
    works(&open(&on.url, Options::new(PLACES)).await).await;
    let made = on.server.command(&["GET", format]);
    let words: Vec<&str> = made.split(' ').collect();
    assert_eq!(words[..2], ["1", "1"]);
    assert_eq!(words.len(), 3, "and the epoch: {made}");
    // One server is no cluster.
    let (_, said) = refused(&on.url.replace("redis://", "redis-cluster://"), impatient()).await;
    assert!(said.contains(&on.server.address().to_string()), "{said}");
}

#[tokio::test]
async fn a_server_that_is_not_there_is_named() {
    let mut server = RedisServer::start(Program::Redis, &[]).await;
    server.kill();
    let begun = std::time::Instant::now();
    let (error, said) = refused(&server.url(), impatient()).await;
    assert!(matches!(error, OpenError::Unreachable { .. }), "{said}");
    assert!(
        said.contains(&server.address().to_string()) && said.contains("refused"),
        "{said}"
    );
    assert!(begun.elapsed() < impatient().command_timeout * 2 + super::A_LITTLE);
}

/// Reads of several partitions rely on it: a removal is noted, and nothing else is.
#[tokio::test]
async fn the_last_removal_is_noted() {
    let on = one(Program::Redis).await;
    let engine = open(&on.url, Options::new(PLACES)).await;
    let noted = || {
        let both = on.server.command(&["GET", "upsell:{000}v"]);
        let words: Vec<&str> = both.split(' ').collect();
        assert_eq!(words.len(), 3, "and the epoch: {both}");
        (words[0].to_owned(), words[1].to_owned())
    };
    works(&engine).await;
    assert_eq!(noted().1, "0");
    let mut changes = upsell::store::engine::Changes::new();
    changes.delete(key("a")).delete(key("never stored"));
    engine.commit(changes).await.unwrap();
    let (last, removal) = noted();
    assert_eq!(last, removal);
    works(&engine).await;
    assert_eq!(noted().1, removal);
}
