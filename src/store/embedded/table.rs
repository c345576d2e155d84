//! Records with a slot, in memory: what [`journal`](super::journal) and its pages hold, as readers see it.
//!
//! The writer alone changes it, after the fsync. Readers hold the lock of one page for one copy.
//!
//! A change may write records here and in fjall's tables, and fjall shows its part first. While a
//! group is between the two, the slots that it changes say so ([`Seen::is_committing`]); whoever reads both
//! parts together looks at the slots before and after, and looks again where one was committing or changed.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use super::journal::{Changed, PageWriter};
use super::slot::{ID_BYTES, PageId, SLOT_FAMILIES, Slot};
use crate::store::engine::{Key, Record, Revision};

/// Slots of a page. Few in unit tests, so that they have several pages.
pub(super) const PAGE_SLOTS: u32 = if cfg!(test) { 4 } else { 256 };

const REVISION_BYTES: usize = 8;

/// A stored record: revision, id, body.
type Entry = Box<[u8]>;

/// The pages of each family, by index.
#[derive(Default)]
pub(super) struct Table {
    families: [RwLock<Pages>; SLOT_FAMILIES.len()],
}

type Pages = Vec<Option<Arc<RwLock<Page>>>>;

struct Page {
    /// The number of the last journal entry that changed it.
    position: u64,
    /// Whether it changed since it was last stored.
    is_dirty: bool,
    slots: Box<[Option<Entry>]>,
    /// The slots that a group is about to change together with records of the tables.
    committing: Vec<u32>,
}

/// A slot as a reader sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) record: Option<Record>,
    /// A change of it and of other records is half visible.
    pub(super) is_committing: bool,
}

impl fmt::Debug for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Table").finish_non_exhaustive()
    }
}

impl Slot {
    /// The page that it is in.
    pub(super) const fn page(&self) -> PageId {
        PageId {
            family: self.family,
            index: self.number / PAGE_SLOTS,
        }
    }

    const fn place(&self) -> usize {
        (self.number % PAGE_SLOTS) as usize
    }
}

fn entry_of(slot: &Slot, revision: Revision, body: &[u8]) -> Entry {
    [&revision.0.to_be_bytes()[..], &slot.id, body]
        .concat()
        .into_boxed_slice()
}

/// The revision, id and body of an entry.
fn parts_of(entry: &[u8]) -> Option<(Revision, &[u8; ID_BYTES], &[u8])> {
    let (revision, rest) = entry.split_first_chunk::<REVISION_BYTES>()?;
    let (id, body) = rest.split_first_chunk()?;
    Some((Revision(u64::from_be_bytes(*revision)), id, body))
}

impl Page {
    fn new() -> Self {
        Self {
            position: 0,
            is_dirty: false,
            slots: (0..PAGE_SLOTS).map(|_| None).collect(),
            committing: Vec::new(),
        }
    }

    fn find(&self, slot: &Slot) -> Option<(Revision, &[u8])> {
        let place = slot.place();
        let (revision, id, body) = parts_of(self.slots.get(place)?.as_ref()?)?;
        (*id == slot.id).then_some((revision, body))
    }

    fn put(&mut self, slot: &Slot, changed: Changed<'_>) {
        let place = slot.place();
        if let Some(entry) = self.slots.get_mut(place) {
            *entry = changed.map(|(revision, body)| entry_of(slot, revision, body));
        }
    }
}

fn read(page: &RwLock<Page>) -> RwLockReadGuard<'_, Page> {
    page.read().unwrap_or_else(PoisonError::into_inner)
}

fn write(page: &RwLock<Page>) -> RwLockWriteGuard<'_, Page> {
    page.write().unwrap_or_else(PoisonError::into_inner)
}

fn record_of((revision, body): (Revision, &[u8])) -> Record {
    Record {
        revision,
        body: body.to_vec(),
    }
}

impl Table {
    fn pages(&self, family: u8) -> &RwLock<Pages> {
        // There are two.
        let [first, second] = &self.families;
        match family == SLOT_FAMILIES[0] {
            true => first,
            false => second,
        }
    }

    fn page(&self, id: PageId) -> Option<Arc<RwLock<Page>>> {
        let pages = self.pages(id.family).read();
        let pages = pages.unwrap_or_else(PoisonError::into_inner);
        pages.get(id.index as usize)?.clone()
    }

    /// The page, made where there is none.
    fn page_to_change(&self, id: PageId) -> Arc<RwLock<Page>> {
        if let Some(page) = self.page(id) {
            return page;
        }
        let index = id.index as usize;
        let pages = self.pages(id.family).write();
        let mut pages = pages.unwrap_or_else(PoisonError::into_inner);
        if pages.len() <= index {
            pages.resize(index + 1, None);
        }
        let page = Arc::new(RwLock::new(Page::new()));
        if let Some(place) = pages.get_mut(index) {
            *place = Some(Arc::clone(&page));
        }
        page
    }

    pub(super) fn get(&self, slot: &Slot) -> Option<Record> {
        self.look(slot).record
    }

    pub(super) fn look(&self, slot: &Slot) -> Seen {
        let page = self.page(slot.page());
        let page = page.as_deref().map(read);
        Seen {
            record: page
                .as_deref()
                .and_then(|page| page.find(slot))
                .map(record_of),
            is_committing: page.is_some_and(|page| page.committing.contains(&slot.number)),
        }
    }

    /// Looks at the body of a record, unless it had to wait for somebody.
    pub(super) fn try_with(&self, slot: &Slot, look: impl FnOnce(Option<&[u8]>)) {
        let PageId { family, index } = slot.page();
        let Ok(pages) = self.pages(family).try_read() else {
            return;
        };
        let page = pages.get(index as usize).and_then(Option::as_deref);
        let Ok(page) = page.map(RwLock::try_read).transpose() else {
            return;
        };
        let found = page.as_deref().and_then(|page| page.find(slot));
        look(found.map(|(_, body)| body));
    }

    /// Looks at the body of a record without a copy.
    pub(super) fn with<T>(&self, slot: &Slot, look: impl FnOnce(Option<&[u8]>) -> T) -> T {
        let page = self.page(slot.page());
        let page = page.as_deref().map(read);
        let found = page.as_deref().and_then(|page| page.find(slot));
        look(found.map(|(_, body)| body))
    }

    pub(super) fn revision(&self, slot: &Slot) -> Option<Revision> {
        let page = self.page(slot.page())?;
        read(&page).find(slot).map(|(revision, _)| revision)
    }

    /// Up to `limit` records of a family in the order of their keys, from the slot `from` on.
    pub(super) fn scan(&self, family: u8, from: u32, limit: usize) -> Vec<(Key, Record)> {
        let pages = self.pages(family).read();
        let count = pages.unwrap_or_else(PoisonError::into_inner).len();
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        let mut found = Vec::new();
        for index in from / PAGE_SLOTS..count {
            let id = PageId { family, index };
            let Some(page) = self.page(id) else {
                continue;
            };
            read(&page).each(id, |slot, revision, body| {
                if slot.number >= from && found.len() < limit {
                    found.push((slot.key(), record_of((revision, body))));
                }
            });
            if found.len() == limit {
                break;
            }
        }
        found
    }

    /// Says that a change of these slots and of other records is under way.
    pub(super) fn begin(&self, slots: &[Slot]) {
        for slot in slots {
            let page = self.page_to_change(slot.page());
            write(&page).committing.push(slot.number);
        }
    }

    /// Shows a change that the journal's entry `number` made durable. Returns its page if that was
    /// clean until now.
    pub(super) fn publish(&self, number: u64, slot: &Slot, changed: Changed<'_>) -> Option<PageId> {
        let page = self.page_to_change(slot.page());
        let mut page = write(&page);
        page.put(slot, changed);
        page.position = number;
        page.committing.retain(|other| *other != slot.number);
        let was_dirty = std::mem::replace(&mut page.is_dirty, true);
        (!was_dirty).then(|| slot.page())
    }

    /// The bytes to store of a page; `None` where nothing is in it.
    pub(super) fn copy(&self, id: PageId) -> Option<Vec<u8>> {
        let page = self.page(id)?;
        let page = read(&page);
        let mut writer = PageWriter::new(page.position);
        let mut records = 0_usize;
        page.each(id, |slot, revision, body| {
            writer.push(&slot, revision, body);
            records += 1;
        });
        (records > 0).then(|| writer.into_bytes())
    }

    /// Says that a page is stored as it is.
    pub(super) fn clean(&self, id: PageId) {
        if let Some(page) = self.page(id) {
            write(&page).is_dirty = false;
        }
    }

    /// Takes a record of a stored page.
    pub(super) fn load(&self, position: u64, slot: &Slot, revision: Revision, body: &[u8]) {
        let page = self.page_to_change(slot.page());
        let mut page = write(&page);
        page.position = position;
        page.put(slot, Some((revision, body)));
    }
}

impl Page {
    /// The records, in the order of their numbers.
    fn each(&self, id: PageId, mut take: impl FnMut(Slot, Revision, &[u8])) {
        let (family, first) = (id.family, id.index * PAGE_SLOTS);
        for (number, entry) in (first..).zip(&*self.slots) {
            if let Some((revision, id, body)) = entry.as_deref().and_then(parts_of) {
                let slot = Slot {
                    family,
                    number,
                    id: *id,
                };
                take(slot, revision, body);
            }
        }
    }
}
