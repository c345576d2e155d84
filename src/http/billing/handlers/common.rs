//! What several handlers share: path segments, query parameters and answers.

use crate::http::endpoint::{Limit, Whole};
use crate::http::error::ApiError;
use crate::usecases::page::MAX_PAGE;

/// No page with a number ends behind this many items; further on goes `After`.
const MAX_NUMBERED: usize = 10_000;

/// `Page`, from 1.
pub(super) type Page = Option<Whole<1, MAX_NUMBERED>>;

/// `PageSize`; 50 is what the vendor's pages use.
pub(super) type PageSize = Limit<50, MAX_PAGE>;

/// Which page of a list is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Paging {
    /// Items on it.
    pub(super) size: usize,
    /// Items of the pages before it.
    pub(super) skip: usize,
}

impl Paging {
    pub(super) fn of(page: Page, Limit(size): PageSize) -> Result<Self, ApiError> {
        let end = page.map_or(1, |page| page.0) * size;
        if end > MAX_NUMBERED {
            let why = format!(
                "Page times PageSize must be at most {MAX_NUMBERED}; further on, send the After of \
                 an answer"
            );
            return Err(ApiError::malformed("Page", why));
        }
        Ok(Self {
            size,
            skip: end - size,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_numbered_from_one_up_to_a_bound() {
        let read = |page: Option<usize>, size| {
            let paging = Paging::of(page.map(Whole), Limit(size)).ok();
            paging.map(|paging| (paging.size, paging.skip))
        };
        assert_eq!(read(None, 50), Some((50, 0)));
        assert_eq!(read(Some(3), 20), Some((20, 40)));
        assert_eq!(read(Some(200), 50), Some((50, 9950)));
        assert_eq!(read(Some(201), 50), None);
        assert_eq!(read(Some(MAX_NUMBERED), MAX_PAGE), None);
    }
}
