//! Handlers: async functions whose further arguments are read from the request by their types.

use std::pin::Pin;
use std::sync::Arc;

use serde::de::DeserializeOwned;
use utoipa::ToSchema;

use super::{Operation, PathParams};
use crate::domain::time::Timestamp;
use crate::http::error::ApiError;
use crate::http::input::{self, Params};
use crate::http::message::{Head, Request, Response};
use crate::http::rate_limits::RateLimits;
use crate::usecases::Env;
use crate::usecases::access::Caller;

/// What a handler answers.
pub type Answer = Result<Response, ApiError>;

pub(crate) type AnswerFuture = Pin<Box<dyn Future<Output = Answer> + Send>>;

/// A handler whose arguments are read where it is called.
pub(crate) type BoxedHandler = dyn Fn(Call) -> AnswerFuture + Send + Sync;

/// What every handler gets.
pub struct Call {
    /// The use cases' world.
    pub env: Env,
    /// The request, whole.
    pub request: Request,
    /// The parts of the path that the route names, decoded.
    pub path: PathParams,
    /// The query.
    pub query: Params,
    /// What bounds log-ins.
    pub rate_limits: Arc<RateLimits>,
}

impl Call {
    /// Everything of the request but its body.
    #[must_use]
    pub fn head(&self) -> &Head {
        &self.request.head
    }

    /// When the request came.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.request.head.received_at
    }
}

/// What a handler takes from a request.
pub trait Take: Sized + Send {
    /// Describes it in the document.
    fn describe(operation: &mut Operation) {
        let _ = operation;
    }

    /// Reads it.
    ///
    /// # Errors
    /// It is not there, or is not what it should be.
    fn take(call: &mut Call) -> Result<Self, ApiError>;
}

impl Take for Caller {
    fn take(call: &mut Call) -> Result<Self, ApiError> {
        call.request.caller.take().ok_or(ApiError::InvalidToken)
    }
}

/// A JSON body.
pub(crate) struct Json<T>(pub(crate) T);

impl<T: DeserializeOwned + ToSchema + Send> Take for Json<T> {
    fn describe(operation: &mut Operation) {
        operation.takes::<T>(true);
    }

    fn take(call: &mut Call) -> Result<Self, ApiError> {
        input::json(&call.request).map(Self)
    }
}

/// A JSON body that may be missing.
impl<T: DeserializeOwned + ToSchema + Send> Take for Option<Json<T>> {
    fn describe(operation: &mut Operation) {
        operation.takes::<T>(false);
    }

    fn take(call: &mut Call) -> Result<Self, ApiError> {
        match call.request.body.is_empty() {
            true => Ok(None),
            false => Json::take(call).map(Some),
        }
    }
}

/// A function that answers a [`Call`]; `Takes` are the types of its further arguments.
pub trait Handler<Takes>: Send + Sync + 'static {
    /// Describes what it takes.
    fn describe(&self, operation: &mut Operation);

    /// Reads what it takes, in the order of the arguments, and answers.
    fn answer(&self, call: Call) -> AnswerFuture;
}

/// Implements [`Handler`] for functions with so many further arguments.
macro_rules! handlers {
    ($(($($taken:ident),*))+) => {$(
        impl<F, Fut, $($taken),*> Handler<($($taken,)*)> for F
        where
            F: Fn(Call, $($taken),*) -> Fut + Send + Sync + 'static,
            Fut: Future<Output = Answer> + Send + 'static,
            $($taken: Take,)*
        {
            fn describe(&self, operation: &mut Operation) {
                let _ = &operation;
                $($taken::describe(operation);)*
            }

            #[allow(unused_mut, non_snake_case, reason = "none is taken where there is none")]
            fn answer(&self, mut call: Call) -> AnswerFuture {
                $(
                    let $taken = match $taken::take(&mut call) {
                        Ok(taken) => taken,
                        Err(error) => return Box::pin(std::future::ready(Err(error))),
                    };
                )*
                Box::pin(self(call, $($taken),*))
            }
        }
    )+};
}

handlers!(()(A)(A, B)(A, B, C)(A, B, C, D)(A, B, C, D, E));
