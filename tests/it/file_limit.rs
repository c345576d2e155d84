//! A limit on the size of files (`ulimit -f`, `LimitFSIZE`): the kernel sends SIGXFSZ to whoever writes
//! beyond it, and the write fails.

use std::process::Command;

use crate::support::accounts::ADMIN_BUYER;
use crate::support::app::{TestApp, eventually};

/// Sets the soft limit of a running service.
fn limit_files(app: &TestApp, bytes: &str) {
    let status = Command::new("prlimit")
        .args([
            "--pid",
            &app.pid().to_string(),
            &format!("--fsize={bytes}:unlimited"),
        ])
        .status()
        .expect("this test needs prlimit, from util-linux");
    assert!(status.success(), "the limit could not be set");
}

#[tokio::test]
async fn a_limit_on_files_stops_writes_and_passes() {
    let mut app = TestApp::start(&[]).await;
    let (tenant, user) = app.over_quota().await;
    let alert = app.alerts(&user).await.remove(0);
    let link = alert["proposal"]["href"].as_str().unwrap().to_owned();
    app.visit(&link).await.expect(302);

    // Every file of the store is longer, so the next write anywhere fails.
    limit_files(&app, "1");
    let mut acknowledged = Vec::new();
    let refused = eventually("a refused write", async || {
        let (form, _) = TestApp::user_form(&tenant);
        let answer = app.post("/api/2/users", &form).await;
        if answer.status == 200 {
            acknowledged.push(answer.json()["id"].as_str().unwrap().to_owned());
            return None;
        }
        Some(answer)
    });
    assert_eq!(refused.await.status, 503);
    app.visit(&link).await.expect(302);
    assert_eq!(app.alerts(&user).await.len(), 1);
    let health = format!("{}/readyz", app.ops);
    let said = app.visit(&health).await.expect(503);
    let why = said.text();
    assert!(why.contains("a limit on the size of files"), "{why}");

    limit_files(&app, "unlimited");
    eventually("it writes again", async || {
        (app.visit(&health).await.status == 200).then_some(())
    })
    .await;
    acknowledged.push(app.create_user(&tenant, ADMIN_BUYER).await.id);
    acknowledged.push(user.id.clone());
    app.kill9().await;
    app.restart().await;
    for id in acknowledged {
        app.get(&format!("/api/2/users/{id}")).await.expect(200);
    }
    app.visit(&link).await.expect(302);
}
