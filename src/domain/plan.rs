//! Partner plans (seed 004): what a partner sells and at which price, and what of it covers a
//! tenant's overage of today.

use std::fmt;

use super::decimal::Decimal;
use super::ids::TenantId;
use super::meter::ItemStatus;
use super::quota::{Item, Level};
use super::text::{BadText, check_name};
use super::time::Timestamp;

/// Longest name of a plan, in characters.
pub const MAX_PLAN_NAME_CHARS: usize = 200;

/// A partner has no more plans than this: a list is sorted as a whole.
pub const MAX_PLANS_PER_PARTNER: usize = 1000;

/// The number of a plan: given per partner, counting from 1, never reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PlanId(pub u64);

impl fmt::Display for PlanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// One plan of one partner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PlanRef {
    /// Whose plan.
    pub partner: TenantId,
    /// Which of theirs.
    pub plan: PlanId,
}

/// What a plan says, in the words of seed 004. Prices are in the currency of the partner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanTerms {
    /// What people call it.
    pub name: String,
    /// Added in the first month of billing.
    pub setup_price: Decimal,
    /// Bytes that the base price pays for.
    pub base_usage_bytes: u64,
    /// The price of the plan itself.
    pub base_price: Decimal,
    /// Bytes of one block beyond the base; 0 where there are no blocks.
    pub extra_usage_bytes: u64,
    /// The price of one block.
    pub extra_price: Decimal,
    /// Computers that cost nothing extra.
    pub computers: u64,
    /// Bytes that come with each extra computer.
    pub computers_usage_bytes: u64,
    /// The price of one extra computer.
    pub computers_price: Decimal,
    /// The price of a local backup subscription.
    pub local_backup_price: Decimal,
    /// The price of a `QuickSpin` host license.
    pub vm_host_price: Decimal,
    /// The price of a `DiskImage` license.
    pub disk_image_price: Decimal,
    /// The price of each `ECHOShare` seat.
    pub es_seat_price: Decimal,
    /// The price of each `ECHOShare` connection.
    pub es_connection_price: Decimal,
    /// The cost of each `ECHOShare` extra block.
    pub es_cost_extra_block: Decimal,
}

/// A field of a plan that makes no sense: its name in seed 004, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadTerm {
    /// As in seed 004.
    pub field: &'static str,
    /// What is wrong and what to write instead.
    pub why: String,
}

impl PlanTerms {
    /// Every price with its name in seed 004.
    #[must_use]
    pub const fn prices(&self) -> [(&'static str, Decimal); 10] {
        [
            ("setup_price", self.setup_price),
            ("base_price", self.base_price),
            ("extra_price", self.extra_price),
            ("computers_price", self.computers_price),
            ("local_backup_price", self.local_backup_price),
            ("vm_host_price", self.vm_host_price),
            ("disk_image_price", self.disk_image_price),
            ("es_seat_price", self.es_seat_price),
            ("es_connection_price", self.es_connection_price),
            ("es_cost_extra_block", self.es_cost_extra_block),
        ]
    }

    /// Refuses what no plan says.
    ///
    /// # Errors
    /// The first field that is wrong: a name that is empty, too long or no text of one line, a
    /// price below 0.
    pub fn check(&self) -> Result<(), BadTerm> {
        let named = check_name(&self.name, MAX_PLAN_NAME_CHARS).and_then(|()| {
            // No XML document can hold these two (XML 1.0 §2.2), and plans are shown as XML.
            if self.name.contains(['\u{fffe}', '\u{ffff}']) {
                return Err(BadText::Control);
            }
            Ok(())
        });
        named.map_err(|bad| BadTerm {
            field: "name",
            why: bad.to_string(),
        })?;
        match self.prices().into_iter().find(|(_, p)| p.is_negative()) {
            None => Ok(()),
            Some((field, _)) => Err(BadTerm {
                field,
                why: "must not be negative".to_owned(),
            }),
        }
    }
}

/// A plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Whose it is.
    pub partner_id: TenantId,
    /// Its number among theirs.
    pub id: PlanId,
    /// What it says.
    pub terms: PlanTerms,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// Grows by one with each change.
    pub version: u64,
}

impl Plan {
    /// What names it.
    #[must_use]
    pub const fn named(&self) -> PlanRef {
        PlanRef {
            partner: self.partner_id,
            plan: self.id,
        }
    }
}

/// A currency by its code, such as `EUR`. Whether ISO 4217 knows it is checked where it is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Currency([u8; 3]);

impl Currency {
    /// The currency of this code; `None` where it is not three capital letters.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        let bytes: [u8; 3] = code.as_bytes().try_into().ok()?;
        bytes
            .iter()
            .all(u8::is_ascii_uppercase)
            .then_some(Self(bytes))
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0
            .iter()
            .try_for_each(|byte| write!(f, "{}", char::from(*byte)))
    }
}

/// What is bought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Goods {
    /// Blocks of storage beyond the base.
    Blocks {
        /// The size of each.
        bytes_each: u64,
        /// What of the overage the extra computers cover that are to be bought as well; 0 where
        /// the blocks cover all of it.
        computers_bytes: u64,
    },
    /// Computers beyond those that are included.
    Computers,
}

/// How much of it covers the overage, and what it costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Purchase {
    /// Of what.
    pub goods: Goods,
    /// How many; never 0.
    pub count: u64,
    /// The price of one, as the plan has it.
    pub unit_price: Decimal,
    /// The price of all, exact.
    pub total: Decimal,
    /// Of both prices; `None` where the partner has named none.
    pub currency: Option<Currency>,
}

/// What covers a tenant's overage of today, by item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct WhatToBuy {
    /// Blocks for [`Item::StorageSize`].
    pub storage: Option<Purchase>,
    /// Computers for [`Item::PhysicalMachines`].
    pub machines: Option<Purchase>,
}

impl WhatToBuy {
    /// What is to be bought for an item; nothing is sold for the other three.
    #[must_use]
    pub const fn of(&self, item: Item) -> Option<Purchase> {
        match item {
            Item::StorageSize => self.storage,
            Item::PhysicalMachines => self.machines,
            Item::PhysicalServers | Item::VirtualMachines | Item::MobileDevices => None,
        }
    }
}

/// Works out what covers today's overage of a tenant whose items stand like this.
///
/// The overage of an item is its usage less its quota, while the quota is exceeded.
/// 1. Of the machines over their quota, those over the `computers` of the plan are bought as
///    extra computers: up to that number they cost nothing.
/// 2. Each of these brings `computers_usage` bytes. What is left of the overage of storage is
///    bought in blocks of `extra_usage` bytes, rounded up to whole blocks.
///
/// Nothing is said of an item that is not over its quota, where blocks have no size, or where the
/// exact total has more digits than a [`Decimal`] holds.
#[must_use]
pub fn what_to_buy(
    terms: &PlanTerms,
    currency: Option<Currency>,
    items: &[ItemStatus],
) -> WhatToBuy {
    let priced = |goods, count: u64, unit_price: Decimal| {
        let total = unit_price.checked_mul(Decimal::from(count)).ok()?;
        (count > 0).then_some(Purchase {
            goods,
            count,
            unit_price,
            total,
            currency,
        })
    };
    let computers = over(items, Item::PhysicalMachines, terms.computers);
    let brought = u128::from(computers) * u128::from(terms.computers_usage_bytes);
    let overage_bytes = over(items, Item::StorageSize, 0);
    let left_bytes = u128::from(overage_bytes).saturating_sub(brought);
    // What is left is no more than the overage, and that fits.
    let left_bytes =
        u64::try_from(left_bytes).map_or(overage_bytes, |left| left.min(overage_bytes));
    let blocks = match terms.extra_usage_bytes {
        0 => 0,
        size => left_bytes.div_ceil(size),
    };
    let goods = Goods::Blocks {
        bytes_each: terms.extra_usage_bytes,
        computers_bytes: overage_bytes - left_bytes,
    };
    WhatToBuy {
        storage: priced(goods, blocks, terms.extra_price),
        machines: priced(Goods::Computers, computers, terms.computers_price),
    }
}

/// How far the usage of an exceeded item is above its quota and above what is `included` anyway.
fn over(items: &[ItemStatus], item: Item, included: u64) -> u64 {
    let exceeded = items
        .iter()
        .find(|status| status.item == item && status.state.level() >= Some(Level::Exceeded));
    let Some(status) = exceeded else {
        return 0;
    };
    let covered = status.quota.value.unwrap_or(u64::MAX).max(included);
    status.usage.saturating_sub(covered)
}

#[cfg(test)]
mod tests;
