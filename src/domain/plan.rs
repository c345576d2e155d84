//! Partner plans (rule `partner-plans`): what a partner sells and at which price, and what covers a
//! tenant's overage of today.

mod buying;

use std::fmt;

use serde::{Deserialize, Serialize};

use super::decimal::Decimal;
use super::ids::TenantId;
use super::text::{BadText, check_name};
use super::time::Timestamp;

pub use buying::{Goods, NothingToBuy, Purchase, WhatToBuy, plan_in_question, what_to_buy};

/// Longest name of a plan, in characters.
pub const MAX_PLAN_NAME_CHARS: usize = 200;

/// A partner has no more plans than this: a list is sorted as a whole.
pub const MAX_PLANS_PER_PARTNER: usize = 1000;

/// The number of a plan: given per partner, counting from 1, never reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PlanId(pub u64);

impl fmt::Display for PlanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// One plan of one partner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PlanRef {
    /// Whose plan.
    pub partner: TenantId,
    /// Which of theirs.
    pub plan: PlanId,
}

/// What a plan says, in the vendor's words. Prices are in the currency of the partner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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

/// A field of a plan that makes no sense: its name on the wire, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadTerm {
    /// As on the wire.
    pub field: &'static str,
    /// What is wrong and what to write instead.
    pub why: String,
}

impl PlanTerms {
    /// Every price with its name on the wire.
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// Whose it is.
    pub partner_id: TenantId,
    /// Its number among theirs.
    pub id: PlanId,
    /// What it says.
    #[serde(flatten)]
    pub terms: PlanTerms,
    /// When it was created.
    #[serde(rename = "created_us")]
    pub created_at: Timestamp,
    /// When it last changed.
    #[serde(rename = "updated_us")]
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

#[cfg(test)]
mod tests;
