//! The fields of the partner plans dialect, with the names and the order in which the vendor prints
//! them, in JSON and XML alike.

use serde::{Deserialize, Serialize};
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use crate::http::decimal::Number;
use crate::http::wire::resource;

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

resource! {
    /// A plan of a partner.
    #[derive(Debug, Serialize, ToSchema)]
    #[schema(as = PartnerPlan, xml(name = "plan"))]
    response PlanResponse;

    /// A plan as it is sent. Each field must be there: a price that is kept because its field was left out is charged to
    /// somebody.
    #[derive(Debug, Default, Deserialize, ToSchema)]
    #[schema(as = PartnerPlanChange, xml(name = "plan"))]
    request PlanRequest;

    /// What people call it.
    name: String
        => #[schema(required, nullable = false, min_length = 1, max_length = 200)] Option<String>;
    /// Price of setup, added in the first month of billing.
    setup_price: Number => #[schema(required, value_type = Price)] Option<Number>;
    /// Bytes of base usage.
    base_usage: u64 => #[schema(required, nullable = false)] Option<u64>;
    /// Base price of the plan.
    base_price: Number => #[schema(required, value_type = Price)] Option<Number>;
    /// Bytes of overusage blocks.
    extra_usage: u64 => #[schema(required, nullable = false)] Option<u64>;
    /// Price of each overusage block.
    extra_price: Number => #[schema(required, value_type = Price)] Option<Number>;
    /// Computers included before extra ones are charged for.
    computers: u64 => #[schema(required, nullable = false)] Option<u64>;
    /// Bytes of available usage added for each extra computer.
    computers_usage: u64 => #[schema(required, nullable = false)] Option<u64>;
    /// Price for each extra computer.
    computers_price: Number => #[schema(required, value_type = Price)] Option<Number>;
    /// Price of a local backup subscription.
    local_backup_price: Number => #[schema(required, value_type = Price)] Option<Number>;
    /// Price of a `QuickSpin` host license.
    vm_host_price: Number => #[schema(required, value_type = Price)] Option<Number>;
    /// Price of a `DiskImage` license.
    disk_image_price: Number => #[schema(required, value_type = Price)] Option<Number>;
    /// Price of each `ECHOShare` seat.
    es_seat_price: Number => #[schema(required, value_type = Price)] Option<Number>;
    /// Price of each `ECHOShare` connection.
    es_connection_price: Number => #[schema(required, value_type = Price)] Option<Number>;
    /// Cost of each `ECHOShare` extra block.
    es_cost_extra_block: Number => #[schema(required, value_type = Price)] Option<Number>;
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
