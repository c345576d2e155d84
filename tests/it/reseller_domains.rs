//! `/domain`: retention, users' roles, and roles of its own (rule `reseller-plans`).

use reqwest::Method;
use serde_json::json;

use crate::reseller_plans::{names, plan, raw};
use crate::support::api::{Answer, Api};

pub(crate) async fn domain(api: &Api, name: &str, plan: &str) {
    let body = json!({"plan": plan});
    api.put(&format!("/domain/{name}"), &body).await.expect(201);
}

pub(crate) async fn give(api: &Api, domain: &str, user: &str, roles: &[&str]) -> Answer {
    let path = format!("/domain/{domain}/users/{user}/role");
    api.put(&path, &json!({"roles": roles})).await
}

pub(crate) async fn roles_of(api: &Api, domain: &str, user: &str) -> Vec<String> {
    let path = format!("/domain/{domain}/users/{user}/role");
    let found = api.get(&path).await.expect(200).json();
    names(&found["roles"])
        .into_iter()
        .map(str::to_owned)
        .collect()
}

#[tokio::test]
async fn a_domain_shows_its_plans_retention_until_it_has_its_own() {
    let api = Api::start().await;
    plan(&api, "Gold", &[]).await;
    plan(&api, "Silver", &[]).await;
    domain(&api, "acme", "Gold").await;
    let path = "/domain/acme/retention";
    api.get(path).await.expect(404);
    let of_gold = r#"{"volume":2.50,"retentionUnit":"MONTHS","retentionValue":6}"#;
    raw(&api, Method::PUT, "/plan/Gold/retention", of_gold)
        .await
        .expect(200);
    assert_eq!(api.get(path).await.expect(200).text(), of_gold);
    let own = r#"{"volume":10,"retentionUnit":"YEARS","retentionValue":1}"#;
    assert_eq!(
        raw(&api, Method::PUT, path, own).await.expect(200).text(),
        own
    );
    assert_eq!(api.get(path).await.text(), own);
    let shown = api.get("/domain/acme").await.expect(200).json();
    assert_eq!(
        (&shown["plan"], &shown["ownRetention"]),
        (&json!("Gold"), &json!(true))
    );
    assert_eq!(shown["retention"]["retentionUnit"], "YEARS");
    assert_eq!(api.get("/plan/Gold/retention").await.text(), of_gold);
    // Its own values go with it to another plan.
    let to = json!({"pricePlan": "Silver"});
    api.put("/domain/acme/plan", &to).await.expect(200);
    assert_eq!(api.get(path).await.text(), own);
    api.delete(path).await.expect(204);
    api.get(path).await.expect(404);
    api.put(path, &json!({"volume": 1})).await.expect(400);
    api.delete("/plan/Silver").await.expect(409);
    api.delete("/plan/Gold").await.expect(204);
}

#[tokio::test]
async fn a_domain_has_a_plan_an_owner_and_perhaps_a_tenant() {
    let api = Api::start().await;
    plan(&api, "Gold", &["Reviewer"]).await;
    plan(&api, "Silver", &[]).await;
    let (inside, outside) = (
        api.tenant("customer", &api.root).await,
        api.tenant("customer", &api.root).await,
    );
    let (ann, bob, eve) = (
        api.user(&inside).await,
        api.user(&inside).await,
        api.user(&outside).await,
    );
    api.put("/domain/acme", &json!({})).await.expect(400);
    api.put("/domain/acme", &json!({"plan": "None"}))
        .await
        .expect(404);
    api.put("/domain/acme", &json!({"plan": "Gold", "owner": "nobody"}))
        .await
        .expect(404);
    api.get("/domain/acme").await.expect(404);

    let body = json!({"plan": "gold", "tenant_id": inside, "owner": ann});
    let made = api.put("/domain/acme", &body).await.expect(201).json();
    assert_eq!(
        (&made["plan"], &made["tenant_id"]),
        (&json!("Gold"), &json!(inside))
    );
    assert_eq!(roles_of(&api, "acme", &ann).await, ["Admin"]);
    let login = made["owner"].as_str().unwrap();
    let found = api
        .get(&format!("/domain/acme/users/{login}/role"))
        .await
        .expect(200);
    assert_eq!(
        (&found.json()["owner"], &found.json()["id"]),
        (&json!(true), &json!(ann))
    );
    // Whole objects come back; a plan is not changed that way.
    api.put("/domain/ACME", &made).await.expect(200);
    api.put("/domain/acme", &json!({"plan": "Silver"}))
        .await
        .expect(422);
    api.put("/domain/acme", &json!({"name": "other"}))
        .await
        .expect(422);
    // Only users of the domain's tenant, which stays while they hold roles.
    give(&api, "acme", &eve, &["Reviewer"]).await.expect(404);
    api.put("/domain/acme", &json!({"owner": eve}))
        .await
        .expect(404);
    api.put("/domain/acme", &json!({"tenant_id": outside}))
        .await
        .expect(409);
    // The owner is an Admin, and stays; another one takes the flag.
    give(&api, "acme", &ann, &["Reviewer"]).await.expect(422);
    give(&api, "acme", &ann, &["Reviewer", "ADMIN"])
        .await
        .expect(200);
    api.delete(&format!("/domain/acme/users/{ann}/role"))
        .await
        .expect(422);
    let moved = api
        .put("/domain/acme", &json!({"owner": bob}))
        .await
        .expect(200)
        .json();
    assert_ne!(moved["owner"], made["owner"]);
    assert_eq!(roles_of(&api, "acme", &ann).await, ["Reviewer", "Admin"]);
    give(&api, "acme", &ann, &["Reviewer"]).await.expect(200);

    api.delete("/domain/acme").await.expect(204);
    api.get("/domain/acme").await.expect(404);
    let plan = api.get("/plan/Gold").await.json();
    assert_eq!(plan["domains"], 0);
    api.delete("/plan/Gold/roles/Reviewer").await.expect(204);
}

#[tokio::test]
async fn users_hold_several_roles_and_an_assigned_one_is_not_deleted() {
    let api = Api::start().await;
    plan(&api, "Gold", &["Reviewer", "Auditor"]).await;
    domain(&api, "acme", "Gold").await;
    domain(&api, "other", "Gold").await;
    let user = api.user(&api.root).await;
    let path = format!("/domain/acme/users/{user}/role");
    let none = api.get(&path).await.expect(200).json();
    assert_eq!((&none["roles"], &none["version"]), (&json!([]), &json!(0)));
    let made = give(&api, "acme", &user, &["reviewer", "AUDITOR", "Reviewer"])
        .await
        .expect(200);
    assert_eq!(made.header("etag"), "\"1\"");
    let made = made.json();
    assert_eq!(names(&made["roles"]), ["Reviewer", "Auditor"]);
    assert_eq!(made["roles"][0]["ownedBy"], "plan");
    give(&api, "other", &user, &["Reviewer"]).await.expect(200);

    let role = "/plan/Gold/roles/Reviewer";
    let refused = api.delete(role).await.expect(409);
    assert_eq!(refused.code(), 409);
    assert!(refused.text().contains("2 users"), "{}", refused.text());
    // The whole answer, sent back, changes nothing; one role has a field of its own.
    let same = api.put(&path, &made).await.expect(200).json();
    assert_eq!(same, made);
    let one = json!({"role": "NO_PRIVILEGES"});
    let one = api.put(&path, &one).await.expect(200).json();
    assert_eq!(names(&one["roles"]), ["No Privileges"]);
    api.delete(role).await.expect(409);
    api.delete(&format!("/domain/other/users/{user}/role"))
        .await
        .expect(204);
    api.delete(&format!("/domain/other/users/{user}/role"))
        .await
        .expect(404);
    api.delete(role).await.expect(204);
    give(&api, "acme", &user, &["Reviewer"]).await.expect(404);
    for bad in [
        json!({}),
        json!({"roles": [7]}),
        json!({"roles": [{"type": "ADMIN"}]}),
        json!({"role": "Auditor", "roles": []}),
        json!({"roles": ["a\nb"]}),
    ] {
        api.put(&path, &bad).await.expect(400);
    }
    give(&api, "acme", &user, &[]).await.expect(422);
    assert_eq!(roles_of(&api, "acme", &user).await, ["No Privileges"]);
}

#[tokio::test]
async fn roles_of_a_domain_are_its_own() {
    let api = Api::start().await;
    plan(&api, "Gold", &["Reviewer"]).await;
    domain(&api, "acme", "Gold").await;
    let user = api.user(&api.root).await;
    let body = json!({"name": "Local", "policies": [{"op": "op_view", "action": "certs"}]});
    let made = api
        .post("/domain/acme/roles", &body)
        .await
        .expect(201)
        .json();
    assert_eq!(made["type"], "CUSTOM");
    assert_eq!(
        names(&api.get("/domain/acme/roles").await.json()),
        ["Local"]
    );
    api.get("/plan/Gold/roles/Local").await.expect(404);
    let held = give(&api, "acme", &user, &["Local", "Reviewer"])
        .await
        .expect(200)
        .json();
    assert_eq!(held["roles"][0]["ownedBy"], "domain");
    api.delete("/domain/acme/roles/Local").await.expect(409);
    api.put("/domain/acme/roles/Local", &json!({"name": "Near"}))
        .await
        .expect(200);
    assert_eq!(roles_of(&api, "acme", &user).await, ["Near", "Reviewer"]);
    api.post("/domain/acme/roles", &json!({"name": "ADMIN"}))
        .await
        .expect(422);
    // A domain's own role comes before one of its plan that has its name.
    api.post("/domain/acme/roles", &json!({"name": "reviewer"}))
        .await
        .expect(201);
    let held = give(&api, "acme", &user, &["Reviewer"])
        .await
        .expect(200)
        .json();
    assert_eq!(held["roles"][0]["ownedBy"], "domain");
    api.delete("/plan/Gold/roles/Reviewer").await.expect(204);
    api.delete("/domain/acme/roles/Near").await.expect(204);
    api.delete("/domain/acme/roles/Reviewer").await.expect(409);
}
