//! The operations of the partner dialect, described.

use serde_json::{Value, json};
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use super::wire::{PlanIn, PlanOut, PlansOut};
use crate::http::openapi::{Group, Operation, delete, get, post, put, schema};

const PLANS: &str = "/v1/partners/{username}/plans";
const PLAN: &str = "/v1/partners/{username}/plans/{plan_id}";

/// The same data in JSON, and in XML by either name.
const FORMS: [&str; 3] = ["application/json", "application/xml", "text/xml"];

/// The plan of seed 004, in JSON.
fn plan() -> Value {
    // Its prices, too, are shown with the digits of the seed where JSON of this program can.
    json!({
        "name": "20g Monthly",
        "setup_price": 0.00,
        "base_usage": 21_474_836_480_u64,
        "base_price": 19.95,
        "extra_usage": 1_073_741_824_u64,
        "extra_price": 0.95,
        "computers": 10,
        "computers_usage": 5_368_709_120_u64,
        "computers_price": 4.95,
        "local_backup_price": 4.95,
        "vm_host_price": 60,
        "disk_image_price": 60,
        "es_seat_price": 30,
        "es_connection_price": 25,
        "es_cost_extra_block": 50,
    })
}

/// The plan of seed 004, in XML.
const PLAN_XML: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>
<plan>
  <name>20g Monthly</name>
  <setup_price>0.00</setup_price>
  <base_usage>21474836480</base_usage>
  <base_price>19.95</base_price>
  <extra_usage>1073741824</extra_usage>
  <extra_price>0.95</extra_price>
  <computers>10</computers>
  <computers_usage>5368709120</computers_usage>
  <computers_price>4.95</computers_price>
  <local_backup_price>4.95</local_backup_price>
  <vm_host_price>60</vm_host_price>
  <disk_image_price>60</disk_image_price>
  <es_seat_price>30</es_seat_price>
  <es_connection_price>25</es_connection_price>
  <es_cost_extra_block>50</es_cost_extra_block>
</plan>
";

fn example(media_type: &str) -> Value {
    match media_type {
        "application/json" => plan(),
        _ => json!(PLAN_XML),
    }
}

fn takes_plan(operation: Operation) -> Operation {
    FORMS.into_iter().fold(operation, |operation, media_type| {
        operation.takes_as::<PlanIn>(media_type, example(media_type))
    })
}

/// What the dialect answers to.
pub(in crate::http) fn groups() -> Vec<Group> {
    let username = json!({ "type": "string", "minLength": 1, "example": "barracuda" });
    let partner = "The partner: its id, or its name where only one partner within reach has it.";
    let list = FORMS.into_iter().fold(list(), |operation, media_type| {
        operation.answers_as::<PlansOut>(200, "A page of plans.", media_type, Value::Null)
    });
    let read = get(PLAN, "readPlan", "Reads a plan");
    let read = FORMS.into_iter().fold(read, |operation, media_type| {
        operation.answers_as::<PlanOut>(200, "The plan.", media_type, example(media_type))
    });
    vec![Group {
        name: "Partner plans",
        about: "What a partner sells and at which price, in JSON or XML by `Accept` and `Content-Type`. Prices keep all their digits.",
        path: vec![
            ("username", username, partner),
            (
                "plan_id",
                schema::integer(0, u64::MAX),
                "The number of the plan.",
            ),
        ],
        operations: vec![
            list.refuses(406).refuses(409),
            takes_plan(post(PLANS, "createPlan", "Creates a plan"))
                .answers_nothing(201, "It is created.")
                .tagged()
                .with_header("Location", schema::any_text(), "Where it is."),
            read.tagged().refuses(406).refuses(409),
            takes_plan(put(PLAN, "replacePlan", "Edits a plan"))
                .answers_nothing(204, "It is changed.")
                .tagged()
                .conditional(),
            delete(PLAN, "deletePlan", "Deletes a plan")
                .about("Only one that no tenant buys by.")
                .answers_nothing(204, "It is deleted.")
                .conditional(),
        ],
    }]
}

fn list() -> Operation {
    let orders = schema::one_of(["PLAN_ID", "PLAN_NAME", "PRICE"]);
    get(PLANS, "listPlans", "Lists plans")
        .query(
            "page",
            schema::integer(1, u64::MAX),
            "The page, counted from 1.",
        )
        .query("page_size", schema::integer(1, 50), "How many at most.")
        .query("order_by", orders, "What they are ordered by.")
        .query(
            "order_dir",
            schema::one_of(["ASC", "DESC"]),
            "In which direction.",
        )
}

/// A price of a plan.
pub(super) enum Price {}

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
