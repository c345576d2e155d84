//! Changes of records clear what they make stale, before they are acknowledged.

use super::AccountTable;
use super::chunks::Chunk;
use super::slot::Slot;
use super::sync::atomic::Ordering;
use crate::domain::ids::{AccountId, AccountRef};
use crate::store::engine::{Key, Watcher};
use crate::store::keys::Subject;

impl AccountTable {
    /// Counts a change of an account and then changes its slot, if it has one.
    fn account_changed(&self, account: AccountId, change: impl FnOnce(&Chunk, &Slot)) {
        let id = account.uuid();
        let hash = self.index.hash(id);
        self.accounts.change(hash);
        if let Some(number) = self.index.find(hash, self.is_slot_of(id)) {
            self.edit(number, change);
        }
    }

    /// The same for a meter, whose key names the slot: reports change many.
    fn meter_changed(&self, account: AccountRef) {
        let id = account.id.uuid();
        self.accounts.change(self.index.hash(id));
        self.edit(account.number, |_, slot| {
            if slot.id() == id {
                slot.set_link(slot.link().without_items());
                slot.set_version(self.fresh_version());
            }
        });
    }
}

impl Watcher for AccountTable {
    fn changed(&self, keys: &[&Key]) {
        for key in keys {
            match key.subject() {
                Subject::Profile(account) => self.account_changed(account, |_, slot| {
                    slot.set_link(slot.link().without_profile());
                    slot.set_version(self.fresh_version());
                }),
                Subject::Meter(account) => self.meter_changed(account),
                Subject::Snoozes(user) => self.account_changed(AccountId::User(user), |_, slot| {
                    slot.set_version(self.fresh_version());
                }),
                Subject::Brand(tenant) => {
                    self.brands.change(self.index.hash(tenant.uuid()));
                    // Nobody else is touched: whoever has the brand from its owner looks there.
                    self.account_changed(AccountId::Tenant(tenant), |chunk, slot| {
                        slot.set_link(slot.link().with_brand(true));
                        chunk.set_brand(slot, None);
                    });
                }
                Subject::Number(number) => self.remove(number),
                Subject::Plan => drop(self.plans.fetch_add(1, Ordering::AcqRel)),
                Subject::Access => drop(self.access.fetch_add(1, Ordering::AcqRel)),
                Subject::Notice | Subject::Other => {}
            }
        }
    }

    fn lost(&self) {
        self.accounts.change_all();
        self.brands.change_all();
        for (one, chunk) in self.chunks.all() {
            let _state = chunk.lock();
            chunk.forget_brands();
            for (_, slot) in chunk.taken(one) {
                slot.set_link(slot.link().without_profile());
                slot.set_version(self.fresh_version());
            }
        }
        for epoch in [&self.plans, &self.access] {
            epoch.fetch_add(1, Ordering::AcqRel);
        }
    }
}
