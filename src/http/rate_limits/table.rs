//! A hash table of a fixed size for counters of strangers: addresses, clients, log-ins.
//!
//! A keyed hash gives each key a set of eight places, under a lock of its own. A new key evicts the
//! entry of its set that expires first: an expired one, else the mildest. So memory never grows,
//! and nobody can evict a chosen entry without earning eight worse ones in an unknown set. Where
//! more keys than places are being punished, the mildest goes free early; no honest key is punished
//! for it.

use std::hash::{BuildHasher, Hash, RandomState};
use std::sync::{Mutex, PoisonError};

/// Places that a key can have.
const WAYS: usize = 8;

/// Entries of a table.
pub(super) const ENTRIES: usize = 65_536;

/// What is held against a key. The default holds nothing.
pub(super) trait Entry: Copy + Default {
    /// From when on it is as good as the default; later for what is worse.
    fn forgotten_at(&self) -> u64;
}

#[derive(Debug, Clone, Copy, Default)]
struct Place<V> {
    /// The hash of the key. The hash is keyed with a secret, so nobody can make two keys meet.
    tag: u64,
    value: V,
}

type Set<V> = Mutex<[Place<V>; WAYS]>;

/// [`ENTRIES`] values by key, and no more.
#[derive(Debug)]
pub(super) struct Table<V> {
    sets: Box<[Set<V>]>,
    hasher: RandomState,
}

impl<V: Entry> Table<V> {
    pub(super) fn new() -> Self {
        Self {
            sets: (0..ENTRIES / WAYS).map(|_| Mutex::default()).collect(),
            hasher: RandomState::new(),
        }
    }

    /// The value of a key; the default where nothing is held against it.
    pub(super) fn get<K: Hash>(&self, key: &K) -> V {
        let found = self.at(key, |places, tag| {
            let place = places.iter().find(|place| place.tag == tag);
            place.map(|place| place.value)
        });
        found.unwrap_or_default()
    }

    /// Changes the value of a key.
    pub(super) fn change<K: Hash, R>(&self, key: &K, change: impl FnOnce(&mut V) -> R) -> R {
        self.at(key, |places, tag| {
            let own = |place: &Place<V>| (place.tag != tag, place.value.forgotten_at());
            let place = places.iter_mut().min_by_key(|place| own(place));
            let Some(place) = place else {
                return change(&mut V::default());
            };
            if place.tag != tag {
                *place = Place {
                    tag,
                    value: V::default(),
                };
            }
            change(&mut place.value)
        })
    }

    fn at<K: Hash, R>(&self, key: &K, look: impl FnOnce(&mut [Place<V>; WAYS], u64) -> R) -> R {
        let tag = self.hasher.hash_one(key);
        let index = usize::try_from(tag).unwrap_or_default() % (ENTRIES / WAYS);
        match self.sets.get(index) {
            Some(set) => look(&mut set.lock().unwrap_or_else(PoisonError::into_inner), tag),
            None => look(&mut [Place::default(); WAYS], tag),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{IpAddr, Ipv6Addr};

    #[derive(Debug, Clone, Copy, Default)]
    struct Until(u64);

    impl Entry for Until {
        fn forgotten_at(&self) -> u64 {
            self.0
        }
    }

    fn address(number: u64) -> IpAddr {
        IpAddr::V6(Ipv6Addr::from_bits(u128::from(number) << 64))
    }

    #[test]
    fn a_million_addresses_take_no_more_memory_and_free_nobody() {
        let table = Table::<Until>::new();
        let punished: Vec<IpAddr> = (0..1_000).map(address).collect();
        for address in &punished {
            table.change(address, |until| until.0 = 1_000);
        }
        for number in 1_000..1_001_000 {
            table.change(&address(number), |until| until.0 = 10);
        }
        let held = punished.iter().filter(|key| table.get(key).0 == 1_000);
        // 65,536 places hold a thousand with eight to a set at most, all but surely.
        assert!(held.count() >= 999);
        assert_eq!(table.sets.len() * WAYS, ENTRIES);
        assert!(size_of::<Set<Until>>() <= WAYS * 16 + 8);
        let last = (990_000..1_001_000).filter(|n| table.get(&address(*n)).0 == 10);
        assert!(last.count() > 0);
    }

    #[test]
    fn of_nine_in_one_set_the_mildest_goes() {
        let table = Table::<Until>::new();
        let index = |key: &IpAddr| table.hasher.hash_one(key) % (ENTRIES / WAYS) as u64;
        let first = index(&address(0));
        let same = (0..).map(address).filter(|key| index(key) == first);
        let keys: Vec<IpAddr> = same.take(WAYS + 2).collect();
        for (severity, key) in (100..).zip(keys.iter().take(WAYS)) {
            table.change(key, |until| until.0 = severity);
        }
        for newcomer in keys.iter().skip(WAYS) {
            table.change(newcomer, |until| until.0 = 50);
            assert_eq!(table.get(newcomer).0, 50);
        }
        let held: Vec<u64> = keys.iter().map(|key| table.get(key).0).collect();
        // The first newcomer took the mildest's place, the second one that of the first.
        assert_eq!(held, [0, 101, 102, 103, 104, 105, 106, 107, 0, 50]);
    }
}
