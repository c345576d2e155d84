//! Random changes and reopenings, against a map in memory.

use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::prelude::*;
use upsell::domain::ids::{AccountId, AccountRef, TenantId, V1Id};
use upsell::store::embedded::{Options, SLOT_FAMILIES};
use upsell::store::engine::{Changes, CommitError, Engine, Expect, Key, Revision};
use upsell::store::keys;
use uuid::Uuid;

use crate::store_contract::Factory;
use crate::store_embedded::InDirectory;

type Model = BTreeMap<Key, (Revision, Vec<u8>)>;

/// What a change expects of a record.
#[derive(Debug, Clone)]
pub(crate) enum Guess {
    Absent,
    Current,
    Stale,
}

/// What is done to a store.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    Commit {
        guesses: Vec<(Key, Guess)>,
        writes: Vec<(Key, Option<Vec<u8>>)>,
    },
    Scan {
        prefix: Key,
        after: Option<Key>,
        limit: usize,
    },
    Reopen,
}

/// Few and short keys, so that they meet; with the bytes at the ends of the range, and with those of
/// records that an engine may keep apart.
fn any_key() -> impl Strategy<Value = Key> {
    let short = vec(
        prop_oneof![
            Just(0_u8),
            Just(1),
            Just(0xFE),
            Just(0xFF),
            Just(SLOT_FAMILIES[0]),
            Just(SLOT_FAMILIES[1])
        ],
        1..4,
    );
    let numbers = prop_oneof![
        Just(0_u32),
        Just(1),
        Just(255),
        Just(256),
        Just(1 << 28),
        Just(u32::MAX)
    ];
    let slots = numbers.prop_map(|number| {
        let id = AccountId::Tenant(TenantId::new(Uuid::from_u128(number.into())));
        let number = V1Id(number);
        keys::meter(AccountRef { id, number })
    });
    prop_oneof![short.prop_map(Key), slots]
}

fn any_prefix() -> impl Strategy<Value = Key> {
    prop_oneof![Just(Key(vec![])), any_key()]
}

/// Enough of them that they meet what earlier ones left.
pub(crate) fn any_steps() -> impl Strategy<Value = Vec<Step>> {
    vec(any_step(), 1..40)
}

fn any_step() -> impl Strategy<Value = Step> {
    let guess = prop_oneof![
        1 => Just(Guess::Absent),
        4 => Just(Guess::Current),
        1 => Just(Guess::Stale)
    ];
    let write = (
        any_key(),
        proptest::option::weighted(0.7, vec(any::<u8>(), 0..40)),
    );
    prop_oneof![
        8 => (vec((any_key(), guess), 0..3), vec(write, 0..6))
            .prop_map(|(guesses, writes)| Step::Commit { guesses, writes }),
        3 => (any_prefix(), proptest::option::of(any_key()), 0_usize..8)
            .prop_map(|(prefix, after, limit)| Step::Scan { prefix, after, limit }),
        1 => Just(Step::Reopen),
    ]
}

/// The changes of a step, and the key that will conflict.
fn changes_of(
    model: &Model,
    guesses: Vec<(Key, Guess)>,
    writes: &[(Key, Option<Vec<u8>>)],
) -> (Changes, Option<Key>) {
    let mut changes = Changes::new();
    let mut conflict = None;
    for (key, guess) in guesses {
        let current = model.get(&key).map(|(revision, _)| *revision);
        let expect = match (guess, current) {
            (Guess::Current, Some(revision)) => Expect::Revision(revision),
            (Guess::Stale, Some(revision)) => Expect::Revision(Revision(revision.0 - 1)),
            (Guess::Stale, None) => Expect::Revision(Revision(1)),
            (Guess::Absent, _) | (Guess::Current, None) => Expect::Absent,
        };
        let holds = match expect {
            Expect::Absent => current.is_none(),
            Expect::Revision(expected) => current == Some(expected),
        };
        if !holds && conflict.is_none() {
            conflict = Some(key.clone());
        }
        changes.expect(key, expect);
    }
    for (key, body) in writes {
        match body {
            Some(body) => changes.put(key.clone(), body.clone()),
            None => changes.delete(key.clone()),
        };
    }
    (changes, conflict)
}

async fn commit(
    engine: &dyn Engine,
    model: &mut Model,
    guesses: Vec<(Key, Guess)>,
    writes: Vec<(Key, Option<Vec<u8>>)>,
) {
    let (changes, conflict) = changes_of(model, guesses, &writes);
    let answer = engine.commit(changes).await;
    if let Some(conflict) = conflict {
        assert_eq!(answer, Err(CommitError::Conflict(conflict)));
        return;
    }
    answer.unwrap();
    let newest = model.values().map(|(revision, _)| *revision).max();
    for (key, body) in writes {
        match body {
            Some(body) => model.insert(key, (Revision(0), body)),
            None => model.remove(&key),
        };
    }
    for (key, (revision, body)) in model.iter_mut().filter(|(_, value)| value.0 == Revision(0)) {
        let record = engine.get(key).await.unwrap().unwrap();
        assert_eq!(&record.body, body);
        assert!(Some(record.revision) > newest, "a revision went back");
        *revision = record.revision;
    }
}

async fn scan(engine: &dyn Engine, model: &Model, prefix: Key, after: Option<Key>, limit: usize) {
    let after = after.filter(|after| after.0.starts_with(&prefix.0));
    let expected: Vec<_> = model
        .iter()
        .filter(|(key, _)| key.0.starts_with(&prefix.0))
        .filter(|(key, _)| after.as_ref().is_none_or(|after| *key > after))
        .take(limit)
        .map(|(key, (revision, body))| (key.clone(), *revision, body.clone()))
        .collect();
    let found = engine.scan(&prefix, after.as_ref(), limit).await.unwrap();
    let found: Vec<_> = found
        .into_iter()
        .map(|(k, r)| (k, r.revision, r.body))
        .collect();
    assert_eq!(found, expected);
}

/// Does the steps to a store that is empty, and to a map.
pub(crate) async fn run(steps: Vec<Step>, store: &dyn Factory) {
    let mut engine = store.open().await;
    let mut model = Model::new();
    for step in steps {
        match step {
            Step::Commit { guesses, writes } => {
                commit(&*engine, &mut model, guesses, writes).await;
            }
            Step::Scan {
                prefix,
                after,
                limit,
            } => {
                scan(&*engine, &model, prefix, after, limit).await;
            }
            Step::Reopen => {
                engine.close().await.unwrap();
                engine = store.open().await;
            }
        }
    }
    scan(&*engine, &model, Key(vec![]), None, 10_000).await;
    let keys: Vec<Key> = model.keys().cloned().collect();
    let found = engine.get_many(&keys).await.unwrap();
    assert!(found.iter().all(Option::is_some));
    let each = engine.get_each(&keys).await;
    let each: Result<Vec<_>, _> = each.into_iter().collect();
    assert_eq!(each.unwrap(), found);
    engine.close().await.unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn engine_does_what_a_map_does(
        steps in any_steps(),
        checkpoint_start_bytes in prop_oneof![Just(100), Just(1 << 20)],
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let store = InDirectory::with(Options { checkpoint_start_bytes, ..Options::default() });
        runtime.block_on(run(steps, &store));
    }
}
