//! Finds the endpoint of a request, and puts body limits and idempotency around its handler.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use http::Method;

use super::dialect::Dialect;
use super::endpoint::{Access, Answer, BoxedHandler, Endpoint, Group, PathParams, PublicCall};
use super::error::ApiError;
use super::idempotency::{self, InFlight};
use super::input::Params;
use super::message::{Head, Request};
use super::rate_limits::RateLimits;
use super::request_log::NO_ROUTE;
use crate::usecases::Env;

/// How much body a route takes: one of the limits.
pub type BodyLimit = fn(&BodyLimits) -> usize;

/// Body limits in bytes, from the configuration.
#[derive(Debug, Clone, Copy)]
pub struct BodyLimits {
    /// For most routes.
    pub default_bytes: usize,
    /// For routes that need no token.
    pub public_bytes: usize,
    /// For bulk usage.
    pub bulk_bytes: usize,
    /// For logos.
    pub logo_bytes: usize,
    /// For partner plans.
    pub partner_plan_bytes: usize,
}

/// What the server needs to know of an endpoint before it reads the body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// Whose path it is.
    pub dialect: Dialect,
    /// Who may call it.
    pub access: Access,
    /// How many bytes of body it takes.
    pub body_limit: usize,
}

/// The endpoint of a request. It is found once, and kept with the head.
#[derive(Clone)]
pub struct Target {
    pattern: &'static str,
    found: Option<(Arc<Resource>, PathParams)>,
}

impl Target {
    /// A target with a pattern only, for the log.
    #[must_use]
    pub const fn named(pattern: &'static str) -> Self {
        Self {
            pattern,
            found: None,
        }
    }

    /// The pattern of its path, for the log: the path itself may hold what proves a link.
    #[must_use]
    pub const fn pattern(&self) -> &'static str {
        self.pattern
    }

    /// The dialect that answers for it; by the path where there is no such endpoint.
    #[must_use]
    pub fn dialect(&self, path: &str) -> Dialect {
        let found = self.found.as_ref();
        found.map_or_else(|| Dialect::of_path(path), |(resource, _)| resource.dialect)
    }

    fn endpoint(&self, method: &Method) -> Result<(&Resource, &Routed, &PathParams), ApiError> {
        let (resource, path) = self.found.as_ref().ok_or(ApiError::NoRoute)?;
        let endpoint = resource.find(method).ok_or_else(|| ApiError::Method {
            allow: resource.allow(),
        })?;
        Ok((resource, endpoint, path))
    }
}

impl Default for Target {
    fn default() -> Self {
        Self::named(NO_ROUTE)
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.pattern)
    }
}

/// An endpoint, as far as a request needs it.
struct Routed {
    method: Method,
    access: Access,
    limit: BodyLimit,
    query_names: Vec<String>,
    handler: Box<BoxedHandler>,
}

/// One path and what it answers to.
struct Resource {
    path: &'static str,
    dialect: Dialect,
    endpoints: Vec<Routed>,
}

impl Resource {
    fn allow(&self) -> String {
        let mut methods: Vec<&str> = self.endpoints.iter().map(|e| e.method.as_str()).collect();
        if methods.contains(&"GET") {
            methods.push("HEAD");
        }
        methods.sort_unstable();
        methods.join(", ")
    }

    fn find(&self, method: &Method) -> Option<&Routed> {
        // HEAD is answered like GET; the server cuts the body.
        let asked = if method == Method::HEAD {
            &Method::GET
        } else {
            method
        };
        self.endpoints
            .iter()
            .find(|endpoint| endpoint.method == *asked)
    }
}

/// The routes of the service.
#[derive(Clone)]
pub struct Router {
    tree: Arc<matchit::Router<Arc<Resource>>>,
    limits: BodyLimits,
    in_flight: InFlight,
    rate_limits: Arc<RateLimits>,
}

impl Router {
    /// A router over all endpoints of `groups`.
    ///
    /// # Errors
    /// Two paths of them cannot be told apart: a defect of this program.
    pub fn new(groups: Vec<Group>, limits: BodyLimits) -> Result<Self, matchit::InsertError> {
        let mut resources = BTreeMap::new();
        for group in groups {
            for Endpoint { operation, handler } in group.endpoints {
                let new = || Resource {
                    path: operation.path,
                    dialect: group.dialect,
                    endpoints: Vec::new(),
                };
                let resource = resources.entry(operation.path).or_insert_with(new);
                resource.endpoints.push(Routed {
                    query_names: operation.query_names(),
                    method: operation.method,
                    access: operation.access,
                    limit: operation.limit,
                    handler,
                });
            }
        }
        let mut tree = matchit::Router::new();
        for (path, resource) in resources {
            tree.insert(path, Arc::new(resource))?;
        }
        Ok(Self {
            tree: Arc::new(tree),
            limits,
            in_flight: InFlight::default(),
            rate_limits: Arc::default(),
        })
    }

    /// The same with rate limits.
    #[must_use]
    pub fn limited(mut self, rate_limits: RateLimits) -> Self {
        self.rate_limits = Arc::new(rate_limits);
        self
    }

    /// The rate limits.
    #[must_use]
    pub fn rate_limits(&self) -> &RateLimits {
        &self.rate_limits
    }

    /// The endpoint of a path.
    #[must_use]
    pub fn resolve(&self, path: &str) -> Target {
        self.tree.at(path).map_or_else(
            |_| Target::default(),
            |found| Target {
                pattern: found.value.path,
                found: Some((Arc::clone(found.value), PathParams::of(&found.params))),
            },
        )
    }

    /// What the endpoint of a request takes and asks for.
    ///
    /// # Errors
    /// There is no such endpoint, or the body is compressed.
    pub fn entry(&self, head: &Head) -> Result<Entry, ApiError> {
        let (resource, endpoint, _) = head.target.endpoint(&head.method)?;
        super::input::refuse_encoding(head)?;
        Ok(Entry {
            dialect: resource.dialect,
            access: endpoint.access,
            body_limit: (endpoint.limit)(&self.limits),
        })
    }

    /// Answers a request that was let in: where its route needs a token, it brings the caller.
    ///
    /// # Errors
    /// To be dressed by the dialect of the path.
    pub async fn answer(&self, env: &Env, request: Request) -> Answer {
        let head = Arc::clone(&request.head);
        let (resource, endpoint, path) = head.target.endpoint(&head.method)?;
        let path = path.decoded()?;
        let query = match endpoint.access {
            // What strangers add to the URL of a page is no error.
            Access::Public => Params::of_query(&head).unwrap_or_default(),
            Access::Token | Access::Scope(_) => Params::of_query(&head)?,
        };
        let call = PublicCall {
            env: env.clone(),
            request,
            path,
            query,
            rate_limits: Arc::clone(&self.rate_limits),
        };
        if endpoint.access == Access::Public {
            return (endpoint.handler)(call).await;
        }
        if resource.dialect == Dialect::Native {
            call.query.only(&endpoint.query_names)?;
        }
        match idempotency::key(call.head())? {
            None => (endpoint.handler)(call).await,
            Some(key) => {
                let (dialect, handler) = (resource.dialect, &endpoint.handler);
                idempotency::once(&self.in_flight, &key, dialect, call, handler).await
            }
        }
    }
}
