//! The demo's SMTP server: accepts everything and keeps the latest mails. Just enough of RFC 5321
//! for one sender on the same machine.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufStream};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::feed::{Kind, Who};
use super::site::Site;
use crate::app::system_clock;

/// More connections wait.
const CONNECTIONS: usize = 16;

/// A longer line ends the conversation; text lines may be 1,000 bytes (RFC 5321 §4.5.3.1.6).
const MAX_LINE_BYTES: usize = 4096;

/// A longer mail is refused.
const MAX_MAIL_BYTES: usize = 1 << 20;

/// Recipients of one mail beyond these are refused.
const MAX_RECIPIENTS: usize = 10;

/// A sender that is silent for longer is hung up on.
const IDLE: Duration = Duration::from_secs(60);

/// Takes mail in until `stopping`.
pub(super) async fn receive(
    listener: TcpListener,
    site: Arc<Site>,
    mut stopping: watch::Receiver<bool>,
) {
    let seats = Arc::new(Semaphore::new(CONNECTIONS));
    let mut talks = JoinSet::new();
    loop {
        let seat = Arc::clone(&seats).acquire_owned();
        let accepted = async { (seat.await, listener.accept().await) };
        tokio::select! {
            _ = stopping.wait_for(|stop| *stop) => return,
            Some(_) = talks.join_next() => {}
            (seat, accepted) = accepted => if let Ok((stream, _)) = accepted {
                let site = Arc::clone(&site);
                talks.spawn(async move {
                    // Whoever breaks off is the sender's business: it tries again.
                    let _ended = talk(stream, &site).await;
                    drop(seat);
                });
            }
        }
    }
}

#[derive(Default)]
struct Envelope {
    has_sender: bool,
    to: Vec<String>,
}

async fn talk(stream: TcpStream, site: &Site) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut wire = BufStream::new(stream);
    say(&mut wire, "220 demo mailbox").await?;
    let mut envelope = Envelope::default();
    while let Some(line) = read_line(&mut wire).await? {
        let line = String::from_utf8_lossy(&line);
        let verb = line
            .split([' ', ':'])
            .next()
            .unwrap_or_default()
            .to_ascii_uppercase();
        match verb.as_str() {
            "EHLO" => {
                let hello =
                    format!("250-demo mailbox\r\n250-8BITMIME\r\n250 SIZE {MAX_MAIL_BYTES}");
                say(&mut wire, &hello).await?;
            }
            "HELO" | "NOOP" => say(&mut wire, "250 OK").await?,
            "RSET" => {
                envelope = Envelope::default();
                say(&mut wire, "250 OK").await?;
            }
            "MAIL" => {
                envelope = Envelope {
                    has_sender: true,
                    to: Vec::new(),
                };
                say(&mut wire, "250 OK").await?;
            }
            "RCPT" => {
                let answer = recipient(&mut envelope, &line);
                say(&mut wire, answer).await?;
            }
            "DATA" if envelope.to.is_empty() => say(&mut wire, "503 RCPT first").await?,
            "DATA" => {
                say(&mut wire, "354 end with a dot on a line").await?;
                let answer = data(&mut wire, site, std::mem::take(&mut envelope)).await?;
                say(&mut wire, answer).await?;
            }
            "QUIT" => return say(&mut wire, "221 bye").await,
            _ => say(&mut wire, "502 not here").await?,
        }
    }
    Ok(())
}

fn recipient(envelope: &mut Envelope, line: &str) -> &'static str {
    let address = line
        .split_once('<')
        .and_then(|(_, rest)| rest.split_once('>'));
    match address {
        _ if !envelope.has_sender => "503 MAIL first",
        Some((address, _)) if !address.is_empty() && envelope.to.len() < MAX_RECIPIENTS => {
            envelope.to.push(address.to_owned());
            "250 OK"
        }
        Some((address, _)) if !address.is_empty() => "452 too many recipients",
        _ => "501 write RCPT TO:<address>",
    }
}

/// Reads the mail and keeps it.
async fn data(
    wire: &mut BufStream<TcpStream>,
    site: &Site,
    envelope: Envelope,
) -> io::Result<&'static str> {
    let mut mail = Vec::new();
    let mut is_too_long = false;
    loop {
        let Some(line) = read_line(wire).await? else {
            return Err(io::ErrorKind::UnexpectedEof.into());
        };
        if line == b"." {
            break;
        }
        // RFC 5321 §4.5.2: a dot at the start of a line was doubled.
        let line = line.strip_prefix(b".").unwrap_or(&line);
        is_too_long |= mail.len() + line.len() + 2 > MAX_MAIL_BYTES;
        if !is_too_long {
            mail.extend_from_slice(line);
            mail.extend_from_slice(b"\r\n");
        }
    }
    if is_too_long {
        return Ok("552 the mail is too long");
    }
    let now = system_clock();
    for to in &envelope.to {
        let Some(mail) = site.mailbox.take(to, &mail, now) else {
            return Ok("554 this is no mail");
        };
        let person = site.fleet().and_then(|fleet| fleet.by_email(to));
        let who = person.map_or(Who::Named(to), Who::Person);
        site.feed.tell(Kind::Mail, who, mail.subject.clone(), now);
    }
    Ok("250 kept")
}

async fn say(wire: &mut BufStream<TcpStream>, line: &str) -> io::Result<()> {
    let answer = async {
        wire.write_all(line.as_bytes()).await?;
        wire.write_all(b"\r\n").await?;
        wire.flush().await
    };
    timeout(IDLE, answer).await?
}

/// A line without its end; `None` where the sender has closed.
async fn read_line(wire: &mut BufStream<TcpStream>) -> io::Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    loop {
        let buffer = timeout(IDLE, wire.fill_buf()).await??;
        if buffer.is_empty() {
            return Ok(None);
        }
        let end = buffer.iter().position(|byte| *byte == b'\n');
        let taken = end.map_or(buffer.len(), |at| at + 1);
        line.extend(buffer.iter().take(taken));
        wire.consume(taken);
        if end.is_some() {
            line.pop();
            if line.last() == Some(&b'\r') {
                line.pop();
            }
            return Ok(Some(line));
        }
        if line.len() > MAX_LINE_BYTES {
            return Err(io::ErrorKind::InvalidData.into());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, BufReader};

    async fn conversation(lines: &str) -> (Arc<Site>, String) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let site = Arc::new(Site::default());
        let (stop, stopping) = watch::channel(false);
        let receiver = tokio::spawn(receive(listener, Arc::clone(&site), stopping));
        let mut client = BufReader::new(TcpStream::connect(address).await.unwrap());
        client.get_mut().write_all(lines.as_bytes()).await.unwrap();
        let mut answers = Vec::new();
        // Hung up on with bytes under way, the connection is reset rather than closed.
        let _reset = client.read_to_end(&mut answers).await;
        stop.send_replace(true);
        receiver.await.unwrap();
        (site, String::from_utf8(answers).unwrap())
    }

    #[tokio::test]
    async fn mail_is_taken_with_its_dots() {
        let (site, answers) = conversation(
            "EHLO a\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nDATA\r\n\
             Subject: x\r\n\r\n..two\r\nend\r\n.\r\nQUIT\r\n",
        )
        .await;
        let mails = site.mailbox.list(Some("c@d.example"));
        assert_eq!(mails.len(), 1, "{answers}");
        assert_eq!(mails[0].text, ".two\r\nend\r\n");
        assert!(answers.ends_with("250 kept\r\n221 bye\r\n"), "{answers}");
    }

    #[tokio::test]
    async fn what_is_out_of_order_or_unknown_is_refused() {
        let (site, answers) = conversation(
            "RCPT TO:<c@d.example>\r\nMAIL FROM:<>\r\nDATA\r\nRCPT TO:c\r\nVRFY x\r\nQUIT\r\n",
        )
        .await;
        let codes: Vec<&str> = answers.lines().map(|line| &line[..3]).collect();
        assert_eq!(codes, ["220", "503", "250", "503", "501", "502", "221"]);
        assert!(site.mailbox.list(None).is_empty());
    }

    #[tokio::test]
    async fn nobody_can_fill_the_memory() {
        let line = "x".repeat(2 * MAX_LINE_BYTES);
        let (_, answers) = conversation(&line).await;
        assert!("220 demo mailbox\r\n".starts_with(&answers), "{answers}");
        let body = format!("{}\r\n", "x".repeat(990)).repeat(MAX_MAIL_BYTES / 990 + 1);
        let (site, answers) = conversation(&format!(
            "MAIL FROM:<>\r\nRCPT TO:<c@d.example>\r\nDATA\r\n{body}.\r\nQUIT\r\n"
        ))
        .await;
        assert!(answers.contains("552 "), "{answers}");
        assert!(site.mailbox.list(None).is_empty());
    }
}
