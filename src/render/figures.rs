//! Usage, quota, limit and difference as numbers that agree: a reader who compares, subtracts or
//! divides the shown numbers gets the truth. Integers only: byte counts exceed what an `f64` holds
//! exactly.

use super::number::{MAX_DECIMALS, Size, largest_unit, permille};
use crate::domain::plan::{Goods, Purchase};

/// Bytes that are shown together.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bytes {
    pub(crate) usage: u64,
    pub(crate) quota: u64,
    /// Where the service stops.
    pub(crate) limit: Option<u64>,
    /// What is to be bought for what is over the quota.
    pub(crate) to_buy: Option<Purchase>,
}

/// The same as they are shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Shown {
    pub(crate) usage: Size,
    pub(crate) quota: Size,
    /// The difference of the two, where usage is larger; in the same unit.
    pub(crate) over: Option<Size>,
    pub(crate) limit: Option<Size>,
}

impl Bytes {
    /// The shortest numbers that agree. Where usage is over the quota both are in one unit, so that
    /// their difference can be seen; else each is in its own. Single bytes always agree.
    pub(crate) fn shown(&self) -> Shown {
        let (mut usage_unit, mut quota_unit) = (largest_unit(self.usage), largest_unit(self.quota));
        if self.usage >= self.quota && self.quota > 0 {
            usage_unit = quota_unit;
        } else if self.quota == 0 {
            quota_unit = usage_unit;
        }
        loop {
            for decimals in 0..=MAX_DECIMALS {
                let shown = self.rounded((usage_unit, quota_unit), decimals);
                if self.agrees(&shown) || usage_unit + quota_unit == 0 {
                    return shown;
                }
            }
            usage_unit = usage_unit.saturating_sub(1);
            quota_unit = quota_unit.saturating_sub(1);
        }
    }

    fn rounded(&self, (usage_unit, quota_unit): (u32, u32), decimals: u32) -> Shown {
        let usage = Size::nearest(self.usage, usage_unit, decimals);
        let quota = Size::nearest(self.quota, quota_unit, decimals);
        let is_over = self.usage > self.quota;
        Shown {
            usage,
            quota,
            over: is_over.then(|| usage.less(quota)),
            limit: self.limit.map(|at| Size::nearest(at, quota_unit, decimals)),
        }
    }

    /// Whether the numbers say what the bytes say.
    fn agrees(&self, shown: &Shown) -> bool {
        let (usage, quota) = (shown.usage.hundredths(), shown.quota.hundredths());
        let same_order = |limit: u64, size: Size| {
            let size = size.hundredths();
            self.usage.cmp(&limit) == usage.cmp(&size) && self.quota.cmp(&limit) == quota.cmp(&size)
        };
        usage.cmp(&quota) == self.usage.cmp(&self.quota)
            && permille(usage, quota) == permille(self.usage.into(), self.quota.into())
            && shown.over.is_none_or(Size::is_a_tenth)
            && shown.over.is_none_or(|over| self.blocks_cover(over))
            && self
                .limit
                .zip(shown.limit)
                .is_none_or(|(at, size)| same_order(at, size))
    }

    /// Whether the blocks cover what is shown as over the quota, and one fewer would not.
    fn blocks_cover(&self, over: Size) -> bool {
        let Some(Purchase { goods, count, .. }) = self.to_buy else {
            return true;
        };
        let Goods::Blocks {
            bytes_each,
            computers_bytes,
        } = goods
        else {
            return true;
        };
        let covered = |blocks: u64| {
            let bytes = u128::from(blocks) * u128::from(bytes_each);
            bytes
                .saturating_add(computers_bytes.into())
                .saturating_mul(100)
        };
        let needed = over.hundredths();
        covered(count) >= needed && covered(count.saturating_sub(1)) < needed
    }
}

#[cfg(test)]
#[path = "figures_tests.rs"]
mod tests;
