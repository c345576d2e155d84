//! The servers that tests of the store on Redis start do what those tests rely on.

use std::time::Duration;

use super::support::redis::{
    Access, Program, RedisCluster, RedisServer, Reply, SLOTS, Sentinels, Setup, Shape,
};

/// Waits until a replica has what was written on the same connection.
const ONE_REPLICA: [&str; 3] = ["WAIT", "1", "5000"];

async fn alone(program: Program) {
    let lines = ["appendonly yes", "appendfsync always"];
    let mut server = RedisServer::start(program, &lines).await;
    assert_eq!(server.url(), format!("redis://{}", server.address()));
    assert_eq!(server.command(&["PING"]), "PONG");
    assert_eq!(server.command(&["SET", "key", "value"]), "OK");
    assert_eq!(server.ask(&["GET", "no-key"]), Ok(Reply::Nothing));
    server.command(&["RPUSH", "list", "a", "b"]);
    assert_eq!(server.command(&["LRANGE", "list", "0", "-1"]), "a\nb");
    let transaction: [&[&str]; 3] = [&["MULTI"], &["GET", "key"], &["EXEC"]];
    assert_eq!(server.commands(&transaction), "value");
    let refused = server.ask(&["INCR", "key"]).unwrap_err();
    assert!(refused.starts_with("ERR value is not"), "{refused}");

    server.pause();
    assert!(!server.is_awake());
    assert!(!server.answers_within(Duration::from_millis(100)));
    server.resume();
    assert_eq!(server.command(&["GET", "key"]), "value");

    server.kill();
    assert!(server.ask(&["PING"]).is_err());
    let address = server.address();
    server.restart().await;
    assert_eq!(server.address(), address);
    assert_eq!(server.command(&["GET", "key"]), "value");
}

#[tokio::test]
async fn redis_alone() {
    alone(Program::Redis).await;
}

#[tokio::test]
async fn valkey_alone() {
    alone(Program::Valkey).await;
}

/// A server keeps nothing on disk unless it is told to, and forgets all when it is killed.
#[tokio::test]
async fn without_further_settings_nothing_is_kept() {
    for program in [Program::Redis, Program::Valkey] {
        let mut server = RedisServer::start(program, &[]).await;
        server.command(&["SET", "key", "value"]);
        server.restart().await;
        assert_eq!(server.ask(&["GET", "key"]), Ok(Reply::Nothing));
    }
}

async fn guarded(program: Program, access: Access) -> RedisServer {
    let setup = Setup {
        access,
        ..Setup::default()
    };
    RedisServer::with(program, setup).await
}

#[tokio::test]
async fn a_password_is_asked_for() {
    for program in [Program::Redis, Program::Valkey] {
        let server = guarded(program, Access::Password("secret".to_owned())).await;
        assert_eq!(server.command(&["PING"]), "PONG");
        let wrong = server.ask_as("default", "wrong", &["PING"]).unwrap_err();
        assert!(wrong.starts_with("WRONGPASS"), "{wrong}");
    }
}

#[tokio::test]
async fn users_may_do_what_their_rules_say() {
    for program in [Program::Redis, Program::Valkey] {
        let reader = "user reader on >secret ~* +get".to_owned();
        let server = guarded(program, Access::Users(vec![reader])).await;
        server.command(&["SET", "key", "value"]);
        let read = server.ask_as("reader", "secret", &["GET", "key"]);
        assert_eq!(read.unwrap().to_string(), "value");
        let refused = server.ask_as("reader", "secret", &["DEL", "key"]);
        let refused = refused.unwrap_err();
        assert!(refused.starts_with("NOPERM"), "{refused}");
    }
}

#[tokio::test]
async fn redis_speaks_tls() {
    let setup = Setup {
        tls: true,
        ..Setup::default()
    };
    let mut server = RedisServer::with(Program::Redis, setup).await;
    assert_eq!(server.url(), format!("rediss://{}", server.address()));
    let first = server.ca_pem().lines().next();
    assert_eq!(first, Some("-----BEGIN CERTIFICATE-----"));
    assert_eq!(server.command(&["PING"]), "PONG");
    server.restart().await;
    assert_eq!(server.command(&["PING"]), "PONG");
}

async fn cluster(program: Program) {
    let mut cluster = RedisCluster::start(program, &Shape::default()).await;
    let nodes = &cluster.nodes;
    let [a, b, c] = [0, 1, 2].map(|index| nodes[index].address());
    assert_eq!(cluster.url(), format!("redis-cluster://{a},{b},{c}"));

    let slot = cluster.slot_of("key");
    let from = cluster.primary_of(slot).await;
    let to = (from + 1) % 3;
    assert_eq!(nodes[from].command(&["SET", "key", "value"]), "OK");
    let elsewhere = nodes[to].ask(&["GET", "key"]).unwrap_err();
    let moved = format!("MOVED {slot} {}", nodes[from].address());
    assert_eq!(elsewhere, moved);

    cluster.begin_move(slot, from, to);
    assert_eq!(nodes[from].command(&["GET", "key"]), "value");
    cluster.move_keys(slot, from, to);
    let asked = nodes[from].ask(&["GET", "key"]).unwrap_err();
    assert_eq!(asked, format!("ASK {slot} {}", nodes[to].address()));
    cluster.end_move(slot, from, to);
    assert_eq!(cluster.primary_of(slot).await, to);
    assert_eq!(nodes[to].command(&["GET", "key"]), "value");

    let replica = cluster.replicas_of(to)[0];
    let written = nodes[to].commands(&[&["SET", "key", "later"], &ONE_REPLICA]);
    assert_eq!(written, "1");
    cluster.nodes[to].kill();
    assert_eq!(cluster.primary_of(slot).await, replica);
    assert_eq!(cluster.nodes[replica].command(&["GET", "key"]), "later");
    cluster.nodes[to].restart().await;
    cluster.until_settled().await;
    assert_eq!(cluster.replicas_of(replica), [to]);
}

#[tokio::test]
async fn redis_cluster() {
    cluster(Program::Redis).await;
}

#[tokio::test]
async fn valkey_cluster() {
    cluster(Program::Valkey).await;
}

/// The smallest cluster: nobody stands in for a primary.
#[tokio::test]
async fn clusters_have_any_shape() {
    let shape = Shape {
        replicas_each: 0,
        node_timeout: Duration::from_millis(500),
        lines: vec!["cluster-require-full-coverage no".to_owned()],
        ..Shape::default()
    };
    let cluster = RedisCluster::start(Program::Valkey, &shape).await;
    assert_eq!(cluster.nodes.len(), 3);
    let (first, last) = (
        cluster.primary_of(0).await,
        cluster.primary_of(SLOTS - 1).await,
    );
    assert_eq!((first, last), (0, 2));
    cluster.move_slot(0, first, last);
    assert_eq!(cluster.primary_of(0).await, last);
}

async fn sentinels(program: Program) {
    let mut all = Sentinels::start(program).await;
    let [a, b, c] = [0, 1, 2].map(|index: usize| all.sentinels[index].address());
    assert_eq!(all.url(), format!("redis-sentinel://{a},{b},{c}/upsell"));
    assert_eq!(all.primary(), Some(0));
    let written = all.servers[0].commands(&[&["SET", "key", "value"], &ONE_REPLICA]);
    assert_eq!(written, "1");

    all.servers[0].kill();
    assert_eq!(all.until_other_primary(0).await, 1);
    assert_eq!(all.servers[1].command(&["GET", "key"]), "value");

    all.servers[0].restart().await;
    all.until_replica(0).await;
    assert_eq!(all.servers[0].command(&["GET", "key"]), "value");
}

#[tokio::test]
async fn redis_sentinels() {
    sentinels(Program::Redis).await;
}

#[tokio::test]
async fn valkey_sentinels() {
    sentinels(Program::Valkey).await;
}
