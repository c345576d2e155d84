//! Offering items, quotas and usages, described.

use serde_json::Value;

use super::super::request::MAX_IDS;
use super::super::usages::MAX_NAMES;
use super::super::wire::list::Items;
use super::super::wire::offering::{OfferingOut, OfferingsIn};
use super::super::wire::usage::{LineOut, ReportsIn, UsageOut};
use super::examples::{self, TENANT};
use super::id;
use crate::domain::tenant::TenantKind;
use crate::http::openapi::{Group, Operation, get, put, schema};

const OF_USER: &str =
    "All are set, or none. Each quota has a version of its own; a stale one is 409.";

const OF_TENANT: &str = "All are set, or none. Each quota has a version of its own; a stale one is 409. Set by \
     clients of the tenants above: 403 for the tenant's own client, but for the root's.";

/// `/offering_items` of a tenant or a user: to read, and to set.
fn offering_items(
    path: &'static str,
    (read, set): (&'static str, &'static str),
    about: &'static str,
) -> [Operation; 2] {
    [
        edition(get(path, read, "Lists offering items and their quotas"))
            .answers::<Items<OfferingOut>>(200, "The offering items.", Value::Null)
            .tagged()
            .cached(),
        put(path, set, "Sets offering items and their quotas")
            .about(about)
            .takes::<OfferingsIn>(examples::offering_items())
            .answers::<Items<OfferingOut>>(200, "All offering items.", Value::Null)
            .tagged()
            .conditional(),
    ]
}

fn edition(operation: Operation) -> Operation {
    operation.query(
        "edition",
        schema::any_text(),
        "Only those of this edition; `*` is all.",
    )
}

fn usages(path: &'static str, operation_id: &'static str, summary: &'static str) -> Operation {
    get(path, operation_id, summary).answers::<Items<UsageOut>>(200, "The usages.", Value::Null)
}

pub(super) fn group() -> Group {
    let mut operations = Vec::new();
    let ids = ("readTenantOfferingItems", "setTenantOfferingItems");
    operations.extend(offering_items(
        "/api/2/tenants/{id}/offering_items",
        ids,
        OF_TENANT,
    ));
    let ids = ("readUserOfferingItems", "setUserOfferingItems");
    operations.extend(offering_items(
        "/api/2/users/{id}/offering_items",
        ids,
        OF_USER,
    ));
    operations.extend([
        edition(get("/api/2/tenants/{id}/offering_items/available_for_child",
            "listAvailableOfferingItems",
            "What a tenant below this one can be given",
        ))
        .query("kind", schema::one_of(TenantKind::ALL.map(TenantKind::name)), "The kind of that tenant.")
        .answers::<Items<OfferingOut>>(200, "The offering items.", Value::Null),
        usages("/api/2/tenants/{id}/usages", "readTenantUsages", "How much a tenant uses"),
        usages("/api/2/users/{id}/usages", "readUserUsages", "How much a user uses"),
        usages("/api/2/tenants/usages", "readUsages", "How much several tenants use")
            .about("Ids that are unknown or out of reach are left out.")
            .query_list("tenants", schema::ids(MAX_IDS), "These tenants.")
            .required()
            .such_as(vec![TENANT])
            .query_list("usage_names", schema::texts(MAX_NAMES), "Only these; missing: all."),
        put("/api/2/tenants/usages", "reportUsages", "Reports usage")
            .about("Each report has its own outcome, in the order given; an item's failure never undoes another's. 200 says that all that were taken are on disk.")
            .takes::<ReportsIn>(examples::usage_reports())
            .answers::<Items<LineOut>>(200, "What became of each.", Value::Null),
    ]);
    Group {
        name: "Offering items",
        about: "What is sold to tenants and users, how much of it, and how much they use.",
        path: id("The id of the tenant or user."),
        operations,
    }
}
