//! Random changes, reopenings and crashes against a map, with pages of four slots and a checkpoint every
//! few entries, so that most steps fall into one.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use proptest::collection::vec;
use proptest::prelude::*;
use tempfile::TempDir;
use tokio::runtime::Runtime;

use super::*;
use slot::Slot;

/// Slots: four pages, the last of them far away.
const NUMBERS: [u32; 10] = [0, 1, 2, 3, 4, 5, 9, 11, 70_000, 70_001];

#[derive(Debug, Clone)]
enum Step {
    /// Bodies of slots, by their places in [`NUMBERS`]; none removes. And whether a record of the
    /// tables is written along.
    Commit(Vec<(usize, Option<u8>)>, bool),
    Reopen,
    /// What is on the disk now is opened somewhere else, as after `kill -9`.
    Crash,
}

fn any_step() -> impl Strategy<Value = Step> {
    let change = (
        0..NUMBERS.len(),
        proptest::option::weighted(0.8, any::<u8>()),
    );
    prop_oneof![
        8 => (vec(change, 1..4), any::<bool>()).prop_map(|(c, mixed)| Step::Commit(c, mixed)),
        1 => Just(Step::Reopen),
        2 => Just(Step::Crash),
    ]
}

fn key(place: usize) -> Key {
    let id = [u8::try_from(place).unwrap(); slot::ID_BYTES];
    let number = NUMBERS[place];
    let family = SLOT_FAMILIES[place % 2];
    Slot { family, number, id }.key()
}

fn copy_of(dir: &Path) -> TempDir {
    let copy = TempDir::new().unwrap();
    copy_files(dir, copy.path());
    copy
}

fn copy_files(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => copy_files(&entry.path(), &target),
            false => drop(fs::copy(entry.path(), target).unwrap()),
        }
    }
}

fn options() -> Options {
    Options {
        checkpoint_start_bytes: 100,
        ..Options::default()
    }
}

type Model = BTreeMap<Key, Vec<u8>>;

async fn check(engine: &EmbeddedEngine, model: &Model) {
    let found = engine.scan(&Key(Vec::new()), None, 100).await.unwrap();
    let in_slots = found.into_iter().filter(|(key, _)| Slot::of(key).is_some());
    let found: Model = in_slots.map(|(key, record)| (key, record.body)).collect();
    assert_eq!(&found, model);
    for place in 0..NUMBERS.len() {
        let record = engine.get(&key(place)).await.unwrap();
        assert_eq!(
            record.map(|record| record.body),
            model.get(&key(place)).cloned()
        );
    }
}

async fn run(steps: Vec<Step>) {
    let mut dir = TempDir::new().unwrap();
    EmbeddedEngine::create(dir.path()).unwrap();
    let mut engine = EmbeddedEngine::open(dir.path(), options()).unwrap();
    let mut model = Model::new();
    for step in steps {
        match step {
            Step::Commit(writes, is_mixed) => {
                let mut changes = Changes::new();
                for (place, body) in writes {
                    let (key, body) = (key(place), body.map(|byte| vec![byte; 30]));
                    match body {
                        Some(body) => {
                            changes.put(key.clone(), body.clone());
                            model.insert(key, body);
                        }
                        None => {
                            changes.delete(key.clone());
                            model.remove(&key);
                        }
                    }
                }
                if is_mixed {
                    changes.put(Key(b"other".to_vec()), Vec::new());
                }
                engine.commit(changes).await.unwrap();
            }
            Step::Reopen => {
                engine.close().await.unwrap();
                engine = EmbeddedEngine::open(dir.path(), options()).unwrap();
            }
            Step::Crash => {
                let copy = copy_of(dir.path());
                drop(engine);
                dir = copy;
                engine = EmbeddedEngine::open(dir.path(), options()).unwrap();
            }
        }
        check(&engine, &model).await;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn what_was_acknowledged_is_there_after_every_crash(steps in vec(any_step(), 1..60)) {
        Runtime::new().unwrap().block_on(run(steps));
    }
}
