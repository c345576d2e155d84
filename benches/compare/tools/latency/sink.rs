//! A mail server that takes everything and notes when the final dot came.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Recipients with the time of their last mail.
#[derive(Default)]
struct Taken {
    mails: Mutex<HashMap<String, Instant>>,
    news: Condvar,
    /// How long the last mail was.
    bytes: AtomicUsize,
}

pub(crate) struct Sink {
    taken: Arc<Taken>,
    pub(crate) port: u16,
}

impl Sink {
    /// Listens; its threads end with the process.
    pub(crate) fn start(port: u16) -> Result<Self, String> {
        let failed = |why: std::io::Error| format!("the mail server: {why}");
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map_err(failed)?;
        let port = listener.local_addr().map_err(failed)?.port();
        let taken = Arc::new(Taken::default());
        let shared = Arc::clone(&taken);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let taken = Arc::clone(&shared);
                // A connection that breaks is the sender's to report.
                std::thread::spawn(move || converse(stream, &taken).is_ok());
            }
        });
        Ok(Self { taken, port })
    }

    pub(crate) fn last_mail_bytes(&self) -> usize {
        self.taken.bytes.load(Ordering::Relaxed)
    }

    /// When a mail to `recipient` was taken, not before `since`.
    pub(crate) fn wait_for(
        &self,
        recipient: &str,
        since: Instant,
        patience: Duration,
    ) -> Result<Instant, String> {
        let mails = self.taken.mails.lock();
        let mails = mails.unwrap_or_else(PoisonError::into_inner);
        let missing = |mails: &mut HashMap<String, Instant>| {
            mails.get(recipient).is_none_or(|taken| *taken < since)
        };
        let waited = self.taken.news.wait_timeout_while(mails, patience, missing);
        let (mails, _) = waited.unwrap_or_else(PoisonError::into_inner);
        let at = mails.get(recipient).copied().filter(|at| *at >= since);
        at.ok_or_else(|| format!("no mail came for {recipient}"))
    }
}

/// RFC 5321, the part that a sender of plain mail uses.
fn converse(stream: TcpStream, taken: &Taken) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut out = stream.try_clone()?;
    let mut input = BufReader::new(stream);
    let mut recipient = String::new();
    let mut line = String::new();
    out.write_all(b"220 sink.example ESMTP\r\n")?;
    while {
        line.clear();
        input.read_line(&mut line)?
    } > 0
    {
        let command = line.trim_end().to_ascii_uppercase();
        if command.starts_with("EHLO") {
            out.write_all(b"250-sink.example\r\n250-PIPELINING\r\n250 8BITMIME\r\n")?;
        } else if command.starts_with("RCPT") {
            let address = line.split(['<', '>']).nth(1);
            recipient = address.unwrap_or_default().to_owned();
            out.write_all(b"250 2.1.5 Ok\r\n")?;
        } else if command == "DATA" {
            out.write_all(b"354 Go on\r\n")?;
            let bytes = read_mail(&mut input)?;
            taken.bytes.store(bytes, Ordering::Relaxed);
            let at = Instant::now();
            let mails = taken.mails.lock();
            let mut mails = mails.unwrap_or_else(PoisonError::into_inner);
            mails.insert(std::mem::take(&mut recipient), at);
            drop(mails);
            taken.news.notify_all();
            out.write_all(b"250 2.0.0 Ok\r\n")?;
        } else if command == "QUIT" {
            return out.write_all(b"221 2.0.0 Bye\r\n");
        } else {
            out.write_all(b"250 2.0.0 Ok\r\n")?;
        }
    }
    Ok(())
}

/// Reads to the final dot; returns how long the mail was.
fn read_mail(input: &mut BufReader<TcpStream>) -> std::io::Result<usize> {
    let mut line = Vec::new();
    let mut bytes = 0;
    loop {
        line.clear();
        let read = input.read_until(b'\n', &mut line)?;
        if read == 0 || line == b".\r\n" {
            return Ok(bytes);
        }
        bytes += read;
    }
}
