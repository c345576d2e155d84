//! Mail after mail over one connection: with PIPELINING (RFC 2920) where it is offered and works,
//! each answer told of the mail it is about.

use std::net::Ipv4Addr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use upsell::outbox::smtp::{
    Encryption, Kind, MailConnection, Mailer, PreparedMail, Stage, Target, Trust,
};

use crate::support::smtp_client::{
    SendOne, envelope, impatient, mailer, message, settings, target, target_at,
};
use crate::support::smtp_script::{Act, At, Pipelining, Setup, SmtpScript};

async fn server(pipelining: Pipelining) -> SmtpScript {
    let setup = Setup {
        pipelining,
        ..Setup::default()
    };
    SmtpScript::with(setup).await
}

fn prepared(mailer: &Mailer, token: &str) -> PreparedMail {
    let to = envelope(&format!("{token}@b.test"));
    mailer.prepare(to, message(token, 5).as_bytes()).unwrap()
}

fn connection(mailer: &Mailer, target: &Target) -> MailConnection {
    mailer.try_reserve(target).unwrap()
}

fn arrived(server: &SmtpScript) -> Vec<String> {
    assert_eq!(server.breaches(), Vec::<String>::new());
    let mails = server.taken().into_iter();
    let checked = mails.map(|mail| {
        let token = mail.to.split('@').next().unwrap().to_owned();
        assert!(mail.message == message(&token, 5), "{token} got another's");
        token
    });
    checked.collect()
}

/// Reads until what was read ends so.
async fn until(tcp: &mut TcpStream, end: &str) -> String {
    let mut read = Vec::new();
    while !read.ends_with(end.as_bytes()) {
        let mut chunk = [0; 4096];
        let count = tcp.read(&mut chunk).await.unwrap();
        assert!(count > 0, "{:?}", String::from_utf8_lossy(&read));
        read.extend_from_slice(&chunk[..count]);
    }
    String::from_utf8(read).unwrap()
}

#[tokio::test]
async fn the_next_envelope_goes_with_the_end_of_a_mail() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = tokio::spawn(async move {
        let (mut tcp, _) = listener.accept().await.unwrap();
        tcp.write_all(b"220 hi\r\n").await.unwrap();
        until(&mut tcp, "\r\n").await;
        tcp.write_all(b"250-hi\r\n250 PIPELINING\r\n")
            .await
            .unwrap();
        let first = until(&mut tcp, "DATA\r\n").await;
        tcp.write_all(b"250 ok\r\n250 ok\r\n354 go\r\n")
            .await
            .unwrap();
        let second = until(&mut tcp, "DATA\r\n").await;
        tcp.write_all(b"250 queued as 1\r\n250 ok\r\n250 ok\r\n354 go\r\n")
            .await
            .unwrap();
        until(&mut tcp, "\r\n.\r\n").await;
        tcp.write_all(b"250 queued as 2\r\n").await.unwrap();
        (first, second)
    });
    let script = SmtpScript::start().await;
    let mailer = mailer(&script);
    let target = target_at("127.0.0.1", port, Encryption::None, None, Trust::Operator);
    let (one, two) = (prepared(&mailer, "one"), prepared(&mailer, "two"));
    let mut connection = connection(&mailer, &target);
    // The first mail opens the connection, and nothing is known of the server before.
    assert!(!connection.sends_ahead());
    let sent = connection.send(&one, Some(&two)).await.unwrap();
    assert!(sent.to_string().ends_with("queued as 1"));
    assert!(connection.sends_ahead());
    let sent = connection.send(&two, None).await.unwrap();
    assert!(sent.to_string().ends_with("queued as 2"));

    let (first, second) = server.await.unwrap();
    let opening =
        |to: &str| format!("MAIL FROM:<upsell@example.test>\r\nRCPT TO:<{to}@b.test>\r\nDATA\r\n");
    assert_eq!(first, opening("one"));
    assert!(second.ends_with(&format!("end of one\r\n.\r\n{}", opening("two"))));
}

#[tokio::test]
async fn each_refusal_is_told_of_its_own_mail() {
    let server = server(Pipelining::Works).await;
    let (mailer, target) = (mailer(&server), target(&server, Encryption::None));
    let mut connection = connection(&mailer, &target);
    let tokens = ["a", "b", "c", "d", "e", "f", "g"];
    let mails = tokens.map(|token| prepared(&mailer, token));
    // At each point the mails come by in their order, but at the dot only those that got there.
    let orders = [
        (At::Rcpt, 2, "550 5.1.1 no such user"),
        (At::Mail, 3, "451 4.7.1 not now"),
        (At::FinalDot, 2, "554 5.7.1 looks like spam"),
        (At::Data, 5, "452 4.3.1 full"),
    ];
    for (at, after, text) in orders {
        for _ in 0..after {
            server.once(at, Act::UsualAnd(String::new()));
        }
        server.once(at, Act::say(text));
    }
    let mut results = Vec::new();
    for (number, this) in mails.iter().enumerate() {
        let sent = connection.send(this, mails.get(number + 1)).await;
        results.push(sent.map(|sent| sent.to_string()));
    }
    let told: Vec<_> = results
        .iter()
        .map(|result| match result {
            Ok(reply) => Ok(reply.as_str()),
            Err(error) => Err((error.stage(), error.kind())),
        })
        .collect();
    assert_eq!(
        told,
        [
            Ok("250 2.0.0 queued as a"),
            Ok("250 2.0.0 queued as b"),
            Err((Stage::Rcpt, Kind::Permanent)),
            Err((Stage::Mail, Kind::Transient)),
            Err((Stage::FinalDot, Kind::Permanent)),
            Err((Stage::Data, Kind::Transient)),
            Ok("250 2.0.0 queued as g"),
        ],
        "{results:?}"
    );
    assert_eq!(arrived(&server), ["a", "b", "g"]);
    assert_eq!(server.connections(), 1);
    let resets = server.lines().iter().filter(|line| *line == "RSET").count();
    assert_eq!(
        resets, 2,
        "after the refused recipient and the refused DATA"
    );
}

#[tokio::test]
async fn a_go_ahead_without_a_recipient_is_answered_with_nothing() {
    let server = server(Pipelining::Works).await;
    let (mailer, target) = (mailer(&server), target(&server, Encryption::None));
    let mut connection = connection(&mailer, &target);
    server.once(At::Rcpt, Act::say("550 5.1.1 no such user"));
    server.once(At::Data, Act::say("354 go ahead all the same"));
    let (one, two) = (prepared(&mailer, "one"), prepared(&mailer, "two"));
    let error = connection.send(&one, Some(&two)).await.unwrap_err();
    assert_eq!(
        (error.stage(), error.kind()),
        (Stage::Rcpt, Kind::Permanent)
    );
    connection.send(&two, None).await.unwrap();
    assert_eq!(arrived(&server), ["two"]);
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn a_refused_mail_does_not_end_the_connection() {
    let server = server(Pipelining::NotOffered).await;
    let (mailer, target) = (mailer(&server), target(&server, Encryption::None));
    let mut connection = connection(&mailer, &target);
    for (at, text) in [
        (At::Rcpt, "550 no"),
        (At::Data, "451 no"),
        (At::Mail, "450 no"),
    ] {
        server.once(at, Act::say(text));
        connection
            .send(&prepared(&mailer, "refused"), None)
            .await
            .unwrap_err();
    }
    connection
        .send(&prepared(&mailer, "good"), None)
        .await
        .unwrap();
    assert_eq!(arrived(&server), ["good"]);
    let verbs: Vec<String> = server
        .lines()
        .iter()
        .map(|line| line.split(' ').next().unwrap().to_owned())
        .collect();
    assert_eq!(
        verbs.join(" "),
        "EHLO MAIL RCPT RSET MAIL RCPT DATA RSET MAIL MAIL RCPT DATA"
    );
    connection.rest().await;
    assert_eq!((server.connections(), mailer.idle_connections()), (1, 1));
}

#[tokio::test]
async fn content_never_goes_under_another_mails_envelope() {
    let server = server(Pipelining::Works).await;
    let (mailer, target) = (mailer(&server), target(&server, Encryption::None));
    let [one, two, three] = ["one", "two", "three"].map(|token| prepared(&mailer, token));
    let mut first = connection(&mailer, &target);
    first.send(&one, Some(&two)).await.unwrap();
    first.send(&three, None).await.unwrap();
    first.send(&one, Some(&two)).await.unwrap();
    first.rest().await;
    assert_eq!(mailer.idle_connections(), 0, "it waits for content");
    assert_eq!(arrived(&server), ["one", "three", "one"]);
    assert_eq!(server.connections(), 2);
}

#[tokio::test]
async fn a_connection_that_ends_takes_the_announced_mail_nowhere() {
    let server = server(Pipelining::Works).await;
    let (mailer, target) = (mailer(&server), target(&server, Encryption::None));
    let [one, two] = ["one", "two"].map(|token| prepared(&mailer, token));
    let mut connection = connection(&mailer, &target);
    // The answer to the first is lost; of the second nothing but the envelope was said.
    server.once(At::FinalDot, Act::TakeAndClose);
    let error = connection.send(&one, Some(&two)).await.unwrap_err();
    assert!(error.perhaps_accepted());
    connection.send(&two, None).await.unwrap();
    assert_eq!(arrived(&server), ["one", "two"]);
    // A server that says goodbye between two mails.
    server.once(At::FinalDot, Act::UsualAndClose);
    connection.send(&one, Some(&two)).await.unwrap();
    connection.send(&two, None).await.unwrap();
    assert_eq!(arrived(&server), ["one", "two", "one", "two"]);
}

#[tokio::test]
async fn answers_that_are_not_due_are_believed_by_nobody() {
    let server = server(Pipelining::Works).await;
    let (mailer, target) = (mailer(&server), target(&server, Encryption::None));
    let [one, two] = ["one", "two"].map(|token| prepared(&mailer, token));
    for at in [At::Mail, At::Rcpt, At::Data] {
        let mut connection = connection(&mailer, &target);
        server.always(at, Act::UsualAnd("250 2.0.0 queued as nobody\r\n".into()));
        let error = connection.send(&one, None).await.unwrap_err();
        assert_eq!(error.kind(), Kind::Transient, "{at:?}: {error}");
        server.relent();
    }
    // After the final dot: the next mail finds out, before any of its content is sent.
    let mut connection = connection(&mailer, &target);
    connection.send(&one, None).await.unwrap();
    server.once(At::FinalDot, Act::UsualAnd("250 extra\r\n".into()));
    connection.send(&one, Some(&two)).await.unwrap();
    connection.send(&two, None).await.unwrap();
    assert_eq!(arrived(&server), ["one", "one", "two"]);
}

#[tokio::test]
async fn a_server_that_cannot_do_what_it_offers_is_spared_it() {
    let server = server(Pipelining::HangsUp).await;
    let (mailer, target) = (mailer(&server), target(&server, Encryption::None));
    let [one, two] = ["one", "two"].map(|token| prepared(&mailer, token));
    let mut connection = connection(&mailer, &target);
    connection.send(&one, Some(&two)).await.unwrap();
    assert!(!connection.sends_ahead());
    connection.send(&two, None).await.unwrap();
    drop(connection);
    // It is remembered.
    let connections = server.connections();
    mailer
        .send(
            &target,
            &envelope("three@b.test"),
            message("three", 5).as_bytes(),
        )
        .await
        .unwrap();
    assert_eq!(server.connections(), connections + 1);
    assert_eq!(arrived(&server), ["one", "two", "three"]);

    let server = self::server(Pipelining::Discards).await;
    let (mailer, target) = (
        impatient(&server, Duration::from_millis(500)),
        self::target(&server, Encryption::None),
    );
    let mut connection = self::connection(&mailer, &target);
    let error = connection.send(&one, None).await.unwrap_err();
    assert_eq!(
        (error.stage(), error.kind()),
        (Stage::Rcpt, Kind::Transient)
    );
    connection.send(&one, None).await.unwrap();
    assert_eq!(arrived(&server), ["one"]);
}

#[tokio::test]
async fn a_connection_carries_no_more_mails_than_it_may() {
    let server = server(Pipelining::Works).await;
    let settings = upsell::outbox::smtp::Settings {
        mails_per_connection: 3,
        ..settings(&server)
    };
    let mailer = Mailer::new(settings).unwrap();
    let target = target(&server, Encryption::None);
    let tokens: Vec<String> = (0..7).map(|number| format!("t{number}")).collect();
    let mails: Vec<PreparedMail> = tokens
        .iter()
        .map(|token| prepared(&mailer, token))
        .collect();
    let mut connection = connection(&mailer, &target);
    for (number, this) in mails.iter().enumerate() {
        connection.send(this, mails.get(number + 1)).await.unwrap();
    }
    assert_eq!(arrived(&server), tokens);
    let by_connection: Vec<usize> = server.taken().iter().map(|mail| mail.connection).collect();
    assert_eq!(by_connection, [0, 0, 0, 1, 1, 1, 2]);
}
