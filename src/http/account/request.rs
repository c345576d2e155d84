//! What many requests of the dialect have: a page to be shown.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::wire::list::{Cursors, List, Paging};
use crate::domain::time::Timestamp;
use crate::http::error::ApiError;
use crate::http::input::Params;
use crate::http::output;
use crate::usecases::page::{MAX_PAGE, Page, PageRequest};

/// Ids in a query: more do not fit into a URL of 8 KiB.
pub(super) const MAX_IDS: usize = 200;

/// Items on a page where the caller does not say.
const DEFAULT_PAGE: usize = 100;

/// `limit` and `after` of a query. `list` names the list, so that a cursor fits no other.
pub(super) fn page_request(
    params: &Params,
    list: &str,
    default_limit: usize,
) -> Result<PageRequest, ApiError> {
    let limit = params.whole("limit", 1..=MAX_PAGE)?;
    let limit = limit.unwrap_or(default_limit);
    let after = params.get("after").map(|text| read_cursor(text, list));
    let after = after.map(|found| {
        found.ok_or_else(|| {
            ApiError::malformed(
                "after",
                "is no cursor of this list; take it from paging.cursors",
            )
        })
    });
    Ok(PageRequest {
        limit,
        after: after.transpose()?,
    })
}

/// As [`page_request`], for lists of whole objects.
pub(super) fn default_page(params: &Params, list: &str) -> Result<PageRequest, ApiError> {
    page_request(params, list, DEFAULT_PAGE)
}

/// A page in the envelope of the dialect.
pub(super) fn list_of<T, U>(
    page: Page<T>,
    list: &str,
    now: Timestamp,
    convert: impl Fn(T) -> U,
) -> List<U> {
    List {
        timestamp: output::time(now),
        paging: Paging {
            cursors: Cursors {
                after: page.next.map(|id| write_cursor(id, list)),
            },
        },
        items: page.items.into_iter().map(convert).collect(),
    }
}

const TAG_BYTES: usize = 8;

fn tag(list: &str) -> Vec<u8> {
    Sha256::digest(list.as_bytes())
        .iter()
        .copied()
        .take(TAG_BYTES)
        .collect()
}

/// An opaque cursor: which list it belongs to, and the id to go on after.
pub(super) fn write_cursor(after: Uuid, list: &str) -> String {
    URL_SAFE_NO_PAD.encode([tag(list).as_slice(), after.as_bytes()].concat())
}

fn read_cursor(text: &str, list: &str) -> Option<Uuid> {
    // Longer than any cursor: not worth decoding.
    if text.len() > 64 {
        return None;
    }
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    let (found, id) = bytes.split_at_checked(TAG_BYTES)?;
    Uuid::from_slice(id).ok().filter(|_| found == tag(list))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::message::Head;
    use http::{HeaderMap, Method, Uri, Version};

    fn head(query: &'static str) -> Head {
        Head {
            method: Method::GET,
            uri: Uri::from_static(query),
            version: Version::HTTP_11,
            headers: HeaderMap::new(),
            client_address: [127, 0, 0, 1].into(),
            received_at: Timestamp::default(),
            request_id: crate::http::message::RequestId::from_bits(1),
        }
    }

    #[test]
    fn a_cursor_fits_its_own_list_only() {
        let id = Uuid::new_v4();
        let cursor = write_cursor(id, "tenants/a");
        assert_eq!(read_cursor(&cursor, "tenants/a"), Some(id));
        assert_eq!(read_cursor(&cursor, "tenants/b"), None);
        for bad in [
            "",
            "x",
            "====",
            &cursor[1..],
            &format!("{cursor}AA"),
            &"A".repeat(100),
        ] {
            assert_eq!(read_cursor(bad, "tenants/a"), None, "{bad}");
        }
    }

    #[test]
    fn pages_have_bounds() {
        let of = |query| {
            let params = Params::of_query(&head(query)).unwrap();
            default_page(&params, "x").map(|page| page.limit)
        };
        assert_eq!(of("/"), Ok(100));
        assert_eq!(of("/?limit=1"), Ok(1));
        assert_eq!(of("/?limit=1000"), Ok(1000));
        for bad in [
            "/?limit=0",
            "/?limit=1001",
            "/?limit=-1",
            "/?limit=x",
            "/?after=x",
        ] {
            assert!(of(bad).is_err(), "{bad}");
        }
    }
}
