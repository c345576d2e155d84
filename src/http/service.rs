//! The service that the HTTP server serves: routes, then errors in the dialect of the path.

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
use super::message::{Admitted, CachedAnswer, Head, Problem, Request, Response, Service};
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

    /// Leaves whatever cannot be answered at once to `workers`, so that a long answer never keeps
    /// the runtime of a connection from its other requests.
    #[must_use]
    pub fn with_workers(mut self, workers: Handle) -> Self {
        self.workers = Some(workers);
        self
    }

    /// Does `work` on the workers, where there are some.
    async fn work<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Result<T, ApiError> {
        let Some(workers) = &self.workers else {
            return Ok(work.await);
        };
        let mut task = UntilDropped(workers.spawn(contained(Box::pin(work))));
        let internal = |why| ApiError::UseCase(Error::Internal(why));
        let done = (&mut task.0).await;
        let done = done.map_err(|error| internal(format!("no worker took a request: {error}")))?;
        done.map_err(|Panicked| internal(PANICKED.to_owned()))
    }

    /// Finds what a request may do before its body is read.
    async fn look_at(&self, head: &Head) -> Result<Admitted, ApiError> {
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
        let mut caller = self.who(head, scheme).await?;
        let limits = self.router.rate_limits();
        limits.admit_caller(&self.env.metrics, &caller, head.received_at)?;
        if let Access::Scope(scope) = access {
            caller.require(scope)?;
        }
        caller.request_id = Some(head.request_id.as_str().to_owned());
        Ok(caller)
    }

    /// Whose token it is, if that one may ask for anything now.
    async fn who(&self, head: &Head, scheme: &'static str) -> Result<Caller, ApiError> {
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

    /// Who was let in by the head may have been shut out while the body came.
    async fn is_still_let_in(&self, request: &Request) -> Result<(), ApiError> {
        if request.body.is_empty() || request.caller.is_none() {
            return Ok(());
        }
        let entry = self.router.entry(&request.head)?;
        let caller = self.who(&request.head, entry.dialect.auth_scheme()).await?;
        match entry.access {
            Access::Scope(scope) => Ok(caller.require(scope)?),
            Access::Public | Access::Token => Ok(()),
        }
    }

    async fn answer(&self, request: Request) -> Response {
        let (head, began) = (Arc::clone(&request.head), Instant::now());
        let response = match self.router.answer(&self.env, request).await {
            Ok(response) => self.finish(&head, response),
            Err(error) => self.dress(&error, &head),
        };
        let dialect = label(&head);
        self.env
            .metrics
            .http_duration
            .observe(dialect, began.elapsed().as_secs_f64());
        response
    }

    fn dress(&self, error: &ApiError, head: &Head) -> Response {
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

    /// Counts an answer and lets the pages that may read it do so.
    fn finish(&self, head: &Head, response: Response) -> Response {
        let dialect = label(head);
        let class = StatusClass::of(response.status().as_u16());
        self.env.metrics.http_requests.inc2(dialect, class);
        self.cors.dress(head, response)
    }
}

/// How the request is counted; tracked links apart from the other pages.
fn label(head: &Head) -> HttpDialect {
    let path = head.uri.path();
    if path.starts_with(pages::redirect::PREFIX) {
        return HttpDialect::Redirect;
    }
    head.target.dialect(path).label()
}

/// Some ten lines of a report.
const SHORT_REPORT_BYTES: usize = 2048;

/// What the log says beside the id of the request.
const PANICKED: &str = "a request ended in a panic, which is logged before this";

const CACHE_STATUS: HeaderName = HeaderName::from_static("cache-status");

/// From memory, while the store is away.
const STALE: HeaderValue = HeaderValue::from_static("upsell; hit; detail=stale");

impl Service for Upsell {
    fn try_cached(&self, head: &Head) -> Option<CachedAnswer> {
        // What is remembered are answers to reads.
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
            // What another node has changed meanwhile is not known here (RFC 9211).
            found.response.headers_mut().insert(CACHE_STATUS, STALE);
        }
        let class = StatusClass::of(found.response.status().as_u16());
        env.metrics.http_requests.inc2(dialect, class);
        let seconds = began.elapsed().as_secs_f64();
        env.metrics.http_duration.observe(dialect, seconds);
        Some(found)
    }

    async fn admit(&self, head: &Head) -> Result<Admitted, Box<Response>> {
        let refuse = |error: ApiError| Box::new(self.dress(&error, head));
        let limits = self.router.rate_limits();
        limits.admit(&self.env.metrics, head).map_err(refuse)?;
        if let Some(preflight) = self.cors.preflight(head) {
            return Err(Box::new(preflight));
        }
        self.look_at(head).await.map_err(refuse)
    }

    fn refuse(&self, head: &Head, problem: Problem) -> Response {
        let error = match problem {
            Problem::UrlTooLong { limit } => ApiError::UrlTooLong(limit),
            Problem::HeadersTooLarge => ApiError::HeadersTooLarge,
            Problem::BodyTooLarge { limit } => ApiError::TooLarge(limit),
            Problem::BodyTimeout => ApiError::Timeout,
            Problem::BodyBroken => ApiError::malformed("body", "broke off"),
            Problem::Panicked => ApiError::UseCase(Error::Internal(PANICKED.to_owned())),
        };
        self.dress(&error, head)
    }

    fn resolve(&self, path: &str) -> Target {
        self.router.resolve(path)
    }

    async fn call(&self, request: Request) -> Response {
        let head = Arc::clone(&request.head);
        // Here and not in the work: workers do not touch what is counted of requests.
        let limits = self.router.rate_limits();
        let standing = limits.standing(&head, request.caller.as_ref());
        let mut response = if let Err(error) = self.is_still_let_in(&request).await {
            self.dress(&error, &head)
        } else if is_short_report(&request) {
            // The hop to the workers and back would cost more than all the rest.
            self.answer(request).await
        } else {
            let service = self.clone();
            let done = self
                .work(async move { service.answer(request).await })
                .await;
            done.unwrap_or_else(|error| self.dress(&error, &head))
        };
        standing.show(response.headers_mut());
        response
    }
}

/// Whether it is a usage report of a few lines: all there is to do until the store answers takes some
/// microseconds. One that may be repeated has an answer to keep as well.
fn is_short_report(request: &Request) -> bool {
    request.head.method == Method::POST
        && request.body.len() <= SHORT_REPORT_BYTES
        && request.head.uri.path() == native::USAGES
        && !request.head.headers.contains_key(idempotency::KEY)
}

/// A task that ends when nobody waits for it any more: the client is gone.
struct UntilDropped<T>(JoinHandle<T>);

impl<T> Drop for UntilDropped<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}
