//! The operations listener: metrics and health.

use std::sync::Arc;

use http::{Method, StatusCode};
use tokio::sync::watch;

use crate::http::message::{Admitted, Head, Problem, Request, Response, Service};
use crate::http::output;
use crate::http::router::Target;
use crate::store::Store;
use crate::telemetry::metrics::Metrics;

/// Fills gauges from what other parts count, just before they are shown.
pub(super) type Collect = Box<dyn Fn(&Metrics) + Send + Sync>;

/// Whether the service was told to stop.
pub(super) type IsStopping = Box<dyn Fn() -> bool + Send + Sync>;

/// Whether `calm` is over.
pub(super) fn is_after<S>(stage: watch::Receiver<S>, calm: S) -> IsStopping
where
    S: PartialOrd + Send + Sync + 'static,
{
    Box::new(move || *stage.borrow() > calm)
}

/// `/metrics`, `/livez`, `/readyz`.
pub(super) struct Ops {
    /// Whose health it is.
    pub store: Store,
    /// What is shown.
    pub metrics: Arc<Metrics>,
    /// Brings it up to date.
    pub collect: Collect,
    /// Nobody is to send it requests any more.
    pub is_stopping: IsStopping,
}

const PATHS: [&str; 3] = ["/livez", "/readyz", "/metrics"];

const TEXT: &str = "text/plain; charset=utf-8";

impl Service for Ops {
    async fn admit(&self, head: &Head) -> Result<Admitted, Box<Response>> {
        if head.method == Method::GET || head.method == Method::HEAD {
            return Ok(Admitted {
                body_limit: 0,
                caller: None,
            });
        }
        let status = StatusCode::METHOD_NOT_ALLOWED;
        let mut response = output::with_body(status, TEXT, "GET only\n");
        let allow = http::HeaderValue::from_static("GET, HEAD");
        response.headers_mut().insert(http::header::ALLOW, allow);
        Err(Box::new(response))
    }

    fn refuse(&self, _: &Head, problem: Problem) -> Response {
        let status = match problem {
            Problem::UrlTooLong { .. } => StatusCode::URI_TOO_LONG,
            Problem::HeadersTooLarge => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            Problem::BodyTooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Problem::BodyTimeout => StatusCode::REQUEST_TIMEOUT,
            Problem::BodyBroken => StatusCode::BAD_REQUEST,
            Problem::Panicked => {
                let status = StatusCode::INTERNAL_SERVER_ERROR;
                return output::with_body(status, TEXT, "internal error; see the log\n");
            }
        };
        let text = "only GET with a short path and without a body is answered here\n";
        output::with_body(status, TEXT, text)
    }

    fn resolve(&self, path: &str) -> Target {
        let found = PATHS.into_iter().find(|known| *known == path);
        found.map_or_else(Target::default, Target::named)
    }

    async fn call(&self, request: Request) -> Response {
        match request.head.uri.path() {
            // Alive is who can answer.
            "/livez" => output::with_body(StatusCode::OK, TEXT, "ok\n"),
            "/readyz" if (self.is_stopping)() => {
                output::with_body(StatusCode::SERVICE_UNAVAILABLE, TEXT, "stopping\n")
            }
            "/readyz" => match self.store.engine().health().await {
                Ok(()) => output::with_body(StatusCode::OK, TEXT, "ok\n"),
                Err(error) => {
                    let status = StatusCode::SERVICE_UNAVAILABLE;
                    output::with_body(status, TEXT, format!("{error}\n"))
                }
            },
            "/metrics" => {
                (self.collect)(&self.metrics);
                match self.metrics.encode() {
                    Ok(text) => output::with_body(StatusCode::OK, Metrics::CONTENT_TYPE, text),
                    Err(error) => {
                        let status = StatusCode::INTERNAL_SERVER_ERROR;
                        output::with_body(status, TEXT, format!("{error}\n"))
                    }
                }
            }
            _ => output::with_body(
                StatusCode::NOT_FOUND,
                TEXT,
                "here are /metrics, /livez and /readyz\n",
            ),
        }
    }
}
