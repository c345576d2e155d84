//! The accounts that are measured with. All of it follows from an index, so that no tool has to
//! read lists that another wrote: ids, quotas, usage, and who may buy.

use uuid::{Builder, Uuid};

use upsell::domain::quota::{Item, Quota};

use crate::rng::mix;

/// How many there are of each, and whether some of their quotas are exceeded.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fleet {
    pub(crate) tenants: u64,
    pub(crate) users_per_tenant: u64,
    pub(crate) standing: Standing,
}

/// Which items stand in a level.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// None.
    Quiet,
    /// About half of all, at both levels.
    Half,
    /// The storage of every tenant: one mail for each.
    TenantStorage,
}

impl std::str::FromStr for Standing {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "quiet" => Ok(Self::Quiet),
            "half" => Ok(Self::Half),
            "tenant-storage" => Ok(Self::TenantStorage),
            _ => Err("must be quiet, half or tenant-storage".to_owned()),
        }
    }
}

/// A tenant, or the user of that number in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Account {
    Tenant(u64),
    User(u64, u64),
}

/// Quotas of the five items, at both levels.
const QUOTAS: [u64; 5] = [1 << 40, 100, 20, 50, 200];

/// Usage names of the five items, as the default configuration has them.
pub(crate) const USAGE_NAMES: [&str; 5] = ["storage", "workstations", "servers", "vms", "mobiles"];

/// A brand has this many tenants.
const TENANTS_PER_PARTNER: u64 = 1_000;

const TENANT: u64 = 0x7465_6e61;
const USER: u64 = 0x7573_6572;
const PARTNER: u64 = 0x7061_7274;

fn uuid(kind: u64, index: u64) -> Uuid {
    let high = mix(index ^ (kind << 32));
    let low = mix(high ^ kind);
    let bytes = (u128::from(high) << 64 | u128::from(low)).to_be_bytes();
    Builder::from_random_bytes(bytes).into_uuid()
}

impl Fleet {
    pub(crate) const fn partners(&self) -> u64 {
        self.tenants.div_ceil(TENANTS_PER_PARTNER)
    }

    pub(crate) const fn partner_of(tenant: u64) -> u64 {
        tenant / TENANTS_PER_PARTNER
    }

    pub(crate) fn partner_id(partner: u64) -> Uuid {
        uuid(PARTNER, partner)
    }

    pub(crate) fn tenant_id(tenant: u64) -> Uuid {
        uuid(TENANT, tenant)
    }

    /// The number of a user among all.
    pub(crate) const fn user_number(&self, tenant: u64, user: u64) -> u64 {
        tenant * self.users_per_tenant + user
    }

    pub(crate) fn user_id(&self, tenant: u64, user: u64) -> Uuid {
        uuid(USER, self.user_number(tenant, user))
    }

    pub(crate) const fn accounts(&self) -> u64 {
        self.tenants * (1 + self.users_per_tenant)
    }

    /// The account of that number, below [`Fleet::accounts`].
    pub(crate) const fn account(&self, number: u64) -> Account {
        let (tenant, which) = (number % self.tenants, number / self.tenants);
        match which {
            0 => Account::Tenant(tenant),
            user => Account::User(tenant, user - 1),
        }
    }

    pub(crate) fn quota(item: Item) -> Quota {
        Quota::soft(QUOTAS[item.index()])
    }

    /// Of the ten items of a user and the tenant, those that stand: bits 0–4 the tenant's.
    fn mask(&self, account: Account) -> u64 {
        match (self.standing, account) {
            (Standing::Quiet, _) | (Standing::TenantStorage, Account::User(..)) => 0,
            (Standing::TenantStorage, Account::Tenant(_)) => 1,
            (Standing::Half, Account::Tenant(tenant)) => mix(tenant ^ 0x6d61_736b) & 0x1f,
            (Standing::Half, Account::User(tenant, user)) => {
                mix(self.user_number(tenant, user)) >> 8 & 0x1f
            }
        }
    }

    pub(crate) fn stands(&self, account: Account, item: Item) -> bool {
        self.mask(account) >> item.index() & 1 == 1
    }

    /// How many alerts a user sees.
    pub(crate) fn alerts_of(&self, tenant: u64, user: u64) -> u32 {
        let (own, tenants) = (Account::User(tenant, user), Account::Tenant(tenant));
        self.mask(own).count_ones() + self.mask(tenants).count_ones()
    }

    /// What is used of an item.
    pub(crate) fn usage(&self, account: Account, item: Item) -> u64 {
        let quota = QUOTAS[item.index()];
        let number = match account {
            Account::Tenant(tenant) => tenant * 2,
            Account::User(tenant, user) => self.user_number(tenant, user) * 2 + 1,
        };
        let random = mix(number * 8 + item.index() as u64);
        if !self.stands(account, item) {
            return quiet_usage(item, random);
        }
        let percent = match item {
            // Half of the storage that stands is "soon" only.
            Item::StorageSize if random & 1 == 0 => 92 + random % 7,
            _ => 100 + random % 40,
        };
        quota / 100 * percent + quota % 100 * percent / 100
    }
}

/// A usage that stands in no level.
pub(crate) const fn quiet_usage(item: Item, random: u64) -> u64 {
    let quota = QUOTAS[item.index()];
    random % (quota * 85 / 100)
}

/// A usage over the quota.
pub(crate) const fn exceeding_usage(item: Item) -> u64 {
    let quota = QUOTAS[item.index()];
    quota + quota / 25 + 1
}
