use super::*;
use std::collections::HashMap;

fn key(number: u32) -> Key {
    Key([b"m", number.to_be_bytes().as_slice()].concat())
}

fn record(revision: u64, body: &[u8]) -> Record {
    Record {
        revision: Revision(revision),
        body: body.to_vec(),
    }
}

fn missed(hot: &Hot, key: &Key) -> Missed {
    match hot.get(key) {
        Look::Missed(missed) => missed,
        Look::Found(_) | Look::NotHot => panic!("not missed"),
    }
}

fn found(hot: &Hot, key: &Key) -> Option<Record> {
    match hot.get(key) {
        Look::Found(record) => Some(record),
        Look::Missed(_) | Look::NotHot => None,
    }
}

#[test]
fn other_families_and_long_records_are_not_kept() {
    let hot = Hot::new(b"m", 1 << 20);
    let other = Key(b"t1".to_vec());
    hot.put(&other, Revision(1), b"x");
    assert!(matches!(hot.get(&other), Look::NotHot));
    hot.put(&key(1), Revision(1), b"short");
    hot.put(&key(1), Revision(2), &[0; MAX_HOT_BODY_BYTES + 1]);
    assert_eq!(found(&hot, &key(1)), None);
    let long = Key(vec![b'm'; MAX_HOT_KEY_BYTES + 1]);
    hot.put(&long, Revision(1), b"x");
    assert!(matches!(hot.get(&long), Look::NotHot));
}

#[test]
fn a_reader_that_was_overtaken_brings_nothing_back() {
    let hot = Hot::new(b"m", 1 << 20);
    let key = key(1);
    let old = record(1, b"old");

    let seen = missed(&hot, &key);
    hot.put(&key, Revision(2), b"new");
    hot.fill(seen, &key, &old);
    assert_eq!(found(&hot, &key), Some(record(2, b"new")));

    hot.remove(&key);
    let seen = missed(&hot, &key);
    hot.put(&key, Revision(3), b"newer");
    hot.remove(&key);
    hot.fill(seen, &key, &old);
    assert_eq!(found(&hot, &key), None);

    let seen = missed(&hot, &key);
    hot.clear();
    hot.fill(seen, &key, &old);
    assert_eq!(found(&hot, &key), None);

    hot.fill(missed(&hot, &key), &key, &old);
    assert_eq!(found(&hot, &key), Some(old));
}

#[test]
fn what_is_kept_is_what_was_put_last_and_memory_is_bounded() {
    const MAX_BYTES: usize = PARTS * 1024;
    let hot = Hot::new(b"m", MAX_BYTES);
    let mut truth: HashMap<u32, Record> = HashMap::new();
    let mut random = 1_u64;
    for revision in 1..60_000 {
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        let number = u32::try_from(random >> 40).unwrap() % 20_000;
        if random >> 33 & 7 == 0 {
            hot.remove(&key(number));
            truth.remove(&number);
        } else {
            let body = vec![7; usize::try_from(random >> 36 & 63).unwrap()];
            hot.put(&key(number), Revision(revision), &body);
            truth.insert(number, record(revision, &body));
        }
        assert!(revision % 997 != 0 || hot.used_bytes() <= MAX_BYTES);
    }
    let mut kept = 0;
    for number in 0..20_000 {
        if let Some(record) = found(&hot, &key(number)) {
            assert_eq!(Some(&record), truth.get(&number), "{number}");
            assert_eq!(hot.revision(&key(number)), Some(record.revision));
            kept += 1;
        }
    }
    assert!(kept > 1000, "{kept}");
}
