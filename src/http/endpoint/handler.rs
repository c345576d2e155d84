//! Handlers: async functions. The types of their further arguments say what is read of the request.

use std::future::ready;
use std::ops::Deref;
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
use crate::usecases::access::{Caller, Context};

/// What a handler answers.
pub type Answer = Result<Response, ApiError>;

pub(crate) type AnswerFuture = Pin<Box<dyn Future<Output = Answer> + Send>>;

/// A handler whose arguments are read where it is called.
pub(crate) type BoxedHandler = dyn Fn(PublicCall) -> AnswerFuture + Send + Sync;

/// What a handler gets that everybody may call.
pub struct PublicCall {
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

impl PublicCall {
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

/// What a handler gets that takes a token.
pub struct Call {
    call: PublicCall,
    /// Whose token it is.
    pub caller: Caller,
}

impl Call {
    /// What a use case begins with.
    #[must_use]
    pub fn context(&self) -> Context<'_> {
        Context {
            env: &self.env,
            caller: &self.caller,
            now: self.now(),
        }
    }
}

impl Deref for Call {
    type Target = PublicCall;

    fn deref(&self) -> &PublicCall {
        &self.call
    }
}

/// What a handler can get.
pub trait Callable: Sized + Send + 'static {
    /// Makes it of a request that was let in.
    ///
    /// # Errors
    /// It has no caller, and needs one.
    fn of(call: PublicCall) -> Result<Self, ApiError>;
}

impl Callable for PublicCall {
    fn of(call: PublicCall) -> Result<Self, ApiError> {
        Ok(call)
    }
}

impl Callable for Call {
    fn of(mut call: PublicCall) -> Result<Self, ApiError> {
        let caller = call.request.caller.take().ok_or(ApiError::InvalidToken)?;
        Ok(Self { call, caller })
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
    fn take(call: &PublicCall) -> Result<Self, ApiError>;
}

/// A JSON body.
pub(crate) struct Json<T>(pub(crate) T);

impl<T: DeserializeOwned + ToSchema + Send> Take for Json<T> {
    fn describe(operation: &mut Operation) {
        operation.takes::<T>(true);
    }

    fn take(call: &PublicCall) -> Result<Self, ApiError> {
        input::json(&call.request).map(Self)
    }
}

/// A JSON body that may be missing.
impl<T: DeserializeOwned + ToSchema + Send> Take for Option<Json<T>> {
    fn describe(operation: &mut Operation) {
        operation.takes::<T>(false);
    }

    fn take(call: &PublicCall) -> Result<Self, ApiError> {
        match call.request.body.is_empty() {
            true => Ok(None),
            false => Json::take(call).map(Some),
        }
    }
}

/// A function that answers a call of kind `C`; `Takes` are the types of its further arguments.
pub trait Handler<C, Takes>: Send + Sync + 'static {
    /// Describes what it takes.
    fn describe(&self, operation: &mut Operation);

    /// Reads what it takes, in the order of the arguments, and answers.
    fn answer(&self, call: PublicCall) -> AnswerFuture;
}

/// Implements [`Handler`] for functions with so many further arguments.
macro_rules! handlers {
    ($(($($taken:ident),*))+) => {$(
        impl<C, F, Fut, $($taken),*> Handler<C, ($($taken,)*)> for F
        where
            C: Callable,
            F: Fn(C, $($taken),*) -> Fut + Send + Sync + 'static,
            Fut: Future<Output = Answer> + Send + 'static,
            $($taken: Take,)*
        {
            fn describe(&self, operation: &mut Operation) {
                let _ = &operation;
                $($taken::describe(operation);)*
            }

            #[allow(non_snake_case, reason = "an argument is called as its type")]
            fn answer(&self, call: PublicCall) -> AnswerFuture {
                let taken = || Ok(($($taken::take(&call)?,)*));
                let answer = taken().and_then(|($($taken,)*)| Ok(self(C::of(call)?, $($taken),*)));
                match answer {
                    Ok(answer) => Box::pin(answer),
                    Err(error) => Box::pin(ready(Err(error))),
                }
            }
        }
    )+};
}

handlers!(()(T)(T, U)(T, U, V)(T, U, V, W));
