//! Mail that arrives: encryption, log-in, reuse of connections, and the bytes of the message.

use std::time::Duration;

use futures_util::future::join_all;
use upsell::outbox::smtp::{Cause, Encryption, Kind, Mailer, Settings, Stage, Trust};

use crate::support::smtp_client::{
    Names, SendOne, envelope, mailer, message, settings, target, target_at,
};
use crate::support::smtp_script::{Act, At, ServerTls, Setup, SmtpScript};

async fn server_with(tls: ServerTls, features: &[&str]) -> SmtpScript {
    let features = features.iter().map(|line| (*line).to_owned()).collect();
    SmtpScript::with(Setup {
        tls,
        features,
        ..Setup::default()
    })
    .await
}

/// A mailer for which `mail.example.test` is the scripted server, and which lets tenants go there.
fn tenants_mailer(server: &SmtpScript) -> Mailer {
    let allow_cidrs = vec!["127.0.0.0/8".parse().unwrap()];
    Mailer::new(Settings {
        allow_cidrs,
        network: Names::local(),
        ..settings(server)
    })
    .unwrap()
}

#[tokio::test]
async fn mails_arrive_whole_over_one_connection() {
    let server = SmtpScript::start().await;
    let (mailer, target) = (mailer(&server), target(&server, Encryption::None));
    for n in 0..5 {
        let (to, token) = (format!("user{n}@example.test"), format!("token-{n}"));
        let text = message(&token, 5_000 * n);
        let accepted = mailer
            .send(&target, &envelope(&to), text.as_bytes())
            .await
            .unwrap();
        assert!(accepted.to_string().ends_with(&token));
        let mail = server.taken().pop().unwrap();
        assert_eq!((mail.to, mail.from), (to, "upsell@example.test".to_owned()));
        assert!(
            mail.message == text,
            "mail {n} of {} bytes differs",
            text.len()
        );
    }
    assert_eq!((server.connections(), mailer.idle_connections()), (1, 1));
    assert_eq!(server.breaches(), Vec::<String>::new());
}

#[tokio::test]
async fn a_message_cannot_smuggle_another() {
    let server = SmtpScript::start().await;
    let (mailer, target) = (mailer(&server), target(&server, Encryption::None));
    let inner = "MAIL FROM:<evil@e.test>\r\nRCPT TO:<v@e.test>\r\nDATA\r\nevil\r\n.\r\n";
    let ends = [
        "\r\n.\r\n",
        "\n.\n",
        "\n.\r\n",
        "\r\n.\n",
        "\r.\r",
        "\r\n.\r",
        "\n\n.\r\r\n",
    ];
    for end in ends {
        let text = format!("Subject: x\r\n\r\nbody{end}{inner}");
        mailer
            .send(&target, &envelope("a@example.test"), text.as_bytes())
            .await
            .unwrap();
    }
    assert_eq!(server.taken().len(), ends.len());
    assert!(
        server
            .taken()
            .iter()
            .all(|mail| mail.to == "a@example.test")
    );
    assert!(
        server
            .taken()
            .iter()
            .all(|mail| mail.message.contains("MAIL FROM:<evil@e.test>"))
    );
    assert_eq!(server.breaches(), Vec::<String>::new());
}

#[tokio::test]
async fn starttls_comes_before_the_log_in() {
    let server = server_with(ServerTls::Offered, &["AUTH LOGIN PLAIN"]).await;
    let login = Some(("brand@example.test", "pass word"));
    let port = server.address.port();
    let target = target_at(
        "mail.example.test",
        port,
        Encryption::StartTls,
        login,
        Trust::Tenant,
    );
    let mailer = tenants_mailer(&server);
    mailer
        .send(&target, &envelope("a@example.test"), b"hi")
        .await
        .unwrap();

    let mail = server.taken().pop().unwrap();
    assert!(mail.encrypted);
    assert_eq!(
        mail.login,
        Some(("brand@example.test".into(), "pass word".into()))
    );
    let lines = server.lines();
    let verbs: Vec<&str> = lines
        .iter()
        .map(|line| line.split(' ').next().unwrap())
        .collect();
    assert_eq!(
        verbs,
        ["EHLO", "STARTTLS", "EHLO", "AUTH", "MAIL", "RCPT", "DATA"]
    );
    assert_eq!(lines[0], "EHLO upsell.example.test");
}

#[tokio::test]
async fn tls_from_the_first_byte_and_auth_login() {
    let server = server_with(ServerTls::Always, &["AUTH LOGIN CRAM-MD5"]).await;
    let port = server.address.port();
    let target = target_at(
        "mail.example.test",
        port,
        Encryption::Tls,
        Some(("u", "p")),
        Trust::Tenant,
    );
    let mailer = tenants_mailer(&server);
    for _ in 0..3 {
        mailer
            .send(&target, &envelope("a@example.test"), b"hi")
            .await
            .unwrap();
    }
    let mail = server.taken().pop().unwrap();
    assert_eq!(
        (mail.encrypted, mail.login),
        (true, Some(("u".into(), "p".into())))
    );
    assert_eq!(server.connections(), 1, "TLS connections are reused too");
}

#[tokio::test]
async fn only_the_named_server_with_a_known_certificate_is_believed() {
    let server = server_with(ServerTls::Always, &[]).await;
    let port = server.address.port();
    let mailer = {
        let network = Names::new(&[("other.example.test", &["127.0.0.1"])]);
        Mailer::new(Settings {
            network,
            ..settings(&server)
        })
        .unwrap()
    };
    let wrong_name = target_at(
        "other.example.test",
        port,
        Encryption::Tls,
        None,
        Trust::Operator,
    );
    let error = mailer
        .send(&wrong_name, &envelope("a@b.test"), b"hi")
        .await
        .unwrap_err();
    assert_eq!((error.stage(), error.kind()), (Stage::Tls, Kind::Transient));

    let other = SmtpScript::start().await;
    let mailer = Mailer::new(settings(&other)).unwrap();
    let unknown = target(&server, Encryption::Tls);
    let error = mailer
        .send(&unknown, &envelope("a@b.test"), b"hi")
        .await
        .unwrap_err();
    assert!(matches!(error.cause(), Cause::Tls(_)), "{error}");
    assert_eq!(server.taken(), []);
}

#[tokio::test]
async fn connections_are_bounded_and_grow_old() {
    let server = SmtpScript::start().await;
    let target = target(&server, Encryption::None);
    let settings = Settings {
        connections_per_host: 3,
        ..settings(&server)
    };
    let mailer = Mailer::new(settings.clone()).unwrap();
    let envelopes: Vec<_> = (0..60).map(|n| envelope(&format!("u{n}@b.test"))).collect();
    let sends = envelopes
        .iter()
        .map(|envelope| mailer.send(&target, envelope, b"hi"));
    assert!(join_all(sends).await.iter().all(Result::is_ok));
    assert_eq!((server.connections(), server.taken().len()), (3, 60));
    mailer.close_expired().await;
    assert_eq!((mailer.idle_connections(), mailer.known_hosts()), (3, 1));
    mailer.close_idle().await;
    assert_eq!((mailer.idle_connections(), mailer.known_hosts()), (0, 0));
    server.until_reached(At::Quit, 3).await;

    let mailer = Mailer::new(Settings {
        mails_per_connection: 2,
        ..settings.clone()
    })
    .unwrap();
    for _ in 0..5 {
        mailer.send(&target, &envelopes[0], b"hi").await.unwrap();
    }
    assert_eq!(server.connections(), 3 + 3);
    server.until_reached(At::Quit, 3 + 2).await;

    let mailer = Mailer::new(Settings {
        idle: Duration::ZERO,
        ..settings
    })
    .unwrap();
    for _ in 0..2 {
        mailer.send(&target, &envelopes[0], b"hi").await.unwrap();
    }
    assert_eq!(server.connections(), 6 + 2);
    mailer.close_expired().await;
    assert_eq!((mailer.idle_connections(), mailer.known_hosts()), (0, 0));
    drop(mailer);
}

#[tokio::test]
async fn the_bound_over_all_hosts_closes_idle_connections_first() {
    let (one, two) = (SmtpScript::start().await, SmtpScript::start().await);
    let mailer = Mailer::new(Settings {
        connections_total: 1,
        ..settings(&one)
    })
    .unwrap();
    let (first, second) = (
        target(&one, Encryption::None),
        target(&two, Encryption::None),
    );
    let to = envelope("a@b.test");
    mailer.send(&first, &to, b"hi").await.unwrap();
    mailer.send(&second, &to, b"hi").await.unwrap();
    one.until_deserted().await;
    assert_eq!(mailer.known_hosts(), 1);

    two.always(At::FinalDot, Act::Stall);
    let mut stalled = Box::pin(mailer.send(&second, &to, b"hi"));
    tokio::select! {
        _ = &mut stalled => panic!("the server does not answer"),
        () = two.until_reached(At::FinalDot, 2) => {}
    }
    let error = mailer.send(&first, &to, b"hi").await.unwrap_err();
    assert!(
        matches!(error.cause(), Cause::TooManyConnections),
        "{error}"
    );
    drop(stalled);
    mailer.send(&first, &to, b"hi").await.unwrap();
}

#[tokio::test]
async fn a_reservation_says_when_a_host_is_full() {
    let server = SmtpScript::start().await;
    let target = target(&server, Encryption::None);
    let settings = Settings {
        connections_per_host: 2,
        ..settings(&server)
    };
    let mailer = Mailer::new(settings).unwrap();
    let one = mailer.try_reserve(&target).unwrap();
    let mut two = mailer.try_reserve(&target).unwrap();
    assert!(mailer.try_reserve(&target).is_none());
    drop(one);
    assert!(mailer.try_reserve(&target).is_some());
    let mail = mailer.prepare(envelope("a@b.test"), b"hi").unwrap();
    two.send(&mail, None).await.unwrap();
    assert_eq!(server.taken().len(), 1);
}

#[tokio::test]
async fn an_idle_connection_that_died_costs_no_mail() {
    let server = SmtpScript::start().await;
    let (mailer, target) = (mailer(&server), target(&server, Encryption::None));
    let to = envelope("a@b.test");
    let unasked = || Act::UsualThen(Duration::from_millis(5), "250 stale\r\n".into());
    let acts = [
        (At::FinalDot, Act::UsualAndClose),
        (At::FinalDot, Act::UsualAnd("421 4.4.2 too long\r\n".into())),
        (At::FinalDot, unasked()),
    ];
    for (at, act) in acts {
        let is_unasked = matches!(act, Act::UsualThen(..));
        server.once(at, act);
        mailer.send(&target, &to, b"hi").await.unwrap();
        if is_unasked {
            server.until_reached(At::Unasked, 1).await;
        } else {
            server.until_deserted().await;
        }
        mailer
            .send(&target, &to, message("mine", 1).as_bytes())
            .await
            .unwrap();
        mailer.close_idle().await;
    }
    assert_eq!(server.connections(), 6);
    for act in [Act::Close, Act::say("421 4.3.2 going down")] {
        mailer.send(&target, &to, b"hi").await.unwrap();
        server.once(At::Mail, act);
        let accepted = mailer
            .send(&target, &to, message("mine", 1).as_bytes())
            .await
            .unwrap();
        assert!(accepted.to_string().ends_with("mine"));
    }
    assert_eq!(server.taken().len(), 10);
    assert_eq!(server.breaches(), Vec::<String>::new());
}

#[tokio::test]
async fn a_message_is_as_long_as_the_server_takes_and_text_in_seven_bits() {
    let server = server_with(ServerTls::Never, &["8BITMIME", "SIZE 200", "SMTPUTF8"]).await;
    let (sender, to) = (mailer(&server), target(&server, Encryption::None));
    let envelope = envelope("a@b.test");
    sender.send(&to, &envelope, b"hi").await.unwrap();
    let mail = "MAIL FROM:<upsell@example.test> SIZE=7";
    let lines = server.lines();
    assert!(lines.iter().any(|line| line == mail), "{lines:?}");
    for (text, stage) in [
        (&[b'a'; 300][..], Stage::Mail),
        ("ü".as_bytes(), Stage::Content),
    ] {
        let error = sender.send(&to, &envelope, text).await.unwrap_err();
        assert_eq!((error.stage(), error.kind()), (stage, Kind::Permanent));
    }
    assert_eq!(server.taken().len(), 1);
}
