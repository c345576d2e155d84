//! The quotas of an account with their usage, grouped by item.

use super::super::evaluate::Measured;
use super::super::quota::Item;

/// The quotas of an account with what is used of each: in one list, those of an item together.
pub(super) struct ByItem {
    all: Vec<Measured>,
    /// Where those of each item end, by [`Item::index`]; they begin where those before it end.
    ends: [usize; Item::ALL.len()],
}

impl ByItem {
    pub(super) fn with_capacity(count: usize) -> Self {
        Self {
            all: Vec::with_capacity(count),
            ends: [0; Item::ALL.len()],
        }
    }

    /// Adds a quota of `item` after those that it has.
    #[expect(clippy::indexing_slicing, reason = "one end for each item")]
    pub(super) fn push(&mut self, item: Item, measured: Measured) {
        let (_, ends) = self.ends.split_at_mut(item.index());
        self.all.insert(ends[0], measured);
        ends.iter_mut().for_each(|end| *end += 1);
    }

    /// The quotas of an item, in the order in which they were added.
    #[expect(
        clippy::indexing_slicing,
        reason = "one end for each item, and none beyond the list"
    )]
    pub(super) fn of(&self, item: Item) -> &[Measured] {
        let end = self.ends[item.index()];
        let start = match item.index() {
            0 => 0,
            index => self.ends[index - 1],
        };
        &self.all[start..end]
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::quota::Quota;
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn each_item_has_its_own_in_order(items in proptest::collection::vec(0..Item::ALL.len(), 0..40)) {
            let mut all = ByItem::with_capacity(0);
            let measured = |number: usize| Measured {
                quota: Quota::default(),
                usage: number as u64,
            };
            for (number, item) in items.iter().enumerate() {
                all.push(Item::ALL[*item], measured(number));
            }
            for item in Item::ALL {
                let numbers = 0..items.len();
                let own = numbers.filter(|number| items[*number] == item.index());
                let own: Vec<Measured> = own.map(measured).collect();
                prop_assert_eq!(all.of(item), own.as_slice());
            }
        }
    }
}
