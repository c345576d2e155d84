//! `upsell keys` on the data of a service, and what a service reads again on SIGHUP.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use rustls::pki_types::{CertificateDer, ServerName};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::net::TcpStream;

use crate::support::app::eventually;
use crate::support::binary::{binary, upsell};
use crate::support::moving::text;

/// A user and a group that nobody else has.
const SERVICE: (u32, u32) = (54_321, 54_322);

/// What a command printed; it must succeed.
fn done(arguments: &[&str], data: &Path) -> String {
    let run = upsell(arguments, &[("UPSELL_DATA", text(data))]);
    assert_eq!(run.code, 0, "upsell {arguments:?}: {}", run.err);
    run.out
}

fn refused(arguments: &[&str], data: &Path) -> String {
    let run = upsell(arguments, &[("UPSELL_DATA", text(data))]);
    assert_eq!(run.code, 1, "upsell {arguments:?}");
    run.err
}

fn initialized() -> (TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    done(&["init"], &data);
    (dir, data)
}

/// Owner, group and mode.
fn access(path: &Path) -> (u32, u32, u32) {
    let metadata = fs::metadata(path).unwrap();
    (metadata.uid(), metadata.gid(), metadata.mode() & 0o777)
}

fn give(path: &Path, mode: u32) {
    chown(path, Some(SERVICE.0), Some(SERVICE.1)).expect("this test must run as root");
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn root_does_not_take_the_keys_from_the_user_of_the_service() {
    let (_dir, data) = initialized();
    let keys = data.join("keys.json");
    for mode in [0o600, 0o640] {
        give(&keys, mode);
        for kind in ["link", "seal", "token"] {
            done(&["keys", "rotate", kind], &data);
            assert_eq!(access(&keys), (SERVICE.0, SERVICE.1, mode), "{kind}");
        }
    }
    done(&["keys", "retire", "link", "1", "--force"], &data);
    assert_eq!(access(&keys), (SERVICE.0, SERVICE.1, 0o640));

    // New keys belong to whom the directory belongs to.
    let dir = tempfile::tempdir().unwrap();
    give(dir.path(), 0o700);
    done(&["init"], dir.path());
    let keys = dir.path().join("keys.json");
    assert_eq!(access(&keys), (SERVICE.0, SERVICE.1, 0o600));
}

/// Makes a key older by so many days.
fn age(data: &Path, kind: &str, index: usize, days: i64) {
    let path = data.join("keys.json");
    let mut keys: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    let created = keys[kind][index]["created_at"].as_i64().unwrap();
    keys[kind][index]["created_at"] = json!(created - days * 86_400);
    fs::write(&path, keys.to_string()).unwrap();
}

#[test]
fn a_key_that_may_be_needed_is_not_retired() {
    let (_dir, data) = initialized();
    for kind in ["link", "seal", "token"] {
        done(&["keys", "rotate", kind], &data);
    }
    let listed = done(&["keys", "list"], &data);
    let rows: Vec<Vec<&str>> = listed
        .lines()
        .map(|line| line.split('\t').collect())
        .collect();
    assert_eq!(rows.len(), 6, "{listed}");
    let today = chrono::Utc::now().format("%Y-%m-").to_string();
    for row in &rows {
        assert!(
            row[2].starts_with(&today) && row[2].ends_with('Z'),
            "{listed}"
        );
    }
    assert_eq!(&rows[1][..2], ["link", "2"]);
    assert_eq!(rows[1][3], "in use");
    assert!(rows[0][3].starts_with("needed until "), "{listed}");
    assert_eq!(rows[2][3], "needed for what it sealed");

    let until = rows[0][3].trim_start_matches("needed until ");
    let said = refused(&["keys", "retire", "link", "1"], &data);
    assert!(said.contains(until) && said.contains("--force"), "{said}");
    let said = refused(&["keys", "retire", "seal", "1"], &data);
    assert!(
        said.contains("secrets") && said.contains("--force"),
        "{said}"
    );
    let token = rows[4][1];
    let said = refused(&["keys", "retire", "token", token], &data);
    assert!(said.contains("may be valid until"), "{said}");
    assert_eq!(done(&["keys", "list"], &data), listed, "nothing is gone");

    // Links that stop mail live for 180 days, tokens for some hours.
    age(&data, "link_signing", 1, 179);
    refused(&["keys", "retire", "link", "1"], &data);
    age(&data, "link_signing", 1, 2);
    done(&["keys", "retire", "link", "1"], &data);
    age(&data, "token_signing", 1, 8);
    done(&["keys", "retire", "token", token], &data);
    done(&["keys", "retire", "seal", "1", "--force"], &data);
    assert_eq!(done(&["keys", "list"], &data).lines().count(), 3);
}

/// A certificate of its own, in the files that the service reads.
fn write_identity(dir: &Path) -> CertificateDer<'static> {
    let made = rcgen::generate_simple_self_signed(vec!["shop.example".to_owned()]).unwrap();
    fs::write(dir.join("cert.pem"), made.cert.pem()).unwrap();
    fs::write(dir.join("key.pem"), made.signing_key.serialize_pem()).unwrap();
    made.cert.der().clone()
}

/// The certificate that the service shows to a new connection which trusts these.
async fn shown(address: &str, trusted: &[&CertificateDer<'static>]) -> CertificateDer<'static> {
    let mut roots = rustls::RootCertStore::empty();
    for root in trusted {
        roots.add((*root).clone()).unwrap();
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let connector = tokio_rustls::TlsConnector::from(Arc::new(config));
    let stream = TcpStream::connect(address).await.unwrap();
    let name = ServerName::try_from("shop.example").unwrap();
    let stream = connector.connect(name, stream).await.unwrap();
    let (_, session) = stream.get_ref();
    session.peer_certificates().unwrap()[0].clone().into_owned()
}

#[tokio::test]
async fn a_renewed_certificate_is_read_on_sighup() {
    let dir = tempfile::tempdir().unwrap();
    let first = write_identity(dir.path());
    let log = dir.path().join("log");
    let mut child = tokio::process::Command::new(binary())
        .args(["serve", "--listen", "127.0.0.1:0"])
        .env_clear()
        .env("UPSELL_DATA", dir.path().join("data"))
        .env("UPSELL_OPS_LISTEN", "127.0.0.1:0")
        .env("UPSELL_TLS_CERT_FILE", dir.path().join("cert.pem"))
        .env("UPSELL_TLS_KEY_FILE", dir.path().join("key.pem"))
        .stdout(Stdio::piped())
        .stderr(fs::File::create(&log).unwrap())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let address = loop {
        let line = lines.next_line().await.unwrap().expect("it serves");
        if let Some(rest) = line.strip_prefix("upsell is ready: listening on https://") {
            break rest.split(',').next().unwrap().to_owned();
        }
    };
    let hang_up = || {
        let pid = child.id().unwrap().to_string();
        let sent = Command::new("kill").args(["-HUP", &pid]).status().unwrap();
        assert!(sent.success());
    };
    assert_eq!(shown(&address, &[&first]).await, first);

    let second = write_identity(dir.path());
    hang_up();
    eventually("the new certificate", async || {
        (shown(&address, &[&first, &second]).await == second).then_some(())
    })
    .await;

    fs::write(dir.path().join("key.pem"), "no key").unwrap();
    hang_up();
    let said = eventually("a line that says why", async || {
        let log = fs::read_to_string(&log).unwrap();
        let line = log
            .lines()
            .find(|line| line.contains("the certificate in use stays"));
        line.map(str::to_owned)
    })
    .await;
    assert!(
        said.contains("private key") && said.contains("cert.pem"),
        "{said}"
    );
    assert_eq!(shown(&address, &[&second]).await, second);
}
