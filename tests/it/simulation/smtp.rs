//! The mail server of the simulation, behind pipes in memory. It takes mails, refuses them, or hangs up in
//! between: before it has the mail, or when it has it and has not said so.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{
    AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader, DuplexStream,
    ReadBuf, duplex,
};
use tokio::sync::Notify;
use tokio::time::sleep;
use upsell::domain::ids::MailId;
use upsell::outbox::smtp::{Answer, Connection, Network};

use super::disk::Power;
use super::oracle::Oracle;
use crate::reseller_races::Dice;

/// What the server does with mails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mood {
    /// Takes them.
    Well,
    /// Does one thing or the other.
    Moody,
    /// Nobody can connect.
    Away,
}

/// What becomes of one mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Accept,
    RefuseRecipient(&'static str),
    RefuseMail(&'static str),
    /// The connection ends; whether the server has the mail by then.
    HangUp(bool),
}

/// The mail server that all nodes use.
pub(super) struct MailServer {
    state: Mutex<(Mood, Dice)>,
    oracle: Arc<Oracle>,
    /// Whoever waits for it is told that a mail was read, and not answered yet.
    pub(super) at_work: Notify,
}

impl MailServer {
    pub(super) fn new(oracle: Arc<Oracle>, seed: u64) -> Arc<Self> {
        let state = Mutex::new((Mood::Well, Dice(seed)));
        let at_work = Notify::new();
        Arc::new(Self {
            state,
            oracle,
            at_work,
        })
    }

    fn state(&self) -> MutexGuard<'_, (Mood, Dice)> {
        self.state.lock().unwrap()
    }

    pub(super) fn set(&self, mood: Mood) {
        self.state().0 = mood;
    }

    fn roll(&self, sides: usize) -> usize {
        self.state().1.roll(sides)
    }

    fn next_end(&self) -> End {
        let (mood, dice) = &mut *self.state();
        if *mood == Mood::Well {
            return End::Accept;
        }
        match dice.roll(10) {
            0 => End::RefuseRecipient("450 4.2.1 later"),
            1 => End::RefuseRecipient("550 5.1.1 nobody"),
            2 => End::RefuseMail("451 4.3.0 later"),
            3 => End::RefuseMail("554 5.6.0 no"),
            4 => End::HangUp(false),
            5 => End::HangUp(true),
            _ => End::Accept,
        }
    }

    async fn serve(self: Arc<Self>, pipe: DuplexStream, power: Arc<Power>) -> io::Result<()> {
        let mut pipe = BufReader::new(pipe);
        let pipelines = self.roll(2) == 0;
        say(&mut pipe, "220 sim").await?;
        let (mut end, mut to) = (End::Accept, String::new());
        loop {
            let line = read_line(&mut pipe).await?;
            let word = line.split([' ', ':']).next().unwrap_or_default();
            let answer = match word.to_ascii_uppercase().as_str() {
                "EHLO" if pipelines => "250-sim\r\n250-PIPELINING\r\n250 8BITMIME",
                "EHLO" => "250-sim\r\n250 8BITMIME",
                "MAIL" => {
                    end = self.next_end();
                    "250 ok"
                }
                "RCPT" => {
                    to = line;
                    match end {
                        End::RefuseRecipient(answer) => answer,
                        _ => "250 ok",
                    }
                }
                "DATA" if matches!(end, End::RefuseRecipient(_)) => "503 5.5.1 no recipient",
                "DATA" => {
                    say(&mut pipe, "354 go on").await?;
                    let mail = read_mail(&mut pipe).await?;
                    self.at_work.notify_waiters();
                    let wait = self.roll(200) as u64;
                    sleep(Duration::from_millis(wait)).await;
                    if !power.is_on() {
                        return Ok(());
                    }
                    match self.take(mail, &to, end, &power) {
                        Some(answer) => answer,
                        None => return Ok(()),
                    }
                }
                "QUIT" => return Ok(()),
                _ => "250 ok",
            };
            if answer.starts_with('5') {
                let (_, address) = to.split_once('<').unwrap_or_default();
                self.oracle.refused(address.trim_end_matches('>'));
            }
            if answer.starts_with(['4', '5']) {
                self.oracle.note(|| format!("smtp: {to}: {answer}"));
            }
            say(&mut pipe, answer).await?;
        }
    }

    /// Deals with a mail that was read; the answer, unless the connection ends.
    fn take(&self, mail: MailId, to: &str, end: End, power: &Arc<Power>) -> Option<&'static str> {
        self.oracle
            .note(|| format!("smtp: {mail} {to} over node {}: {end:?}", power.id));
        match end {
            End::Accept => {
                self.oracle.accepted(mail, power, true);
                Some("250 taken")
            }
            End::HangUp(has_it) => {
                if has_it {
                    self.oracle.accepted(mail, power, false);
                }
                None
            }
            End::RefuseMail(answer) | End::RefuseRecipient(answer) => Some(answer),
        }
    }
}

async fn say(pipe: &mut BufReader<DuplexStream>, line: &str) -> io::Result<()> {
    pipe.write_all(format!("{line}\r\n").as_bytes()).await
}

async fn read_line(pipe: &mut BufReader<DuplexStream>) -> io::Result<String> {
    let mut line = String::new();
    match pipe.read_line(&mut line).await? {
        0 => Err(io::ErrorKind::UnexpectedEof.into()),
        _ => Ok(line.trim_end().to_owned()),
    }
}

/// Which mail it is that is read to its end.
async fn read_mail(pipe: &mut BufReader<DuplexStream>) -> io::Result<MailId> {
    let mut id = None;
    loop {
        let line = read_line(pipe).await?;
        if line == "." {
            return Ok(id.expect("a mail without a Message-ID"));
        }
        if let Some(value) = line.strip_prefix("Message-ID: <") {
            let (uuid, _) = value.split_once('@').unwrap();
            id = Some(uuid.parse().unwrap());
        }
    }
}

/// The way of one start of one node to the server.
pub(super) struct Way {
    pub(super) server: Arc<MailServer>,
    pub(super) power: Arc<Power>,
}

impl Network for Way {
    fn lookup<'a>(&'a self, _: &'a str) -> Answer<'a, Vec<IpAddr>> {
        Box::pin(std::future::ready(Ok(Vec::new())))
    }

    fn connect(&self, _: SocketAddr) -> Answer<'_, Box<dyn Connection>> {
        Box::pin(async move {
            if self.server.state().0 == Mood::Away || !self.power.is_on() {
                return Err(io::ErrorKind::ConnectionRefused.into());
            }
            let (ours, theirs) = duplex(1 << 16);
            let (server, power) = (Arc::clone(&self.server), Arc::clone(&self.power));
            tokio::spawn(server.serve(theirs, power));
            Ok(Box::new(Pipe(ours)) as Box<dyn Connection>)
        })
    }
}

/// A node's end of a connection.
struct Pipe(DuplexStream);

impl Connection for Pipe {
    /// Whoever asks has tried to read, and a pipe hides nothing.
    fn is_silent(&self) -> bool {
        true
    }
}

impl AsyncRead for Pipe {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(context, buffer)
    }
}

impl AsyncWrite for Pipe {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(context)
    }
}
