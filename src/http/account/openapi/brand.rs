//! Brands, described.

use serde_json::{Value, json};

use super::super::wire::brand::{BrandIn, BrandOut};
use super::{examples, id};
use crate::http::openapi::{Group, Operation, delete, get, post, put, schema};

const BRAND: &str = "/api/2/tenants/{id}/brand";
const LOGO: &str = "/api/2/tenants/{id}/brand/logo";

pub(super) fn group() -> Group {
    let mut operations = options();
    operations.extend(logo());
    Group {
        name: "Brand",
        about: "How a tenant and all below it look, and the Buy URL. A tenant without a brand has that of the next tenant above which has one.",
        path: id("The tenant's id."),
        operations,
    }
}

/// Seed 001: the tenant's version stands in the query.
fn version(operation: Operation) -> Operation {
    let about = "The tenant's version; `If-Match` may say it instead.";
    operation
        .query("version", schema::version(), about)
        .such_as(1)
        .conditional()
}

/// The whole brand, with the version of its tenant.
fn shown(operation: Operation, example: Value) -> Operation {
    operation
        .answers::<BrandOut>(200, "The branding options.", example)
        .tagged()
        .with_header(
            "X-Upsell-Brand-Enabled",
            schema::one_of(["true", "false"]),
            "Whether branding is enabled.",
        )
}

fn options() -> Vec<Operation> {
    let read = get(BRAND, "readBrand", "Reads the branding options");
    let update = "Sets branding options, the Buy URL among them";
    let update = put(BRAND, "updateBrand", update)
        .about("The tenant's version grows by one.")
        .takes::<BrandIn>(examples::buy_url());
    let enable = post(BRAND, "enableBrand", "Enables branding")
        .about("Options may come along.")
        .takes::<BrandIn>(json!({ "company_name": "FooBar" }))
        .or_nothing();
    let disable = delete(BRAND, "disableBrand", "Disables branding")
        .about("The options are kept.")
        .answers_nothing(204, "It is disabled.");
    vec![
        shown(read, examples::brand()).cached(),
        shown(version(update), Value::Null),
        shown(version(enable), Value::Null),
        version(disable),
    ]
}

fn logo() -> [Operation; 2] {
    let set = post(LOGO, "setLogo", "Sets the logo")
        .about("PNG or JPEG; what the header says must be what the bytes are.")
        .takes_raw("image/png", schema::binary(), None)
        .takes_raw("image/jpeg", schema::binary(), None);
    [
        get(LOGO, "readLogo", "Reads the logo")
            .answers_raw(200, "The picture.", "image/png", schema::binary(), None)
            .answers_raw(200, "The picture.", "image/jpeg", schema::binary(), None)
            .tagged()
            .cached(),
        shown(version(set), Value::Null),
    ]
}
