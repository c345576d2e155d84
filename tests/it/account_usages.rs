//! Usages as they are reported and listed, and what can be sold to a child.

use serde_json::{Value, json};

use crate::support::api::Api;

const MAX: u64 = u64::MAX;

fn items(quotas: Value) -> Value {
    json!({"offering_items": [{"usage_name": "storage", "edition": "standard", "quota": quotas}]})
}

#[tokio::test]
async fn a_batch_has_an_outcome_for_each_line() {
    let api = Api::start().await;
    let id = api.tenant("customer", &api.root).await;
    let user = api.user(&id).await;
    let unknown = uuid::Uuid::new_v4().to_string();
    let line = |name: &str, value: Value| json!({"tenant_id": id, "usage_name": name, "absolute_value": value});
    let body = json!({"items": [
        line("storage", json!(MAX)),
        line("vms", json!(-1)),
        line("vms", json!(1.5)),
        {"tenant_id": unknown, "usage_name": "vms", "absolute_value": 1},
        {"tenant_id": "7", "usage_name": "vms", "absolute_value": 1},
        {"usage_name": "vms", "absolute_value": 1},
        {"tenant_id": id, "user_id": user, "usage_name": "vms", "absolute_value": 1},
        {"tenant_id": id, "usage_name": "vms"},
        {"tenant_id": id, "usage_name": "vms", "absolute_value": 1, "observed_at": "yesterday"},
        {"tenant_id": id, "usage_name": "vms", "absolute_value": 1,
         "observed_at": "2999-01-01T00:00:00Z"},
        {"tenant_id": id, "usage_name": "", "absolute_value": 1},
        7,
        {"user_id": user, "usage_name": "mobiles", "absolute_value": 3},
        line("vms", json!(2)),
    ]});
    let done = api
        .put("/api/2/tenants/usages", &body)
        .await
        .expect(200)
        .json();
    let done = done["items"].as_array().unwrap();
    let codes: Vec<Option<u64>> = done
        .iter()
        .map(|line| line["error"]["code"].as_u64())
        .collect();
    let bad = Some(400);
    assert_eq!(
        codes,
        [
            None,
            bad,
            bad,
            Some(1005),
            bad,
            bad,
            bad,
            bad,
            bad,
            bad,
            bad,
            bad,
            None,
            None
        ]
    );
    assert_eq!(
        done[0],
        json!({"tenant_id": id, "usage_name": "storage", "error": null})
    );
    assert_eq!(
        done[12],
        json!({"tenant_id": null, "user_id": user, "usage_name": "mobiles", "error": null})
    );
    assert_eq!(done[3]["error"]["message"], "tenant not found");
    let usages = api
        .get(&format!("/api/2/tenants/{id}/usages"))
        .await
        .expect(200)
        .json();
    let shown: Vec<_> = usages["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|usage| {
            (
                usage["usage_name"].as_str().unwrap(),
                usage["absolute_value"].as_u64(),
            )
        })
        .collect();
    assert_eq!(shown, [("storage", Some(MAX)), ("vms", Some(2))]);
    for bad in [json!({}), json!([]), json!({"items": 7})] {
        api.put("/api/2/tenants/usages", &bad).await.expect(400);
    }
}

/// An older observation than the stored one changes nothing, and its line says so.
#[tokio::test]
async fn an_older_observation_is_said_to_be_skipped() {
    let api = Api::start().await;
    let id = api.tenant("customer", &api.root).await;
    let line = |value: u64, at: &str| json!({"tenant_id": id, "usage_name": "vms", "absolute_value": value, "observed_at": at});
    let late = line(5, "2026-01-02T00:00:00Z");
    let early = line(3, "2026-01-01T00:00:00Z");
    let body = json!({ "items": [late, early, late] });
    let done = api.put("/api/2/tenants/usages", &body).await.expect(200);
    let taken = json!({"tenant_id": id, "usage_name": "vms", "error": null});
    let mut skipped = taken.clone();
    skipped["skipped"] = json!(true);
    assert_eq!(done.json()["items"], json!([taken, skipped, taken]));
    let usages = api.get(&format!("/api/2/tenants/{id}/usages")).await;
    assert_eq!(usages.json()["items"][0]["absolute_value"], 5);
}

#[tokio::test]
async fn usages_show_what_is_sold_and_what_is_used() {
    let api = Api::start().await;
    let id = api.tenant("customer", &api.root).await;
    let other = api.tenant("customer", &api.root).await;
    let v1_id = api.get(&format!("/api/2/tenants/{id}")).await.json()["v1_id"].clone();
    let path = format!("/api/2/tenants/{id}/offering_items");
    api.put(&path, &items(json!({"value": 10, "overage": null})))
        .await
        .expect(200);
    let body = json!({"items": [
        {"tenant_id": id, "usage_name": "storage", "absolute_value": 7},
        {"tenant_id": other, "usage_name": "vms", "absolute_value": 2},
    ]});
    api.put("/api/2/tenants/usages", &body).await.expect(200);
    let mut found = api
        .get(&format!("/api/2/tenants/{id}/usages"))
        .await
        .expect(200)
        .json();
    let start = found["items"][0]["range_start"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(start.ends_with("-01T00:00:00+00:00"), "{start}");
    found["items"][0]["range_start"] = Value::Null;
    assert_eq!(
        found,
        json!({"items": [{
            "absolute_value": 7, "application_id": "00000000-0000-0000-0000-000000000000",
            "edition": "standard", "infra_id": null, "measurement_unit": "bytes",
            "name": "storage",
            "offering_item": {"quota": {"value": 10, "overage": null, "version": 1}, "status": 1},
            "range_start": null, "tenant_id": v1_id, "tenant_uuid": id, "type": "count",
            "usage_name": "storage", "value": 7,
        }]})
    );
    let unknown = uuid::Uuid::new_v4();
    let both = format!("/api/2/tenants/usages?tenants={other},{unknown},{id}");
    let names = async |path: &str| {
        let found = api.get(path).await.expect(200).json();
        let items = found["items"].as_array().unwrap().clone();
        let name = |usage: &Value| usage["usage_name"].as_str().unwrap().to_owned();
        items.iter().map(name).collect::<Vec<_>>()
    };
    assert_eq!(names(&both).await, ["vms", "storage"]);
    assert_eq!(
        names(&format!("{both}&usage_names=storage,servers")).await,
        ["storage"]
    );
    api.get("/api/2/tenants/usages").await.expect(400);
}

#[tokio::test]
async fn what_can_be_sold_to_a_child() {
    let api = Api::start().await;
    let partner = api.tenant("partner", &api.root).await;
    let path = format!("/api/2/tenants/{partner}/offering_items");
    let available = format!("{path}/available_for_child?kind=customer&edition=*");
    let names = async || {
        let found = api.get(&available).await.expect(200).json();
        let items = found["items"].as_array().unwrap().clone();
        let shown = |item: &Value| {
            (
                item["usage_name"].as_str().unwrap().to_owned(),
                item["quota"].clone(),
            )
        };
        items.iter().map(shown).collect::<Vec<_>>()
    };
    let catalogue = names().await;
    assert_eq!(catalogue.len(), 5);
    assert!(catalogue.iter().any(|(name, _)| name == "storage"));
    api.put(&path, &items(json!({"value": 10})))
        .await
        .expect(200);
    let unlimited = json!({"value": null, "overage": null, "version": 0});
    assert_eq!(names().await, [("storage".to_owned(), unlimited)]);
    api.get(&format!("{path}/available_for_child?kind=unit"))
        .await
        .expect(400);
    api.get(&format!("{path}/available_for_child?kind=planet"))
        .await
        .expect(400);
}
