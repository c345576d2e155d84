//! The operations of the billing dialect, described.

use serde_json::{Value, json};

use super::wire::configuration::ConfigurationOut;
use super::wire::customer::{CustomerIn, CustomerListOut, CustomerOut};
use super::wire::tax::{TaxIn, TaxListOut, TaxOut};
use crate::http::openapi::{Group, Operation, get, post, put, schema};
use crate::usecases::page::MAX_PAGE;

const CUSTOMERS: &str = "/api/advanced-automation/v1/Customers";
const TAXES: &str = "/api/advanced-automation/v1/Taxes";

/// The tenant, the tax, the country and the language of seed 002.
const TENANT: &str = "ede9f834-70b3-476c-83d9-736f9f8c7dae";
const TAX: &str = "bc814c40-9114-4329-8eb5-5b1e89270afb";
const COUNTRY: &str = "b28c162b-007a-42a1-ba97-d798e9e26909";
const LANGUAGE: &str = "48d06c90-f8a4-4726-a83c-a47dbb709f25";

/// What the dialect answers to.
pub(in crate::http) fn groups() -> Vec<Group> {
    vec![customers(), taxes(), configuration()]
}

/// A list in pages, in the vendor's terms.
fn paged(operation: Operation) -> Operation {
    let page = "The page, counted from 1; `Page` times `PageSize` is at most 10,000.";
    operation
        .query("Page", schema::integer(1, 10_000), page)
        .query(
            "PageSize",
            schema::integer(1, MAX_PAGE as u64),
            "How many at most.",
        )
}

fn customers() -> Group {
    let enters = "By the tenant in the body. Everything that is wrong is told at once.";
    let id = "/api/advanced-automation/v1/Customers/{Id}";
    let list = get(CUSTOMERS, "listCustomers", "Lists customers")
        .query(
            "Tenant",
            schema::id(),
            "This tenant and all below it; missing: all within reach.",
        )
        .such_as(TENANT)
        .query(
            "After",
            schema::any_text(),
            "`After` of the page before; goes not together with `Page`.",
        );
    Group {
        name: "Customers",
        about: "The billing information of tenants.",
        path: vec![("Id", schema::id(), "The customer's id.")],
        operations: vec![
            paged(list)
                .answers::<CustomerListOut>(200, "A page of customers.", Value::Null)
                .refuses(404),
            put(
                CUSTOMERS,
                "putCustomer",
                "Enters or changes the billing information of a tenant",
            )
            .about(enters)
            .takes::<CustomerIn>(billing_info())
            .answers::<CustomerOut>(200, "The customer.", Value::Null)
            .tagged()
            .conditional()
            .refuses(404),
            get(id, "readCustomer", "Reads a customer")
                .answers::<CustomerOut>(200, "The customer.", Value::Null)
                .tagged(),
        ],
    }
}

/// Seed 002, step 5.
fn billing_info() -> Value {
    json!({
        "Tenant": TENANT,
        "Name": "New Customer",
        "TaxExempt": false,
        "Tax": TAX,
        "Language": LANGUAGE,
        "Country": COUNTRY,
        "BankAccount": "AL35202111090000000001234567",
        "VATNumber": "A23456789B",
        "TrialAccount": false,
        "DaysOffPerYear": 15,
        "TimeRegistrationRoundupTime": 10,
        "PaymentTerms": 14,
        "LoginUserName": "foo.bar@example.com",
        "SubtotalsOnInvoice": false,
        "DirectDebit": false,
        "SendInvoiceByEmail": false,
        "HouseNo": "24",
        "Street": "Esenni motivi",
        "Zipcode": "1330",
        "City": "Sofia",
        "PhoneNumber": "083 2222 588",
        "Email": "foo.bar@example.com",
    })
}

fn taxes() -> Group {
    let list = get(TAXES, "listTaxes", "Lists taxes, or reads one")
        .about("With `id` the answer is that tax, without it a list.")
        .query("id", schema::id(), "The tax.")
        .query(
            "Tenant",
            schema::id(),
            "Those that this tenant can have; missing: the caller's own.",
        )
        .such_as(TENANT)
        .query(
            "Active",
            json!({ "type": "boolean" }),
            "Only those that are active, or are not.",
        );
    let tax = json!({ "Tenant": TENANT, "Name": "VAT", "Value": 20.5, "Active": true });
    Group {
        name: "Taxes",
        about: "The sales taxes of partners. A tax is seen at and below its partner.",
        path: vec![],
        operations: vec![
            paged(list)
                .answers_one_of::<TaxListOut, TaxOut>(200, "A page of taxes, or the tax.")
                .refuses(404),
            post(TAXES, "createTax", "Creates a tax")
                .takes::<TaxIn>(tax.clone())
                .answers::<TaxOut>(201, "The tax.", Value::Null)
                .tagged()
                .with_header("Location", schema::any_text(), "Where it is.")
                .refuses(404),
            put(TAXES, "putTax", "Changes a tax, or creates one")
                .about("The tax of the body's `Id`; without one it is created.")
                .takes::<TaxIn>(tax)
                .answers::<TaxOut>(200, "The tax.", Value::Null)
                .tagged()
                .conditional()
                .refuses(404),
        ],
    }
}

fn configuration() -> Group {
    let desk = "/api/advanced-automation/v1/ServiceDesk/Configuration";
    let form = "/api/advanced-automation/v1/StaticFormData";
    Group {
        name: "Service desk",
        about: "What the ids of customers stand for: countries with their states (ISO 3166) and languages (ISO 639).",
        path: vec![],
        operations: vec![
            get(desk, "readConfiguration", "Countries, states and languages"),
            get(
                form,
                "readStaticFormData",
                "The same, as the vendor's own pages call it",
            ),
        ]
        .into_iter()
        .map(|operation| {
            operation.answers::<ConfigurationOut>(200, "The configuration.", Value::Null)
        })
        .collect(),
    }
}
