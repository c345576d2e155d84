//! What became of usage records.

use super::email::cause;
use crate::http::dialect::problem_type;
use crate::http::error::ApiError;
use crate::http::native::wire::usage::{ProblemResponse, RejectedResponse, WouldSendResponse};
use crate::usecases::would_send::WouldSend;

pub(crate) fn rejected(line: usize, error: &ApiError) -> RejectedResponse {
    let (kind, title) = problem_type(error);
    let error = ProblemResponse {
        kind,
        title,
        detail: error.message(),
    };
    RejectedResponse { line, error }
}

/// The mails that would be sent, by their recipients.
pub(crate) fn would_send(sendings: WouldSend) -> Vec<WouldSendResponse> {
    let sendings = sendings.causes.into_iter();
    let sendings = sendings.map(|(recipient, causes)| WouldSendResponse {
        recipient: recipient.uuid(),
        causes: causes.iter().map(cause).collect(),
    });
    sendings.collect()
}
