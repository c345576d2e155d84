//! Servers that misbehave (test R7): at every stage, in every way; nothing is lost or mixed up.

use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use socket2::{Domain, Socket, Type};
use upsell::outbox::smtp::{Cause, Encryption, Kind, SendError, Stage, Trust};

use crate::support::smtp_client::{
    SendOne, envelope, impatient, mailer, message, target, target_at,
};
use crate::support::smtp_script::{Act, At, Pipelining, ServerTls, Setup, SmtpScript};

/// Long enough for a busy machine to answer, short enough to wait for.
const PATIENCE: Duration = Duration::from_millis(1_500);

const STAGES: [(At, Stage); 8] = [
    (At::Greeting, Stage::Greeting),
    (At::Ehlo, Stage::Ehlo),
    (At::StartTls, Stage::StartTls),
    (At::Auth, Stage::Auth),
    (At::Mail, Stage::Mail),
    (At::Rcpt, Stage::Rcpt),
    (At::Data, Stage::Data),
    (At::FinalDot, Stage::FinalDot),
];

/// Sends one mail to a server that does `act` at `at`, then, when it has come to its senses, the
/// same mail again: this one must arrive, and only it.
async fn fault(at: At, act: Act, pipelining: Pipelining) -> SendError {
    let features = vec!["AUTH PLAIN".to_owned()];
    let setup = Setup {
        tls: ServerTls::Offered,
        features,
        pipelining,
        ..Setup::default()
    };
    let server = SmtpScript::with(setup).await;
    server.always(at, act);
    let mailer = impatient(&server, PATIENCE);
    let port = server.address.port();
    let login = Some(("user", "canary"));
    let target = target_at(
        "127.0.0.1",
        port,
        Encryption::StartTls,
        login,
        Trust::Operator,
    );
    let to = envelope("a@b.test");
    let text = message("again", 3);

    let error = mailer
        .send(&target, &to, text.as_bytes())
        .await
        .unwrap_err();
    let taken_unseen = server.taken().len();
    assert!(
        taken_unseen == 0 || error.perhaps_accepted(),
        "{at:?}: {error}"
    );
    assert_eq!(
        mailer.idle_connections(),
        0,
        "{at:?}: a broken connection was kept"
    );
    server.relent();
    let accepted = mailer.send(&target, &to, text.as_bytes()).await.unwrap();
    assert!(accepted.to_string().ends_with("again"));
    assert_eq!(server.taken().len(), taken_unseen + 1);
    assert!(
        server
            .taken()
            .iter()
            .all(|mail| mail.message == text && mail.to == "a@b.test")
    );
    assert_eq!(server.breaches(), Vec::<String>::new(), "{at:?}");
    error
}

async fn faults_everywhere(act: impl Fn(At) -> Act) -> Vec<(Stage, SendError)> {
    let both = [Pipelining::NotOffered, Pipelining::Works].map(|pipelining| {
        let act = &act;
        STAGES.map(|(at, stage)| {
            let act = act(at);
            Box::pin(async move { (stage, fault(at, act, pipelining).await) })
        })
    });
    join_all(both.into_iter().flatten()).await
}

#[tokio::test]
async fn a_server_may_stall_at_each_stage() {
    for (stage, error) in faults_everywhere(|_| Act::Stall).await {
        assert_eq!((error.stage(), error.kind()), (stage, Kind::Transient));
        assert!(matches!(error.cause(), Cause::TimedOut), "{error}");
        assert_eq!(error.perhaps_accepted(), stage == Stage::FinalDot);
    }
}

#[tokio::test]
async fn a_server_may_hang_up_at_each_stage() {
    for (stage, error) in faults_everywhere(|_| Act::Close).await {
        assert_eq!((error.stage(), error.kind()), (stage, Kind::Transient));
        assert_eq!(error.perhaps_accepted(), stage == Stage::FinalDot);
    }
}

#[tokio::test]
async fn a_4xx_at_each_stage_is_transient() {
    for (stage, error) in faults_everywhere(|_| Act::say("451 4.7.1 later please")).await {
        assert_eq!((error.stage(), error.kind()), (stage, Kind::Transient));
        let reply = error.reply().unwrap();
        assert_eq!((reply.code(), reply.enhanced_code()), (451, Some("4.7.1")));
        assert!(!error.perhaps_accepted());
    }
}

#[tokio::test]
async fn a_5xx_is_permanent_only_about_the_mail() {
    for (stage, error) in faults_everywhere(|_| Act::say("550 5.7.1 <a@b.test> no canary")).await {
        let about_the_mail = stage >= Stage::Mail;
        assert_eq!(error.stage(), stage);
        assert_eq!(error.kind() == Kind::Permanent, about_the_mail, "{error}");
        assert!(!error.perhaps_accepted() && error.to_string().contains("550 5.7.1"));
        assert!(!error.public().contains("canary") && !error.public().contains("550"));
        assert!(!error.to_string().contains("a@b.test"), "{error}");
        assert!(
            stage != Stage::Auth || !error.to_string().contains("canary"),
            "{error}"
        );
    }
    let error = fault(
        At::Mail,
        Act::say("530 5.7.0 Authentication required"),
        Pipelining::Works,
    )
    .await;
    assert_eq!(
        error.kind(),
        Kind::Transient,
        "who must log in first is not the mail's fault"
    );
}

#[tokio::test]
async fn a_stage_has_one_time_however_slowly_the_server_speaks() {
    let text = |at| match at {
        At::Data => "354 go ahead, at your leisure, there is no hurry at all",
        _ => "250 this will take a while, but every byte of it comes in good time",
    };
    let slow = |at| Act::Slowly(text(at).into(), PATIENCE / 5);
    for (stage, error) in faults_everywhere(slow).await {
        assert_eq!((error.stage(), error.kind()), (stage, Kind::Transient));
        assert!(matches!(error.cause(), Cause::TimedOut), "{error}");
    }
}

#[tokio::test]
async fn a_reply_of_100_kilobytes_is_not_read_to_its_end() {
    let one_line = |_| Act::say(&format!("250 {}", "x".repeat(100_000)));
    let many_lines = |_| Act::say(&format!("{}250 end", "250-padding\r\n".repeat(8_000)));
    let endless = |_| Act::say(&"9".repeat(100_000));
    let mut found = faults_everywhere(one_line).await;
    found.extend(faults_everywhere(many_lines).await);
    found.extend(faults_everywhere(endless).await);
    for (stage, error) in found {
        assert_eq!((error.stage(), error.kind()), (stage, Kind::Transient));
        assert!(matches!(error.cause(), Cause::Protocol(_)), "{error}");
        assert!(error.to_string().len() < 1_000);
    }
}

#[tokio::test]
async fn what_is_not_smtp_is_refused_at_each_stage() {
    let babble = [
        "HTTP/1.1 400 Bad Request",
        "",
        "99 x",
        "250-a\r\n251 b",
        "\u{7f}\u{0}\u{1b}[2J",
    ];
    for text in babble {
        for (stage, error) in faults_everywhere(|_| Act::say(text)).await {
            assert_eq!((error.stage(), error.kind()), (stage, Kind::Transient));
            assert!(
                matches!(error.cause(), Cause::Protocol(_)),
                "{text:?}: {error}"
            );
        }
    }
}

#[tokio::test]
async fn the_mail_may_have_arrived_when_the_answer_is_lost() {
    let error = fault(At::FinalDot, Act::TakeAndClose, Pipelining::Works).await;
    assert!(error.perhaps_accepted());
    let error = fault(At::Data, Act::UsualAndClose, Pipelining::Works).await;
    assert_eq!(error.kind(), Kind::Transient);
    assert!(
        matches!(error.stage(), Stage::Content | Stage::FinalDot),
        "{error}"
    );
}

#[tokio::test]
async fn without_starttls_nothing_is_said_in_clear() {
    let stripped = SmtpScript::start().await;
    let encrypted = target(&stripped, Encryption::StartTls);
    let sender = mailer(&stripped);
    let error = sender
        .send(&encrypted, &envelope("a@b.test"), b"hi")
        .await
        .unwrap_err();
    assert_eq!(
        (error.stage(), error.kind()),
        (Stage::StartTls, Kind::Transient)
    );
    stripped.until_deserted().await;
    assert_eq!(stripped.lines(), ["EHLO upsell.example.test"]);

    let setup = Setup {
        tls: ServerTls::Offered,
        ..Setup::default()
    };
    let server = SmtpScript::with(setup).await;
    let (sender, encrypted) = (mailer(&server), target(&server, Encryption::StartTls));
    let injected = Act::UsualAnd("250-injected\r\n250 AUTH PLAIN\r\n".into());
    for act in [
        Act::say("454 4.7.0 not now"),
        Act::say("502 5.5.1 what"),
        injected,
    ] {
        server.once(At::StartTls, act);
        let error = sender
            .send(&encrypted, &envelope("a@b.test"), b"hi")
            .await
            .unwrap_err();
        assert_eq!(
            (error.stage(), error.kind()),
            (Stage::StartTls, Kind::Transient)
        );
    }
    server.until_deserted().await;
    assert!(
        !server.lines().iter().any(|line| line.starts_with("MAIL")),
        "{:?}",
        server.lines()
    );
    sender
        .send(&encrypted, &envelope("a@b.test"), b"hi")
        .await
        .unwrap();
    assert!(server.taken().pop().unwrap().encrypted);
}

#[tokio::test]
async fn a_host_that_does_not_even_accept_is_given_up() {
    let server = SmtpScript::start().await;
    let full = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    full.bind(&std::net::SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into())
        .unwrap();
    full.listen(0).unwrap();
    let address = full.local_addr().unwrap();
    // The queue of connections nobody accepts has room for one or two; then the kernel is silent.
    let _queued: Vec<Socket> = (0..4)
        .map(|_| {
            let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
            socket.set_nonblocking(true).unwrap();
            let _ = socket.connect(&address);
            socket
        })
        .collect();
    let port = address.as_socket().unwrap().port();
    let target = target_at("127.0.0.1", port, Encryption::None, None, Trust::Operator);
    let mailer = impatient(&server, Duration::from_millis(300));
    let error = mailer
        .send(&target, &envelope("a@b.test"), b"hi")
        .await
        .unwrap_err();
    assert_eq!(
        (error.stage(), error.kind()),
        (Stage::Connect, Kind::Transient),
        "{error}"
    );
    assert!(matches!(error.cause(), Cause::TimedOut), "{error}");
}

#[tokio::test]
async fn a_dead_host_does_not_delay_another() {
    let (dead, alive) = (SmtpScript::start().await, SmtpScript::start().await);
    dead.always(At::Greeting, Act::Stall);
    let mailer = mailer(&dead);
    let (to_dead, to_alive) = (
        target(&dead, Encryption::None),
        target(&alive, Encryption::None),
    );
    let stuck: Vec<_> = (0..200)
        .map(|_| {
            let (mailer, to_dead) = (mailer.clone(), to_dead.clone());
            tokio::spawn(async move { mailer.send(&to_dead, &envelope("a@b.test"), b"x").await })
        })
        .collect();
    dead.until_reached(At::Greeting, 10).await;

    let mut slowest = Duration::ZERO;
    for _ in 0..20 {
        let start = Instant::now();
        mailer
            .send(&to_alive, &envelope("a@b.test"), b"hi")
            .await
            .unwrap();
        slowest = slowest.max(start.elapsed());
    }
    println!("slowest mail beside a dead host: {slowest:?}");
    assert!(slowest < Duration::from_secs(1), "{slowest:?}");
    assert_eq!(
        dead.connections(),
        10,
        "the dead host holds no more than its share"
    );
    assert!(mailer.try_reserve(&to_dead).is_none());
    for task in stuck {
        task.abort();
        let _ = task.await;
    }
    assert_eq!(
        mailer.known_hosts(),
        1,
        "aborted mails leave nothing behind"
    );
}
