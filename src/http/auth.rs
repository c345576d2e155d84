//! Authenticates a request: from its `Authorization` header to a typed [`Caller`].

use http::header::AUTHORIZATION;

use super::error::ApiError;
use super::message::Head;
use super::rate_limits::RateLimits;
use crate::usecases::Env;
use crate::usecases::access::Caller;
use crate::usecases::tokens::{self, Verified};

const NO_TOKEN: &str = "send the header \"Authorization: Bearer <access token>\" (in the partner \
     dialect: OAuth <access token>); tokens come from POST /api/2/idp/token";

/// The token of a request in the `Authorization` scheme of its dialect, unchecked.
///
/// # Errors
/// 401.
pub fn token<'h>(head: &'h Head, scheme: &str) -> Result<&'h str, ApiError> {
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
    Ok(token.trim())
}

fn verified(
    env: &Env,
    rate_limits: &RateLimits,
    head: &Head,
    token: &str,
) -> Result<Verified, ApiError> {
    let now = head.received_at;
    let Some(signed) = tokens::verify_signature(env, token) else {
        return Err(rate_limits.bad_token(&env.metrics, head.client_address, now));
    };
    // An expired token is no guess, so it counts as no failure.
    let is_current = now < signed.expires_at;
    is_current.then_some(signed).ok_or(ApiError::InvalidToken)
}

/// The caller of a request, from the cache of checked tokens; `None` where the token is not cached.
#[must_use]
pub fn remembered(env: &Env, head: &Head, scheme: &str) -> Option<Caller> {
    let token = token(head, scheme).ok()?;
    env.remembered.caller(env, token, head.received_at)
}

/// The caller with this token, which is not cached.
///
/// # Errors
/// 401, or the store failed.
pub async fn caller(
    env: &Env,
    rate_limits: &RateLimits,
    head: &Head,
    token: &str,
) -> Result<Caller, ApiError> {
    let noted = (env.accounts.access_epoch(), env.keyring.load_full());
    let verified = verified(env, rate_limits, head, token)?;
    let caller = tokens::caller(env, &verified).await?;
    let caller = caller.ok_or(ApiError::InvalidToken)?;
    let times = (verified.expires_at, head.received_at);
    env.remembered
        .keep_caller(token, caller.clone(), times, noted);
    Ok(caller)
}
