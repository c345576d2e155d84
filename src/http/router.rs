//! How a request finds its route: authorization, body limits and idempotency around each handler.

use std::pin::Pin;
use std::sync::Arc;

use http::Method;

use super::dialect::Dialect;
use super::error::ApiError;
use super::idempotency::{self, Asked, InFlight};
use super::input::Params;
use super::message::{Head, Request, Response};
use super::rate_limits::RateLimits;
use crate::domain::client::ApiScope;
use crate::usecases::Env;
use crate::usecases::access::Caller;

/// What a handler answers.
pub type Answer = Result<Response, ApiError>;

pub(super) type AnswerFuture = Pin<Box<dyn Future<Output = Answer> + Send>>;

/// What a handler gets.
pub struct Call {
    /// The use cases' world.
    pub env: Env,
    /// The request, whole.
    pub request: Request,
    /// The parts of the path that the route names, decoded.
    pub path: PathParams,
    /// What bounds log-ins.
    pub rate_limits: Arc<RateLimits>,
}

/// The named parts of a path, percent-decoded.
#[derive(Debug, Clone, Default)]
pub struct PathParams(Vec<(String, String)>);

impl PathParams {
    /// The part of that name; empty where the route has none.
    #[must_use]
    pub fn get(&self, name: &str) -> &str {
        let found = self.0.iter().find(|(known, _)| known == name);
        found.map_or("", |(_, value)| value.as_str())
    }

    /// The part of that name, parsed; what does not parse names nothing that exists.
    ///
    /// # Errors
    /// `missing`, so that a malformed id answers like an unknown one.
    pub fn id<T: std::str::FromStr>(&self, name: &str, missing: ApiError) -> Result<T, ApiError> {
        self.get(name).parse().map_err(|_| missing)
    }
}

/// How much body a route takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyLimit {
    /// As most routes.
    Default,
    /// As routes that need no token.
    Public,
    /// As bulk usage.
    Bulk,
    /// As logos.
    Logo,
    /// As partner plans.
    PartnerPlan,
}

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

impl BodyLimits {
    const fn of(self, limit: BodyLimit) -> usize {
        match limit {
            BodyLimit::Default => self.default_bytes,
            BodyLimit::Public => self.public_bytes,
            BodyLimit::Bulk => self.bulk_bytes,
            BodyLimit::Logo => self.logo_bytes,
            BodyLimit::PartnerPlan => self.partner_plan_bytes,
        }
    }
}

/// A handler that is called with an authorized caller.
pub(super) type Authorized = dyn Fn(Call, Caller) -> AnswerFuture + Send + Sync;

enum Handler {
    Public(Box<dyn Fn(Call) -> AnswerFuture + Send + Sync>),
    Authorized(Needs, Box<Authorized>),
}

/// What a caller needs for a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// A token with this scope.
    Scope(ApiScope),
    /// Any token.
    Token,
}

impl Handler {
    const fn needs(&self) -> Option<Needs> {
        match self {
            Self::Public(_) => None,
            Self::Authorized(needs, _) => Some(*needs),
        }
    }
}

/// What is known of a request's route before its body is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// Whose path it is.
    pub dialect: Dialect,
    /// `None`: it is open to everybody.
    pub needs: Option<Needs>,
    /// How many bytes of body it takes.
    pub body_limit: usize,
}

type Found<'r, 'h> = (&'r Resource, &'r Endpoint, matchit::Params<'r, 'h>);

struct Endpoint {
    method: Method,
    limit: BodyLimit,
    handler: Handler,
}

/// What a path answers to, as far as it can be told without asking: what is documented is checked
/// against it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// Whose path it is.
    pub dialect: Dialect,
    /// The path; `{name}` stands for one segment, `{*name}` for all that follow.
    pub path: &'static str,
    /// GET stands for HEAD too.
    pub method: Method,
    /// `None`: it is open to everybody.
    pub needs: Option<Needs>,
    /// How much body it takes.
    pub limit: BodyLimit,
}

/// One path and what it answers to.
pub struct Resource {
    path: &'static str,
    dialect: Dialect,
    endpoints: Vec<Endpoint>,
}

impl Resource {
    /// A path that answers to nothing yet. `{name}` stands for one segment.
    #[must_use]
    pub const fn at(dialect: Dialect, path: &'static str) -> Self {
        Self {
            path,
            dialect,
            endpoints: Vec::new(),
        }
    }

    /// Its path, as a pattern.
    #[must_use]
    pub const fn path(&self) -> &'static str {
        self.path
    }

    /// Answers `method` to callers who have what it `needs`.
    #[must_use]
    pub fn on<F, Fut>(self, method: Method, needs: Needs, handler: F) -> Self
    where
        F: Fn(Call, Caller) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Answer> + Send + 'static,
    {
        let boxed =
            Box::new(move |call, caller| -> AnswerFuture { Box::pin(handler(call, caller)) });
        self.endpoint(
            method,
            BodyLimit::Default,
            Handler::Authorized(needs, boxed),
        )
    }

    /// Answers `method` to everybody. Each use says why that is right.
    #[must_use]
    pub fn public<F, Fut>(self, method: Method, handler: F) -> Self
    where
        F: Fn(Call) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Answer> + Send + 'static,
    {
        let boxed = Box::new(move |call| -> AnswerFuture { Box::pin(handler(call)) });
        self.endpoint(method, BodyLimit::Public, Handler::Public(boxed))
    }

    /// Gives the endpoint just added another body limit.
    #[must_use]
    pub fn limit(mut self, limit: BodyLimit) -> Self {
        if let Some(last) = self.endpoints.last_mut() {
            last.limit = limit;
        }
        self
    }

    fn endpoint(mut self, method: Method, limit: BodyLimit, handler: Handler) -> Self {
        self.endpoints.push(Endpoint {
            method,
            limit,
            handler,
        });
        self
    }

    /// What the path answers to.
    pub fn routes(&self) -> impl Iterator<Item = Route> + '_ {
        self.endpoints.iter().map(|endpoint| Route {
            dialect: self.dialect,
            path: self.path,
            method: endpoint.method.clone(),
            needs: endpoint.handler.needs(),
            limit: endpoint.limit,
        })
    }

    fn allow(&self) -> String {
        let mut methods: Vec<&str> = self.endpoints.iter().map(|e| e.method.as_str()).collect();
        if methods.contains(&"GET") {
            methods.push("HEAD");
        }
        methods.sort_unstable();
        methods.join(", ")
    }

    fn find(&self, method: &Method) -> Option<&Endpoint> {
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
    tree: Arc<matchit::Router<Resource>>,
    limits: BodyLimits,
    in_flight: InFlight,
    rate_limits: Arc<RateLimits>,
}

impl Router {
    /// A router over `resources`.
    ///
    /// # Errors
    /// Two of them have the same path: a defect of this program.
    pub fn new(resources: Vec<Resource>, limits: BodyLimits) -> Result<Self, matchit::InsertError> {
        let mut tree = matchit::Router::new();
        for resource in resources {
            tree.insert(resource.path, resource)?;
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

    /// The dialect that answers for a path, known or not.
    #[must_use]
    pub fn dialect(&self, path: &str) -> Dialect {
        self.tree
            .at(path)
            .map_or_else(|_| Dialect::of_path(path), |found| found.value.dialect)
    }

    /// The pattern of the route that a path belongs to.
    #[must_use]
    pub fn route(&self, path: &str) -> Option<&'static str> {
        self.tree.at(path).ok().map(|found| found.value.path)
    }

    /// What the route of a request takes and asks for.
    ///
    /// # Errors
    /// There is no such route, or the body is compressed.
    pub fn entry(&self, head: &Head) -> Result<Entry, ApiError> {
        let (resource, endpoint, _) = self.find(head)?;
        super::input::refuse_encoding(head)?;
        Ok(Entry {
            dialect: resource.dialect,
            needs: endpoint.handler.needs(),
            body_limit: self.limits.of(endpoint.limit),
        })
    }

    fn find<'r, 'h>(&'r self, head: &'h Head) -> Result<Found<'r, 'h>, ApiError> {
        let found = self.tree.at(head.uri.path());
        let found = found.map_err(|_| ApiError::NoRoute)?;
        let resource = found.value;
        let endpoint = resource.find(&head.method);
        let endpoint = endpoint.ok_or_else(|| ApiError::Method {
            allow: resource.allow(),
        })?;
        Ok((resource, endpoint, found.params))
    }

    /// Answers a request that was let in: where its route needs a token, it brings the caller.
    ///
    /// # Errors
    /// To be dressed by the dialect of the path.
    pub async fn answer(&self, env: &Env, mut request: Request) -> Answer {
        let (resource, endpoint, params) = self.find(&request.head)?;
        let path = decode_params(&params)?;
        let caller = request.caller.take();
        let (env, limits) = (env.clone(), Arc::clone(&self.rate_limits));
        match &endpoint.handler {
            Handler::Public(handler) => {
                let call = Call {
                    env,
                    request,
                    path,
                    rate_limits: limits,
                };
                handler(call).await
            }
            Handler::Authorized(_, handler) => {
                let caller = caller.ok_or(ApiError::InvalidToken)?;
                // Also where the handler reads nothing from it.
                Params::of_query(&request.head)?;
                let call = Call {
                    env,
                    request,
                    path,
                    rate_limits: limits,
                };
                match idempotency::key(&call.request.head)? {
                    None => handler(call, caller).await,
                    Some(key) => {
                        let dialect = resource.dialect;
                        let asked = Asked {
                            key,
                            dialect,
                            call,
                            caller,
                        };
                        idempotency::once(&self.in_flight, asked, handler).await
                    }
                }
            }
        }
    }
}

fn decode_params(params: &matchit::Params<'_, '_>) -> Result<PathParams, ApiError> {
    let decoded = params.iter().map(|(name, value)| {
        let value = percent_encoding::percent_decode_str(value).decode_utf8();
        let value = value.map_err(|_| ApiError::malformed("path", "must be UTF-8"))?;
        Ok((name.to_owned(), value.into_owned()))
    });
    decoded.collect::<Result<_, ApiError>>().map(PathParams)
}
