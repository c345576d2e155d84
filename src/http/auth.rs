//! From an `Authorization` header to a typed [`Caller`].

use http::header::AUTHORIZATION;

use super::error::ApiError;
use super::message::Head;
use crate::usecases::Env;
use crate::usecases::access::Caller;
use crate::usecases::tokens::{self, Verified};

const NO_TOKEN: &str = "send the header \"Authorization: Bearer <access token>\" (in the partner \
     dialect: OAuth <access token>); tokens come from POST /api/2/idp/token";

/// The token of a request in the `Authorization` scheme of its dialect, as far as it can be
/// checked without the store.
///
/// # Errors
/// 401.
pub fn token(env: &Env, head: &Head, scheme: &str) -> Result<Verified, ApiError> {
    let mut headers = head.headers.get_all(AUTHORIZATION).iter();
    let (Some(value), None) = (headers.next(), headers.next()) else {
        return Err(ApiError::Unauthorized(NO_TOKEN));
    };
    let text = value.to_str().map_err(|_| ApiError::InvalidToken)?;
    let (sent, token) = text
        .split_once(' ')
        .ok_or(ApiError::Unauthorized(NO_TOKEN))?;
    if !sent.eq_ignore_ascii_case(scheme) {
        return Err(ApiError::Unauthorized(NO_TOKEN));
    }
    let verified = tokens::verify(env, token.trim(), head.received_at);
    verified.ok_or(ApiError::InvalidToken)
}

/// The caller of a request.
///
/// # Errors
/// 401, or the store failed.
pub async fn caller(env: &Env, head: &Head, scheme: &str) -> Result<Caller, ApiError> {
    let token = token(env, head, scheme)?;
    let caller = tokens::caller(env, &token).await?;
    let mut caller = caller.ok_or(ApiError::InvalidToken)?;
    caller.request_id = Some(head.request_id.as_str().to_owned());
    Ok(caller)
}
