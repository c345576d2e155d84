//! The shapes of the dialect, with the names and the order of seed 004.

use serde::{Deserialize, Serialize};

use crate::http::decimal::Number;

/// A plan as it is sent. Each field must be there: the seed's callers send whole plans, and a
/// price that is kept because its field was left out is charged to somebody.
#[derive(Debug, Default, Deserialize)]
pub(super) struct PlanIn {
    pub(super) name: Option<String>,
    pub(super) setup_price: Option<Number>,
    pub(super) base_usage: Option<u64>,
    pub(super) base_price: Option<Number>,
    pub(super) extra_usage: Option<u64>,
    pub(super) extra_price: Option<Number>,
    pub(super) computers: Option<u64>,
    pub(super) computers_usage: Option<u64>,
    pub(super) computers_price: Option<Number>,
    pub(super) local_backup_price: Option<Number>,
    pub(super) vm_host_price: Option<Number>,
    pub(super) disk_image_price: Option<Number>,
    pub(super) es_seat_price: Option<Number>,
    pub(super) es_connection_price: Option<Number>,
    pub(super) es_cost_extra_block: Option<Number>,
}

/// A plan as it is shown.
#[derive(Debug, Serialize)]
pub(super) struct PlanOut {
    /// What people call it.
    pub(super) name: String,
    /// Price of setup, added in the first month of billing.
    pub(super) setup_price: Number,
    /// Bytes of base usage.
    pub(super) base_usage: u64,
    /// Base price of the plan.
    pub(super) base_price: Number,
    /// Bytes of overusage blocks.
    pub(super) extra_usage: u64,
    /// Price of each overusage block.
    pub(super) extra_price: Number,
    /// Computers included before extra ones are charged for.
    pub(super) computers: u64,
    /// Bytes of available usage added for each extra computer.
    pub(super) computers_usage: u64,
    /// Price for each extra computer.
    pub(super) computers_price: Number,
    /// Price of a local backup subscription.
    pub(super) local_backup_price: Number,
    /// Price of a `QuickSpin` host license.
    pub(super) vm_host_price: Number,
    /// Price of a `DiskImage` license.
    pub(super) disk_image_price: Number,
    /// Price of each `ECHOShare` seat.
    pub(super) es_seat_price: Number,
    /// Price of each `ECHOShare` connection.
    pub(super) es_connection_price: Number,
    /// Cost of each `ECHOShare` extra block.
    pub(super) es_cost_extra_block: Number,
}

/// A page of plans.
#[derive(Debug, Serialize)]
pub(super) struct PlansOut {
    /// Which page, counted from 1.
    pub(super) page: usize,
    /// Plans on a page.
    pub(super) page_size: usize,
    /// Plans in all.
    pub(super) count: usize,
    /// This page and its neighbours.
    pub(super) links: Vec<LinkOut>,
    /// The plans on it.
    pub(super) list: Vec<ListedPlan>,
}

/// An entry of a list.
#[derive(Debug, Serialize)]
pub(super) struct ListedPlan {
    pub(super) plan_id: u64,
    pub(super) name: String,
    pub(super) base_usage: u64,
    pub(super) base_price: Number,
    pub(super) link: LinkOut,
}

/// Where something is.
#[derive(Debug, Serialize)]
pub(super) struct LinkOut {
    /// `self`, `first`, `prev`, `next` or `last`.
    pub(super) rel: &'static str,
    pub(super) href: String,
}
