//! A send that is dropped half-way leaves nothing behind that a later mail could trip over
//! (test R8).

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use upsell::outbox::smtp::{Encryption, Mailer, Settings, Target};

use crate::support::smtp_client::{SendOne, envelope, message, settings, target};
use crate::support::smtp_script::{Pipelining, ServerTls, Setup, SmtpScript};

/// Numbers that look random and repeat with the seed.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }
}

/// Polls `work` so often, then drops it. `Some` if it was done before.
async fn polled<T>(work: impl Future<Output = T>, mut polls: u64) -> Option<T> {
    let mut work = pin!(work);
    poll_fn(|context| {
        if polls == 0 {
            return Poll::Ready(None);
        }
        polls -= 1;
        work.as_mut().poll(context).map(Some)
    })
    .await
}

/// Drops `work` when the server has reached so many more points, and a moment has passed. Whether
/// it was still at work then.
async fn until_step(server: &SmtpScript, work: impl Future, steps: usize, after: Duration) -> bool {
    let goal = server.steps() + steps;
    let moment = async {
        server.until_steps(goal).await;
        tokio::time::sleep(after).await;
    };
    tokio::select! {
        _ = work => false,
        () = moment => true,
    }
}

async fn whole(mailer: &Mailer, target: &Target, token: &str, lines: usize) {
    let to = envelope(&format!("{token}@b.test"));
    let text = message(token, lines);
    let accepted = mailer.send(target, &to, text.as_bytes()).await.unwrap();
    let reply = accepted.to_string();
    assert!(
        reply.ends_with(&format!("queued as {token}")),
        "{token} was told {reply:?}"
    );
}

/// Cancels `count` sends and checks every answer and every mail after it.
async fn cancelled_sends(
    (tls, pipelining): (ServerTls, Pipelining),
    encryption: Encryption,
    count: usize,
    seed: u64,
) {
    let setup = Setup {
        tls,
        pipelining,
        pause: Duration::from_micros(300),
        ..Setup::default()
    };
    let server = SmtpScript::with(setup).await;
    let settings = Settings {
        connections_per_host: 2,
        ..settings(&server)
    };
    let (mailer, target) = (Mailer::new(settings).unwrap(), target(&server, encryption));
    let mut dice = Dice(seed);
    let (mut tries, mut cut) = (0, 0);
    while cut < count {
        tries += 1;
        let token = format!("cut-{tries}");
        let lines = usize::try_from(dice.roll(4_000)).unwrap();
        let (to, text) = (envelope(&format!("{token}@b.test")), message(&token, lines));
        let send = mailer.send(&target, &to, text.as_bytes());
        let is_cut = if tries % 2 == 0 {
            polled(send, dice.roll(14)).await.is_none()
        } else {
            let steps = 1 + usize::try_from(dice.roll(6)).unwrap();
            until_step(&server, send, steps, Duration::from_micros(dice.roll(600))).await
        };
        cut += usize::from(is_cut);
        // Sometimes no mail in between, so that both connections are cut.
        if dice.roll(4) > 0 {
            whole(&mailer, &target, &format!("whole-{tries}"), lines % 40).await;
        }
    }
    check(&server);
    println!(
        "seed {seed}: {cut} of {tries} sends cancelled, {} connections, {} mails taken",
        server.connections(),
        server.taken().len()
    );
}

fn check(server: &SmtpScript) {
    for mail in server.taken() {
        let token = mail.to.split('@').next().unwrap_or_default();
        let head = format!("Subject: quota\r\nX-Token: {token}\r\n");
        assert!(
            mail.message.starts_with(&head),
            "{token} got another's mail"
        );
        let end = format!("end of {token}\r\n");
        assert!(mail.message.ends_with(&end), "the mail of {token} was cut");
    }
    let taken: Vec<String> = server.taken().into_iter().map(|mail| mail.to).collect();
    let mut unique = taken.clone();
    unique.sort();
    unique.dedup();
    assert_eq!(unique.len(), taken.len(), "a mail arrived twice");
    assert_eq!(server.breaches(), Vec::<String>::new());
}

#[tokio::test]
async fn a_cancelled_send_desynchronises_nothing() {
    let server = (ServerTls::Never, Pipelining::NotOffered);
    cancelled_sends(server, Encryption::None, 200, 0x5eed).await;
}

#[tokio::test]
async fn a_cancelled_send_desynchronises_nothing_under_tls() {
    let server = (ServerTls::Offered, Pipelining::NotOffered);
    cancelled_sends(server, Encryption::StartTls, 200, 0xbead).await;
}

#[tokio::test]
async fn a_cancelled_send_desynchronises_nothing_where_commands_go_together() {
    let server = (ServerTls::Never, Pipelining::Works);
    cancelled_sends(server, Encryption::None, 200, 0xfeed).await;
}
