//! Tenants and their brands, described.

use serde_json::{Value, json};

use super::super::request::MAX_IDS;
use super::super::wire::list::{Ids, Items, List};
use super::super::wire::search::HitOut;
use super::super::wire::tenant::{NewTenantIn, TenantIn, TenantOut};
use super::examples::TENANT;
use super::{id, paged};
use crate::http::openapi::{Group, Operation, delete, get, post, put, schema};

const ONE_OF: &str = "Exactly one of `uuids`, `v1_id`, `parent_id` and `subtree_root_id` says which tenants. Ids in \
     `uuids` and `v1_id` that are unknown or out of reach are left out.";

pub(super) fn group() -> Group {
    Group {
        name: "Tenants",
        about: "The tree of partners, folders, customers and units. A token reaches its client's tenant and all below it; nothing else exists for it. While a tenant is disabled, its clients and users, and those of all tenants below it, get no tokens, and tokens that they have are answered 401, reads included; clients of enabled tenants above go on reading and changing it.",
        path: id("The tenant's id."),
        operations: vec![
            paged(
                get("/api/2/tenants", "listTenants", "Lists tenants")
                    .about(ONE_OF)
                    .query_list("uuids", schema::ids(MAX_IDS), "These.")
                    .query_list("v1_id", schema::v1_ids(MAX_IDS), "Those with these API v1 ids: `tenant_id` of a Buy link.")
                    .query("parent_id", schema::id(), "Those right below this one.")
                    .such_as(TENANT)
                    .query("subtree_root_id", schema::id(), "This one and all below it."),
            )
            .answers::<List<TenantOut>>(200, "A page of tenants.", Value::Null)
            .refuses(404),
            create(),
            get("/api/2/tenants/{id}", "readTenant", "Reads a tenant")
                .answers::<TenantOut>(200, "The tenant.", Value::Null)
                .tagged(),
            put("/api/2/tenants/{id}", "updateTenant", "Changes a tenant")
                .about("A tenant is also disabled this way, before it can be deleted. `enabled` is changed by clients of the tenants above only: 403 for the tenant's own, and so for the root.")
                .takes::<TenantIn>(json!({ "name": "Foobar & Sons", "version": 1 }))
                .answers::<TenantOut>(200, "The tenant, its version one higher.", Value::Null)
                .tagged()
                .conditional(),
            delete("/api/2/tenants/{id}", "deleteTenant", "Deletes a tenant")
                .about("Only one that is disabled and has no tenants below it. Its users and clients go with it.")
                .query("version", schema::version(), "The current version; `If-Match` may say it instead.")
                .such_as(1)
                .answers_nothing(204, "It is deleted.")
                .conditional(),
            paged(get("/api/2/tenants/{id}/children",
                "listChildren",
                "The ids of the tenants right below one",
            ))
            .answers::<Ids>(200, "Their ids.", Value::Null),
            paged(get("/api/2/tenants/{id}/users",
                "listTenantUsers",
                "The ids of a tenant's users",
            ))
            .answers::<Ids>(200, "Their ids.", Value::Null),
            search(),
        ],
    }
}

/// The tenant of seed 002.
fn create() -> Operation {
    post("/api/2/tenants", "createTenant", "Creates a tenant")
        .takes::<NewTenantIn>(json!({
            "name": "Foobar",
            "kind": "customer",
            "parent_id": TENANT,
            "language": "en",
            "contact": {
                "address1": "24",
                "address2": "Esenni motivi",
                "email": "foo.bar@example.com",
                "phone": "083 2222 588",
                "zipcode": "1330",
                "city": "Sofia",
                "country": "Bulgaria",
            },
        }))
        .answers::<TenantOut>(201, "The tenant.", Value::Null)
        .tagged()
        .refuses(404)
}

/// One question over all names.
fn search() -> Operation {
    get("/api/2/search", "search", "Finds tenants and users by name")
        .about(
            "By the beginning of a name, a login or an e-mail address, or by the whole API v1 id.",
        )
        .query(
            "tenant",
            schema::id(),
            "Only this one and what is below it; missing: all within reach.",
        )
        .query("text", schema::text(1, 128), "What it begins with.")
        .required()
        .such_as("Foo")
        .query("limit", schema::integer(1, 100), "How many at most.")
        .answers::<Items<HitOut>>(200, "What was found.", Value::Null)
        .refuses(404)
}
