//! Servers that tenants name: which ones are connected to, and what a tenant learns.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use upsell::outbox::smtp::{
    Cause, Encryption, Kind, Mailer, SendError, Settings, Stage, Timeouts, Trust,
};

use crate::support::smtp_client::{Names, SendOne, envelope, settings, target_at};
use crate::support::smtp_script::{Act, At, SmtpScript};

fn tenant_mailer(server: &SmtpScript, names: Arc<Names>, cidrs: &[&str]) -> Mailer {
    let allow_cidrs = cidrs.iter().map(|cidr| cidr.parse().unwrap()).collect();
    let timeouts = Timeouts {
        connect: Duration::from_millis(300),
        ..settings(server).timeouts
    };
    Mailer::new(Settings {
        allow_cidrs,
        network: names,
        timeouts,
        ..settings(server)
    })
    .unwrap()
}

async fn failure(mailer: &Mailer, host: &str, port: u16) -> SendError {
    let target = target_at(host, port, Encryption::None, None, Trust::Tenant);
    mailer
        .send(&target, &envelope("a@b.test"), b"hi")
        .await
        .unwrap_err()
}

#[tokio::test]
async fn a_tenants_server_is_never_inside() {
    let server = SmtpScript::start().await;
    let names = Names::new(&[
        ("inside.test", &["127.0.0.1"]),
        ("mapped.test", &["::ffff:127.0.0.1"]),
        ("mixed.test", &["8.8.8.8", "127.0.0.1"]),
        ("metadata.test", &["169.254.169.254"]),
    ]);
    let mailer = tenant_mailer(&server, names, &[]);
    let hosts = [
        "127.0.0.1",
        "::1",
        "0.0.0.0",
        "inside.test",
        "mapped.test",
        "mixed.test",
    ];
    for host in hosts
        .into_iter()
        .chain(["metadata.test", "10.0.0.1", "fd00::1"])
    {
        for port in [server.address.port(), 25] {
            let error = failure(&mailer, host, port).await;
            assert!(
                matches!(error.cause(), Cause::Refused(_)),
                "{host}: {error}"
            );
            assert_eq!(
                (error.stage(), error.kind()),
                (Stage::Resolve, Kind::Transient)
            );
        }
    }
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn a_tenants_port_is_one_of_four() {
    let server = SmtpScript::start().await;
    let mailer = tenant_mailer(&server, Names::new(&[("far.test", &["8.8.8.8"])]), &[]);
    for port in [22, 80, 443, 6379, server.address.port()] {
        let error = failure(&mailer, "far.test", port).await;
        assert!(matches!(error.cause(), Cause::PortRefused(_)), "{error}");
    }
}

#[tokio::test]
async fn the_operator_decides_otherwise_for_a_network_and_for_himself() {
    let server = SmtpScript::start().await;
    let names = Names::new(&[("inside.test", &["127.0.0.1"])]);
    let port = server.address.port();
    let to = envelope("a@b.test");

    let allowed = tenant_mailer(&server, Arc::clone(&names), &["127.0.0.1/32"]);
    let tenants = target_at("inside.test", port, Encryption::None, None, Trust::Tenant);
    allowed.send(&tenants, &to, b"hi").await.unwrap();
    assert_eq!(
        names.asked.load(Ordering::Relaxed),
        1,
        "what was judged is what is connected to"
    );

    let strict = tenant_mailer(&server, names, &[]);
    let operators = target_at("inside.test", port, Encryption::None, None, Trust::Operator);
    strict.send(&operators, &to, b"hi").await.unwrap();
    // The operator's open connection is not for a tenant who names the same server.
    assert!(strict.send(&tenants, &to, b"hi").await.is_err());
    assert_eq!(server.taken().len(), 2);
}

#[tokio::test]
async fn a_tenant_learns_nothing_about_the_network() {
    let server = SmtpScript::start().await;
    server.always(At::Greeting, Act::say("SSH-2.0-OpenSSH_9.2 canary"));
    let closed = {
        let listener = std::net::TcpListener::bind("127.0.0.2:0").unwrap();
        listener.local_addr().unwrap().port()
    };
    let names = Names::new(&[("inside.test", &["10.0.0.1"]), ("none.test", &[])]);
    let mailer = tenant_mailer(&server, names, &["127.0.0.0/8"]);
    let mut texts = Vec::new();
    for (host, port) in [
        ("inside.test", 25),
        ("unknown.test", 25),
        ("none.test", 25),
        ("8.8.8.8", 22),
        ("127.0.0.2", closed),
        ("127.0.0.1", server.address.port()),
    ] {
        let error = failure(&mailer, host, port).await;
        assert!(!error.to_string().contains("canary"), "{error}");
        texts.push(error.public());
    }
    texts.dedup();
    assert_eq!(
        texts,
        ["The SMTP server could not be used. Check its name, port and encryption."]
    );
}
