//! Random changes, reopenings and crashes against a map, with pages of four slots and a checkpoint every
//! few entries, so that most steps fall into one: an entry is written and shown, pages are stored, the
//! checkpoint is, entries are deleted. Each is a part of one write to the file of fjall's journal, so a stop
//! at any step is a stop in that file.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use proptest::collection::vec;
use proptest::prelude::*;
use tempfile::TempDir;
use tokio::runtime::Runtime;

use super::*;
use slot::Slot;

/// Slots: four pages, the last of them far away.
const NUMBERS: [u32; 10] = [0, 1, 2, 3, 4, 5, 9, 11, 70_000, 70_001];

/// Bodies of slots, by their places in [`NUMBERS`]; none removes.
type Writes = Vec<(usize, Option<u8>)>;

#[derive(Debug, Clone)]
enum Step {
    /// Changes of slots, and whether a record of the tables is written along.
    Commit(Writes, bool),
    Reopen,
    /// What is on the disk now is opened somewhere else, as after `kill -9`.
    Crash,
}

/// Changes of slots.
fn any_writes() -> impl Strategy<Value = Writes> {
    let body = proptest::option::weighted(0.8, any::<u8>());
    vec((0..NUMBERS.len(), body), 1..4)
}

fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => (any_writes(), any::<bool>()).prop_map(|(c, mixed)| Step::Commit(c, mixed)),
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

/// More than is in any file of fjall's journal here; what is behind it are zeros set aside.
const COPIED_BYTES: usize = 1 << 19;

fn copy_files(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let (path, target) = (entry.path(), to.join(entry.file_name()));
        if entry.file_type().unwrap().is_dir() {
            copy_files(&path, &target);
        } else if is_journal(&path) {
            copy_journal(&path, &target, COPIED_BYTES);
        } else {
            fs::copy(path, target).unwrap();
        }
    }
}

fn is_journal(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "jnl")
}

/// Copies the first bytes of a file of fjall's journal. A torn end has no zeros behind it: fjall can read both, but
/// not with its debug assertions.
fn copy_journal(from: &Path, to: &Path, bytes: usize) {
    let written = written_of(from);
    fs::write(to, &written[..bytes.min(written.len())]).unwrap();
    if bytes >= written.len() {
        let file = fs::OpenOptions::new().write(true).open(to).unwrap();
        file.set_len(fs::metadata(from).unwrap().len()).unwrap();
    }
}

/// What is written in a file of fjall's journal.
fn written_of(path: &Path) -> Vec<u8> {
    let mut written = Vec::new();
    let file = fs::File::open(path).unwrap();
    file.take(COPIED_BYTES as u64)
        .read_to_end(&mut written)
        .unwrap();
    let end = written
        .iter()
        .rposition(|byte| *byte != 0)
        .map_or(0, |last| last + 1);
    assert!(end < COPIED_BYTES);
    written.truncate(end);
    written
}

fn options() -> Options {
    Options {
        checkpoint_start_bytes: 100,
        ..Options::default()
    }
}

type Model = BTreeMap<Key, Vec<u8>>;

/// All that is in slots, by a table.
fn slots_of(table: &table::Table) -> Vec<(Key, Record)> {
    let families = SLOT_FAMILIES.into_iter();
    families
        .flat_map(|family| table.scan(family, 0, 100))
        .collect()
}

/// A table that is loaded from what is on the disk now.
fn loaded_from(dir: &Path) -> Vec<(Key, Record)> {
    let copy = copy_of(dir);
    let (tables, _) = layout::open(copy.path(), &options()).unwrap();
    slots_of(&tables.table)
}

/// The table in memory is the one that a start would load.
fn check_against_disk(engine: &EmbeddedEngine, dir: &Path) {
    let live = engine.shared.read(|tables| Ok(slots_of(&tables.table)));
    assert_eq!(live.unwrap(), loaded_from(dir));
}

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

/// Makes a change of slots, in the model too.
async fn commit(engine: &EmbeddedEngine, model: &mut Model, (writes, is_mixed): (Writes, bool)) {
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

async fn run(steps: Vec<Step>) {
    let mut dir = TempDir::new().unwrap();
    EmbeddedEngine::create(dir.path()).unwrap();
    let mut engine = EmbeddedEngine::open(dir.path(), options()).unwrap();
    let mut model = Model::new();
    for step in steps {
        match step {
            Step::Commit(writes, is_mixed) => {
                commit(&engine, &mut model, (writes, is_mixed)).await;
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
        check_against_disk(&engine, dir.path());
    }
}

/// The one file of fjall's journal.
fn journal_in(dir: &Path) -> PathBuf {
    let files = fs::read_dir(layout::store_path(dir)).unwrap();
    let mut files = files
        .map(|entry| entry.unwrap().path())
        .filter(|path| is_journal(path));
    let file = files.next().unwrap();
    assert_eq!(files.next(), None);
    file
}

/// Opens what a crash leaves that came when so much of fjall's journal was written; then, twice, what a crash
/// leaves that comes when that was replayed.
fn opened_after(dir: &Path, written_bytes: usize) -> Model {
    let mut copy = copy_of(dir);
    copy_journal(&journal_in(dir), &journal_in(copy.path()), written_bytes);
    let bodies = |slots: Vec<(Key, Record)>| {
        let bodies = slots.into_iter().map(|(key, record)| (key, record.body));
        bodies.collect::<Model>()
    };
    let mut found = None;
    for _ in 0..3 {
        let (tables, _) = layout::open(copy.path(), &options()).unwrap();
        let slots = bodies(slots_of(&tables.table));
        assert_eq!(found.get_or_insert_with(|| slots.clone()), &slots);
        let crashed = copy_of(copy.path());
        drop(tables);
        copy = crashed;
    }
    found.unwrap()
}

/// Each change is written in one go: a stop within it, wherever, leaves all before it, and it or nothing of it.
async fn stop_everywhere(changes: Vec<(Writes, bool)>, within: Vec<usize>) {
    let dir = TempDir::new().unwrap();
    EmbeddedEngine::create(dir.path()).unwrap();
    let engine = EmbeddedEngine::open(dir.path(), options()).unwrap();
    let mut model = Model::new();
    let written = || written_of(&journal_in(dir.path())).len();
    let mut stops = vec![(written(), model.clone())];
    for change in changes {
        commit(&engine, &mut model, change).await;
        stops.push((written(), model.clone()));
    }
    for (pair, within) in stops.windows(2).zip(within.into_iter().cycle()) {
        let [(before, old), (after, new)] = pair else {
            continue;
        };
        assert_eq!(&opened_after(dir.path(), *after), new);
        let bytes = before + within % (after - before);
        let found = opened_after(dir.path(), bytes);
        // The new, where the writer was idle for a while after it and wrote more pages.
        assert!(
            &found == old || &found == new,
            "stopped at {bytes} of {before} to {after}: {found:?}"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn what_was_acknowledged_is_there_after_every_crash(steps in vec(any_step(), 1..60)) {
        Runtime::new().unwrap().block_on(run(steps));
    }

}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3, max_shrink_iters: 20, ..ProptestConfig::default() })]

    #[test]
    fn a_stop_within_any_write_leaves_what_was_acknowledged(
        changes in vec((any_writes(), any::<bool>()), 8..16),
        within in vec(any::<usize>(), 16),
    ) {
        Runtime::new().unwrap().block_on(stop_everywhere(changes, within));
    }
}
