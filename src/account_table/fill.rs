//! Putting into the table what was read from the store, or what its owner has just stored.

use uuid::Uuid;

use super::AccountTable;
use super::changes::ReadToken;
use super::chunks::{Chunk, ChunkState};
use super::fields::{BrandState, LinkItems, TenantFields, UserFields};
use super::policies::PolicyId;
use super::slot::{Link, Slot};
use crate::domain::evaluate::QuotaPolicy;
use crate::domain::ids::{AccountId, V1Id};

impl AccountTable {
    /// To be called before the records of an account are read. Takes no room.
    #[must_use]
    pub fn begin_read(&self, account: AccountId) -> ReadToken {
        self.accounts.begin(self.index.hash(account.uuid()))
    }

    /// The id of a policy.
    #[must_use]
    pub fn intern(&self, policy: QuotaPolicy) -> PolicyId {
        self.policies.intern(policy)
    }

    /// Takes in a user's profile, as it was read after `token`.
    pub fn publish_user(&self, user: &UserFields, token: ReadToken) {
        self.publish(
            user.number,
            user.id.uuid(),
            Link::of_user(user),
            token,
            None,
        );
    }

    /// Takes in a tenant's profile and its own brand, as they were read after `token`.
    pub fn publish_tenant(&self, tenant: &TenantFields, brand: BrandState, token: ReadToken) {
        // Without a policy nothing that needs one could be told from what is stale.
        if tenant.policy != PolicyId::NONE {
            let brand = tenant.has_brand.then_some(brand);
            let link = Link::of_tenant(tenant);
            self.publish(tenant.number, tenant.id.uuid(), link, token, brand);
        }
    }

    /// Takes in what a tenant's brand record says, as it was read after `token`; `None` where there is none.
    pub fn publish_brand(&self, tenant: V1Id, brand: Option<BrandState>, token: ReadToken) {
        self.edit(tenant, |chunk, slot| {
            if self.accounts.holds(token) {
                slot.set_link(slot.link().with_brand(brand.is_some()));
                chunk.set_brand(slot, brand);
            }
        });
    }

    /// Takes in the items that a Buy link names for an account, as its meter was read after `token`.
    /// Waits for nobody: where a writer is at the chunk they are not taken in.
    pub fn publish_items(&self, account: V1Id, found: LinkItems, token: ReadToken) {
        let Some(chunk) = self.chunks.get(account) else {
            return;
        };
        let (Some(_state), Some(slot)) = (chunk.try_lock(), chunk.slot(account)) else {
            return;
        };
        if found.policy != PolicyId::NONE && self.accounts.holds(token) {
            slot.set_link(slot.link().with_items(found));
        }
    }

    /// Gives up the slot of an account that is gone.
    pub fn remove(&self, number: V1Id) {
        let Some(chunk) = self.chunks.get(number) else {
            return;
        };
        let mut state = chunk.lock();
        self.take_out(&chunk, &mut state, number);
        let is_empty = state.taken == 0;
        drop(state);
        if is_empty {
            self.chunks.free_if_empty(number);
        }
    }

    fn publish(
        &self,
        number: V1Id,
        id: Uuid,
        link: Link,
        token: ReadToken,
        brand: Option<BrandState>,
    ) {
        // Nothing makes room for what is not taken in anyway.
        if !self.accounts.holds(token) {
            return;
        }
        let (chunk, gone) = self.chunks.get_or_add(number);
        if let Some((first, gone)) = gone {
            self.give_up(first, &gone);
        }
        let Some(chunk) = chunk else {
            return;
        };
        let mut state = chunk.lock();
        let Some(slot) = chunk.slot(number).filter(|_| !state.is_gone) else {
            return;
        };
        let is_new = !slot.is_taken();
        if is_new {
            slot.take(id, link, self.fresh_version());
            state.taken += 1;
            let hash_of = |number| {
                let id = self.chunks.with_slot(number, Slot::id);
                self.index.hash(id.unwrap_or_default())
            };
            self.index.add(token.hash, number, hash_of);
        }
        // Whoever changes a record counts first and then looks the slot up: either the count is seen
        // here, or the slot is seen there.
        if slot.id() == id && self.accounts.holds(token) {
            chunk.set_brand(slot, brand);
            slot.set_link(link);
        } else if is_new {
            self.take_out(&chunk, &mut state, number);
            drop(state);
            self.chunks.free_if_empty(number);
        }
    }

    /// Changes the slot of an account that has one.
    pub(super) fn edit(&self, number: V1Id, change: impl FnOnce(&Chunk, &Slot)) {
        if let Some(chunk) = self.chunks.get(number) {
            let _state = chunk.lock();
            if let Some(slot) = chunk.slot(number).filter(|slot| slot.is_taken()) {
                change(&chunk, slot);
            }
        }
    }

    fn take_out(&self, chunk: &Chunk, state: &mut ChunkState, number: V1Id) {
        if let Some(slot) = chunk.slot(number).filter(|slot| slot.is_taken()) {
            self.index.remove(self.index.hash(slot.id()), number);
            chunk.set_brand(slot, None);
            slot.clear();
            state.taken = state.taken.saturating_sub(1);
        }
    }

    /// Gives up a chunk that nobody finds any more.
    fn give_up(&self, first: V1Id, chunk: &Chunk) {
        let mut state = chunk.lock();
        state.is_gone = true;
        for (number, slot) in chunk.taken(first) {
            self.index.remove(self.index.hash(slot.id()), number);
        }
        state.taken = 0;
    }
}
