//! Values that many have in common, kept once.

use std::collections::HashMap;
use std::sync::Arc;

use crate::domain::ids::TenantId;

/// Values that are shared at most; beyond that, those that nobody has any more are let go.
const MAX_SHARED: usize = 10_000;

/// The last value of each tenant that others have it from; none stands for the deployment.
#[derive(Debug)]
pub(super) struct Shared<T>(HashMap<Option<TenantId>, Arc<T>>);

impl<T> Default for Shared<T> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<T: PartialEq> Shared<T> {
    /// The one copy of `value`, as long as `of` has no other one.
    pub(super) fn share(&mut self, of: Option<TenantId>, value: T) -> Arc<T> {
        if let Some(known) = self.0.get(&of).filter(|known| ***known == value) {
            return Arc::clone(known);
        }
        if self.0.len() >= MAX_SHARED {
            self.0.retain(|_, known| Arc::strong_count(known) > 1);
        }
        if self.0.len() >= MAX_SHARED {
            self.0.clear();
        }
        let value = Arc::new(value);
        self.0.insert(of, Arc::clone(&value));
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_alike_is_one_and_there_is_an_end_to_it() {
        let mut shared = Shared::default();
        let of = Some(TenantId::random());
        let one = shared.share(of, 1);
        assert!(Arc::ptr_eq(&one, &shared.share(of, 1)));
        assert!(!Arc::ptr_eq(&one, &shared.share(None, 1)));
        assert_eq!(*shared.share(of, 2), 2);
        let held: Vec<_> = (0..2 * MAX_SHARED)
            .map(|value| shared.share(Some(TenantId::random()), value))
            .collect();
        assert!(shared.0.len() <= MAX_SHARED);
        drop(held);
        for value in 0..2 * MAX_SHARED {
            shared.share(Some(TenantId::random()), value);
        }
        assert!(shared.0.len() <= MAX_SHARED);
    }
}
