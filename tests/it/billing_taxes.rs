//! Taxes: exact rates, whose they are, and which customers can have them.

use reqwest::Method;
use reqwest::header::IF_MATCH;
use serde_json::{Value, json};

use crate::support::api::Api;

const TAXES: &str = "/api/advanced-automation/v1/Taxes";
const CUSTOMERS: &str = "/api/advanced-automation/v1/Customers";

async fn new_tax(api: &Api, tenant: &str, name: &str) -> Value {
    let body = json!({"Tenant": tenant, "Name": name, "Value": 20});
    api.post(TAXES, &body).await.expect(201).json()
}

fn names(list: &Value) -> Vec<&str> {
    let taxes = list["taxes"].as_array().unwrap();
    taxes
        .iter()
        .map(|tax| tax["Name"].as_str().unwrap())
        .collect()
}

fn id(of: &Value) -> &str {
    of["Id"].as_str().unwrap()
}

/// A request whose body is this text: numbers stay as they are written.
async fn send(api: &Api, method: Method, body: String) -> crate::support::api::Answer {
    let request = api.request(method, TAXES).bearer_auth(&api.token);
    let request = request.header("content-type", "application/json");
    api.send(request.body(body)).await
}

#[tokio::test]
async fn a_tax_is_created_read_changed_and_listed() {
    let api = Api::start().await;
    let body = json!({"Name": "Default tax", "Code": "TAX", "Value": 0, "IsDefault": true});
    let made = api.post(TAXES, &body).await.expect(201);
    let tax = made.json();
    let expected = json!({
        "Id": tax["Id"], "Tenant": api.root, "Name": "Default tax", "Value": 0, "Active": true,
        "Code": "TAX", "AllowInactive": false, "IsDefault": true, "CustomFields": null,
    });
    assert_eq!(tax, expected);
    assert_eq!(made.header("etag"), "\"1\"");
    let read = api.get(made.header("location")).await.expect(200);
    assert_eq!(
        (read.text().as_str(), read.header("etag")),
        (made.text().as_str(), "\"1\"")
    );

    let change = json!({"Id": id(&tax), "Name": "VAT"});
    let changed = api.put(TAXES, &change).await.expect(200);
    assert_eq!(changed.header("etag"), "\"2\"");
    let mut expected = tax.clone();
    expected["Name"] = json!("VAT");
    assert_eq!(changed.json(), expected, "the rest is kept");

    // The vendor's pages create by PUT, with zeros for the id.
    let zeros = "00000000-0000-0000-0000-000000000000";
    let body = json!({"Id": zeros, "Tenant": zeros, "Name": "Another", "Value": 7});
    let another = api.put(TAXES, &body).await.expect(200).json();
    assert_eq!(another["Tenant"], api.root);
    let list = api
        .get(&format!("{TAXES}?Page=1&PageSize=50&Active=True"))
        .await;
    let list = list.expect(200).json();
    assert_eq!(names(&list), ["Another", "VAT"]);
    assert_eq!(
        (&list["AmountRecordsFound"], &list["AmountOfPages"]),
        (&json!(2), &json!(1))
    );

    let stale = api.request(Method::PUT, TAXES).bearer_auth(&api.token);
    let stale = stale.header(IF_MATCH, "\"1\"").json(&change);
    api.send(stale).await.expect(412);
    let new = api.request(Method::PUT, TAXES).bearer_auth(&api.token);
    let new = new.header(IF_MATCH, "\"1\"").json(&json!({"Name": "New"}));
    api.send(new).await.expect(412);
}

#[tokio::test]
async fn rates_keep_every_digit() {
    let api = Api::start().await;
    for rate in ["0.00", "0.1", "19.95", "8.8750", "99.9999", "20"] {
        let body = format!(r#"{{"Name":"T","Value":{rate}}}"#);
        let made = send(&api, Method::POST, body).await.expect(201);
        assert!(
            made.text().contains(&format!("\"Value\":{rate},")),
            "{}",
            made.text()
        );
        let read = api.get(made.header("location")).await.expect(200);
        assert_eq!(read.text(), made.text());
    }
    for rate in ["100", "-0.1", "0.00001", "1e1", "\"20\"", "1.2.3"] {
        let body = format!(r#"{{"Name":"T","Value":{rate}}}"#);
        let refused = send(&api, Method::POST, body).await.expect(400).json();
        let field = refused["error"]["details"][0]["field"].as_str().unwrap();
        assert!(["Value", "body"].contains(&field), "{refused}");
    }
    let list = api.get(TAXES).await.expect(200).json();
    assert_eq!(list["AmountRecordsFound"], 6);
}

#[tokio::test]
async fn all_that_is_wrong_with_a_tax_is_told() {
    let api = Api::start().await;
    let customer = api.tenant("customer", &api.root).await;
    let body = json!({"Tenant": customer, "Code": "x".repeat(51), "Value": 100});
    let refused = api.post(TAXES, &body).await.expect(400).json();
    let details = refused["error"]["details"].as_array().unwrap();
    let fields: Vec<&Value> = details.iter().map(|detail| &detail["field"]).collect();
    assert_eq!(fields, ["Tenant", "Name", "Code", "Value"]);

    let tax = new_tax(&api, &api.root, "VAT").await;
    let moved = json!({"Id": id(&tax), "Tenant": customer});
    let refused = api.put(TAXES, &moved).await.expect(400).json();
    assert_eq!(refused["error"]["details"][0]["field"], "Tenant");
}

#[tokio::test]
async fn taxes_are_seen_below_their_partner_and_changed_by_it() {
    let api = Api::start().await;
    let partner = api.tenant("partner", &api.root).await;
    let other = api.tenant("partner", &api.root).await;
    let customer = api.tenant("customer", &partner).await;
    let root_tax = new_tax(&api, &api.root, "Root").await;
    let own_tax = new_tax(&api, &partner, "Own").await;
    let other_tax = new_tax(&api, &other, "Other").await;
    let scopes = ["billing_read", "billing_write"];
    let token = api.token_at(&partner, &scopes).await;
    let get = |path: String| {
        let (api, token) = (&api, &token);
        async move { api.call_as(token, Method::GET, &path, None).await }
    };

    for path in [TAXES.to_owned(), format!("{TAXES}?Tenant={customer}")] {
        let list = get(path).await.expect(200).json();
        assert_eq!(names(&list), ["Own", "Root"], "the nearest first");
    }
    get(format!("{TAXES}?id={}", id(&root_tax)))
        .await
        .expect(200);
    let foreign = get(format!("{TAXES}?id={}", id(&other_tax))).await;
    let unknown = get(format!("{TAXES}?id={}", uuid::Uuid::new_v4())).await;
    assert_eq!(foreign.expect(404).text(), unknown.expect(404).text());
    get(format!("{TAXES}?Tenant={other}")).await.expect(404);

    for (tax, status) in [(&own_tax, 200), (&root_tax, 403), (&other_tax, 404)] {
        let body = json!({"Id": id(tax), "Code": "C"});
        let put = api.call_as(&token, Method::PUT, TAXES, Some(&body)).await;
        put.expect(status);
    }
    let body = json!({"Tenant": other, "Name": "Mine"});
    let post = api.call_as(&token, Method::POST, TAXES, Some(&body));
    post.await.expect(404);

    // A customer can have the taxes of those above it.
    for (tax, status) in [(&root_tax, 200), (&own_tax, 200), (&other_tax, 400)] {
        let body = json!({"Tenant": customer, "Tax": id(tax)});
        let put = api.put(CUSTOMERS, &body).await.expect(status).json();
        if status == 400 {
            let missing = json!({"Tenant": customer, "Tax": uuid::Uuid::new_v4()});
            let missing = api.put(CUSTOMERS, &missing).await.expect(400).json();
            assert_eq!(put, missing, "existence does not leak");
        }
    }
    // A client of a customer sees them too, and makes none.
    let below = api.token_at(&customer, &scopes).await;
    let list = api.call_as(&below, Method::GET, TAXES, None).await;
    assert_eq!(names(&list.expect(200).json()), ["Own", "Root"]);
    let body = json!({"Name": "Mine"});
    let post = api.call_as(&below, Method::POST, TAXES, Some(&body));
    post.await.expect(400);
}

#[tokio::test]
async fn an_inactive_tax_is_given_to_nobody_but_kept() {
    let api = Api::start().await;
    let (first, second) = (
        api.tenant("customer", &api.root).await,
        api.tenant("customer", &api.root).await,
    );
    let tax = new_tax(&api, &api.root, "VAT").await;
    let give = |tenant: &str, more: Value| {
        let mut body = json!({"Tenant": tenant, "Tax": id(&tax)});
        body.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        let api = &api;
        async move { api.put(CUSTOMERS, &body).await }
    };
    give(&first, json!({})).await.expect(200);
    let off = json!({"Id": id(&tax), "Active": false});
    api.put(TAXES, &off).await.expect(200);
    let refused = give(&second, json!({})).await.expect(400).json();
    assert_eq!(refused["error"]["details"][0]["field"], "Tax");
    give(&first, json!({"City": "Sofia"})).await.expect(200);
    for (active, found) in [("true", 0), ("false", 1)] {
        let list = api.get(&format!("{TAXES}?Active={active}")).await;
        assert_eq!(names(&list.expect(200).json()).len(), found);
    }
    let allow = json!({"Id": id(&tax), "AllowInactive": true});
    api.put(TAXES, &allow).await.expect(200);
    give(&second, json!({})).await.expect(200);
}

#[tokio::test]
async fn lists_of_taxes_have_pages() {
    let api = Api::start().await;
    for number in 0..5 {
        new_tax(&api, &api.root, &format!("T{number}")).await;
    }
    for (page, expected) in [(1, ["T0", "T1"].as_slice()), (3, &["T4"]), (4, &[])] {
        let list = api.get(&format!("{TAXES}?PageSize=2&Page={page}")).await;
        let list = list.expect(200).json();
        assert_eq!(names(&list), expected);
        assert_eq!(list["AmountRecordsFound"], 5);
        assert_eq!(list["AmountOfPages"], 3);
    }
    api.get(&format!("{TAXES}?Active=maybe")).await.expect(400);
    api.get(&format!("{TAXES}?id=7")).await.expect(400);
}
