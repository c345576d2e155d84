//! The error envelope of the partner plans dialect, in JSON or XML.

use serde::Serialize;
use utoipa::ToSchema;

use super::media::Media;
use super::xml;
use crate::http::error::ApiError;
use crate::http::message::{Head, Response};

/// The envelope of errors.
#[derive(Serialize, ToSchema)]
#[schema(as = PartnerError)]
pub(crate) struct ErrorResponse {
    /// The error.
    error: Body,
}

/// An error of the partner dialect.
#[derive(Serialize, ToSchema)]
#[schema(as = PartnerErrorDetail)]
struct Body {
    /// The HTTP status.
    code: u16,
    /// For people: what is wrong and what to do.
    message: String,
}

/// `{"error":{"code":…,"message":…}}`, or the same in XML where that is wanted more. Who accepts
/// neither gets JSON: an error that cannot be read is better than none.
#[must_use]
pub fn envelope(error: &ApiError, head: &Head) -> Response {
    let media = Media::wanted(head).unwrap_or(Media::Json);
    let (code, message) = (error.status().as_u16(), error.message());
    let body = if media.is_xml() {
        let mut document = xml::Writer::new();
        document.element("error", |xml| {
            xml.leaf("code", code).leaf("message", xml_text(&message));
        });
        document.end().into_bytes()
    } else {
        let error = Body { code, message };
        serde_json::to_vec(&ErrorResponse { error }).unwrap_or_default()
    };
    media.response(error.status(), body)
}

/// Messages may quote what the caller sent, and not all of that may stand in XML.
fn xml_text(message: &str) -> String {
    let allowed = |c: char| if xml::is_xml(c) { c } else { '\u{fffd}' };
    message.chars().map(allowed).collect()
}
