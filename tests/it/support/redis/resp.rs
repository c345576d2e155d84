//! Enough of the servers' protocol (RESP2) to give a command and to read what comes back.

use std::fmt;
use std::io::{BufRead, BufReader, Read, Write};

/// What a server says. An error is none: it is the `Err` of whoever asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reply {
    Nothing,
    Text(Vec<u8>),
    Number(i64),
    List(Vec<Self>),
}

impl Reply {
    /// The members of a list.
    #[track_caller]
    pub(crate) fn list(&self) -> &[Self] {
        match self {
            Self::List(members) => members,
            other => panic!("{other:?} is no list"),
        }
    }

    /// The bytes of a text.
    #[track_caller]
    pub(crate) fn bytes(&self) -> &[u8] {
        match self {
            Self::Text(bytes) => bytes,
            other => panic!("{other:?} is no text"),
        }
    }

    #[track_caller]
    pub(crate) fn number(&self) -> i64 {
        match self {
            Self::Number(number) => *number,
            other => panic!("{other:?} is no number"),
        }
    }
}

/// As people read it: the members of a list stand in lines of their own.
impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => Ok(()),
            Self::Text(bytes) => f.write_str(&String::from_utf8_lossy(bytes)),
            Self::Number(number) => number.fmt(f),
            Self::List(members) => {
                let lines: Vec<String> = members.iter().map(Self::to_string).collect();
                f.write_str(&lines.join("\n"))
            }
        }
    }
}

/// A connection to a server.
pub(super) struct Conversation<S: Read + Write> {
    stream: BufReader<S>,
}

impl<S: Read + Write> Conversation<S> {
    pub(super) fn new(stream: S) -> Self {
        Self {
            stream: BufReader::new(stream),
        }
    }

    /// Gives a command; what the server answers, or why there is no answer.
    pub(super) fn ask<A: AsRef<[u8]>>(&mut self, command: &[A]) -> Result<Reply, String> {
        let mut sent = format!("*{}\r\n", command.len()).into_bytes();
        for word in command.iter().map(AsRef::as_ref) {
            sent.extend(format!("${}\r\n", word.len()).bytes());
            sent.extend(word);
            sent.extend(b"\r\n");
        }
        let stream = self.stream.get_mut();
        let written = stream.write_all(&sent).and_then(|()| stream.flush());
        written.map_err(|error| error.to_string())?;
        self.read()
    }

    fn read(&mut self) -> Result<Reply, String> {
        let line = self.line()?;
        let (kind, rest) = line.split_at_checked(1).ok_or("an empty line")?;
        if kind == "+" {
            return Ok(Reply::Text(rest.into()));
        }
        if kind == "-" {
            return Err(rest.to_owned());
        }
        let number: i64 = rest
            .parse()
            .map_err(|_| format!("{line:?} has no number"))?;
        match (kind, usize::try_from(number)) {
            (":", _) => Ok(Reply::Number(number)),
            ("$" | "*", Err(_)) => Ok(Reply::Nothing),
            ("$", Ok(length)) => self.text(length),
            ("*", Ok(count)) => {
                let members: Result<Vec<Reply>, String> = (0..count).map(|_| self.read()).collect();
                members.map(Reply::List)
            }
            _ => Err(format!("{line:?} is not of the protocol")),
        }
    }

    fn line(&mut self) -> Result<String, String> {
        let mut line = String::new();
        let read = self.stream.read_line(&mut line);
        read.map_err(|error| error.to_string())?;
        let whole = line.strip_suffix("\r\n");
        whole.map(str::to_owned).ok_or("it hung up".to_owned())
    }

    fn text(&mut self, length: usize) -> Result<Reply, String> {
        let mut bytes = vec![0; length + 2];
        let read = self.stream.read_exact(&mut bytes);
        read.map_err(|error| error.to_string())?;
        bytes.truncate(length);
        Ok(Reply::Text(bytes))
    }
}
