//! A brand's own mail server: used for its mail, kept within bounds, its password never shown.

use std::net::{Ipv4Addr, SocketAddr};

use serde_json::json;

use crate::support::accounts::{Account, PLAIN, Tenant, User};
use crate::support::app::{TestApp, eventually};
use crate::support::sink::Sink;
use crate::support::smtp_script::{ServerTls, Setup};

const REFUSED: &str = "The SMTP server could not be used. Check its name, port and encryption.";
const PASSWORD: &str = "canary-3f81-hunter2";

/// A loopback address for this run alone: tenants' servers have one of a few fixed ports.
fn own_address(half: u8) -> SocketAddr {
    let pid = std::process::id();
    let [_, high, middle, low] = pid.to_be_bytes();
    let address = Ipv4Addr::new(127, half | (high & 0x3f), middle, low.max(2));
    (address, 2525).into()
}

async fn brand_sink(half: u8) -> Sink {
    let setup = Setup {
        tls: ServerTls::Offered,
        features: ["8BITMIME", "AUTH PLAIN"].map(str::to_owned).to_vec(),
        ..Setup::default()
    };
    Sink::at(own_address(half), setup).await
}

async fn cross(app: &TestApp, tenant: &Tenant, usage_name: &str) {
    app.set_quota(Account::Tenant(tenant), usage_name, 5).await;
    app.report_usage(Account::Tenant(tenant), usage_name, 5)
        .await;
}

async fn customer(app: &TestApp) -> (Tenant, User) {
    let tenant = app.create_customer().await;
    let user = app.create_user(&tenant, PLAIN).await;
    (tenant, user)
}

#[tokio::test]
async fn mail_of_a_brand_goes_through_its_own_server_where_that_is_allowed() {
    let (sink, own) = (Sink::start().await, brand_sink(64).await);
    let folder = tempfile::tempdir().unwrap();
    let ca_file = folder.path().join("ca.pem");
    std::fs::write(&ca_file, &own.script.ca_pem).unwrap();
    let settings = [
        ("UPSELL_SMTP_ALLOW_CIDRS", "127.0.0.0/8"),
        ("UPSELL_SMTP_CA_FILE", ca_file.to_str().unwrap()),
        ("UPSELL_LOG_LEVEL", "debug"),
    ];
    let mut app = TestApp::with_sink(&sink, &settings).await;
    let (tenant, user) = customer(&app).await;
    app.brand(&tenant, "", true).await;
    let options = json!({
        "smtp_override": 1, "smtp_server": own.address().ip().to_string(), "smtp_port": 2525,
        "smtp_encryption": "TLS", "smtp_user": "smtpuser", "smtp_password": PASSWORD,
        "smtp_reply_address": "help@foo.example",
    });
    let brand = app.put_brand(&tenant.id, &options).await;
    assert_eq!(brand["smtp_password"], "");

    let (neighbour, neighbour_user) = customer(&app).await;
    cross(&app, &neighbour, "vms").await;
    cross(&app, &tenant, "vms").await;
    own.until_all_have_mail(std::slice::from_ref(&user.email))
        .await;
    sink.until_all_have_mail(std::slice::from_ref(&neighbour_user.email))
        .await;
    let mail = own.mails().remove(0);
    assert_eq!(mail.envelope.from, "help@foo.example");
    assert!(mail.envelope.encrypted);
    let login = ("smtpuser".to_owned(), PASSWORD.to_owned());
    assert_eq!(mail.envelope.login, Some(login));

    // The whole object is sent back, as the vendor's clients do: the password stays.
    app.put_brand(&tenant.id, &brand).await;
    // What is not recorded yet is sent again.
    eventually("both mails are recorded", async || {
        (app.emails("sent").await.len() == 2).then_some(())
    })
    .await;
    app.kill9().await;
    app.restart().await;
    cross(&app, &tenant, "servers").await;
    let again = own.until(2).await.remove(1);
    assert_eq!(again.envelope.login, mail.envelope.login);
    assert_eq!(
        sink.mails().len(),
        1,
        "the deployment's server had the neighbour's alone"
    );

    // The operator takes the permission back: the mail waits, and the reason tells nothing.
    app.sigterm().await;
    app.set("UPSELL_SMTP_ALLOW_CIDRS", "");
    app.restart().await;
    let connections = own.script.connections();
    cross(&app, &tenant, "mobiles").await;
    let waiting = eventually("the mail was tried", async || {
        let queued = app.emails("queued").await.pop();
        queued.filter(|mail| mail["attempts"].as_u64() >= Some(1) && !mail["last_error"].is_null())
    })
    .await;
    assert_eq!(waiting["last_error"], REFUSED);
    assert_eq!(own.script.connections(), connections);

    let path = format!("/api/2/tenants/{}/brand", tenant.id);
    let shown = app.get(&path).await.expect(200);
    assert_eq!(shown.json()["smtp_password"], "");
    for text in [shown.text(), app.log()] {
        assert!(!text.contains(PASSWORD), "{text}");
    }
    let stored = app.stored_bytes().await;
    assert!(
        stored.windows(8).any(|part| part == b"smtpuser"),
        "this looks at the right files"
    );
    let secret = PASSWORD.as_bytes();
    assert!(!stored.windows(secret.len()).any(|part| part == secret));
}

#[tokio::test]
async fn a_server_on_the_inside_is_refused_in_words_that_tell_nothing() {
    let (sink, inside) = (Sink::start().await, brand_sink(128).await);
    // Allowed when they are written; when they are used, the operator has thought better of it.
    let allowed = [(
        "UPSELL_SMTP_ALLOW_CIDRS",
        "127.0.0.0/8,10.0.0.0/8,169.254.0.0/16",
    )];
    let mut app = TestApp::with_sink(&sink, &allowed).await;
    let mut tenants = Vec::new();
    // Loopback with something listening, loopback with nothing, a private network, metadata.
    let listening = inside.address().ip().to_string();
    for server in [&listening, "127.99.0.1", "10.1.2.3", "169.254.169.254"] {
        let (tenant, user) = customer(&app).await;
        app.brand(&tenant, "", true).await;
        let options = json!({
            "smtp_override": 1, "smtp_server": server, "smtp_port": 2525,
            "smtp_encryption": "NONE",
        });
        app.put_brand(&tenant.id, &options).await;
        tenants.push((tenant, user));
    }
    app.sigterm().await;
    app.set("UPSELL_SMTP_ALLOW_CIDRS", "");
    app.set("UPSELL_MAIL_RETRY_BASE", "100ms");
    app.restart().await;
    let mut errors = Vec::new();
    for (tenant, user) in tenants {
        cross(&app, &tenant, "vms").await;
        let failed = eventually("the mail was tried twice", async || {
            let mut queued = app.emails("queued").await;
            queued.retain(|mail| mail["user_id"] == user.id);
            queued
                .pop()
                .filter(|mail| mail["attempts"].as_u64() >= Some(2))
        })
        .await;
        errors.push(failed["last_error"].as_str().unwrap().to_owned());
    }
    errors.dedup();
    assert_eq!(errors, [REFUSED]);
    assert_eq!(inside.script.connections(), 0, "nothing was even tried");
    assert!(
        sink.mails().is_empty(),
        "nor is another server used instead"
    );
}

#[tokio::test]
async fn what_can_never_work_is_refused_when_it_is_written() {
    let app = TestApp::start(&[]).await;
    let tenant = app.create_customer().await;
    app.brand(&tenant, "", true).await;
    let path = format!("/api/2/tenants/{}/brand", tenant.id);
    let put = async |options: &serde_json::Value| {
        let version = app.tenant_version(&tenant.id).await;
        app.put(&format!("{path}?version={version}"), options).await
    };
    let before = app.get(&path).await.expect(200).json();
    for (server, port, field) in [
        ("127.0.0.1", 25, "smtp_server"),
        ("localhost", 25, "smtp_server"),
        ("10.1.2.3", 587, "smtp_server"),
        ("169.254.169.254", 587, "smtp_server"),
        ("fe80::1", 587, "smtp_server"),
        ("127.1", 25, "smtp_server"),
        ("2130706433", 25, "smtp_server"),
        ("smtp.example.com", 6379, "smtp_port"),
    ] {
        let options = json!({"smtp_override": 1, "smtp_server": server, "smtp_port": port});
        let refused = put(&options).await.expect(400).text();
        assert!(refused.contains(field), "{server}:{port}: {refused}");
    }
    for (option, value) in [
        ("upsell_url", "https://localhost/"),
        ("upsell_url", "https://shop.localhost/buy"),
        ("upsell_url", "https://shop.example.com:0/buy"),
        ("color_scheme", "no-such-scheme"),
    ] {
        let refused = put(&json!({ option: value })).await.expect(400).text();
        assert!(refused.contains(option), "{value}: {refused}");
    }
    let after = app.get(&path).await.expect(200).json();
    assert_eq!(after, before);
    for scheme in ["orange", "default"] {
        let brand = app
            .put_brand(&tenant.id, &json!({"color_scheme": scheme}))
            .await;
        assert_eq!(brand["color_scheme"], scheme);
    }
}
