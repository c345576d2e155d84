//! What is remembered of accounts between requests: just enough to say where a followed link leads,
//! and whom a report is about, without asking the store, in some 100 bytes an account.
//!
//! A slot has a *stamp*, which changes with every change of a record of its account; stamps are
//! never used twice. Who fills a slot reads the stamp first, then the records, and what was found is
//! taken only if the stamp is still the same. So nothing that is older than a change can get in
//! after it, and whatever else is made from these records (see `shown`) is good for as long as the
//! stamps it began with stand.

mod holders;
mod load;
pub mod preload;
mod shared;
mod slots;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use super::Settings;
use super::view::usable_buy_url;
use crate::domain::brand::Brand;
use crate::domain::ids::{AccountId, AccountRef, TenantId, UserId, V1Id};
use crate::domain::item_set::ItemSet;
use crate::domain::link::{BuyLink, BuyUrl, LinkTemplate};
use crate::domain::proposal::{Proposal, Reader, Shop, edition_proposal, quota_proposal};
use crate::domain::rules::{self, Trail};
use crate::store::Store;
use crate::store::engine::{Key, Watcher};
use crate::store::keys::Subject;
use crate::tracked_link::{Purpose, TrackedLink};
use holders::Kin;
use shared::Shared;
use slots::{Slot, Slots};

pub use holders::Holder;

/// The moment at which records were looked at: none of them had changed since, if the account still
/// has it.
pub type Stamp = u64;

/// What is remembered of a user's profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct UserFacts {
    tenant_id: TenantId,
    v1_id: V1Id,
    reader: Reader,
    enabled: bool,
}

/// What is remembered of a tenant's profile.
#[derive(Debug, Clone, PartialEq, Eq)]
struct TenantFacts {
    v1_id: V1Id,
    enabled: bool,
    kin: Arc<Kin>,
    shop: Arc<ShopFacts>,
    /// The state of all brands at which `shop` was found.
    brands: u64,
    /// Names what the profile was then: its policy is part of how the tenant's users stand.
    profile: u64,
}

impl UserFacts {
    const fn account(&self, id: UserId) -> AccountRef {
        AccountRef {
            id: AccountId::User(id),
            number: self.v1_id,
        }
    }
}

impl TenantFacts {
    const fn account(&self, id: TenantId) -> AccountRef {
        AccountRef {
            id: AccountId::Tenant(id),
            number: self.v1_id,
        }
    }
}

/// A shop as all tenants of a brand share it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct ShopFacts {
    shop: Shop,
    /// The bare Buy URL, and the same ready for parameters; none where there is none to use.
    link: Option<(BuyUrl, LinkTemplate)>,
}

/// The items that a Buy link names for an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Listed {
    items: ItemSet,
    /// [`TenantFacts::profile`] by whose policy they were found.
    profile: u64,
}

/// Where a good link leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Destination {
    /// To the shop.
    Shop(String),
    /// The reader is not to buy now: to sales.
    Sales,
}

/// Facts of the accounts that were asked for lately.
#[derive(Debug)]
pub struct Facts {
    users: Slots<UserFacts>,
    tenants: Slots<TenantFacts>,
    shops: Mutex<Shared<ShopFacts>>,
    kins: Mutex<Shared<Kin>>,
    /// Grow with every change of any brand, any partner plan, any client or revoked token.
    brands: AtomicU64,
    plans: AtomicU64,
    access: AtomicU64,
    /// The next stamp.
    next: AtomicU64,
}

/// What the records of several accounts have in common to look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Epochs {
    brands: u64,
    plans: u64,
}

impl Facts {
    /// Remembers up to `max_accounts` users and as many tenants of `store`, and watches it from now
    /// on.
    #[must_use]
    pub fn watching(store: &Store, max_accounts: usize) -> Arc<Self> {
        let facts = Arc::new(Self {
            users: Slots::new(max_accounts),
            tenants: Slots::new(max_accounts),
            shops: Mutex::default(),
            kins: Mutex::default(),
            brands: AtomicU64::new(0),
            plans: AtomicU64::new(0),
            access: AtomicU64::new(0),
            next: AtomicU64::new(1),
        });
        store.engine().watch(Arc::clone(&facts) as Arc<dyn Watcher>);
        facts
    }

    /// The stamp of an account; to be read before its records are.
    #[must_use]
    pub fn stamp(&self, account: AccountId) -> Stamp {
        match account {
            AccountId::Tenant(id) => self.tenants.stamp(id.uuid(), || self.fresh()),
            AccountId::User(id) => self.users.stamp(id.uuid(), || self.fresh()),
        }
    }

    /// Whether no record of the account changed since its stamp was read. `false` as well where
    /// that is not known any more.
    #[must_use]
    pub fn stands(&self, account: AccountId, stamp: Stamp) -> bool {
        let now = match account {
            AccountId::Tenant(id) => self.tenants.with(id.uuid(), |slot| slot.stamp),
            AccountId::User(id) => self.users.with(id.uuid(), |slot| slot.stamp),
        };
        now == Some(stamp)
    }

    /// How brands and plans stand; to be read before they are.
    #[must_use]
    pub fn epochs(&self) -> Epochs {
        Epochs {
            brands: self.brands.load(Ordering::Acquire),
            plans: self.plans.load(Ordering::Acquire),
        }
    }

    /// How clients and revoked tokens stand; to be read before they are.
    #[must_use]
    pub fn access_epoch(&self) -> u64 {
        self.access.load(Ordering::Acquire)
    }

    /// Where a link that was checked leads; `None` where not all that is needed is remembered.
    #[must_use]
    pub fn destination(
        &self,
        settings: &Settings,
        link: &TrackedLink,
        page: Option<&str>,
    ) -> Option<Destination> {
        let (user, user_items) = self
            .users
            .with(link.user_id.uuid(), |slot| slot.facts.zip(slot.listed))??;
        if user.tenant_id != link.tenant_id {
            return None;
        }
        self.tenants.with(user.tenant_id.uuid(), |slot| {
            let tenant = slot.facts.as_ref()?;
            let tenant_items = slot.listed?.items;
            let is_current = tenant.brands == self.brands.load(Ordering::Acquire)
                && user_items.profile == tenant.profile;
            let listed = (user_items.items, tenant_items);
            is_current.then(|| destination(settings, (&user, tenant), listed, link.purpose, page))
        })?
    }

    fn fresh(&self) -> Stamp {
        self.next.fetch_add(1, Ordering::Relaxed)
    }

    fn profile_changed(&self, account: AccountId) {
        match account {
            AccountId::Tenant(id) => self.tenants.change(id.uuid(), |slot| {
                *slot = Slot::empty(self.fresh());
            }),
            AccountId::User(id) => self.users.change(id.uuid(), |slot| {
                *slot = Slot::empty(self.fresh());
            }),
        }
    }

    fn meter_changed(&self, account: AccountId) {
        match account {
            AccountId::Tenant(id) => self.tenants.change(id.uuid(), |slot| {
                slot.stamp = self.fresh();
                slot.listed = None;
            }),
            AccountId::User(id) => self.users.change(id.uuid(), |slot| {
                slot.stamp = self.fresh();
                slot.listed = None;
            }),
        }
    }

    fn snoozes_changed(&self, user: UserId) {
        self.users
            .change(user.uuid(), |slot| slot.stamp = self.fresh());
    }
}

impl Watcher for Facts {
    fn changed(&self, keys: &[&Key]) {
        for key in keys {
            match key.subject() {
                Subject::Profile(account) => self.profile_changed(account),
                Subject::Meter(account) => self.meter_changed(account),
                Subject::Snoozes(user) => self.snoozes_changed(user),
                Subject::Brand => drop(self.brands.fetch_add(1, Ordering::AcqRel)),
                Subject::Plan => drop(self.plans.fetch_add(1, Ordering::AcqRel)),
                Subject::Access => drop(self.access.fetch_add(1, Ordering::AcqRel)),
                Subject::Other => {}
            }
        }
    }

    fn lost(&self) {
        self.users.clear();
        self.tenants.clear();
        for epoch in [&self.brands, &self.plans, &self.access] {
            epoch.fetch_add(1, Ordering::AcqRel);
        }
    }
}

impl ShopFacts {
    fn of(settings: &Settings, brand: Option<&Brand>) -> Self {
        let url = brand.and_then(|brand| usable_buy_url(settings, Some(brand)));
        let link = brand.zip(url).map(|(brand, url)| {
            let profile = brand.link_profile.unwrap_or(settings.link_profile);
            let template = LinkTemplate::new(url, profile, settings.link_lists);
            (url.clone(), template)
        });
        Self {
            shop: Shop {
                branding_enabled: brand.is_some(),
                buy_url_set: link.is_some(),
            },
            link,
        }
    }
}

/// The decision of a click: what the reader is offered now, in the place where the link stands.
fn destination(
    settings: &Settings,
    (user, tenant): (&UserFacts, &TenantFacts),
    (user_quota, tenant_quota): (ItemSet, ItemSet),
    purpose: Purpose,
    page: Option<&str>,
) -> Destination {
    let (reader, shop, without) = (user.reader, tenant.shop.shop, settings.without_buy_url);
    let trail = &mut Trail::silent();
    let proposal = match purpose {
        _ if !rules::is_told(user.enabled, tenant.enabled, trail) => None,
        Purpose::Quota(_) => quota_proposal(reader, shop, without, trail),
        Purpose::Edition => edition_proposal(reader, shop, without, trail),
        Purpose::Unsubscribe => None,
    };
    let (Some(Proposal::BuyNow), Some((url, template))) = (proposal, &tenant.shop.link) else {
        return Destination::Sales;
    };
    Destination::Shop(match purpose {
        Purpose::Quota(placement) => template.build(&BuyLink {
            placement,
            user_quota,
            tenant_quota,
            user_id: Some(user.v1_id),
            tenant_id: Some(tenant.v1_id),
            page,
        }),
        Purpose::Edition | Purpose::Unsubscribe => url.wire().to_owned(),
    })
}
