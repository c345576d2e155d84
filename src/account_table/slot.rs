//! A slot: the id of an account, and its fields packed into one word.
//!
//! ```text
//! bit 0–1 kind | 2 profile known | 3 enabled | 4 company admin | 5 buyer | 6 items known | 7 has a brand
//! bit 8–12 items | 16–31 policy | 32–63 number of the user's tenant, or of the tenant's parent
//! ```
//!
//! The policy is that of a tenant now, and that by which a user's items were found. Numbers begin
//! at 1000, so 0 is no parent.

use uuid::Uuid;

use super::fields::{LinkItems, TenantFields, UserFields};
use super::policies::PolicyId;
use super::sync::atomic::{AtomicU64, Ordering};
use crate::domain::ids::{AccountId, TenantId, UserId, V1Id};
use crate::domain::item_set::ItemSet;
use crate::domain::proposal::Reader;

const KIND: u64 = 0b11;
const TENANT: u64 = 1;
const USER: u64 = 2;
const KNOWN: u64 = 1 << 2;
const ENABLED: u64 = 1 << 3;
const COMPANY_ADMIN: u64 = 1 << 4;
const BUYER: u64 = 1 << 5;
const HAS_ITEMS: u64 = 1 << 6;
const HAS_BRAND: u64 = 1 << 7;
const ITEMS_AT: u32 = 8;
const ITEMS: u64 = 0b1_1111 << ITEMS_AT;
const POLICY_AT: u32 = 16;
const POLICY: u64 = 0xFFFF << POLICY_AT;
const ABOVE_AT: u32 = 32;

/// The fields of an account, packed. 0: the slot is empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Link(u64);

/// The slot of one number. Only a writer that holds the lock of its chunk changes it.
#[derive(Debug, Default)]
pub(super) struct Slot {
    id: [AtomicU64; 2],
    link: AtomicU64,
    version: AtomicU64,
}

fn bit(mask: u64, is_set: bool) -> u64 {
    if is_set { mask } else { 0 }
}

impl Link {
    pub(super) fn of_user(user: &UserFields) -> Self {
        let flags = bit(ENABLED, user.enabled)
            | bit(COMPANY_ADMIN, user.reader.company_admin)
            | bit(BUYER, user.reader.buyer);
        let link = Self(USER | KNOWN | flags | u64::from(user.tenant.0) << ABOVE_AT);
        user.items.map_or(link, |found| link.with_items(found))
    }

    pub(super) fn of_tenant(tenant: &TenantFields) -> Self {
        let flags = bit(ENABLED, tenant.enabled) | bit(HAS_BRAND, tenant.has_brand);
        let parent = tenant.parent.map_or(0, |parent| u64::from(parent.0));
        let policy = u64::from(tenant.policy.0) << POLICY_AT;
        let link = Self(TENANT | KNOWN | flags | policy | parent << ABOVE_AT);
        let policy = tenant.policy;
        let with = |items| link.with_items(LinkItems { items, policy });
        tenant.items.map_or(link, with)
    }

    /// The same with these items; a tenant's hold only by its own policy.
    pub(super) fn with_items(self, found: LinkItems) -> Self {
        if self.0 & KNOWN == 0 || self.0 & KIND == TENANT && self.policy() != found.policy {
            return self;
        }
        let items = u64::from(found.items.bits()) << ITEMS_AT | HAS_ITEMS;
        let policy = u64::from(found.policy.0) << POLICY_AT;
        Self(self.0 & !(ITEMS | POLICY) | items | policy)
    }

    pub(super) const fn without_items(self) -> Self {
        Self(self.0 & !(ITEMS | HAS_ITEMS))
    }

    pub(super) fn with_brand(self, has_brand: bool) -> Self {
        Self(self.0 & !HAS_BRAND | bit(HAS_BRAND, has_brand))
    }

    /// What stays when the profile changed: whose slot it is.
    pub(super) const fn without_profile(self) -> Self {
        Self(self.0 & KIND)
    }

    fn policy(self) -> PolicyId {
        PolicyId(u16::try_from((self.0 & POLICY) >> POLICY_AT).unwrap_or_default())
    }

    fn items(self) -> Option<ItemSet> {
        let bits = u8::try_from((self.0 & ITEMS) >> ITEMS_AT).unwrap_or_default();
        (self.0 & HAS_ITEMS != 0).then_some(ItemSet::from_bits(bits))
    }

    fn above(self) -> V1Id {
        V1Id(u32::try_from(self.0 >> ABOVE_AT).unwrap_or_default())
    }

    /// Whether the profile of an account of this kind is known.
    const fn is_known(self, kind: u64) -> bool {
        self.0 & (KIND | KNOWN) == kind | KNOWN
    }

    const fn has(self, flag: u64) -> bool {
        self.0 & flag != 0
    }
}

impl Slot {
    pub(super) fn link(&self) -> Link {
        Link(self.link.load(Ordering::Acquire))
    }

    pub(super) fn set_link(&self, link: Link) {
        self.link.store(link.0, Ordering::Release);
    }

    pub(super) fn version(&self) -> u64 {
        self.version.load(Ordering::Acquire)
    }

    pub(super) fn set_version(&self, version: u64) {
        self.version.store(version, Ordering::Release);
    }

    /// Whether it is an account's.
    pub(super) fn is_taken(&self) -> bool {
        self.link().has(KIND)
    }

    /// Gives an empty slot to an account, of which nothing is known yet.
    pub(super) fn take(&self, id: Uuid, link: Link, version: u64) {
        let (high, low) = id.as_u64_pair();
        let [first, second] = &self.id;
        first.store(high, Ordering::Release);
        second.store(low, Ordering::Release);
        self.set_version(version);
        self.set_link(link.without_profile());
    }

    /// Makes it empty. The version stays until the slot is taken again: no version is used twice.
    pub(super) fn clear(&self) {
        self.set_link(Link(0));
    }

    pub(super) fn id(&self) -> Uuid {
        let [high, low] = &self.id;
        Uuid::from_u64_pair(high.load(Ordering::Acquire), low.load(Ordering::Acquire))
    }

    pub(super) fn account(&self) -> Option<AccountId> {
        match self.link().0 & KIND {
            TENANT => Some(AccountId::Tenant(TenantId::new(self.id()))),
            USER => Some(AccountId::User(UserId::new(self.id()))),
            _ => None,
        }
    }

    pub(super) fn user(&self, number: V1Id) -> Option<UserFields> {
        let link = self.link();
        let policy = link.policy();
        link.is_known(USER).then(|| UserFields {
            id: UserId::new(self.id()),
            number,
            tenant: link.above(),
            reader: Reader {
                company_admin: link.has(COMPANY_ADMIN),
                buyer: link.has(BUYER),
            },
            enabled: link.has(ENABLED),
            items: link.items().map(|items| LinkItems { items, policy }),
        })
    }

    pub(super) fn tenant(&self, number: V1Id) -> Option<TenantFields> {
        let link = self.link();
        link.is_known(TENANT).then(|| TenantFields {
            id: TenantId::new(self.id()),
            number,
            parent: Some(link.above()).filter(|parent| parent.0 != 0),
            enabled: link.has(ENABLED),
            policy: link.policy(),
            has_brand: link.has(HAS_BRAND),
            items: link.items(),
        })
    }
}
