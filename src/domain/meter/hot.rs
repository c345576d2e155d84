//! Hot meters: the part of a meter that usage reports need.

use super::super::ids::AccountId;
use super::{Limit, Meter, OfferingItem, Standings, Usages};

/// A meter without what only admins see of its offering items. It takes reports and is evaluated
/// as the whole one.
pub type HotMeter = Meter<Limit>;

impl Meter {
    /// Divides the meter into what reports need and the whole offering items.
    #[must_use]
    pub fn split(self) -> (HotMeter, Vec<OfferingItem>) {
        let active = self.offering_items.iter().filter(|item| item.active);
        let limits = active.map(|item| Limit {
            key: item.key.clone(),
            quota: item.quota,
        });
        let hot = HotMeter {
            account: self.account,
            offering_items: limits.collect(),
            usages: self.usages,
            standings: self.standings,
        };
        (hot, self.offering_items)
    }
}

impl HotMeter {
    /// The meter of an account that has nothing yet.
    #[must_use]
    pub const fn empty(account: AccountId) -> Self {
        Self {
            account,
            offering_items: Vec::new(),
            usages: Usages::new(),
            standings: Standings::new(),
        }
    }

    /// The whole meter, with the offering items that this one was divided from.
    #[must_use]
    pub fn join(self, offering_items: Vec<OfferingItem>) -> Meter {
        Meter {
            account: self.account,
            offering_items,
            usages: self.usages,
            standings: self.standings,
        }
    }
}
