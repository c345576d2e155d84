//! What an error says about the command that got it.

use redis::{ErrorKind, RedisError, ServerErrorKind};

/// Why commands were not answered as they should be.
#[derive(Debug)]
pub(super) enum Broken {
    /// There is no connection: nothing was sent.
    Unsent(RedisError),
    /// Something was sent, and this came back or went wrong.
    Sent {
        error: RedisError,
        /// A command before the one that failed was carried out.
        is_begun: bool,
    },
}

impl Broken {
    pub(super) fn error(&self) -> &RedisError {
        match self {
            Self::Unsent(error) | Self::Sent { error, .. } => error,
        }
    }
}

impl From<RedisError> for Broken {
    fn from(error: RedisError) -> Self {
        let is_begun = false;
        Self::Sent { error, is_begun }
    }
}

/// What an error says about the command.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// Not carried out; later it may be.
    NotMade,
    /// Not carried out; this node has the slot for now.
    Ask(String),
    /// Perhaps carried out.
    Unknown,
    /// Not carried out, and it is no use to send it again.
    Refused,
    /// It is no use to send it again; if it is a script, it may have ended in the middle.
    CutShort,
}

pub(super) fn meaning(broken: &Broken) -> Meaning {
    let error = match broken {
        Broken::Unsent(_) => return Meaning::NotMade,
        Broken::Sent { is_begun: true, .. } => return Meaning::Unknown,
        Broken::Sent { error, .. } => error,
    };
    match error.kind() {
        ErrorKind::Server(kind) => match kind {
            ServerErrorKind::Ask => match error.redirect_node() {
                Some((node, _)) => Meaning::Ask(node.to_owned()),
                None => Meaning::NotMade,
            },
            ServerErrorKind::Moved
            | ServerErrorKind::TryAgain
            | ServerErrorKind::ClusterDown
            | ServerErrorKind::MasterDown
            | ServerErrorKind::BusyLoading
            | ServerErrorKind::ReadOnly => Meaning::NotMade,
            ServerErrorKind::NoScript => Meaning::Refused,
            _ => Meaning::CutShort,
        },
        // A cluster's connection gives the error of one node, or of none being left, to commands that
        // it has sent to another: no error of a connection says that a command was not sent.
        ErrorKind::Io | ErrorKind::Parse | ErrorKind::ClusterConnectionNotFound => Meaning::Unknown,
        // The server's own codes that the library has no name for.
        ErrorKind::Extension if error.code() == Some("BUSY") => Meaning::NotMade,
        _ => Meaning::Refused,
    }
}

#[cfg(test)]
mod tests {
    use redis::parse_redis_value;

    use super::*;

    /// What a server's error is taken for, after other commands or as the first.
    fn of(line: &str, is_begun: bool) -> Meaning {
        let value = parse_redis_value(format!("-{line}\r\n").as_bytes()).unwrap();
        let error = value.extract_error().unwrap_err();
        meaning(&Broken::Sent { error, is_begun })
    }

    #[test]
    fn only_what_was_not_carried_out_is_sent_again() {
        for line in [
            "MOVED 1 127.0.0.1:1",
            "TRYAGAIN later",
            "CLUSTERDOWN The cluster is down",
            "LOADING Redis is loading",
            "READONLY You can't write",
            "BUSY Redis is busy",
        ] {
            assert_eq!(of(line, false), Meaning::NotMade, "{line}");
            assert_eq!(of(line, true), Meaning::Unknown, "{line}");
        }
        let ask = Meaning::Ask("127.0.0.1:1".to_owned());
        assert_eq!(of("ASK 1 127.0.0.1:1", false), ask);
        for line in ["NOSCRIPT No matching script", "OOM no", "NOAUTH no"] {
            assert_eq!(of(line, false), Meaning::Refused, "{line}");
        }
        for line in ["ERR in line 3", "NOPERM no"] {
            assert_eq!(of(line, false), Meaning::CutShort, "{line}");
        }
        // A replica that waited for others until it became one.
        assert_eq!(of("UNBLOCKED force unblock", true), Meaning::Unknown);
    }

    #[test]
    fn errors_of_connections_say_nothing_of_what_was_sent() {
        use std::io::ErrorKind::{BrokenPipe, ConnectionRefused, TimedOut};
        for kind in [ConnectionRefused, BrokenPipe, TimedOut] {
            let error: RedisError = std::io::Error::from(kind).into();
            assert_eq!(meaning(&error.into()), Meaning::Unknown);
        }
        let none = || RedisError::from((ErrorKind::ClusterConnectionNotFound, "none"));
        assert_eq!(meaning(&none().into()), Meaning::Unknown);
        assert_eq!(meaning(&Broken::Unsent(none())), Meaning::NotMade);
    }
}
