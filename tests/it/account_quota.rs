//! Offering items, quotas and usages of tenants and of users.

use serde_json::{Value, json};
use upsell::domain::ids::AccountId;
use upsell::domain::quota::{Item, State};
use upsell::store::keys;

use crate::support::api::Api;
use crate::support::app::eventually;
use crate::support::world::account_ref;

const MAX: u64 = u64::MAX;

fn items(quotas: Value) -> Value {
    json!({"offering_items": [{"usage_name": "storage", "edition": "standard", "quota": quotas}]})
}

/// How the storage of an account stands, as it is stored.
async fn state(api: &Api, account: AccountId) -> Option<State> {
    let account = account_ref(&api.env.store, account).await;
    let (meter, _) = api.env.store.meter(account).await.unwrap();
    meter
        .standings
        .get(Item::StorageSize)
        .map(|standing| standing.state)
}

async fn notices(api: &Api) -> usize {
    api.env
        .store
        .engine()
        .scan(&keys::notices(), None, 100)
        .await
        .unwrap()
        .len()
}

#[tokio::test]
async fn a_quota_is_set_read_raised_and_lifted() {
    let api = Api::start().await;
    let id = api.tenant("customer", &api.root).await;
    let path = format!("/api/2/tenants/{id}/offering_items");
    assert_eq!(
        api.get(&path).await.expect(200).json(),
        json!({"items": []})
    );
    let body = items(json!({"value": MAX, "overage": 5, "version": 0}));
    let mut set = api.put(&path, &body).await.expect(200).json();
    assert!(
        set["items"][0]["updated_at"]
            .as_str()
            .unwrap()
            .ends_with("+00:00")
    );
    set["items"][0]["updated_at"] = Value::Null;
    assert_eq!(
        set,
        json!({"items": [{
            "application_id": "00000000-0000-0000-0000-000000000000", "deleted_at": null,
            "edition": "standard", "infra_id": null, "locked": false, "measurement_unit": "bytes",
            "name": "storage", "quota": {"value": MAX, "overage": 5, "version": 1}, "status": 1,
            "tenant_id": id, "type": "count", "updated_at": null, "usage_name": "storage",
        }]})
    );
    let quota = async || api.get(&path).await.expect(200).json()["items"][0]["quota"].clone();
    let stale = api
        .put(&path, &items(json!({"value": 1, "version": 0})))
        .await
        .expect(409);
    assert_eq!(stale.code(), 1001);
    assert_eq!(quota().await["value"], MAX);
    api.put(
        &path,
        &items(json!({"value": 1, "overage": null, "version": 1})),
    )
    .await
    .expect(200);
    assert_eq!(
        quota().await,
        json!({"value": 1, "overage": null, "version": 2})
    );
    api.put(
        &path,
        &items(json!({"value": null, "overage": 7, "version": 2})),
    )
    .await
    .expect(200);
    assert_eq!(
        quota().await,
        json!({"value": null, "overage": null, "version": 0})
    );

    for edition in ["*", "standard"] {
        let found = api
            .get(&format!("{path}?edition={edition}"))
            .await
            .expect(200)
            .json();
        assert_eq!(found["items"].as_array().unwrap().len(), 1);
    }
    let none = api
        .get(&format!("{path}?edition=advanced"))
        .await
        .expect(200)
        .json();
    assert_eq!(none, json!({"items": []}));
}

#[tokio::test]
async fn bad_offering_items_are_refused_and_nothing_is_stored() {
    let api = Api::start().await;
    let id = api.tenant("customer", &api.root).await;
    let path = format!("/api/2/tenants/{id}/offering_items");
    api.put(&path, &items(json!({"value": 10})))
        .await
        .expect(200);
    let before = api.get(&path).await.text();
    let good = json!({"usage_name": "vms", "quota": {"value": 1}});
    for (bad, field) in [
        (
            json!({"usage_name": "vms", "quota": {"value": -1}}),
            "quota.value",
        ),
        (
            json!({"usage_name": "vms", "quota": {"value": 1.5}}),
            "quota.value",
        ),
        (
            json!({"usage_name": "vms", "quota": {"value": 1e30}}),
            "quota.value",
        ),
        (
            json!({"usage_name": "vms", "quota": {"value": "9"}}),
            "quota.value",
        ),
        (
            json!({"usage_name": "vms", "quota": {"value": 9, "overage": -1}}),
            "quota.overage",
        ),
        (
            json!({"usage_name": "vms", "quota": {"overage": 1}}),
            "quota",
        ),
        (json!({"usage_name": "vms", "type": "planet"}), "type"),
        (
            json!({"usage_name": "vms", "measurement_unit": "miles"}),
            "measurement_unit",
        ),
        (
            json!({"usage_name": "vms", "measurement_unit": "bytes"}),
            "measurement_unit",
        ),
        (
            json!({"usage_name": "storage", "edition": "other", "measurement_unit": "quantity"}),
            "measurement_unit",
        ),
        (json!({"usage_name": "vms", "status": 2}), "status"),
        (json!({"usage_name": "v\nms"}), "usage_name"),
        (json!({"usage_name": "vms", "infra_id": "7"}), "infra_id"),
        (json!({"quota": {"value": 1}}), "usage_name"),
    ] {
        let body = json!({ "offering_items": [good, bad] });
        let refused = api.put(&path, &body).await.expect(400).json();
        let named = refused["error"]["details"]["addition"][0]["field"].clone();
        assert_eq!(named, format!("offering_items[1].{field}"), "{bad}");
    }
    let twice = json!({ "offering_items": [good, good] });
    api.put(&path, &twice).await.expect(400);
    api.put(&path, &json!({"items": []})).await.expect(400);
    assert_eq!(api.get(&path).await.text(), before);
}

/// A quota changes what stands in the same commit, and tells its people when it is entered.
#[tokio::test]
async fn a_quota_decides_at_once_what_stands() {
    let api = Api::start().await;
    let id = api.tenant("customer", &api.root).await;
    let account = AccountId::Tenant(id.parse().unwrap());
    let path = format!("/api/2/tenants/{id}/offering_items");
    let body =
        json!({"items": [{"tenant_id": id, "usage_name": "storage", "absolute_value": 100}]});
    api.put("/api/2/tenants/usages", &body).await.expect(200);
    for (quota, expected) in [
        (json!({"value": 1000}), State::Ok),
        (json!({"value": 110}), State::Soon),
        (json!({"value": 100}), State::Exceeded),
        (json!({"value": 80, "overage": 20}), State::HardExceeded),
        (json!({"value": 101, "overage": null}), State::Soon),
        (json!({"value": null}), State::Unlimited),
        (json!({"value": 0}), State::Exceeded),
    ] {
        api.put(&path, &items(quota.clone())).await.expect(200);
        assert_eq!(state(&api, account).await, Some(expected), "{quota}");
    }
    let off =
        json!({"offering_items": [{"usage_name": "storage", "edition": "standard", "status": 0}]});
    api.put(&path, &off).await.expect(200);
    assert_eq!(state(&api, account).await, Some(State::Unlimited));
}

#[tokio::test]
async fn a_quota_that_is_entered_mails_its_people() {
    let api = Api::start().await;
    let id = api.tenant("customer", &api.root).await;
    let user = api.user(&id).await;
    let active = json!({"version": 1, "activated": true});
    api.put(&format!("/api/2/users/{user}"), &active)
        .await
        .expect(200);
    let path = format!("/api/2/tenants/{id}/offering_items");
    api.put(&path, &items(json!({"value": 0})))
        .await
        .expect(200);
    let open = keys::open_mail(user.parse().unwrap());
    // The fan-out was woken by the commit; it works at once.
    eventually("the mail is open and the notice is gone", async || {
        let opened = api.env.store.engine().get(&open).await.unwrap().is_some();
        (opened && notices(&api).await == 0).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_users_own_quota_is_reached_as_a_personal_tenant_too() {
    let api = Api::start().await;
    let customer = api.tenant("customer", &api.root).await;
    let user = api.user(&customer).await;
    let path = format!("/api/2/users/{user}");
    let shown = api.get(&path).await.expect(200);
    let v1_id: u64 = shown.header("x-upsell-v1-id").parse().unwrap();
    assert_eq!(shown.json()["personal_tenant_id"], Value::Null);
    let set = api
        .put(
            &format!("{path}/offering_items"),
            &items(json!({"value": 100})),
        )
        .await
        .expect(200)
        .json();
    let shown = api.get(&path).await.expect(200).json();
    let personal = shown["personal_tenant_id"].as_str().unwrap().to_owned();
    assert_eq!(set["items"][0]["tenant_id"], personal.as_str());
    // The server gives the id: who has read version 1 may go on.
    assert_eq!(shown["version"], 1);

    let other_way = format!("/api/2/tenants/{personal}/offering_items");
    assert_eq!(api.get(&other_way).await.expect(200).json(), set);
    api.put(&other_way, &items(json!({"value": 50, "version": 1})))
        .await
        .expect(200);
    let body =
        json!({"items": [{"tenant_id": personal, "usage_name": "storage", "absolute_value": 50}]});
    let done = api
        .put("/api/2/tenants/usages", &body)
        .await
        .expect(200)
        .json();
    assert_eq!(done["items"][0]["error"], Value::Null);
    let usages = api.get(&format!("{path}/usages")).await.expect(200).json();
    assert_eq!(usages["items"][0]["tenant_id"], v1_id);
    assert_eq!(usages["items"][0]["tenant_uuid"], personal.as_str());
    assert_eq!(
        api.get(&format!("/api/2/tenants/{personal}/usages"))
            .await
            .json(),
        usages
    );
    let account = AccountId::User(user.parse().unwrap());
    assert_eq!(state(&api, account).await, Some(State::Exceeded));
    // It is no tenant otherwise.
    let itself = api.get(&format!("/api/2/tenants/{personal}")).await;
    assert_eq!(itself.expect(404).code(), 1005);
}
