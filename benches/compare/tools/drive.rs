//! The load: one epoll loop over many connections, one request under way on each.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};
use serde_json::{Value, json};

use crate::rng::Rng;
use crate::stats::{Histogram, merged};

/// An answer that was read to its end.
pub(crate) struct Answer<'a> {
    pub(crate) status: u16,
    /// Empty where there is none.
    pub(crate) location: &'a [u8],
    pub(crate) body: &'a [u8],
}

/// What became of one request.
pub(crate) enum Verdict {
    /// As it should be; it counts for so many units.
    Good(u64),
    /// Refused for now, which the service may.
    Refused,
}

/// What to ask, and what is to come back.
pub(crate) trait Work: Send {
    /// Appends the next request to `out`, which is empty; returns what [`Work::check`] needs.
    fn next(&mut self, rng: &mut Rng, out: &mut Vec<u8>) -> usize;

    /// Looks at an answer.
    ///
    /// # Errors
    /// It is not the one that was expected; the run is over.
    fn check(&mut self, which: usize, answer: &Answer<'_>) -> Result<Verdict, String>;
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    pub(crate) address: SocketAddr,
    pub(crate) connections: usize,
    pub(crate) warm_up: Duration,
    pub(crate) measured: Duration,
    pub(crate) seed: u64,
}

/// What was measured, of one thread or several.
pub(crate) struct Outcome {
    requests: u64,
    units: u64,
    refused: u64,
    reconnects: u64,
    seconds: f64,
    latency: Histogram,
}

impl Outcome {
    pub(crate) fn merge(&mut self, other: &Self) {
        self.requests += other.requests;
        self.units += other.units;
        self.refused += other.refused;
        self.reconnects += other.reconnects;
        self.seconds = self.seconds.max(other.seconds);
        self.latency.merge(&other.latency);
    }

    pub(crate) fn to_json(&self) -> Value {
        let per_second = |count: u64| (count as f64 / self.seconds * 10.0).round() / 10.0;
        let counts = json!({
            "requests": self.requests,
            "units": self.units,
            "refused": self.refused,
            "reconnects": self.reconnects,
            "seconds": self.seconds,
            "requests_per_s": per_second(self.requests),
            "units_per_s": per_second(self.units),
        });
        merged(counts, self.latency.to_json())
    }
}

struct Connection {
    stream: TcpStream,
    out: Vec<u8>,
    sent: usize,
    answer: Vec<u8>,
    filled: usize,
    which: usize,
    asked_at: Instant,
    /// Whether an answer came on this stream: a server may close one between two requests.
    used: bool,
}

/// More than any answer here.
const MAX_ANSWER_BYTES: usize = 1 << 20;

/// A server that says nothing for so long hangs.
const PATIENCE: Duration = Duration::from_secs(20);

/// Runs `work` on this thread; `on_start` is called when the warm-up is over.
pub(crate) fn drive(
    plan: &Plan,
    work: &mut dyn Work,
    on_start: &mut dyn FnMut(),
) -> Result<Outcome, String> {
    let mut run = Run::new(plan, work)?;
    let begin = Instant::now();
    run.until(begin + plan.warm_up)?;
    run.forget();
    on_start();
    let start = Instant::now();
    run.until(start + plan.measured)?;
    // On a busy machine a moment may be too short for a single answer: then it is longer.
    while run.outcome.requests + run.outcome.refused == 0 && start.elapsed() < PATIENCE {
        run.until(Instant::now() + plan.measured)?;
    }
    run.outcome.seconds = start.elapsed().as_secs_f64();
    Ok(run.outcome)
}

struct Run<'a> {
    address: SocketAddr,
    poll: Poll,
    connections: Vec<Connection>,
    work: &'a mut dyn Work,
    rng: Rng,
    outcome: Outcome,
}

fn io_failed(why: std::io::Error) -> String {
    format!("the load generator: {why}")
}

impl<'a> Run<'a> {
    fn new(plan: &Plan, work: &'a mut dyn Work) -> Result<Self, String> {
        let outcome = Outcome {
            requests: 0,
            units: 0,
            refused: 0,
            reconnects: 0,
            seconds: 0.0,
            latency: Histogram::new(),
        };
        let mut run = Self {
            address: plan.address,
            poll: Poll::new().map_err(io_failed)?,
            connections: Vec::new(),
            work,
            rng: Rng::new(plan.seed),
            outcome,
        };
        for index in 0..plan.connections {
            let stream = run.connect(index)?;
            run.connections.push(Connection {
                stream,
                out: Vec::new(),
                sent: 0,
                answer: vec![0; 16 * 1024],
                filled: 0,
                which: 0,
                asked_at: Instant::now(),
                used: false,
            });
            run.ask(index)?;
        }
        Ok(run)
    }

    fn connect(&self, index: usize) -> Result<TcpStream, String> {
        // Connected before it is watched: the first request finds an open connection.
        let stream = std::net::TcpStream::connect(self.address)
            .map_err(|why| format!("{}: {why}", self.address))?;
        stream.set_nodelay(true).map_err(io_failed)?;
        stream.set_nonblocking(true).map_err(io_failed)?;
        let mut stream = TcpStream::from_std(stream);
        let both = Interest::READABLE | Interest::WRITABLE;
        let registry = self.poll.registry();
        registry
            .register(&mut stream, Token(index), both)
            .map_err(io_failed)?;
        Ok(stream)
    }

    fn forget(&mut self) {
        self.outcome.requests = 0;
        self.outcome.units = 0;
        self.outcome.refused = 0;
        self.outcome.latency = Histogram::new();
    }

    fn until(&mut self, end: Instant) -> Result<(), String> {
        let mut events = Events::with_capacity(1024);
        let mut heard = Instant::now();
        loop {
            let now = Instant::now();
            if now >= end {
                return Ok(());
            }
            let wait = (end - now).min(Duration::from_millis(100));
            match self.poll.poll(&mut events, Some(wait)) {
                Err(why) if why.kind() != ErrorKind::Interrupted => return Err(io_failed(why)),
                _ => {}
            }
            if !events.is_empty() {
                heard = now;
            } else if now - heard > PATIENCE {
                return Err(format!("{} has not answered for 20 s", self.address));
            }
            for event in &events {
                self.ready(event.token().0)?;
            }
        }
    }

    /// Sends what is left to send, and reads what there is.
    fn ready(&mut self, index: usize) -> Result<(), String> {
        if !self.send(index)? {
            return Ok(());
        }
        loop {
            let connection = &mut self.connections[index];
            if connection.filled == connection.answer.len() {
                if connection.filled >= MAX_ANSWER_BYTES {
                    return Err("an answer is longer than 1 MiB".to_owned());
                }
                connection.answer.resize(connection.filled * 2, 0);
            }
            let free = &mut connection.answer[connection.filled..];
            let free_bytes = free.len();
            match connection.stream.read(free) {
                Ok(0) => return self.closed(index),
                Ok(read) => {
                    connection.filled += read;
                    if self.take(index)? {
                        return self.ask(index);
                    }
                    if read < free_bytes {
                        // Everything was read: the next bytes bring the next event.
                        return Ok(());
                    }
                }
                Err(why) if why.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(why) if why.kind() == ErrorKind::Interrupted => {}
                Err(why) if why.kind() == ErrorKind::ConnectionReset => return self.closed(index),
                Err(why) => return Err(io_failed(why)),
            }
        }
    }

    /// Looks at the answer if it is whole.
    fn take(&mut self, index: usize) -> Result<bool, String> {
        let connection = &mut self.connections[index];
        let Some(whole) = read_answer(&connection.answer[..connection.filled])? else {
            return Ok(false);
        };
        if whole.bytes != connection.filled {
            return Err("more bytes than the answer has".to_owned());
        }
        let latency = connection.asked_at.elapsed();
        match self.work.check(connection.which, &whole.answer)? {
            Verdict::Good(units) => {
                self.outcome.requests += 1;
                self.outcome.units += units;
                self.outcome.latency.add(latency);
            }
            Verdict::Refused => self.outcome.refused += 1,
        }
        connection.filled = 0;
        connection.used = true;
        Ok(true)
    }

    fn ask(&mut self, index: usize) -> Result<(), String> {
        let connection = &mut self.connections[index];
        connection.out.clear();
        connection.sent = 0;
        connection.which = self.work.next(&mut self.rng, &mut connection.out);
        connection.asked_at = Instant::now();
        self.send(index).map(|_| ())
    }

    /// Whether everything is sent.
    fn send(&mut self, index: usize) -> Result<bool, String> {
        let connection = &mut self.connections[index];
        while connection.sent < connection.out.len() {
            match connection.stream.write(&connection.out[connection.sent..]) {
                Ok(written) => connection.sent += written,
                Err(why) if why.kind() == ErrorKind::WouldBlock => return Ok(false),
                Err(why) if why.kind() == ErrorKind::Interrupted => {}
                Err(why) if why.kind() == ErrorKind::NotConnected => return Ok(false),
                // The close is seen when reading.
                Err(why) if is_close(&why) => return Ok(true),
                Err(why) => return Err(io_failed(why)),
            }
        }
        Ok(true)
    }

    /// The server closed: allowed between two requests, and then the request is asked again.
    fn closed(&mut self, index: usize) -> Result<(), String> {
        let connection = &self.connections[index];
        if !connection.used || connection.filled > 0 {
            return Err("the server closed the connection instead of answering".to_owned());
        }
        let stream = self.connect(index)?;
        let connection = &mut self.connections[index];
        connection.stream = stream;
        connection.sent = 0;
        connection.used = false;
        self.outcome.reconnects += 1;
        self.send(index).map(|_| ())
    }
}

fn is_close(why: &std::io::Error) -> bool {
    matches!(
        why.kind(),
        ErrorKind::BrokenPipe | ErrorKind::ConnectionReset
    )
}

struct Whole<'a> {
    answer: Answer<'a>,
    bytes: usize,
}

/// Reads an HTTP/1.1 answer with a length; `None` where more is to come.
fn read_answer(bytes: &[u8]) -> Result<Option<Whole<'_>>, String> {
    let mut at = 0;
    let (mut status, mut location, mut length) = (0, &b""[..], 0_usize);
    loop {
        let Some(end) = bytes[at..].iter().position(|byte| *byte == b'\n') else {
            return Ok(None);
        };
        let line = bytes[at..at + end].trim_ascii_end();
        if at == 0 {
            let code = line.get(9..12).and_then(number);
            status = code.ok_or("no HTTP/1.1 status line")? as u16;
        } else if line.is_empty() {
            at += end + 1;
            break;
        } else if let Some(value) = header(line, b"location:") {
            location = value;
        } else if let Some(value) = header(line, b"content-length:") {
            length = number(value).ok_or("a Content-Length that is no number")? as usize;
        } else if header(line, b"transfer-encoding:").is_some() {
            return Err("a chunked answer, which this load generator does not read".to_owned());
        }
        at += end + 1;
    }
    let Some(body) = bytes.get(at..at + length) else {
        return Ok(None);
    };
    let answer = Answer {
        status,
        location,
        body,
    };
    Ok(Some(Whole {
        answer,
        bytes: at + length,
    }))
}

fn header<'a>(line: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let (found, value) = line.split_at_checked(name.len())?;
    found.eq_ignore_ascii_case(name).then(|| value.trim_ascii())
}

fn number(digits: &[u8]) -> Option<u64> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}
