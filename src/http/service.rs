//! The service that the HTTP server serves: authentication, routing, errors in the dialect of the
//! path. Cached reads and short usage reports are answered on the runtime of the core; everything
//! else runs on the workers.

use std::sync::Arc;
use std::time::Instant;

use http::{HeaderName, HeaderValue, Method};
use tokio::runtime::Handle;
use tokio::task::JoinHandle;

use super::auth;
use super::cors::Cors;
use super::endpoint::Access;
use super::error::ApiError;
use super::idempotency;
use super::message::{Admitted, CachedAnswer, Head, Request, Response, Service};
use super::native;
use super::pages;
use super::router::{Router, Target};
use crate::panics::{Panicked, contained};
use crate::telemetry::metrics::{HttpDialect, StatusClass};
use crate::usecases::Env;
use crate::usecases::access::Caller;
use crate::usecases::error::Error;

/// All of `upsell` behind its public listener.
#[derive(Clone)]
pub struct Upsell {
    env: Env,
    router: Router,
    cors: Cors,
    pages: pages::Options,
    workers: Option<Handle>,
}

impl Upsell {
    /// The service over `router`, which browsers may call as `cors` says.
    #[must_use]
    pub const fn new(env: Env, router: Router, cors: Cors, pages: pages::Options) -> Self {
        Self {
            env,
            router,
            cors,
            pages,
            workers: None,
        }
    }

    /// Runs on `workers` what is neither cached nor a short usage report, so that a long request
    /// never blocks the runtime of a connection.
    #[must_use]
    pub fn with_workers(mut self, workers: Handle) -> Self {
        self.workers = Some(workers);
        self
    }

    /// Runs `work` on the workers, if there are any.
    async fn work<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Result<T, ApiError> {
        let Some(workers) = &self.workers else {
            return Ok(work.await);
        };
        let mut task = UntilDropped(workers.spawn(contained(Box::pin(work))));
        let done = (&mut task.0)
            .await
            .map_err(|error| Error::Internal(format!("no worker took a request: {error}")))?;
        done.map_err(|Panicked| ApiError::panicked())
    }

    /// Decides, before the body is read, whether a request may go on.
    async fn authorize(&self, head: &Head) -> Result<Admitted, ApiError> {
        let entry = self.router.entry(head)?;
        let scheme = entry.dialect.auth_scheme();
        let caller = match entry.access {
            Access::Public => None,
            access => Some(self.caller(head, scheme, access).await?),
        };
        Ok(Admitted {
            body_limit: entry.body_limit,
            caller,
        })
    }

    async fn caller(
        &self,
        head: &Head,
        scheme: &'static str,
        access: Access,
    ) -> Result<Caller, ApiError> {
        let mut caller = self.authenticate(head, scheme).await?;
        let limits = self.router.rate_limits();
        limits.admit_caller(&self.env.metrics, &caller, head.received_at)?;
        if let Access::Scope(scope) = access {
            caller.require(scope)?;
        }
        caller.request_id = Some(head.request_id.as_str().to_owned());
        Ok(caller)
    }

    /// The caller whose token it is.
    async fn authenticate(&self, head: &Head, scheme: &'static str) -> Result<Caller, ApiError> {
        let token = auth::token(head, scheme)?;
        let known = self
            .env
            .remembered
            .caller(&self.env, token, head.received_at);
        if let Some(known) = known {
            return Ok(known);
        }
        let (env, router) = (self.env.clone(), self.router.clone());
        let (head, token) = (head.clone(), token.to_owned());
        let found = async move { auth::caller(&env, router.rate_limits(), &head, &token).await };
        self.work(found).await?
    }

    /// Checks the caller again: access may have been revoked while the body arrived.
    async fn reauthorize(&self, request: &Request) -> Result<(), ApiError> {
        if request.body.is_empty() || request.caller.is_none() {
            return Ok(());
        }
        let entry = self.router.entry(&request.head)?;
        let scheme = entry.dialect.auth_scheme();
        let caller = self.authenticate(&request.head, scheme).await?;
        match entry.access {
            Access::Scope(scope) => Ok(caller.require(scope)?),
            Access::Public | Access::Token => Ok(()),
        }
    }

    async fn answer(&self, request: Request) -> Response {
        let (head, began) = (Arc::clone(&request.head), Instant::now());
        let response = match self.router.answer(&self.env, request).await {
            Ok(response) => self.finish(&head, response),
            Err(error) => self.refuse(&head, &error),
        };
        let dialect = label(&head);
        self.env
            .metrics
            .http_duration
            .observe(dialect, began.elapsed().as_secs_f64());
        response
    }

    /// Counts an answer and adds the CORS headers.
    fn finish(&self, head: &Head, response: Response) -> Response {
        let dialect = label(head);
        let class = StatusClass::of(response.status().as_u16());
        self.env.metrics.http_requests.inc2(dialect, class);
        self.cors.dress(head, response)
    }
}

/// The label that counts the request; tracked links have their own.
fn label(head: &Head) -> HttpDialect {
    let path = head.uri.path();
    if path.starts_with(pages::redirect::PREFIX) {
        return HttpDialect::Redirect;
    }
    head.target.dialect(path).label()
}

/// Some ten records of a report.
const SHORT_REPORT_BYTES: usize = 2048;

const CACHE_STATUS: HeaderName = HeaderName::from_static("cache-status");

/// From memory, while the store is away.
const STALE: HeaderValue = HeaderValue::from_static("upsell; hit; detail=stale");

impl Service for Upsell {
    fn try_cached(&self, head: &Head) -> Option<CachedAnswer> {
        // Only answers to reads are cached.
        if head.method != Method::GET && head.method != Method::HEAD {
            return None;
        }
        let (began, env, limits) = (Instant::now(), &self.env, self.router.rate_limits());
        if !limits.may_follow(head) {
            return None;
        }
        let is_stale = !env.store.is_current();
        let (dialect, mut found) = match pages::redirect::follow_cached(env, &self.pages, head) {
            Some(found) => {
                limits.followed(head);
                (HttpDialect::Redirect, found)
            }
            None => {
                let found = native::try_cached(env, limits, head, is_stale)?;
                (HttpDialect::Native, found)
            }
        };
        if dialect == HttpDialect::Native {
            found.response = self.cors.dress(head, found.response);
        }
        if is_stale {
            // Another node may have changed it meanwhile (RFC 9211).
            found.response.headers_mut().insert(CACHE_STATUS, STALE);
        }
        let class = StatusClass::of(found.response.status().as_u16());
        env.metrics.http_requests.inc2(dialect, class);
        let seconds = began.elapsed().as_secs_f64();
        env.metrics.http_duration.observe(dialect, seconds);
        Some(found)
    }

    async fn admit(&self, head: &Head) -> Result<Admitted, Box<Response>> {
        let refuse = |error: ApiError| Box::new(self.refuse(head, &error));
        let limits = self.router.rate_limits();
        limits.admit(&self.env.metrics, head).map_err(refuse)?;
        if let Some(preflight) = self.cors.preflight(head) {
            return Err(Box::new(preflight));
        }
        self.authorize(head).await.map_err(refuse)
    }

    fn refuse(&self, head: &Head, error: &ApiError) -> Response {
        if let Some(internal) = error.internal() {
            tracing::error!(
                request_id = head.request_id.as_str(),
                route = head.target.pattern(),
                "{internal}"
            );
        }
        let dialect = head.target.dialect(head.uri.path());
        let response = dialect.error(&self.env.renderer, error, head);
        self.finish(head, response)
    }

    fn resolve(&self, path: &str) -> Target {
        self.router.resolve(path)
    }

    async fn call(&self, request: Request) -> Response {
        let head = Arc::clone(&request.head);
        // Here and not on the workers: those must not take the locks of the rate limits.
        let limits = self.router.rate_limits();
        let standing = limits.standing(&head, request.caller.as_ref());
        let mut response = if let Err(error) = self.reauthorize(&request).await {
            self.refuse(&head, &error)
        } else if is_short_report(&request) {
            // The hop to the workers and back would cost more than everything else.
            self.answer(request).await
        } else {
            let service = self.clone();
            let done = self
                .work(async move { service.answer(request).await })
                .await;
            done.unwrap_or_else(|error| self.refuse(&head, &error))
        };
        standing.show(response.headers_mut());
        response
    }
}

/// Whether it is a usage report of a few records, which takes microseconds until the store answers.
/// One with an `Idempotency-Key` has an answer to store as well.
fn is_short_report(request: &Request) -> bool {
    request.head.method == Method::POST
        && request.body.len() <= SHORT_REPORT_BYTES
        && request.head.uri.path() == native::USAGES
        && !request.head.headers.contains_key(idempotency::KEY)
}

/// A task that is aborted when it is dropped: the client is gone.
struct UntilDropped<T>(JoinHandle<T>);

impl<T> Drop for UntilDropped<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}
