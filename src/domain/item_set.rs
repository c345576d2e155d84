//! Sets of the five items, in one byte.

use super::quota::Item;

/// Some of the five items.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct ItemSet(u8);

impl ItemSet {
    /// No item.
    pub const EMPTY: Self = Self(0);

    /// Whether no item is in it.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether `item` is in it.
    #[must_use]
    pub const fn contains(self, item: Item) -> bool {
        self.0 & Self::bit(item) != 0
    }

    /// Its items, in the order of the Buy link's lists.
    pub fn iter(self) -> impl Iterator<Item = Item> {
        Item::ALL
            .into_iter()
            .filter(move |item| self.contains(*item))
    }

    /// The set as a number below 32.
    #[must_use]
    pub const fn bits(self) -> u8 {
        self.0
    }

    /// The set of a number of [`Self::bits`].
    #[must_use]
    pub const fn from_bits(bits: u8) -> Self {
        Self(bits & 0b1_1111)
    }

    const fn bit(item: Item) -> u8 {
        1 << item.index()
    }
}

impl FromIterator<Item> for ItemSet {
    fn from_iter<I: IntoIterator<Item = Item>>(items: I) -> Self {
        let bits = items.into_iter().map(Self::bit);
        Self(bits.fold(0, |all, bit| all | bit))
    }
}

impl<const N: usize> From<[Item; N]> for ItemSet {
    fn from(items: [Item; N]) -> Self {
        items.into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_holds_what_was_put_in_and_nothing_else() {
        // Every subset, put in backwards and twice.
        for bits in 0..32_usize {
            let inside = |item: &Item| bits & (1 << item.index()) != 0;
            let expected: Vec<Item> = Item::ALL.into_iter().filter(inside).collect();
            let given = expected.iter().rev().chain(&expected);
            let set: ItemSet = given.copied().collect();
            assert_eq!(set.iter().collect::<Vec<_>>(), expected);
            assert_eq!(set.is_empty(), expected.is_empty());
            assert_eq!(ItemSet::from_bits(set.bits()), set);
            for item in Item::ALL {
                assert_eq!(set.contains(item), inside(&item));
            }
        }
    }
}
