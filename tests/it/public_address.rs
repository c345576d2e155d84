//! Where people reach the service: links in mails must lead there, and tokens must not depend on the
//! address that the service listens on.

use std::io::{BufRead, BufReader};
use std::process::{Command, Output, Stdio};

use reqwest::Method;

use crate::support::app::{TestApp, send};
use crate::support::binary::binary;

const EVERYWHERE: &str = "0.0.0.0:0";

fn upsell(arguments: &[&str], data: &str) -> Command {
    prepared(Command::new(binary()), arguments, data)
}

/// A service that does not end by itself is ended after half a minute.
fn ending(arguments: &[&str], data: &str) -> Command {
    let mut command = Command::new("timeout");
    command.arg("30").arg(binary());
    prepared(command, arguments, data)
}

fn prepared(mut command: Command, arguments: &[&str], data: &str) -> Command {
    command
        .args(arguments)
        .env_clear()
        .env("UPSELL_DATA", data)
        .env("UPSELL_OPS_LISTEN", "127.0.0.1:0");
    command
}

fn said(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn an_address_for_all_without_a_public_url_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let data = data.to_str().unwrap();
    for listen in [EVERYWHERE, "[::]:0", "192.0.2.1:8080"] {
        let set = format!("listen={listen}");
        for arguments in [
            ["serve", "--listen", listen],
            ["check-config", "--set", &set],
        ] {
            let output = ending(&arguments, data).output().unwrap();
            let said = said(&output);
            assert_eq!(output.status.code(), Some(1), "{arguments:?}: {said}");
            assert!(
                said.contains(&format!("listen is {listen}"))
                    && said.contains("UPSELL_PUBLIC_URL=https://"),
                "{arguments:?}: {said}"
            );
            assert_eq!(said.lines().count(), 1, "{said}");
        }
    }
    assert!(!dir.path().join("data").exists(), "nothing was made");
    for listen in ["127.0.0.1:0", "[::1]:0", "[::ffff:127.0.0.1]:0"] {
        let set = format!("listen={listen}");
        let output = upsell(&["check-config", "--set", &set], data).output();
        let output = output.unwrap();
        assert!(output.status.success(), "{listen}: {}", said(&output));
    }
    // What does not serve needs no address.
    let mut init = upsell(&["init"], data);
    let output = init.env("UPSELL_LISTEN", EVERYWHERE).output().unwrap();
    assert!(output.status.success(), "{}", said(&output));
}

#[test]
fn an_address_for_all_with_a_public_url_is_served() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let mut child = upsell(&["serve", "--listen", EVERYWHERE], data.to_str().unwrap())
        .env("UPSELL_PUBLIC_URL", "https://upsell.example.com")
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let ready = lines
        .map_while(Result::ok)
        .any(|line| line.starts_with("upsell is ready: listening on http://0.0.0.0:"));
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(ready);
}

#[tokio::test]
async fn a_token_outlives_a_change_of_address() {
    let mut app = TestApp::start(&[]).await;
    let path = format!("/api/2/tenants/{}", app.first.tenant_id);
    app.get(&path).await.expect(200);
    app.sigterm().await;
    let old = app.base.clone();
    app.restart_elsewhere().await;
    assert_ne!(old, app.base);
    let request = app.request(Method::GET, &path);
    send("GET with the token of before", request)
        .await
        .expect(200);
    app.sigterm().await;
    app.set("UPSELL_PUBLIC_URL", "https://upsell.example.com");
    app.restart().await;
    app.get(&path).await.expect(200);
}
