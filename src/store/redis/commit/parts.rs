//! A change, cut up by the partitions that its records are in.

use std::collections::BTreeMap;

use crate::store::engine::{Changes, Expect, Key, Write};
use crate::store::redis::Inner;

/// What a change does in one partition.
pub(super) struct Part<'a> {
    pub(super) expectations: Vec<(&'a Key, Expect)>,
    /// In the order of their keys, each once.
    pub(super) writes: Vec<(&'a Key, Option<&'a [u8]>)>,
}

impl<'a> Part<'a> {
    const fn new() -> Self {
        Self {
            expectations: Vec::new(),
            writes: Vec::new(),
        }
    }

    fn write(&mut self, write: &'a Write) {
        self.writes.push(match write {
            Write::Put(key, body) => (key, Some(body.as_slice())),
            Write::Delete(key) => (key, None),
        });
    }

    /// Of the writes of a key only the last is left.
    fn finish(&mut self) {
        if self.writes.len() > 1 {
            // Those of one key stay in their order.
            self.writes.sort_by_key(|(key, _)| *key);
            self.writes.reverse();
            self.writes.dedup_by_key(|(key, _)| *key);
            self.writes.reverse();
        }
    }

    pub(super) fn expected(&self) -> impl Iterator<Item = &'a Key> + Clone {
        self.expectations.iter().map(|(key, _)| *key)
    }

    pub(super) fn written(&self) -> impl Iterator<Item = &'a Key> + Clone {
        self.writes.iter().map(|(key, _)| *key)
    }

    pub(super) fn bytes(&self) -> usize {
        let bodies = self
            .writes
            .iter()
            .map(|(_, body)| body.map_or(0, <[u8]>::len));
        let keys = self.expected().chain(self.written());
        keys.map(|key| key.0.len()).sum::<usize>() + bodies.sum::<usize>()
    }

    /// The records that are there if all that is expected holds, in order.
    pub(super) fn expected_there(&self) -> Vec<&'a Key> {
        let expected = self.expectations.iter();
        let there = expected.filter(|(_, expect)| matches!(expect, Expect::Revision(_)));
        let mut there: Vec<&Key> = there.map(|(key, _)| *key).collect();
        there.sort_unstable();
        there
    }
}

/// A change, cut up by partitions.
pub(super) type Parts<'a> = BTreeMap<u16, Part<'a>>;

/// The only part of a change, where it does not span partitions.
pub(super) fn in_one<'a>(inner: &Inner, change: &'a Changes) -> Option<(u16, Part<'a>)> {
    let expected = change.expectations.iter().map(|(key, _)| key);
    let keys = expected.chain(change.writes.iter().map(Write::key));
    let mut numbers = keys.map(|key| inner.layout.of_key(key).number);
    let number = numbers.next()?;
    if numbers.any(|other| other != number) {
        return None;
    }
    let expected = change.expectations.iter();
    let mut part = Part {
        expectations: expected.map(|(key, expect)| (key, *expect)).collect(),
        writes: Vec::with_capacity(change.writes.len()),
    };
    change.writes.iter().for_each(|write| part.write(write));
    part.finish();
    Some((number, part))
}

/// Its parts in several.
pub(super) fn cut_up<'a>(inner: &Inner, change: &'a Changes) -> Parts<'a> {
    let mut parts = Parts::new();
    let number = |key: &Key| inner.layout.of_key(key).number;
    for (key, expect) in &change.expectations {
        let part = parts.entry(number(key)).or_insert_with(Part::new);
        part.expectations.push((key, *expect));
    }
    for write in &change.writes {
        let part = parts.entry(number(write.key())).or_insert_with(Part::new);
        part.write(write);
    }
    parts.values_mut().for_each(Part::finish);
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_the_writes_of_a_key_the_last_is_left_and_they_are_in_order() {
        let key = |name: &str| Key(name.as_bytes().to_vec());
        let writes = [
            Write::Put(key("c"), b"1".to_vec()),
            Write::Put(key("a"), b"2".to_vec()),
            Write::Delete(key("c")),
            Write::Put(key("b"), b"3".to_vec()),
            Write::Delete(key("a")),
            Write::Put(key("a"), b"4".to_vec()),
        ];
        let mut part = Part::new();
        writes.iter().for_each(|write| part.write(write));
        part.finish();
        let (a, b, c) = (key("a"), key("b"), key("c"));
        let left = [(&a, Some(&b"4"[..])), (&b, Some(b"3")), (&c, None)];
        assert_eq!(part.writes, left);
    }
}
