//! The table of [`journal`](crate::store::embedded::journal), case by case, on a real database.

use fjall::{Database, KeyspaceCreateOptions};
use tempfile::TempDir;

use super::*;
use crate::store::embedded::journal::{EntryWriter, PageWriter, checkpoint_at};
use crate::store::embedded::slot::{ID_BYTES, Slot};
use crate::store::engine::Revision;

/// A database with a journal and pages.
struct Disk {
    journal: Keyspace,
    pages: Keyspace,
    _dir: TempDir,
}

impl Disk {
    fn new() -> Self {
        let dir = TempDir::new().unwrap();
        let database = Database::builder(dir.path()).open().unwrap();
        let keyspace = |name| {
            database
                .keyspace(name, KeyspaceCreateOptions::default)
                .unwrap()
        };
        Self {
            journal: keyspace("journal"),
            pages: keyspace("pages"),
            _dir: dir,
        }
    }

    /// Entry `number`, which gives each of the slots a body.
    fn entry(&self, number: u64, slots: &[(u32, &str)]) {
        let mut writer = EntryWriter::new(Revision(number));
        for (slot, body) in slots {
            let changed = (Revision(number), body.as_bytes());
            writer.push(&self::slot(*slot), (!body.is_empty()).then_some(changed));
        }
        self.journal_put(number, &writer.into_bytes());
    }

    fn journal_put(&self, number: u64, bytes: &[u8]) {
        self.journal.insert(number.to_be_bytes(), bytes).unwrap();
    }

    fn page(&self, index: u32, position: u64, slots: &[(u32, &str)]) {
        let mut writer = PageWriter::new(position);
        for (number, body) in slots {
            writer.push(&slot(*number), Revision(position), body.as_bytes());
        }
        self.pages
            .insert(page(index).key(), writer.into_bytes())
            .unwrap();
    }

    fn checkpoint(&self, number: u64) {
        let bytes = checkpoint_at(number);
        self.journal.insert(CHECKPOINT_KEY, bytes).unwrap();
    }

    fn load(&self) -> Result<(Vec<(u32, String)>, Found), String> {
        let (table, found) = load(&self.journal, &self.pages)?;
        let records = table.scan(b'm', 0, 1000).into_iter().map(|(key, record)| {
            let body = String::from_utf8_lossy(&record.body).into_owned();
            (Slot::of(&key).unwrap().number, body)
        });
        Ok((records.collect(), found))
    }
}

fn page(index: u32) -> PageId {
    let family = b'm';
    PageId { family, index }
}

fn slot(number: u32) -> Slot {
    Slot {
        family: b'm',
        number,
        id: [0; ID_BYTES],
    }
}

fn bodies(of: &[(u32, &str)]) -> Vec<(u32, String)> {
    of.iter()
        .map(|(slot, body)| (*slot, (*body).to_owned()))
        .collect()
}

#[test]
fn nothing_is_an_empty_table() {
    let (records, found) = Disk::new().load().unwrap();
    assert_eq!((records.len(), found.last, found.stored), (0, 0, 0));
}

#[test]
fn pages_alone_are_the_table() {
    let disk = Disk::new();
    disk.page(0, 7, &[(1, "a"), (3, "b")]);
    disk.page(2, 9, &[(8, "c")]);
    disk.checkpoint(9);
    let (records, found) = disk.load().unwrap();
    assert_eq!(records, bodies(&[(1, "a"), (3, "b"), (8, "c")]));
    assert_eq!((found.last, found.deleted, found.bytes), (9, 9, 0));
    assert!(found.dirty.is_empty());
}

#[test]
fn entries_behind_the_checkpoint_are_applied_in_order() {
    let disk = Disk::new();
    disk.page(0, 9, &[(1, "a"), (2, "b")]);
    disk.checkpoint(9);
    // Two slots of one page in one entry; a removal; a slot that comes again.
    disk.entry(10, &[(1, "c"), (3, "d")]);
    disk.entry(11, &[(2, ""), (1, "e"), (9, "f")]);
    let (records, found) = disk.load().unwrap();
    assert_eq!(records, bodies(&[(1, "e"), (3, "d"), (9, "f")]));
    assert_eq!((found.last, found.stored), (11, 9));
    let mut dirty = found.dirty;
    dirty.sort_unstable();
    assert_eq!(dirty, [page(0), page(2)]);
}

#[test]
fn entries_up_to_the_checkpoint_are_left_to_be_deleted() {
    let disk = Disk::new();
    disk.entry(8, &[(1, "old")]);
    disk.entry(9, &[(1, "older than the page")]);
    disk.page(0, 9, &[(1, "a")]);
    disk.checkpoint(9);
    disk.entry(10, &[(2, "b")]);
    let (records, found) = disk.load().unwrap();
    assert_eq!(records, bodies(&[(1, "a"), (2, "b")]));
    assert_eq!((found.deleted, found.stored, found.last), (7, 9, 10));
}

#[test]
fn a_page_takes_only_entries_above_its_position() {
    // A checkpoint of 12 was under way: page 0 is stored as of 11, page 1 as of 9.
    let disk = Disk::new();
    disk.page(0, 11, &[(1, "as of 11")]);
    disk.page(1, 9, &[(4, "as of 9")]);
    disk.checkpoint(9);
    disk.entry(10, &[(1, "as of 10"), (4, "as of 10")]);
    disk.entry(11, &[(1, "as of 11")]);
    disk.entry(12, &[(5, "as of 12")]);
    let (records, found) = disk.load().unwrap();
    assert_eq!(
        records,
        bodies(&[(1, "as of 11"), (4, "as of 10"), (5, "as of 12")])
    );
    assert_eq!(found.dirty, [page(1)]);
}

#[test]
fn what_is_missing_or_cannot_be_read_is_refused_and_named() {
    type Damage = fn(&Disk);
    let cases: [(Damage, &str); 8] = [
        (
            |disk| {
                disk.checkpoint(9);
                disk.entry(10, &[(1, "a")]);
                disk.entry(12, &[(1, "b")]);
            },
            "entry 11",
        ),
        (|disk| disk.entry(2, &[(1, "a")]), "entry 1 "),
        (
            |disk| {
                disk.page(0, 11, &[(1, "a")]);
                disk.checkpoint(9);
                disk.entry(10, &[(1, "b")]);
            },
            "ends with 10",
        ),
        (|disk| disk.journal_put(1, &[9]), "entry 1 "),
        (
            |disk| disk.journal.insert("strange", "").unwrap(),
            "without a number",
        ),
        (
            |disk| disk.pages.insert(page(7).key(), [9]).unwrap(),
            "page 7",
        ),
        (|disk| disk.page(7, 0, &[(1, "of page 0")]), "page 7"),
        (
            |disk| disk.journal.insert(CHECKPOINT_KEY, [9]).unwrap(),
            "checkpoint",
        ),
    ];
    for (damage, expected) in cases {
        let disk = Disk::new();
        damage(&disk);
        let refused = disk.load().map(|(records, _)| records).unwrap_err();
        assert!(refused.contains(expected), "{refused}");
    }
}

/// A flipped bit in an entry or a page is refused, or reads as something else, and never panics: to
/// find it is what fjall's checksums are for.
#[test]
fn a_flipped_bit_never_panics() {
    let disk = Disk::new();
    disk.page(0, 1, &[(1, "a"), (2, "b")]);
    disk.entry(2, &[(1, "c"), (2, "")]);
    disk.checkpoint(1);
    for (keyspace, key) in [
        (&disk.journal, 2_u64.to_be_bytes().to_vec()),
        (&disk.pages, page(0).key().to_vec()),
    ] {
        let whole = keyspace.get(&key).unwrap().unwrap();
        for bit in 0..whole.len() * 8 {
            let mut flipped = whole.to_vec();
            flipped[bit / 8] ^= 1 << (bit % 8);
            keyspace.insert(&key, flipped).unwrap();
            let _either = disk.load().is_ok();
        }
        keyspace.insert(&key, whole).unwrap();
    }
}
