//! The server of the store loses its data: emptied, or replaced by an empty one or that of another store. No
//! node takes what it says for the truth, and all go on when the data is back.

use reqwest::Method;
use serde_json::json;

use crate::nodes::{buyer, tracked_path};
use crate::support::app::{TestApp, eventually, try_send};
use crate::support::redis::{Program, RedisServer};

const LOST: &str = "has lost the data of this store";

async fn readyz(app: &TestApp) -> (u16, String) {
    let answer = app.visit(&format!("{}/readyz", app.ops)).await;
    (answer.status, answer.text())
}

async fn is_ready(app: &TestApp) {
    eventually("ready", async || {
        (readyz(app).await == (200, "ok\n".to_owned())).then_some(())
    })
    .await;
}

/// A token, or the status with which it was refused.
async fn token(app: &TestApp) -> u16 {
    let request = app
        .http
        .post(format!("{}/api/2/idp/token", app.base))
        .basic_auth(&app.first.client_id, Some(&app.first.client_secret))
        .form(&[("grant_type", "client_credentials")]);
    try_send("a token", request).await.unwrap().status
}

async fn create(app: &TestApp) -> u16 {
    let body =
        json!({"name": uuid::Uuid::new_v4(), "kind": "customer", "parent_id": app.first.tenant_id});
    app.post("/api/2/tenants", &body).await.status
}

async fn emptied(program: Program, empty: &[&str], restore: Option<&[&str]>, what: &str) {
    let server = RedisServer::start(program, &[]).await;
    let url = server.url();
    let a = TestApp::start(&[("UPSELL_STORE", url.as_str())]).await;
    let b = a.another_node().await;
    let (tenant, user) = buyer(&a).await;
    let link = tracked_path(&a, &user).await;
    let tenant = format!("/api/2/tenants/{}", tenant.id);
    for node in [&a, &b] {
        node.visit(&link).await.expect(302);
        node.get(&tenant).await.expect(200);
        is_ready(node).await;
    }

    server.command(empty);
    // From the first moment on nothing is written, and nothing is said to be missing.
    for _ in 0..3 {
        assert_eq!(create(&a).await, 503);
    }
    for node in [&a, &b] {
        let (status, why) = readyz(node).await;
        assert_eq!(status, 503);
        assert!(why.contains(LOST) && why.contains(what), "{why}");
        assert!(why.contains("Restore the servers"), "{why}");
    }
    for node in [&a, &b] {
        assert_eq!(token(node).await, 503);
        assert_eq!(node.get(&tenant).await.status, 503);
        assert_eq!(node.visit(&link).await.status, 503);
        assert_eq!(create(node).await, 503);
        let said = node.log();
        let once = said.lines().filter(|line| line.contains("redis::epoch: "));
        assert_eq!(once.count(), 1, "{said}");
    }

    let Some(restore) = restore else {
        let names = server.command(&["KEYS", "*"]);
        let records: Vec<&str> = names.lines().filter(|name| name.contains("}r")).collect();
        assert_eq!(records, Vec::<&str>::new(), "nothing was written");
        return;
    };
    server.command(restore);
    for node in [&a, &b] {
        is_ready(node).await;
        assert_eq!(token(node).await, 200);
        node.get(&tenant).await.expect(200);
        node.visit(&link).await.expect(302);
        assert_eq!(create(node).await, 201);
        assert!(node.log().contains("hold the data of this store again"));
    }
    let found = a.request(Method::GET, &format!("/api/2/users/{}", user.id));
    assert_eq!(try_send("the user", found).await.unwrap().status, 200);
}

#[tokio::test]
async fn a_server_that_was_flushed_is_noticed() {
    emptied(Program::Redis, &["FLUSHALL"], None, "is empty").await;
}

/// The data of another database takes its place and comes back.
#[tokio::test]
async fn an_empty_server_in_its_place_is_noticed_until_the_data_is_back() {
    let swap: &[&str] = &["SWAPDB", "0", "1"];
    emptied(Program::Redis, swap, Some(swap), "is empty").await;
    emptied(Program::Valkey, swap, Some(swap), "is empty").await;
}
