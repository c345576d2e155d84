//! What many requests of the dialect have: a version to be expected, a page to be shown.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::domain::ids::TenantId;
use crate::http::error::ApiError;
use crate::http::input::{self, Params};
use crate::http::message::Request;
use crate::usecases::error::Error;
use crate::usecases::page::MAX_PAGE;

/// Items on a page where the caller does not say; what the vendor's pages use.
const DEFAULT_PAGE: usize = 50;

/// No page with a number ends behind this many items; further on goes `After`.
const MAX_NUMBERED: usize = 10_000;

/// Which page of a list is asked for, in the vendor's terms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Paging {
    /// Items on it.
    pub(super) size: usize,
    /// Items of the pages before it.
    pub(super) skip: usize,
}

/// `Page`, from 1, and `PageSize`.
pub(super) fn paging(params: &Params) -> Result<Paging, ApiError> {
    let size = params.whole("PageSize", 1..=MAX_PAGE)?;
    let size = size.unwrap_or(DEFAULT_PAGE);
    let page = params.whole("Page", 1..=usize::MAX)?.unwrap_or(1);
    let before = page.checked_sub(1).and_then(|page| page.checked_mul(size));
    let skip = before.filter(|skip| skip.saturating_add(size) <= MAX_NUMBERED);
    let skip = skip.ok_or_else(|| {
        ApiError::malformed(
            "Page",
            format!(
                "must be 1 or more, and Page times PageSize at most {MAX_NUMBERED}; further on, \
                 send the After of an answer"
            ),
        )
    })?;
    Ok(Paging { size, skip })
}

/// A yes or no in a query. Python writes `True`, as the vendor's pages do.
pub(super) fn yes_or_no(params: &Params, name: &str) -> Result<Option<bool>, ApiError> {
    let Some(text) = params.get(name) else {
        return Ok(None);
    };
    match text.to_ascii_lowercase().as_str() {
        "true" => Ok(Some(true)),
        "false" => Ok(Some(false)),
        _ => Err(ApiError::malformed(name, "must be true or false")),
    }
}

/// An opaque cursor: the list's tenant and what to go on after.
pub(super) fn write_cursor(list: TenantId, after: Uuid) -> String {
    URL_SAFE_NO_PAD.encode([list.bytes().as_slice(), after.as_bytes()].concat())
}

/// The `After` of a query, for the list of that tenant.
pub(super) fn read_cursor(params: &Params, list: TenantId) -> Result<Option<Uuid>, ApiError> {
    let Some(text) = params.get("After") else {
        return Ok(None);
    };
    // Longer than any cursor: not worth decoding.
    let text = Some(text).filter(|text| text.len() <= 64);
    let bytes = text.and_then(|text| URL_SAFE_NO_PAD.decode(text).ok());
    let after = bytes.as_ref().and_then(|bytes| {
        let (found, after) = bytes.split_at_checked(16)?;
        Uuid::from_slice(after)
            .ok()
            .filter(|_| found == list.bytes())
    });
    after.map(Some).ok_or_else(|| {
        ApiError::malformed(
            "After",
            "is no cursor of this list; take it from After of an answer",
        )
    })
}

/// Reads a JSON object. A list is refused: serde would take its items for the fields in their
/// order.
pub(super) fn object<T: DeserializeOwned>(request: &Request) -> Result<T, ApiError> {
    let read = input::json(request)?;
    if request.body.trim_ascii_start().starts_with(b"{") {
        return Ok(read);
    }
    Err(ApiError::malformed("body", "must be a JSON object"))
}

/// A stale version can only have come with `If-Match` here, so it is 412.
pub(super) fn checked<T>(done: Result<T, Error>) -> Result<T, ApiError> {
    done.map_err(|error| match error {
        Error::VersionMismatch { .. } => ApiError::PreconditionFailed,
        other => other.into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::{HeaderMap, Method, Uri, Version};

    use crate::domain::time::Timestamp;
    use crate::http::message::Head;

    fn params(query: &str) -> Params {
        let head = Head {
            method: Method::GET,
            uri: format!("/x?{query}").parse::<Uri>().unwrap(),
            version: Version::HTTP_11,
            headers: HeaderMap::new(),
            client_address: [127, 0, 0, 1].into(),
            received_at: Timestamp::default(),
            request_id: crate::http::message::RequestId::from_bits(1),
        };
        Params::of_query(&head).unwrap()
    }

    #[test]
    fn pages_are_numbered_from_one_up_to_a_bound() {
        let read = |query| paging(&params(query)).map(|paging| (paging.size, paging.skip));
        assert_eq!(read(""), Ok((50, 0)));
        assert_eq!(read("Page=3&PageSize=20"), Ok((20, 40)));
        assert_eq!(read("Page=200&PageSize=50"), Ok((50, 9950)));
        for bad in [
            "Page=0",
            "Page=201",
            "PageSize=0",
            "PageSize=1001",
            "Page=18446744073709551615&PageSize=1000",
            "Page=x",
        ] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn cursors_belong_to_their_list() {
        let (list, after) = (TenantId::random(), Uuid::new_v4());
        let query = params(&format!("After={}", write_cursor(list, after)));
        assert_eq!(read_cursor(&query, list), Ok(Some(after)));
        assert!(read_cursor(&query, TenantId::random()).is_err());
        for bad in ["", "x", "AAAA", &"A".repeat(1000)] {
            assert!(read_cursor(&params(&format!("After={bad}")), list).is_err());
        }
    }
}
