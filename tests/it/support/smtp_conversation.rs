//! One conversation of the scripted SMTP server.

use std::io;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures_util::FutureExt;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufStream};
use tokio::net::TcpStream;

use super::smtp_script::{Act, At, Pipelining, ServerTls, Shared, Taken};

trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Duplex for T {}

struct Peer<'a> {
    stream: BufStream<Box<dyn Duplex>>,
    shared: &'a Shared,
}

/// The state of a connection.
#[derive(Default)]
struct State {
    encrypted: bool,
    greeted: bool,
    login: Option<(String, String)>,
    from: Option<String>,
    to: Option<String>,
}

pub(crate) async fn converse(tcp: TcpStream, shared: &Shared, number: usize) -> io::Result<()> {
    let mut state = State::default();
    let mut stream: Box<dyn Duplex> = Box::new(tcp);
    if shared.setup.tls == ServerTls::Always {
        stream = Box::new(shared.tls.accept(stream).await?);
        state.encrypted = true;
    }
    let mut peer = Peer {
        stream: BufStream::new(stream),
        shared,
    };
    peer.answer(At::Greeting, "220 mail.example.test ESMTP")
        .await?;
    while let Some(line) = peer.line().await? {
        shared.lines.lock().unwrap().push(line.clone());
        let verb = line
            .split([' ', ':'])
            .next()
            .unwrap_or_default()
            .to_ascii_uppercase();
        match verb.as_str() {
            "EHLO" => {
                state.greeted = true;
                let offer = shared.setup.tls == ServerTls::Offered && !state.encrypted;
                peer.answer(At::Ehlo, &ehlo_text(shared, offer)).await?;
            }
            "STARTTLS" => {
                let said = peer.answer(At::StartTls, "220 2.0.0 go ahead").await?;
                if said.starts_with("220") {
                    let tls = shared.tls.accept(peer.stream.into_inner()).await?;
                    peer = Peer {
                        stream: BufStream::new(Box::new(tls)),
                        shared,
                    };
                    state = State {
                        encrypted: true,
                        ..State::default()
                    };
                }
            }
            "AUTH" => state.login = peer.log_in(&line).await?,
            "MAIL" | "RCPT" | "DATA" => {
                peer.meet_the_group(&verb).await?;
                peer.transact(&verb, &line, &mut state, number).await?;
            }
            "RSET" => {
                (state.from, state.to) = (None, None);
                peer.write(b"250 2.0.0 forgotten\r\n").await?;
            }
            "QUIT" => {
                peer.answer(At::Quit, "221 2.0.0 bye").await?;
                break;
            }
            _ => {
                peer.check(false, &format!("unknown command {line:?}"));
                peer.write(b"500 5.5.1 what?\r\n").await?;
            }
        }
    }
    Ok(())
}

fn ehlo_text(shared: &Shared, starttls: bool) -> String {
    let mut lines = vec!["mail.example.test".to_owned()];
    lines.extend(shared.setup.features.clone());
    if shared.setup.pipelining != Pipelining::NotOffered {
        lines.push("PIPELINING".to_owned());
    }
    if starttls {
        lines.push("STARTTLS".to_owned());
    }
    let last = lines.pop().unwrap_or_default();
    let mut text: String = lines.iter().map(|line| format!("250-{line}\r\n")).collect();
    text.push_str(&format!("250 {last}"));
    text
}

/// What stands between the angle brackets.
fn path(line: &str) -> String {
    let start = line.find('<').map_or(0, |at| at + 1);
    let end = line.find('>').unwrap_or(line.len());
    line.get(start..end).unwrap_or_default().to_owned()
}

fn closed() -> io::Error {
    io::Error::from(io::ErrorKind::ConnectionAborted)
}

impl Peer<'_> {
    fn check(&self, good: bool, what: &str) {
        if !good {
            self.shared.breaches.lock().unwrap().push(what.to_owned());
        }
    }

    async fn transact(
        &mut self,
        verb: &str,
        line: &str,
        state: &mut State,
        connection: usize,
    ) -> io::Result<()> {
        if verb == "MAIL" {
            self.check(state.greeted && state.from.is_none(), "MAIL out of turn");
            let said = self.answer(At::Mail, "250 2.1.0 ok").await?;
            state.from = said.starts_with('2').then(|| path(line));
            return Ok(());
        }
        // Who pipelines cannot know of a refusal yet: what follows one is answered, not counted.
        let in_turn = self.shared.setup.pipelining == Pipelining::NotOffered;
        if verb == "RCPT" {
            self.check(
                (state.from.is_some() || !in_turn) && state.to.is_none(),
                "RCPT out of turn",
            );
            let usual = match &state.from {
                Some(_) => "250 2.1.5 ok",
                None => "503 5.5.1 no sender",
            };
            let said = self.answer(At::Rcpt, usual).await?;
            let is_open = state.from.is_some() && said.starts_with('2');
            state.to = is_open.then(|| path(line));
            return Ok(());
        }
        let is_whole = state.from.is_some() && state.to.is_some();
        self.check(is_whole || !in_turn, "DATA out of turn");
        let usual = if is_whole || in_turn {
            "354 go ahead"
        } else {
            "503 5.5.1 no recipient"
        };
        if !self.answer(At::Data, usual).await?.starts_with("354") {
            return Ok(());
        }
        let (from, to) = (state.from.take(), state.to.take());
        if !is_whole && !in_turn {
            let message = self.message().await?.ok_or_else(closed)?;
            self.check(message.is_empty(), "content for nobody");
            return self.write(b"554 5.5.1 no valid recipients\r\n").await;
        }
        let message = self.message().await?.ok_or_else(closed)?;
        let (from, to) = (from.unwrap_or_default(), to.unwrap_or_default());
        let (encrypted, login) = (state.encrypted, state.login.clone());
        self.take(Taken {
            from,
            to,
            message,
            encrypted,
            login,
            connection,
        })
        .await
    }

    /// What a server that cannot do PIPELINING does with commands that came together.
    async fn meet_the_group(&mut self, verb: &str) -> io::Result<()> {
        let cannot = [Pipelining::HangsUp, Pipelining::Discards];
        if !cannot.contains(&self.shared.setup.pipelining) {
            return Ok(());
        }
        let more = self.stream.fill_buf().now_or_never();
        let together = more.map_or(0, |more| more.map_or(0, <[u8]>::len));
        if together == 0 {
            return Ok(());
        }
        if self.shared.setup.pipelining == Pipelining::HangsUp {
            return Err(closed());
        }
        if verb == "MAIL" {
            self.stream.consume(together);
        }
        Ok(())
    }

    /// A line without its CRLF; `None` when the client has hung up.
    async fn line(&mut self) -> io::Result<Option<String>> {
        let mut line = Vec::new();
        self.stream.read_until(b'\n', &mut line).await?;
        if !line.ends_with(b"\n") {
            return Ok(None);
        }
        let bare = line.strip_suffix(b"\r\n");
        self.check(
            bare.is_some_and(|bare| !bare.contains(&b'\r')),
            "a lone CR or LF",
        );
        let text = String::from_utf8_lossy(&line);
        Ok(Some(text.trim_end_matches(['\r', '\n']).to_owned()))
    }

    async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes).await?;
        self.stream.flush().await
    }

    /// Says what is due at this point, and returns it.
    async fn answer(&mut self, at: At, usual: &str) -> io::Result<String> {
        let act = self.shared.arrive(at);
        self.perform(act, usual).await
    }

    async fn perform(&mut self, act: Option<Act>, usual: &str) -> io::Result<String> {
        tokio::time::sleep(self.shared.setup.pause).await;
        match act.unwrap_or_else(|| Act::say(usual)) {
            Act::Say(text) => {
                self.write(format!("{text}\r\n").as_bytes()).await?;
                Ok(text)
            }
            Act::UsualAnd(more) => {
                self.write(format!("{usual}\r\n{more}").as_bytes()).await?;
                Ok(usual.to_owned())
            }
            Act::UsualThen(pause, more) => {
                self.write(format!("{usual}\r\n").as_bytes()).await?;
                self.unasked(pause, &more).await?;
                Ok(usual.to_owned())
            }
            Act::UsualAndClose => {
                self.write(format!("{usual}\r\n").as_bytes()).await?;
                Err(closed())
            }
            Act::Slowly(text, gap) => {
                self.dribble(&text, gap).await?;
                Ok(text)
            }
            Act::Stall => {
                // Ends when the client hangs up.
                while self.line().await?.is_some() {}
                Err(closed())
            }
            Act::Close | Act::TakeAndClose => Err(closed()),
            Act::TakeAndWithhold => {
                self.write(format!("{usual}\r\n").as_bytes()).await?;
                Ok(usual.to_owned())
            }
        }
    }

    async fn dribble(&mut self, text: &str, gap: Duration) -> io::Result<()> {
        for byte in format!("{text}\r\n").bytes() {
            self.write(&[byte]).await?;
            tokio::time::sleep(gap).await;
        }
        Ok(())
    }

    /// The message up to the final dot; `None` when the client hung up before it.
    async fn message(&mut self) -> io::Result<Option<String>> {
        let mut message = String::new();
        while let Some(line) = self.line().await? {
            if line == "." {
                return Ok(Some(message));
            }
            message.push_str(line.strip_prefix('.').unwrap_or(&line));
            message.push_str("\r\n");
        }
        Ok(None)
    }

    async fn unasked(&mut self, pause: Duration, text: &str) -> io::Result<()> {
        tokio::time::sleep(pause).await;
        self.write(text.as_bytes()).await?;
        self.shared.arrive(At::Unasked);
        Ok(())
    }

    /// Answers the final dot, and keeps the mail if the answer is yes. The usual answer quotes the
    /// mail's `X-Token`, so that the client can tell its own answer from another's.
    async fn take(&mut self, mail: Taken) -> io::Result<()> {
        let token = mail
            .message
            .lines()
            .find_map(|line| line.strip_prefix("X-Token: "));
        let usual = format!("250 2.0.0 queued as {}", token.unwrap_or("none"));
        let act = self.shared.arrive(At::FinalDot);
        let is_taken = match &act {
            None | Some(Act::UsualAnd(_) | Act::UsualThen(..) | Act::UsualAndClose) => true,
            Some(Act::Say(text)) => text.starts_with('2'),
            Some(Act::TakeAndClose | Act::TakeAndWithhold) => true,
            Some(Act::Slowly(..) | Act::Stall | Act::Close) => false,
        };
        if is_taken {
            let from = mail.from.clone();
            self.shared.taken.send_modify(|taken| taken.push(mail));
            if matches!(act, Some(Act::TakeAndWithhold)) {
                self.shared.withhold(&from).await;
            }
        }
        self.perform(act, &usual).await?;
        Ok(())
    }

    async fn log_in(&mut self, line: &str) -> io::Result<Option<(String, String)>> {
        let (user, password) = match line.split_once(' ').unwrap_or_default().1.split_once(' ') {
            Some(("PLAIN", secret)) => {
                let secret = decoded(secret);
                let mut parts = secret.split('\0').skip(1).map(str::to_owned);
                (
                    parts.next().unwrap_or_default(),
                    parts.next().unwrap_or_default(),
                )
            }
            _ => {
                self.write(b"334 VXNlcm5hbWU6\r\n").await?;
                let user = self.line().await?.ok_or_else(closed)?;
                self.write(b"334 UGFzc3dvcmQ6\r\n").await?;
                let password = self.line().await?.ok_or_else(closed)?;
                (decoded(&user), decoded(&password))
            }
        };
        let said = self.answer(At::Auth, "235 2.7.0 welcome").await?;
        Ok(said.starts_with('2').then_some((user, password)))
    }
}

fn decoded(text: &str) -> String {
    String::from_utf8_lossy(&STANDARD.decode(text).unwrap_or_default()).into_owned()
}
