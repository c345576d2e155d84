//! Usages and standings of a meter as sorted lists: an account has few entries, and a short list is
//! built and searched faster than a tree.

use super::super::evaluate::Standing;
use super::super::quota::Item;
use super::{UsageKey, UsageValue};

/// What is used, by what it was reported for, in the order of that.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Usages(Vec<(UsageKey, UsageValue)>);

impl Usages {
    /// Nothing yet.
    #[must_use]
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Nothing yet, with room for so many.
    #[must_use]
    pub fn with_capacity(count: usize) -> Self {
        Self(Vec::with_capacity(count))
    }

    fn place(&self, key: &UsageKey) -> Result<usize, usize> {
        self.0.binary_search_by(|(known, _)| known.cmp(key))
    }

    /// What was reported for exactly this.
    #[must_use]
    pub fn get(&self, key: &UsageKey) -> Option<&UsageValue> {
        let place = self.place(key).ok()?;
        self.0.get(place).map(|(_, value)| value)
    }

    /// The same, to be changed.
    pub fn get_mut(&mut self, key: &UsageKey) -> Option<&mut UsageValue> {
        let place = self.place(key).ok()?;
        self.0.get_mut(place).map(|(_, value)| value)
    }

    /// Adds an entry, or replaces the one of the same key.
    pub fn insert(&mut self, key: UsageKey, value: UsageValue) {
        // Stored ones come in order.
        if self.0.last().is_none_or(|(last, _)| *last < key) {
            return self.0.push((key, value));
        }
        match self.place(&key) {
            Ok(place) => self.0.splice(place..=place, [(key, value)]).for_each(drop),
            Err(place) => self.0.insert(place, (key, value)),
        }
    }

    /// All entries, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&UsageKey, &UsageValue)> {
        self.0.iter().map(|(key, value)| (key, value))
    }

    /// How many there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether nothing was reported yet.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<(UsageKey, UsageValue)> for Usages {
    fn from_iter<I: IntoIterator<Item = (UsageKey, UsageValue)>>(entries: I) -> Self {
        let mut usages = Self::new();
        let add = |(key, value)| usages.insert(key, value);
        entries.into_iter().for_each(add);
        usages
    }
}

impl IntoIterator for Usages {
    type Item = (UsageKey, UsageValue);
    type IntoIter = std::vec::IntoIter<Self::Item>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

/// How each item stands; missing where never evaluated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Standings([Option<Standing>; Item::ALL.len()]);

impl Standings {
    /// None yet.
    #[must_use]
    pub const fn new() -> Self {
        Self([None; Item::ALL.len()])
    }

    /// How an item stands.
    #[must_use]
    pub fn get(&self, item: Item) -> Option<Standing> {
        self.0.get(item.index()).copied().flatten()
    }

    /// Remembers how an item stands.
    pub fn insert(&mut self, item: Item, standing: Standing) {
        if let Some(known) = self.0.get_mut(item.index()) {
            *known = Some(standing);
        }
    }

    /// Those that are known, in item order.
    pub fn iter(&self) -> impl Iterator<Item = (Item, Standing)> {
        let all = Item::ALL.into_iter().zip(self.0);
        all.filter_map(|(item, standing)| Some((item, standing?)))
    }
}

impl FromIterator<(Item, Standing)> for Standings {
    fn from_iter<I: IntoIterator<Item = (Item, Standing)>>(entries: I) -> Self {
        let mut standings = Self::new();
        let add = |(item, standing)| standings.insert(item, standing);
        entries.into_iter().for_each(add);
        standings
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::super::quota::State;
    use super::super::super::time::Timestamp;
    use super::*;
    use proptest::prelude::*;

    fn key(usage_name: String) -> UsageKey {
        UsageKey {
            usage_name: usage_name.into(),
            edition: None,
            infra_id: None,
        }
    }

    fn value(absolute: u64) -> UsageValue {
        UsageValue {
            absolute,
            observed_at: Timestamp::from_secs(1),
        }
    }

    proptest! {
        /// In whatever order, and with names that come again.
        #[test]
        fn usages_are_as_in_a_tree(entries in proptest::collection::vec(("[a-d]{1,2}", 0_u64..9), 0..30)) {
            let (mut usages, mut tree) = (Usages::new(), BTreeMap::new());
            for (name, absolute) in entries {
                prop_assert_eq!(usages.get(&key(name.clone())), tree.get(&key(name.clone())));
                usages.insert(key(name.clone()), value(absolute));
                tree.insert(key(name), value(absolute));
            }
            prop_assert_eq!((usages.len(), usages.is_empty()), (tree.len(), tree.is_empty()));
            prop_assert!(usages.iter().eq(tree.iter()));
            for value in tree.values_mut() {
                value.absolute += 1;
            }
            for key in tree.keys() {
                usages.get_mut(key).unwrap().absolute += 1;
            }
            prop_assert_eq!(usages.get_mut(&key("z".to_owned())), None);
            prop_assert!(usages.into_iter().eq(tree));
        }
    }

    #[test]
    fn standings_come_in_item_order() {
        let standing = |secs| Standing {
            state: State::Ok,
            since: Timestamp::from_secs(secs),
            fired: None,
        };
        let mut standings = Standings::new();
        standings.insert(Item::MobileDevices, standing(1));
        standings.insert(Item::StorageSize, standing(2));
        standings.insert(Item::MobileDevices, standing(3));
        let all = [
            (Item::StorageSize, standing(2)),
            (Item::MobileDevices, standing(3)),
        ];
        assert!(standings.iter().eq(all));
        assert_eq!(standings.get(Item::VirtualMachines), None);
        assert_eq!(Standings::from_iter(all), standings);
    }
}
