//! What covers a tenant's overage of today by its plan, and why nothing is to be bought.

use super::{Currency, PlanRef, PlanTerms};
use crate::decimal::Decimal;
use crate::meter::ItemStatus;
use crate::named::named;
use crate::proposal::Proposal;
use crate::quota::{Item, Level, Scope};

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

named! {
    /// Why nothing is said of what to buy for an item.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
    pub enum NothingToBuy {
        /// Plans are sold to tenants; a user's own quota is a matter of the tenant.
        UsersOwn = "users_own",
        /// The reader cannot order: who is sent to a salesperson hears the price there.
        NotBuyNow = "not_buy_now",
        /// The tenant names no plan.
        NoPlan = "no_plan",
        /// The plan that the tenant names is not there.
        PlanGone = "plan_gone",
        /// Plans sell nothing for this item.
        NotSold = "not_sold",
        /// There is nothing over the quota.
        NotOver = "not_over",
        /// The plan has no blocks: their size is 0.
        NoBlocks = "no_blocks",
        /// The overage costs nothing extra: the plan includes it, or extra computers bring it.
        Included = "included",
        /// The exact total has more digits than a price can have.
        TooLarge = "too_large",
    }
}

impl NothingToBuy {
    /// For operators.
    #[must_use]
    pub const fn says(self) -> &'static str {
        match self {
            Self::UsersOwn => "plans are sold to tenants, not to users",
            Self::NotBuyNow => "only who is offered \"buy now\" is told prices",
            Self::NoPlan => "the tenant names no partner plan",
            Self::PlanGone => "the partner plan that the tenant names is not there any more",
            Self::NotSold => "partner plans sell storage and computers only",
            Self::NotOver => "nothing is over the quota",
            Self::NoBlocks => "the plan has no extra blocks: its extra_usage is 0",
            Self::Included => {
                "the plan includes what is over the quota, or the extra computers bring it"
            }
            Self::TooLarge => "the exact total has more digits than a price can have",
        }
    }
}

/// What covers a tenant's overage of today, by item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WhatToBuy {
    storage: Result<Purchase, NothingToBuy>,
    machines: Result<Purchase, NothingToBuy>,
}

impl WhatToBuy {
    /// Nothing, for one reason.
    #[must_use]
    pub const fn nothing(why: NothingToBuy) -> Self {
        Self {
            storage: Err(why),
            machines: Err(why),
        }
    }

    /// What is to be bought for an item.
    ///
    /// # Errors
    /// Why nothing is.
    pub const fn of(&self, scope: Scope, item: Item) -> Result<Purchase, NothingToBuy> {
        match (scope, item) {
            (Scope::User, _) => Err(NothingToBuy::UsersOwn),
            (Scope::Tenant, Item::StorageSize) => self.storage,
            (Scope::Tenant, Item::PhysicalMachines) => self.machines,
            (Scope::Tenant, _) => Err(NothingToBuy::NotSold),
        }
    }
}

/// The plan that decides what a reader is advised to buy.
///
/// # Errors
/// Why nothing is to be bought, whatever the plan says.
pub fn plan_in_question(
    proposal: Option<Proposal>,
    named: Option<PlanRef>,
    tenant_items: &[ItemStatus],
) -> Result<PlanRef, NothingToBuy> {
    if proposal != Some(Proposal::BuyNow) {
        return Err(NothingToBuy::NotBuyNow);
    }
    let named = named.ok_or(NothingToBuy::NoPlan)?;
    if tenant_items.iter().any(is_exceeded) {
        Ok(named)
    } else {
        Err(NothingToBuy::NotOver)
    }
}

fn is_exceeded(status: &ItemStatus) -> bool {
    status.state.level() >= Some(Level::Exceeded)
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
    let priced = |goods, (over, count): (u64, u64), unit_price: Decimal| {
        if over == 0 {
            return Err(NothingToBuy::NotOver);
        }
        if count == 0 {
            return Err(NothingToBuy::Included);
        }
        let total = unit_price.checked_mul(Decimal::from(count));
        Ok(Purchase {
            goods,
            count,
            unit_price,
            total: total.map_err(|_| NothingToBuy::TooLarge)?,
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
    let goods = Goods::Blocks {
        bytes_each: terms.extra_usage_bytes,
        computers_bytes: overage_bytes - left_bytes,
    };
    let blocks = match terms.extra_usage_bytes {
        0 if left_bytes > 0 => Err(NothingToBuy::NoBlocks),
        // Nothing left, so no blocks whatever their size.
        size => Ok(left_bytes.div_ceil(size.max(1))),
    };
    let machines_over = over(items, Item::PhysicalMachines, 0);
    WhatToBuy {
        storage: blocks.and_then(|count| priced(goods, (overage_bytes, count), terms.extra_price)),
        machines: priced(
            Goods::Computers,
            (machines_over, computers),
            terms.computers_price,
        ),
    }
}

/// How far the usage of an exceeded item is above its quota and above what is `included` anyway.
fn over(items: &[ItemStatus], item: Item, included: u64) -> u64 {
    let exceeded = items
        .iter()
        .find(|status| status.item == item && is_exceeded(status));
    let Some(status) = exceeded else {
        return 0;
    };
    let covered = status.quota.value.unwrap_or(u64::MAX).max(included);
    status.usage.saturating_sub(covered)
}
