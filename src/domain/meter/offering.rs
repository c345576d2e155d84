//! Offering items: what is sold to an account, and the part that an evaluation needs.

use serde::{Deserialize, Serialize};

use super::UsageKey;
use crate::ids::ApplicationId;
use crate::named::named;
use crate::quota::Quota;
use crate::time::Timestamp;

named! {
    /// How the vendor classes an offering item.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
    #[serde(rename_all = "snake_case")]
    pub enum OfferingType {
        /// Measured and limited.
        #[default]
        Count = "count",
        /// On or off.
        Feature = "feature",
        /// Measured per infrastructure component.
        Infra = "infra",
    }
}

named! {
    /// The unit that the account dialect gives an offering item.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
    #[serde(rename_all = "snake_case")]
    pub enum MeasurementUnit {
        /// Bytes.
        Bytes = "bytes",
        /// Things.
        #[default]
        Quantity = "quantity",
        /// Nothing is measured.
        #[serde(rename = "n/a")]
        NotApplicable = "n/a",
    }
}

/// Something sold to an account, with its quota.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfferingItem {
    /// The service it belongs to.
    pub application_id: ApplicationId,
    /// The vendor's name of it (`pw_base_storage`, …); with `key` it names the item.
    pub name: String,
    /// What usage counts against it.
    pub key: UsageKey,
    /// What the numbers count.
    #[serde(rename = "unit")]
    pub measurement_unit: MeasurementUnit,
    /// How the vendor classes it.
    pub kind: OfferingType,
    /// Whether it is switched on (`status` 1). What is off has no quota to exceed.
    pub active: bool,
    /// Whether the tenant itself may change it.
    pub locked: bool,
    /// What is allowed; `None` where nothing is limited (features).
    pub quota: Option<Quota>,
    /// Grows by one with each change of the quota; 0 for an unlimited one.
    pub quota_version: u64,
    /// When it last changed.
    #[serde(rename = "updated_us")]
    pub updated_at: Timestamp,
}

/// What usage is held against: an offering item, as far as its usage goes.
pub trait Offered {
    /// What usage counts against it.
    fn key(&self) -> &UsageKey;
    /// Whether it is switched on. What is off has no quota to exceed.
    fn is_active(&self) -> bool;
    /// What is allowed; `None` where nothing is limited.
    fn quota(&self) -> Option<Quota>;
}

impl Offered for OfferingItem {
    fn key(&self) -> &UsageKey {
        &self.key
    }

    fn is_active(&self) -> bool {
        self.active
    }

    fn quota(&self) -> Option<Quota> {
        self.quota
    }
}

/// What an evaluation needs of an offering item that is switched on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limit {
    /// What usage counts against it.
    pub key: UsageKey,
    /// What is allowed; `None` where nothing is limited.
    pub quota: Option<Quota>,
}

impl Offered for Limit {
    fn key(&self) -> &UsageKey {
        &self.key
    }

    fn is_active(&self) -> bool {
        true
    }

    fn quota(&self) -> Option<Quota> {
        self.quota
    }
}
