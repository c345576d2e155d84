//! The journal: what changed in the table since its pages were last written.
//!
//! Only the writer writes it; [`load`](super::load) reads it at a start. The writer keeps records with a slot in
//! memory ([`table`](super::table)), and makes their changes durable as one entry per group, in the same fjall
//! batch as the group's other records. A record of its own per meter costs ten times as much. Checkpoints
//! ([`checkpoint`](super::checkpoint)) write the pages that changed, so that the journal stays short.
//! It lies on fjall, which has a journal of its own.
//!
//! # Layout
//!
//! ```text
//! keyspace `journal`  8-byte number, big-endian   entry
//!                     `\xFFcheckpoint`            version 1 | N (8 bytes): pages hold all entries up to N
//! keyspace `pages`    family | 4-byte index           page
//!
//! entry   version 1 | revision | change …
//! change  family | number | revision, less the entry's | length + 1 (0: removed) | id (17 bytes) | body
//! page    version 1 | position (8 bytes) | record …
//! record  number | revision | length | id (17 bytes) | body
//! ```
//!
//! Numbers without a size are LEB128. fjall checks what it reads by checksums of its own.
//!
//! # What must stay true
//!
//! 1. Entries are numbered from 1 without a gap. A group that changes no slot has no entry.
//! 2. A change holds the whole record as it is after the group, so applying an entry twice changes
//!    nothing. Nothing is decided again when entries are applied.
//! 3. A page's position is the number of the last entry that changed it. An entry is applied to
//!    a page only if its number is above that.
//! 4. The table shows readers only what is durable: a group is published after its fsync.
//!
//! # Checkpoint
//!
//! Spread over groups, a few pages with each; idle time is used too.
//!
//! 1. Take N, the number of the last entry, and the list of pages that changed.
//! 2. Copy some pages as they are published, with their positions.
//! 3. Commit them, in the batch of the next group. They are clean once that is durable.
//! 4. Commit N with the last of them.
//! 5. Delete entries up to N, a few with each group. The next start goes on with this.
//!
//! # Start
//!
//! | found | what happens |
//! |---|---|
//! | nothing | an empty table |
//! | pages, no entry above N | the table is what the pages hold |
//! | entries N + 1 … M | they are applied in order; the next entry is M + 1 |
//! | entries up to N | deleted later |
//! | pages above N | only entries above their position are applied to them |
//! | a number is missing above N | refused: an acknowledged change is lost |
//! | a page is newer than the last entry | refused: the journal's end is lost |
//! | an entry, page or checkpoint of an unknown version, or that cannot be read | refused |
//!
//! # After a failed write
//!
//! Nothing of the group is published or acknowledged. When writing works again the table is
//! loaded anew: an unacknowledged entry may surface.
//!
//! # Not done here
//!
//! No files of its own, no checksums, no fsync: all that is fjall's.

use super::slot::{ID_BYTES, MAX_NUMBER, SLOT_FAMILIES, Slot};
use crate::store::engine::Revision;
use crate::store::record::bytes::{Reader, Writer};

/// The version of entries, pages and the checkpoint.
pub(super) const VERSION: u8 = 1;

/// The name of the checkpoint among the entries: longer than a number, behind all of them.
pub(super) const CHECKPOINT_KEY: &[u8] = b"\xFFcheckpoint";

/// A record after a change; `None` where it was removed.
pub(super) type Changed<'a> = Option<(Revision, &'a [u8])>;

/// Writes an entry.
pub(super) struct EntryWriter {
    writer: Writer,
    revision: u64,
}

impl EntryWriter {
    /// An entry whose changes have at least this revision.
    pub(super) fn new(revision: Revision) -> Self {
        let mut writer = Writer::new(VERSION);
        writer.number(revision.0);
        Self {
            writer,
            revision: revision.0,
        }
    }

    pub(super) fn push(&mut self, slot: &Slot, changed: Changed<'_>) {
        let revision = changed.map_or(self.revision, |(revision, _)| revision.0);
        self.writer.byte(slot.family);
        self.writer.number(u64::from(slot.number));
        self.writer.number(revision.saturating_sub(self.revision));
        self.writer
            .count(changed.map_or(0, |(_, body)| body.len() + 1));
        self.writer.bytes(&slot.id);
        self.writer.bytes(changed.map_or(&[], |(_, body)| body));
    }

    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.writer.into_bytes()
    }
}

/// Calls `take` with each change of an entry, in order.
///
/// # Errors
/// What is wrong with the bytes.
pub(super) fn read_entry(
    bytes: &[u8],
    mut take: impl FnMut(Slot, Changed<'_>),
) -> Result<(), &'static str> {
    let mut reader = Reader::new(bytes);
    check_version(&mut reader)?;
    let base = reader.number()?;
    while !reader.is_empty() {
        let family = reader.byte()?;
        if !SLOT_FAMILIES.contains(&family) {
            return Err("a family is not known");
        }
        let number = read_slot_number(&mut reader)?;
        let more = reader.number()?;
        let revision = base.checked_add(more).ok_or("a revision is too large")?;
        let length = reader.count()?;
        let slot = Slot {
            family,
            number,
            id: *reader.array::<ID_BYTES>()?,
        };
        let body = reader.take(length.saturating_sub(1))?;
        take(slot, (length > 0).then_some((Revision(revision), body)));
    }
    Ok(())
}

/// Writes a page.
pub(super) struct PageWriter(Writer);

impl PageWriter {
    pub(super) fn new(position: u64) -> Self {
        let mut writer = Writer::new(VERSION);
        writer.bytes(&position.to_be_bytes());
        Self(writer)
    }

    pub(super) fn push(&mut self, slot: &Slot, revision: Revision, body: &[u8]) {
        self.0.number(u64::from(slot.number));
        self.0.number(revision.0);
        self.0.count(body.len());
        self.0.bytes(&slot.id);
        self.0.bytes(body);
    }

    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.0.into_bytes()
    }
}

/// Calls `take` with each record of a page; returns the page's position.
///
/// # Errors
/// What is wrong with the bytes.
pub(super) fn read_page<'a>(
    family: u8,
    bytes: &'a [u8],
    mut take: impl FnMut(Slot, Revision, &'a [u8]),
) -> Result<u64, &'static str> {
    let mut reader = Reader::new(bytes);
    check_version(&mut reader)?;
    let position = u64::from_be_bytes(*reader.array()?);
    while !reader.is_empty() {
        let number = read_slot_number(&mut reader)?;
        let revision = Revision(reader.number()?);
        let length = reader.count()?;
        let slot = Slot {
            family,
            number,
            id: *reader.array::<ID_BYTES>()?,
        };
        take(slot, revision, reader.take(length)?);
    }
    Ok(position)
}

/// The bytes of the checkpoint.
pub(super) fn checkpoint_at(number: u64) -> Vec<u8> {
    let mut writer = Writer::new(VERSION);
    writer.bytes(&number.to_be_bytes());
    writer.into_bytes()
}

/// # Errors
/// What is wrong with the bytes.
pub(super) fn read_checkpoint(bytes: &[u8]) -> Result<u64, &'static str> {
    let mut reader = Reader::new(bytes);
    check_version(&mut reader)?;
    let number = u64::from_be_bytes(*reader.array()?);
    reader.end().map(|()| number)
}

fn check_version(reader: &mut Reader<'_>) -> Result<(), &'static str> {
    match reader.byte()? {
        VERSION => Ok(()),
        _ => Err("its version is unknown"),
    }
}

fn read_slot_number(reader: &mut Reader<'_>) -> Result<u32, &'static str> {
    let number = u32::try_from(reader.number()?).ok();
    let number = number.filter(|number| *number < MAX_NUMBER);
    number.ok_or("a slot's number is too large")
}

#[cfg(test)]
mod tests {
    use super::*;

    const METERS: u8 = b'm';

    fn slot(number: u32) -> Slot {
        Slot {
            family: METERS,
            number,
            id: [7; ID_BYTES],
        }
    }

    type Owned = (Slot, Option<(u64, Vec<u8>)>);

    fn entry_of(bytes: &[u8]) -> Result<Vec<Owned>, &'static str> {
        let mut found = Vec::new();
        read_entry(bytes, |slot, changed| {
            found.push((slot, changed.map(|(r, body)| (r.0, body.to_vec()))));
        })?;
        Ok(found)
    }

    /// The bytes outlive the program that wrote them.
    #[test]
    fn an_entry_has_these_bytes() {
        let mut writer = EntryWriter::new(Revision(300));
        writer.push(&slot(1), Some((Revision(301), b"ab")));
        writer.push(&slot(200), None);
        let mut expected = vec![1, 0xAC, 2, METERS, 1, 1, 3];
        expected.extend([7; 17]);
        expected.extend([b'a', b'b', METERS, 0xC8, 1, 0, 0]);
        expected.extend([7; 17]);
        let bytes = writer.into_bytes();
        assert_eq!(bytes, expected);
        assert_eq!(
            entry_of(&bytes),
            Ok(vec![
                (slot(1), Some((301, b"ab".to_vec()))),
                (slot(200), None)
            ])
        );
    }

    #[test]
    fn a_page_and_a_checkpoint_have_these_bytes() {
        let mut writer = PageWriter::new(258);
        writer.push(&slot(9), Revision(5), b"x");
        let mut expected = vec![1, 0, 0, 0, 0, 0, 0, 1, 2, 9, 5, 1];
        expected.extend([7; 17]);
        expected.push(b'x');
        let bytes = writer.into_bytes();
        assert_eq!(bytes, expected);
        let mut found = Vec::new();
        let position = read_page(METERS, &bytes, |slot, revision, body| {
            found.push((slot, revision, body.to_vec()));
        });
        assert_eq!(position, Ok(258));
        assert_eq!(found, [(slot(9), Revision(5), b"x".to_vec())]);
        assert_eq!(checkpoint_at(258), [1, 0, 0, 0, 0, 0, 0, 1, 2]);
        assert_eq!(read_checkpoint(&checkpoint_at(258)), Ok(258));
    }

    #[test]
    fn what_was_cut_or_is_of_another_version_is_refused() {
        let mut writer = EntryWriter::new(Revision(1));
        writer.push(&slot(1), Some((Revision(1), b"abc")));
        let entry = writer.into_bytes();
        let mut writer = PageWriter::new(1);
        writer.push(&slot(1), Revision(1), b"abc");
        let page = writer.into_bytes();
        let checkpoint = checkpoint_at(1);
        // An entry without a change and a page without a record are whole.
        for length in (0..entry.len()).filter(|length| *length != 2) {
            assert!(entry_of(&entry[..length]).is_err(), "{length}");
        }
        for length in (0..page.len()).filter(|length| *length != 9) {
            assert!(
                read_page(METERS, &page[..length], |_, _, _| ()).is_err(),
                "{length}"
            );
        }
        for length in 0..checkpoint.len() {
            assert!(read_checkpoint(&checkpoint[..length]).is_err(), "{length}");
        }
        let newer = |bytes: &[u8]| [&[2], &bytes[1..]].concat();
        assert!(entry_of(&newer(&entry)).is_err());
        assert!(read_page(METERS, &newer(&page), |_, _, _| ()).is_err());
        assert!(read_checkpoint(&newer(&checkpoint)).is_err());
    }
}
