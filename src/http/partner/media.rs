//! JSON or XML: as a request sends it, and as its caller wants the answer.

use http::HeaderValue;
use http::StatusCode;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, VARY};

use crate::http::accept;
use crate::http::error::ApiError;
use crate::http::input;
use crate::http::message::{Head, Response};
use crate::http::output;

/// What the dialect speaks.
const OFFERED: &str = "application/json or application/xml";

/// A form of the same data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Media {
    Json,
    Xml,
    /// The same by its older name (RFC 7303 §9.2).
    TextXml,
}

impl Media {
    /// In the order in which they are answered where the caller has no wish between them.
    const ALL: [Self; 3] = [Self::Json, Self::Xml, Self::TextXml];

    const fn name(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Xml => "application/xml",
            Self::TextXml => "text/xml",
        }
    }

    /// The form in which the caller wants the answer; without a wish it is JSON.
    ///
    /// # Errors
    /// 406 where it is none of them.
    pub(super) fn wanted(head: &Head) -> Result<Self, ApiError> {
        let Some(accepts) = accept::wishes(head) else {
            return Ok(Self::Json);
        };
        let mut best = (accept::Rank::default(), None);
        for media in Self::ALL {
            let (kind, subtype) = media.name().split_once('/').unwrap_or_default();
            let rank = accept::rank(&accepts, kind, subtype);
            if rank.quality > 0 && rank > best.0 {
                best = (rank, Some(media));
            }
        }
        best.1.ok_or(ApiError::NotAcceptable(OFFERED))
    }

    /// The form that the body of a request has.
    ///
    /// # Errors
    /// 415 where it is none of them; 400 where it says that it is not UTF-8.
    pub(super) fn sent(head: &Head) -> Result<Self, ApiError> {
        let named = input::media_type(head).unwrap_or_default();
        let media = Self::ALL.into_iter().find(|media| media.name() == named);
        let media = media.ok_or(ApiError::MediaType(OFFERED))?;
        let value = head.headers.get(CONTENT_TYPE).and_then(|v| v.to_str().ok());
        let charset = value
            .unwrap_or_default()
            .split(';')
            .skip(1)
            .find_map(|part| {
                let (name, value) = part.split_once('=')?;
                let is_charset = name.trim().eq_ignore_ascii_case("charset");
                is_charset.then(|| value.trim().trim_matches('"'))
            });
        if charset.is_none_or(|charset| charset.eq_ignore_ascii_case("utf-8")) {
            return Ok(media);
        }
        Err(ApiError::malformed(
            "Content-Type",
            "send the body in UTF-8",
        ))
    }

    /// Whether it is XML.
    pub(super) const fn is_xml(self) -> bool {
        matches!(self, Self::Xml | Self::TextXml)
    }

    /// A response in this form.
    pub(super) fn response(self, status: StatusCode, body: impl Into<bytes::Bytes>) -> Response {
        let mut response = output::with_body(status, self.name(), body);
        let headers = response.headers_mut();
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(VARY, HeaderValue::from_static("Accept"));
        response
    }
}

#[cfg(test)]
mod tests {
    use http::header::ACCEPT;
    use http::{HeaderMap, HeaderName, Method, Uri, Version};

    use super::*;
    use crate::domain::time::Timestamp;

    fn head(name: HeaderName, values: &[&str]) -> Head {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(name.clone(), HeaderValue::from_str(value).unwrap());
        }
        Head {
            method: Method::GET,
            uri: Uri::from_static("/"),
            version: Version::HTTP_11,
            headers,
            client_address: [127, 0, 0, 1].into(),
            received_at: Timestamp::default(),
            request_id: crate::http::message::RequestId::from_bits(1),
            target: crate::http::router::Target::default(),
        }
    }

    #[test]
    fn the_answer_has_the_form_that_is_wanted_most() {
        let wanted = |accept: &[&str]| Media::wanted(&head(ACCEPT, accept)).ok();
        for (accept, expected) in [
            (vec![], Some(Media::Json)),
            (vec![""], Some(Media::Json)),
            (vec!["*/*"], Some(Media::Json)),
            (vec!["application/*"], Some(Media::Json)),
            (vec!["application/json"], Some(Media::Json)),
            (vec!["application/xml"], Some(Media::Xml)),
            (vec!["Application/XML; q=0.2"], Some(Media::Xml)),
            (vec!["text/xml"], Some(Media::TextXml)),
            (vec!["text/*"], Some(Media::TextXml)),
            (vec!["application/xml, */*"], Some(Media::Xml)),
            (vec!["application/xml;q=0.9, */*"], Some(Media::Json)),
            (
                vec!["application/json;q=0.5, application/xml"],
                Some(Media::Xml),
            ),
            (vec!["application/json;q=0, */*"], Some(Media::Xml)),
            (
                vec!["application/json;q=0.1", "application/xml;q=0.2"],
                Some(Media::Xml),
            ),
            (vec!["text/html"], None),
            (vec!["application/json;q=0"], None),
            (vec!["nonsense"], None),
        ] {
            assert_eq!(wanted(&accept), expected, "{accept:?}");
        }
    }

    #[test]
    fn bodies_are_json_or_xml_in_utf_8() {
        let sent = |kind: &str| Media::sent(&head(CONTENT_TYPE, &[kind]));
        assert_eq!(sent("application/json"), Ok(Media::Json));
        assert_eq!(sent("Application/XML; Charset=\"UTF-8\""), Ok(Media::Xml));
        assert_eq!(sent("text/xml;charset=utf-8"), Ok(Media::TextXml));
        for (kind, status) in [
            ("application/xml; charset=iso-8859-1", 400),
            ("application/xml; charset=utf-16", 400),
            ("text/plain", 415),
            ("application/xhtml+xml", 415),
            ("", 415),
        ] {
            assert_eq!(sent(kind).unwrap_err().status(), status, "{kind}");
        }
        let none = Media::sent(&head(ACCEPT, &[]));
        assert_eq!(none.unwrap_err().status(), 415);
    }
}
