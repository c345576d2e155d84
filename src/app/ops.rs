//! The service of the operations listener: metrics and health.

use std::sync::Arc;

use http::{Method, StatusCode};
use tokio::sync::watch;

use super::Stage;
use crate::http::error::ApiError;
use crate::http::message::{Admitted, Head, Request, Response, Service};
use crate::http::output;
use crate::http::router::Target;
use crate::store::Store;
use crate::telemetry::metrics::Metrics;

/// Fills gauges from what other parts count, just before they are shown.
pub(super) type Collect = Box<dyn Fn(&Metrics) + Send + Sync>;

/// `/metrics`, `/livez`, `/readyz`.
pub(super) struct Ops {
    /// The store, for its health.
    pub store: Store,
    /// The metrics.
    pub metrics: Arc<Metrics>,
    /// Updates them.
    pub collect: Collect,
    /// The stage of the shutdown: after `Serving` the service is not ready for requests.
    pub stage: watch::Receiver<Stage>,
}

impl Ops {
    fn is_stopping(&self) -> bool {
        *self.stage.borrow() > Stage::Serving
    }
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

    fn refuse(&self, _: &Head, error: &ApiError) -> Response {
        let text = match error {
            ApiError::UseCase(_) => "internal error; see the log\n",
            _ => "only GET with a short path and without a body is answered here\n",
        };
        output::with_body(error.status(), TEXT, text)
    }

    fn resolve(&self, path: &str) -> Target {
        let found = PATHS.into_iter().find(|known| *known == path);
        found.map_or_else(Target::default, Target::named)
    }

    async fn call(&self, request: Request) -> Response {
        let (status, text) = match request.head.uri.path() {
            // A process that answers is alive.
            "/livez" => (StatusCode::OK, "ok\n".to_owned()),
            "/readyz" if self.is_stopping() => {
                (StatusCode::SERVICE_UNAVAILABLE, "stopping\n".to_owned())
            }
            "/readyz" => match self.store.engine().health().await {
                Ok(()) => (StatusCode::OK, "ok\n".to_owned()),
                Err(error) => (StatusCode::SERVICE_UNAVAILABLE, format!("{error}\n")),
            },
            "/metrics" => {
                (self.collect)(&self.metrics);
                match self.metrics.encode() {
                    Ok(text) => {
                        return output::with_body(StatusCode::OK, Metrics::CONTENT_TYPE, text);
                    }
                    Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, format!("{error}\n")),
                }
            }
            _ => {
                let text = "here are /metrics, /livez and /readyz\n";
                (StatusCode::NOT_FOUND, text.to_owned())
            }
        };
        output::with_body(status, TEXT, text)
    }
}
