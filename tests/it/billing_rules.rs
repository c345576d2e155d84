//! What a customer object may say, who may say it, and what happens to it over time.

use reqwest::Method;
use reqwest::header::IF_MATCH;
use serde_json::{Value, json};

use crate::support::api::{Answer, Api};

pub(crate) const CUSTOMERS: &str = "/api/advanced-automation/v1/Customers";
const US: &str = "d46c54bd-1704-4a55-bb76-fc03073669a0";
const ALABAMA: &str = "b4c87080-7c8c-45e0-8867-a714ffc79b7d";
const BULGARIA: &str = "b28c162b-007a-42a1-ba97-d798e9e26909";

/// A customer object with as little said as can be.
pub(crate) async fn exempt(api: &Api, tenant: &str) -> Value {
    let body = json!({"Tenant": tenant, "TaxExempt": true});
    api.put(CUSTOMERS, &body).await.expect(200).json()
}

async fn put_if(api: &Api, version: &str, body: &Value) -> Answer {
    let request = api.request(Method::PUT, CUSTOMERS);
    let request = request.bearer_auth(&api.token).header(IF_MATCH, version);
    api.send(request.json(body)).await
}

/// The fields that an answer complains of.
#[track_caller]
fn complaints(answer: &Answer) -> Vec<String> {
    let body = answer.json();
    let details = body["error"]["details"].as_array().unwrap();
    let field = |detail: &Value| detail["field"].as_str().unwrap().to_owned();
    assert!(details.iter().all(|detail| detail["issue"] != ""));
    details.iter().map(field).collect()
}

#[tokio::test]
async fn each_field_follows_its_rule() {
    let api = Api::start().await;
    let tenant = api.tenant("customer", &api.root).await;
    exempt(&api, &tenant).await;
    let unknown = "7d9e9b3a-0a63-4d2e-8f59-7a3a3ad1a111";
    let long = |count: usize| json!("x".repeat(count));
    for (field, bad, good) in [
        ("Name", json!(" "), json!("Näme & Co")),
        ("Name", json!("a\nb"), long(255)),
        ("Name", long(256), json!("New Customer")),
        ("TaxExempt", json!(false), json!(true)),
        ("Tax", json!(unknown), json!("")),
        ("Tax", json!("7"), Value::Null),
        ("Language", json!(unknown), Value::Null),
        ("Country", json!(unknown), json!(US)),
        ("StateCountry", json!(unknown), json!(ALABAMA)),
        ("Email", json!("a@b@c, d"), json!("a@b.example")),
        ("Email", json!("a@b\r\nBcc: c@d"), json!("")),
        (
            "FallbackInvoiceEmailAddress",
            json!("x"),
            json!("x@y.example"),
        ),
        (
            "BankAccount",
            json!("AL35202111090000000001234568"),
            json!(""),
        ),
        (
            "BankAccount",
            json!("hello"),
            json!("DE44 5001 0517 5407 3249 31"),
        ),
        ("VATNumber", json!("A1"), json!("ATU12345678")),
        ("VATNumber", json!("<script>"), json!("12.345.678/0001-95")),
        ("PaymentTerms", json!(-1), json!(0)),
        ("PaymentTerms", json!(366), json!(365)),
        ("PaymentTerms", json!(9_007_199_254_740_993_i64), json!(14)),
        ("DaysOffPerYear", json!(-1), json!(0)),
        ("DaysOffPerYear", json!(367), json!(366)),
        ("TimeRegistrationRoundupTime", json!("1441"), json!("1440")),
        ("TimeRegistrationRoundupTime", json!(-1), json!(0)),
        ("OccupancyRateNotificationThreshold", json!(101), json!(100)),
        ("LoginUserName", json!("a b"), json!("a_user_1")),
        ("Domain", json!("http://x"), json!("customer.example.com")),
        ("Zipcode", long(51), long(50)),
        ("Street", json!("a\0b"), long(200)),
        ("InvoiceNotes", long(2001), long(2000)),
        ("Addresses", json!([{}]), json!([])),
        ("InvoiceRecipients", json!(["x"]), Value::Null),
        ("CustomFields", json!([1]), json!([])),
        // What has another type than the field is told alone, before anything else is looked at.
        ("PaymentTerms", json!("14"), json!(14)),
        ("PaymentTerms", json!(14.5), json!(14)),
        ("TaxExempt", json!("yes"), json!(true)),
        (
            "TrialExpirationDate",
            json!("soon"),
            json!("2030-01-01T00:00:00"),
        ),
    ] {
        let before = api.get(CUSTOMERS).await.text();
        let body = json!({"Tenant": tenant, field: bad});
        let refused = api.put(CUSTOMERS, &body).await.expect(400);
        let told = if field == "TaxExempt" && bad == json!(false) {
            "Tax"
        } else {
            field
        };
        assert_eq!(complaints(&refused), [told], "{bad}");
        assert_eq!(api.get(CUSTOMERS).await.text(), before, "{bad}");

        let body = json!({"Tenant": tenant, field: good});
        let taken = api.put(CUSTOMERS, &body).await.expect(200).json();
        let stored = match field {
            "BankAccount" => json!(good.as_str().unwrap().replace(' ', "")),
            "TimeRegistrationRoundupTime" => json!(good.as_str().map_or("0", |text| text)),
            "Tax" | "Language" | "InvoiceRecipients" => continue,
            _ => good,
        };
        assert_eq!(taken[field], stored, "{field}");
    }
}

#[tokio::test]
async fn all_that_is_wrong_is_told_at_once_and_nothing_is_stored() {
    let api = Api::start().await;
    let tenant = api.tenant("customer", &api.root).await;
    let body = json!({
        "Tenant": tenant, "Name": "", "Email": "x", "Country": "x", "StateCountry": ALABAMA,
        "BankAccount": "DE00", "VATNumber": "?", "PaymentTerms": -1, "DaysOffPerYear": 400,
        "TaxExempt": false,
    });
    let refused = api.put(CUSTOMERS, &body).await.expect(400);
    let expected = [
        "Name",
        "Country",
        "Email",
        "Tax",
        "VATNumber",
        "BankAccount",
        "PaymentTerms",
        "DaysOffPerYear",
    ];
    assert_eq!(complaints(&refused), expected);
    let error = &refused.json()["error"];
    assert_eq!(error["code"], "validation_failed");
    assert!(error["message"].as_str().unwrap().contains("PaymentTerms:"));
    let none = api.get(CUSTOMERS).await.expect(200).json();
    assert_eq!(none["Customers"], json!([]));

    for (body, field) in [
        (json!({"TaxExempt": true}), "Tenant"),
        (json!({"Tenant": null, "TaxExempt": true}), "Tenant"),
        (json!({"Tenant": "7", "TaxExempt": true}), "Tenant"),
        (json!([]), "body"),
    ] {
        let refused = api.put(CUSTOMERS, &body).await.expect(400);
        assert_eq!(complaints(&refused), [field]);
        assert_eq!(refused.json()["error"]["code"], "malformed");
    }
    let twice = api.request(Method::PUT, CUSTOMERS).bearer_auth(&api.token);
    let twice = twice.header("content-type", "application/json");
    let twice = twice.body(format!(r#"{{"Tenant":"{tenant}","Name":"a","Name":"b"}}"#));
    api.send(twice).await.expect(400);
}

#[tokio::test]
async fn what_goes_unmentioned_is_kept_and_null_puts_back() {
    let api = Api::start().await;
    let tenant = api.tenant("customer", &api.root).await;
    let full = json!({
        "Tenant": tenant, "Name": "First", "TaxExempt": true, "Country": US,
        "StateCountry": ALABAMA, "City": "Mobile", "Email": "a@b.example", "PaymentTerms": 30,
        "DebtorCode": "D-1", "TicketUpdateMandatory": true, "TrialAccount": true,
        "TrialExpirationDate": "2001-01-01T00:00:00",
    });
    let first = api.put(CUSTOMERS, &full).await.expect(200).json();
    assert_eq!(first["PaidAccount"], false, "who tries does not pay");
    assert_eq!(first["TrialAccountExpired"], true);

    let body = json!({"Tenant": tenant, "Name": "Second", "Unknown": 1});
    let second = api.put(CUSTOMERS, &body).await.expect(200).json();
    let mut expected = first.clone();
    expected["Name"] = json!("Second");
    assert_eq!(
        second, expected,
        "only the name changes, not even the alias"
    );

    let body = json!({
        "Tenant": tenant, "PaymentTerms": null, "DebtorCode": null, "City": null, "Alias": null,
        "TicketUpdateMandatory": null, "TrialAccount": null, "TrialExpirationDate": null,
        "FallbackInvoiceEmailAddress": null, "StateCountry": null,
    });
    let third = api.put(CUSTOMERS, &body).await.expect(200).json();
    for (field, value) in [
        ("PaymentTerms", json!(14)),
        ("DebtorCode", Value::Null),
        ("City", json!("")),
        ("Alias", json!("Second")),
        ("TicketUpdateMandatory", Value::Null),
        ("TrialAccount", json!(false)),
        ("PaidAccount", json!(true)),
        ("FallbackInvoiceEmailAddress", json!("")),
        ("Email", json!("a@b.example")),
        ("StateCountryDescription", Value::Null),
        ("CountryDescription", json!("United States")),
    ] {
        assert_eq!(third[field], value, "{field}");
    }
    assert_eq!(third["Id"], first["Id"]);
}

/// What cannot be read is told in the caller's words, not in Rust's.
#[tokio::test]
async fn a_number_that_is_none_is_told_as_such() {
    let api = Api::start().await;
    let tenant = api.tenant("customer", &api.root).await;
    for bad in [json!(1.0), json!("14"), json!([14]), json!(u64::MAX)] {
        let body = json!({"Tenant": tenant, "TaxExempt": true, "PaymentTerms": bad});
        let refused = api.put(CUSTOMERS, &body).await.expect(400);
        let why = refused.json()["error"]["message"].clone();
        assert_eq!(why, "PaymentTerms: must be a whole number", "{bad}");
    }
    for (name, most) in [("Page", 10_000), ("PageSize", 1000)] {
        let path = format!("{CUSTOMERS}?{name}=-1");
        let refused = api.get(&path).await.expect(400);
        let why = refused.json()["error"]["message"].clone();
        let expected = format!("{name}: must be a whole number from 1 to {most}");
        assert_eq!(why, expected);
    }
}

#[tokio::test]
async fn a_state_belongs_to_its_country() {
    let api = Api::start().await;
    let tenant = api.tenant("customer", &api.root).await;
    exempt(&api, &tenant).await;
    let put = |more: Value| {
        let mut body = json!({"Tenant": tenant});
        body.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        let api = &api;
        async move { api.put(CUSTOMERS, &body).await }
    };
    let no_country = put(json!({"StateCountry": ALABAMA})).await.expect(400);
    assert_eq!(complaints(&no_country), ["StateCountry"]);
    put(json!({"StateCountry": ALABAMA, "Country": US}))
        .await
        .expect(200);
    let left_behind = put(json!({"Country": BULGARIA})).await.expect(400);
    assert_eq!(complaints(&left_behind), ["StateCountry"]);
    put(json!({"Country": BULGARIA, "StateCountry": ""}))
        .await
        .expect(200);
}

#[tokio::test]
async fn a_stale_version_stores_nothing() {
    let api = Api::start().await;
    let tenant = api.tenant("customer", &api.root).await;
    let body = |name: &str| json!({"Tenant": tenant, "TaxExempt": true, "Name": name});
    let early = put_if(&api, "\"1\"", &body("Early")).await.expect(412);
    assert_eq!(early.json()["error"]["code"], "precondition_failed");
    api.put(CUSTOMERS, &body("First")).await.expect(200);
    let second = put_if(&api, "\"1\"", &body("Second")).await.expect(200);
    assert_eq!(second.header("etag"), "\"2\"");
    put_if(&api, "\"1\"", &body("Third")).await.expect(412);
    put_if(&api, "nonsense", &body("Third")).await.expect(412);
    let id = second.json()["Id"].as_str().unwrap().to_owned();
    let read = api.get(&format!("{CUSTOMERS}/{id}")).await.expect(200);
    assert_eq!(read.json(), second.json());
    assert_eq!(read.header("etag"), "\"2\"");

    // Writers without a version all get through, and each is counted.
    let names: Vec<Value> = (0..8).map(|n| body(&format!("Writer {n}"))).collect();
    let writes = names.iter().map(|body| api.put(CUSTOMERS, body));
    for answer in futures_util::future::join_all(writes).await {
        answer.expect(200);
    }
    let read = api.get(&format!("{CUSTOMERS}/{id}")).await.expect(200);
    assert_eq!(read.header("etag"), "\"10\"");
}

#[tokio::test]
async fn others_customers_do_not_exist() {
    let api = Api::start().await;
    let partner = api.tenant("partner", &api.root).await;
    let (own, sibling) = (
        api.tenant("customer", &partner).await,
        api.tenant("customer", &api.root).await,
    );
    let mine = exempt(&api, &own).await;
    let foreign = exempt(&api, &sibling).await;
    let token = api
        .token_at(&partner, &["billing_read", "billing_write"])
        .await;
    let call = |method, path: String, body: Option<Value>| {
        let (api, token) = (&api, &token);
        async move { api.call_as(token, method, &path, body.as_ref()).await }
    };
    let listed = call(Method::GET, CUSTOMERS.to_owned(), None).await;
    assert_eq!(
        listed.expect(200).json(),
        json!({"Customers": [mine], "After": null})
    );
    let mut answers = Vec::new();
    for id in [
        foreign["Id"].as_str().unwrap(),
        &uuid::Uuid::new_v4().to_string(),
        "7",
    ] {
        let read = call(Method::GET, format!("{CUSTOMERS}/{id}"), None).await;
        answers.push(read.expect(404).text());
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:?}");
    let mut answers = Vec::new();
    for tenant in [&sibling, &api.root, &uuid::Uuid::new_v4().to_string()] {
        let body = json!({"Tenant": tenant, "TaxExempt": true});
        let put = call(Method::PUT, CUSTOMERS.to_owned(), Some(body)).await;
        answers.push(put.expect(404).text());
        let list = call(Method::GET, format!("{CUSTOMERS}?Tenant={tenant}"), None).await;
        answers.push(list.expect(404).text());
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:?}");
    assert!(answers[0].contains("\"code\":\"not_found\""));

    let reader = api.token_at(&partner, &["billing_read"]).await;
    let writer = api.token_at(&partner, &["billing_write"]).await;
    let body = json!({"Tenant": own, "TaxExempt": true});
    let put = api.call_as(&reader, Method::PUT, CUSTOMERS, Some(&body));
    assert_eq!(put.await.expect(403).json()["error"]["code"], "forbidden");
    let get = api.call_as(&writer, Method::GET, CUSTOMERS, None).await;
    get.expect(403);
    let nobody = api.request(Method::GET, CUSTOMERS);
    let nobody = api.send(nobody).await.expect(401);
    assert_eq!(nobody.json()["error"]["code"], "unauthorized");
    assert_ne!(nobody.header("www-authenticate"), "");
}
