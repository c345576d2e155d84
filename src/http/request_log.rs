//! The log line at the end of each request. It names the route and not the path: the path of a
//! tracked link holds its token.

use http::{Method, StatusCode};
use tokio::time::Instant;
use tracing::Level;

use super::message::RequestId;

/// Stands where no route was found.
pub(crate) const NO_ROUTE: &str = "-";

/// What the line needs to know, kept while the request itself is with the service.
#[derive(Debug)]
pub(super) struct RequestLine {
    began: Instant,
    method: &'static str,
}

impl RequestLine {
    /// Of a request whose head was just read.
    pub(super) fn begin(method: &Method) -> Self {
        Self {
            began: Instant::now(),
            method: name_of(method),
        }
    }

    /// Writes the line, as loud as its status asks for.
    pub(super) fn end(self, route: &'static str, id: RequestId, status: StatusCode) {
        // Levels are part of the place in the code, so each has its own.
        macro_rules! line {
            ($level:ident) => {
                tracing::$level!(
                    request_id = id.as_str(),
                    method = self.method,
                    route,
                    status = status.as_u16(),
                    duration_ms =
                        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX),
                    "request"
                )
            };
        }
        match loudness(status) {
            Level::ERROR => line!(error),
            Level::WARN => line!(warn),
            Level::INFO => line!(info),
            _ => line!(debug),
        }
    }
}

fn loudness(status: StatusCode) -> Level {
    match status {
        // It passes: the store is away, or there is too much to do.
        StatusCode::SERVICE_UNAVAILABLE => Level::WARN,
        // What no server here will ever do is the caller's mistake, not ours.
        StatusCode::NOT_IMPLEMENTED => Level::INFO,
        // There may be thousands a second: they are counted, and logged now and then.
        StatusCode::TOO_MANY_REQUESTS => Level::DEBUG,
        _ if status.is_server_error() => Level::ERROR,
        _ if status.is_client_error() => Level::INFO,
        _ => Level::DEBUG,
    }
}

/// The methods that mean something here. Callers can make up others, of any length.
fn name_of(method: &Method) -> &'static str {
    const KNOWN: [&str; 9] = [
        "GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "CONNECT",
    ];
    let known = KNOWN.into_iter().find(|name| *name == method.as_str());
    known.unwrap_or("other")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_needs_an_operator_is_loud() {
        for (status, level) in [
            (200, Level::DEBUG),
            (204, Level::DEBUG),
            (302, Level::DEBUG),
            (304, Level::DEBUG),
            (400, Level::INFO),
            (401, Level::INFO),
            (404, Level::INFO),
            (429, Level::DEBUG),
            (431, Level::INFO),
            (500, Level::ERROR),
            (501, Level::INFO),
            (503, Level::WARN),
            (507, Level::ERROR),
        ] {
            let status = StatusCode::from_u16(status).unwrap();
            assert_eq!(loudness(status), level, "{status}");
        }
    }

    #[test]
    fn a_made_up_method_is_not_repeated() {
        assert_eq!(name_of(&Method::PATCH), "PATCH");
        let odd = Method::from_bytes(b"STEAL-THE-LOG").unwrap();
        assert_eq!(name_of(&odd), "other");
    }
}
