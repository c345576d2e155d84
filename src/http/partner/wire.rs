//! The shapes of the dialect, with the names and the order in which the vendor prints them.

use serde::{Deserialize, Serialize};
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use crate::http::decimal::Number;

/// A price of a plan.
enum Price {}

impl PartialSchema for Price {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::Number)
            .minimum(Some(0))
            .description(Some(
                "A decimal, exact to the digit, 0 or more; its scale is kept.",
            ))
            .into()
    }
}

impl ToSchema for Price {}

/// A plan as it is sent. Each field must be there: a price that is kept because its field was left out is charged to
/// somebody.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[schema(as = PartnerPlanChange, xml(name = "plan"))]
pub(super) struct PlanRequest {
    /// What people call it.
    #[schema(required, nullable = false, min_length = 1, max_length = 200)]
    pub(super) name: Option<String>,
    /// Price of setup, added in the first month of billing.
    #[schema(required, value_type = Price)]
    pub(super) setup_price: Option<Number>,
    /// Bytes of base usage.
    #[schema(required, nullable = false)]
    pub(super) base_usage: Option<u64>,
    /// Base price of the plan.
    #[schema(required, value_type = Price)]
    pub(super) base_price: Option<Number>,
    /// Bytes of overusage blocks.
    #[schema(required, nullable = false)]
    pub(super) extra_usage: Option<u64>,
    /// Price of each overusage block.
    #[schema(required, value_type = Price)]
    pub(super) extra_price: Option<Number>,
    /// Computers included before extra ones are charged for.
    #[schema(required, nullable = false)]
    pub(super) computers: Option<u64>,
    /// Bytes of available usage added for each extra computer.
    #[schema(required, nullable = false)]
    pub(super) computers_usage: Option<u64>,
    /// Price for each extra computer.
    #[schema(required, value_type = Price)]
    pub(super) computers_price: Option<Number>,
    /// Price of a local backup subscription.
    #[schema(required, value_type = Price)]
    pub(super) local_backup_price: Option<Number>,
    /// Price of a `QuickSpin` host license.
    #[schema(required, value_type = Price)]
    pub(super) vm_host_price: Option<Number>,
    /// Price of a `DiskImage` license.
    #[schema(required, value_type = Price)]
    pub(super) disk_image_price: Option<Number>,
    /// Price of each `ECHOShare` seat.
    #[schema(required, value_type = Price)]
    pub(super) es_seat_price: Option<Number>,
    /// Price of each `ECHOShare` connection.
    #[schema(required, value_type = Price)]
    pub(super) es_connection_price: Option<Number>,
    /// Cost of each `ECHOShare` extra block.
    #[schema(required, value_type = Price)]
    pub(super) es_cost_extra_block: Option<Number>,
}

/// A plan of a partner.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PartnerPlan, xml(name = "plan"))]
pub(super) struct PlanResponse {
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
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PartnerPlans, xml(name = "plans"))]
pub(super) struct PlansResponse {
    /// Which page, counted from 1.
    pub(super) page: usize,
    /// Plans on a page.
    pub(super) page_size: usize,
    /// Plans in all.
    pub(super) count: usize,
    /// This page and its neighbours.
    pub(super) links: Vec<LinkResponse>,
    /// The plans on it.
    pub(super) list: Vec<ListedPlanResponse>,
}

/// A plan in a list.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ListedPartnerPlan)]
pub(super) struct ListedPlanResponse {
    /// Its number: counted from 1 per partner, never reused.
    pub(super) plan_id: u64,
    /// What people call it.
    pub(super) name: String,
    /// Bytes of base usage.
    pub(super) base_usage: u64,
    /// Base price of the plan.
    pub(super) base_price: Number,
    /// Where it is.
    pub(super) link: LinkResponse,
}

/// Where something is.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Link)]
pub(super) struct LinkResponse {
    /// `self`, `first`, `prev`, `next` or `last`.
    pub(super) rel: &'static str,
    /// The address.
    pub(super) href: String,
}
