//! One declaration per endpoint: path, method, who may call it, what it takes and answers, how it
//! fails, and the handler. The router, the OpenAPI document, the check of query parameters, `Allow`
//! and the access matrix are made from it, so none of them can say something else.
//!
//! ```text
//! get("/api/upsell/v1/emails/{mail_id}", "readEmail", "Reads a mail")
//!     .scope(EmailsRead)
//!     .answers::<MailResponse>(200, "The mail.")
//!     .to(show)        // async fn show(call: Call, Path(id): Path<MailId>) -> Answer
//! ```
//!
//! What a handler takes beside the [`Call`] is read and described by its type: see [`Take`].

mod handler;
mod operation;
mod path;
mod query;

use std::collections::BTreeMap;

use http::Method;
use serde_json::Value;

pub(super) use handler::BoxedHandler;
pub use handler::{Answer, Call, PublicCall, Take};
pub(crate) use handler::{Handler, Json};
pub use operation::Operation;
pub(super) use path::PathParams;
pub(crate) use path::{Path, Segment};
pub(crate) use query::{
    Limit, List, Parameter, Query, Required, Value as ParameterValue, Whole, query,
};

use super::dialect::Dialect;
use crate::domain::client::ApiScope;

/// Named schemas, each with the one form that it has.
pub(super) type Schemas = BTreeMap<String, Value>;

/// Endpoints on one kind of thing, in one dialect.
pub struct Group {
    /// Whose paths they are.
    pub(super) dialect: Dialect,
    /// What stands over them in the document.
    pub(super) name: &'static str,
    /// What the thing is, in Markdown.
    pub(super) about: &'static str,
    /// What can be done.
    pub(super) endpoints: Vec<Endpoint>,
}

impl Group {
    /// A group without endpoints. `name` stands over them in the document, `about` says in Markdown
    /// what they are about.
    #[must_use]
    pub const fn new(dialect: Dialect, name: &'static str, about: &'static str) -> Self {
        Self {
            dialect,
            name,
            about,
            endpoints: Vec::new(),
        }
    }

    /// The same with these endpoints, too.
    #[must_use]
    pub fn with(mut self, endpoints: impl IntoIterator<Item = Endpoint>) -> Self {
        self.endpoints.extend(endpoints);
        self
    }

    /// Leaves out the paths that others answer for.
    pub fn give_way_to(&mut self, others: &[Self]) {
        let taken = others.iter().flat_map(|group| &group.endpoints);
        self.endpoints.retain(|own| {
            let path = own.operation.path;
            !taken.clone().any(|other| other.operation.path == path)
        });
    }
}

/// One method of one path, and what answers it.
pub struct Endpoint {
    pub(super) operation: Operation,
    pub(super) handler: Box<BoxedHandler>,
}

/// Who may call an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Everybody. Each use says why that is right.
    Public,
    /// Whoever has a token.
    Token,
    /// Whoever has a token with this scope.
    Scope(ApiScope),
}

/// An operation that does not say yet who may call it.
pub struct Unguarded(Operation);

/// Defines the functions that begin a declaration.
macro_rules! methods {
    ($($name:ident $method:ident),+) => {$(
        /// Begins the declaration of an endpoint. `id` is its name in generated clients; `summary`
        /// says in a few words what it does.
        #[must_use]
        pub fn $name(path: &'static str, id: &'static str, summary: &'static str) -> Unguarded {
            Unguarded::new(Method::$method, path, id, summary)
        }
    )+};
}

methods!(get GET, put PUT, post POST, delete DELETE);

impl Unguarded {
    const fn new(
        method: Method,
        path: &'static str,
        id: &'static str,
        summary: &'static str,
    ) -> Self {
        Self(Operation::new(method, path, id, summary))
    }

    /// For everybody. Each use says why that is right.
    #[must_use]
    pub fn public(mut self) -> Operation {
        self.0.access = Access::Public;
        self.0.limit = |limits| limits.public_bytes;
        self.0
    }

    /// For whoever has a token.
    #[must_use]
    pub fn any_token(self) -> Operation {
        self.0
    }

    /// For whoever has a token with this scope.
    #[must_use]
    pub fn scope(mut self, scope: ApiScope) -> Operation {
        self.0.access = Access::Scope(scope);
        self.0
    }
}
