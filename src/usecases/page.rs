//! Pages of lists by id; each begins after the last id of the page before.

use uuid::Uuid;

use super::Env;
use super::error::Error;
use crate::store::engine::Key;

/// No page, and no list of ids in a request, is longer.
pub const MAX_PAGE: usize = 1000;

/// Which page is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageRequest {
    /// At most this many, 1 to [`MAX_PAGE`].
    pub limit: usize,
    /// What the page before ended with.
    pub after: Option<Uuid>,
}

/// A page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// What is on it.
    pub items: Vec<T>,
    /// What the next page begins after; `None` where there is no next.
    pub next: Option<Uuid>,
}

impl<T> Page<T> {
    /// A list that is whole.
    #[must_use]
    pub const fn whole(items: Vec<T>) -> Self {
        Self { items, next: None }
    }

    /// The same page with other items.
    #[must_use]
    pub fn with<U>(&self, items: Vec<U>) -> Page<U> {
        Page {
            items,
            next: self.next,
        }
    }
}

/// A page of the ids under an index.
///
/// # Errors
/// The store failed.
pub async fn ids(env: &Env, index: &Key, request: PageRequest) -> Result<Page<Uuid>, Error> {
    // One more than asked for tells whether there is a next page.
    let limit = request.limit.clamp(1, MAX_PAGE);
    let mut items = env.store.ids_under(index, request.after, limit + 1).await?;
    let more = items.len() > limit;
    items.truncate(limit);
    let next = items.last().copied().filter(|_| more);
    Ok(Page { items, next })
}
