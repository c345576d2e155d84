//! A deployment that outgrows its machine: from a directory to servers, from one server to a cluster, and
//! back.

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::support::accounts::Account;
use crate::support::app::{TestApp, eventually};
use crate::support::binary::binary;
use crate::support::moving::{seen, text, with_keys_of};
use crate::support::redis::{Program, RedisCluster, RedisServer, Shape};

/// Runs a command on a store, with the keys in a directory.
fn on(store: &str, data: &Path, arguments: &[&str]) -> Result<String, String> {
    let output = Command::new(binary())
        .args(arguments)
        .env("UPSELL_STORE", store)
        .env("UPSELL_DATA", data)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    if output.status.success() {
        Ok(said)
    } else {
        Err(said)
    }
}

#[tokio::test]
async fn a_deployment_moves_from_a_directory_to_servers_and_back() {
    let server = RedisServer::start(Program::Valkey, &[]).await;
    let cluster = RedisCluster::start(Program::Redis, &Shape::default()).await;
    let mut app = TestApp::start(&[
        ("UPSELL_MAIL_GROUP_WAIT", "1h"),
        ("UPSELL_STORE", "embedded"),
    ])
    .await;
    let (tenant, buyer) = app.over_quota().await;
    eventually("a mail waits", async || {
        let waiting = app.emails("queued").await;
        (!waiting.is_empty()).then_some(())
    })
    .await;
    let before = seen(&app, &tenant, &[&buyer]).await;

    let dir = TempDir::new().unwrap();
    let (mut store, mut data) = ("embedded".to_owned(), PathBuf::from(app.data()));
    let next = [server.url(), cluster.url(), "embedded".to_owned()];
    for (step, to) in next.into_iter().enumerate() {
        app.sigterm().await;
        let file = dir.path().join(format!("export-{step}"));
        on(&store, &data, &["export", text(&file)]).unwrap();
        let place = dir.path().join(format!("data-{step}"));
        with_keys_of(&data, place.clone());
        on(&to, &place, &["import", text(&file)]).unwrap();
        let again = on(&to, &place, &["import", text(&file)]).unwrap_err();
        assert!(again.contains("holds data already"), "{again}");
        app.set("UPSELL_STORE", &to);
        app.set("UPSELL_DATA", text(&place));
        app.restart().await;
        assert_eq!(seen(&app, &tenant, &[&buyer]).await, before, "on {to}");
        (store, data) = (to, place);
    }
    // The last one is as alive as the first.
    app.report_usage(Account::Tenant(&tenant), "storage", 1)
        .await;
    assert!(app.alerts(&buyer).await.is_empty());
}

#[tokio::test]
async fn an_import_that_was_cut_is_refused_by_nodes_until_it_is_finished() {
    let server = RedisServer::start(Program::Redis, &[]).await;
    let mut app = TestApp::start(&[("UPSELL_STORE", "embedded")]).await;
    app.create_customer().await;
    app.sigterm().await;
    let (dir, data) = (TempDir::new().unwrap(), PathBuf::from(app.data()));
    let file = dir.path().join("export");
    on("embedded", &data, &["export", text(&file)]).unwrap();
    // All but the end mark.
    let whole = std::fs::read(&file).unwrap();
    let cut = dir.path().join("cut");
    std::fs::write(&cut, &whole[..whole.len() - 8]).unwrap();
    on(&server.url(), &data, &["import", text(&cut)]).unwrap_err();
    let refused = on(&server.url(), &data, &["serve"]).unwrap_err();
    assert!(refused.contains("import --resume"), "{refused}");
    on(&server.url(), &data, &["import", "--resume", text(&file)]).unwrap();
    app.set("UPSELL_STORE", &server.url());
    app.restart().await;
    app.create_customer().await;
}
