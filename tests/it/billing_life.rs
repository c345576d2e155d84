//! What becomes of customers over time: lists, the end of their tenant, the audit.

use serde_json::{Value, json};

use crate::billing_rules::{CUSTOMERS, exempt};
use crate::support::api::Api;

#[tokio::test]
async fn lists_go_on_where_they_ended() {
    let api = Api::start().await;
    let mut expected = Vec::new();
    for _ in 0..5 {
        let tenant = api.tenant("customer", &api.root).await;
        expected.push(exempt(&api, &tenant).await["Id"].clone());
    }
    let ids = |page: &Value| -> Vec<Value> {
        let customers = page["Customers"].as_array().unwrap();
        customers.iter().map(|one| one["Id"].clone()).collect()
    };
    let (mut by_cursor, mut after) = (Vec::new(), String::new());
    loop {
        let path = format!("{CUSTOMERS}?PageSize=2{after}");
        let page = api.get(&path).await.expect(200).json();
        by_cursor.extend(ids(&page));
        match page["After"].as_str() {
            Some(cursor) => after = format!("&After={cursor}"),
            None => break,
        }
    }
    let mut by_number = Vec::new();
    for number in 1..=4 {
        let path = format!("{CUSTOMERS}?PageSize=2&Page={number}");
        by_number.extend(ids(&api.get(&path).await.expect(200).json()));
    }
    assert_eq!(by_cursor, by_number);
    assert_eq!(by_cursor.len(), 5);
    for id in &expected {
        assert!(by_cursor.contains(id));
    }
    for bad in [
        "PageSize=0",
        "Page=0",
        "Page=9999&PageSize=1000",
        "After=x",
        "Tenant=7",
        "Page=1&Page=2",
    ] {
        let refused = api.get(&format!("{CUSTOMERS}?{bad}")).await;
        assert_eq!(refused.expect(400).json()["error"]["code"], "malformed");
    }
}

#[tokio::test]
async fn a_tenant_takes_its_billing_data_along() {
    let api = Api::start().await;
    let partner = api.tenant("partner", &api.root).await;
    let customer = exempt(&api, &partner).await;
    let tax = json!({"Tenant": partner, "Name": "VAT", "Value": 20});
    let taxes = "/api/advanced-automation/v1/Taxes";
    let tax = api.post(taxes, &tax).await.expect(201).json();
    let path = format!("/api/2/tenants/{partner}");
    api.put(&path, &json!({"version": 1, "enabled": false}))
        .await
        .expect(200);

    // Disabled: what is there can still be put right, but nothing new is taken.
    let body = json!({"Tenant": partner, "City": "Sofia"});
    api.put(CUSTOMERS, &body).await.expect(200);
    let new_tax = json!({"Tenant": partner, "Name": "VAT 2"});
    api.post(taxes, &new_tax).await.expect(422);

    api.delete(&format!("{path}?version=2")).await.expect(204);
    let id = |of: &Value| of["Id"].as_str().unwrap().to_owned();
    let customer = format!("{CUSTOMERS}/{}", id(&customer));
    api.get(&customer).await.expect(404);
    api.get(&format!("{taxes}?id={}", id(&tax)))
        .await
        .expect(404);
    let listed = api.get(CUSTOMERS).await.expect(200).json();
    assert_eq!(listed["Customers"], json!([]));
    for family in *b"BDKx1" {
        let prefix = upsell::store::engine::Key(vec![family]);
        let left = api.env.store.engine().scan(&prefix, None, 10).await;
        assert_eq!(left.unwrap(), [], "family {family}");
    }
}

#[tokio::test]
async fn a_disabled_tenant_gets_no_customer() {
    let api = Api::start().await;
    let tenant = api.tenant("customer", &api.root).await;
    let path = format!("/api/2/tenants/{tenant}");
    api.put(&path, &json!({"version": 1, "enabled": false}))
        .await
        .expect(200);
    let body = json!({"Tenant": tenant, "TaxExempt": true});
    let refused = api.put(CUSTOMERS, &body).await.expect(422);
    assert_eq!(refused.json()["error"]["code"], "refused");
}

#[tokio::test]
async fn each_write_is_in_the_audit() {
    let api = Api::start().await;
    let tenant = api.tenant("customer", &api.root).await;
    let customer = exempt(&api, &tenant).await;
    let body = json!({"Tenant": tenant, "City": "Sofia"});
    api.put(CUSTOMERS, &body).await.expect(200);
    let path = format!("/api/upsell/v1/audit?tenant_id={tenant}");
    let audit = api.get(&path).await.expect(200).json();
    let entries = audit["items"].as_array().unwrap();
    let of_customer: Vec<&Value> = entries
        .iter()
        .filter(|entry| entry["object"] == customer["Id"])
        .collect();
    let actions: Vec<&Value> = of_customer.iter().map(|entry| &entry["action"]).collect();
    assert_eq!(actions, ["customer.update", "customer.create"]);
    let update = of_customer[0].to_string();
    assert!(update.contains("Sofia"), "{update}");
}
