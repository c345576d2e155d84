//! `/plan`: retention, roles, and what guards them (rule `reseller-plans`).

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::api::{Answer, Api};

pub(crate) async fn raw(api: &Api, method: Method, path: &str, body: &str) -> Answer {
    let request = api
        .request(method, path)
        .bearer_auth(&api.token)
        .header("content-type", "application/json")
        .body(body.to_owned());
    api.send(request).await
}

async fn if_match(api: &Api, method: Method, path: &str, tag: &str, body: &Value) -> Answer {
    let request = api
        .request(method, path)
        .bearer_auth(&api.token)
        .header("if-match", tag)
        .json(body);
    api.send(request).await
}

/// A plan with these custom roles.
pub(crate) async fn plan(api: &Api, name: &str, roles: &[&str]) {
    api.put(&format!("/plan/{name}"), &json!({}))
        .await
        .expect(201);
    for role in roles {
        let path = format!("/plan/{name}/roles");
        api.post(&path, &json!({"name": role})).await.expect(201);
    }
}

pub(crate) fn names(list: &Value) -> Vec<&str> {
    let list = list.as_array().unwrap().iter();
    list.map(|one| one["name"].as_str().unwrap()).collect()
}

/// The seed's own body, field for field, digit for digit.
#[tokio::test]
async fn retention_is_the_seeds() {
    let api = Api::start().await;
    plan(&api, "Gold", &[]).await;
    let path = "/plan/Gold/retention";
    api.get(path).await.expect(404);
    let seed = r#"{"volume":2.5,"retentionUnit":"MONTHS","retentionValue":6}"#;
    assert_eq!(
        raw(&api, Method::PUT, path, seed).await.expect(200).text(),
        seed
    );
    let read = api.get(path).await.expect(200);
    assert_eq!((read.text().as_str(), read.header("etag")), (seed, "\"2\""));

    for volume in [
        "0",
        "0.00",
        "0.1",
        "19.95",
        "4.810",
        "1234567890123456789012345.678",
    ] {
        for unit in ["DAYS", "WEEKS", "MONTHS", "YEARS"] {
            let body =
                format!(r#"{{"volume":{volume},"retentionUnit":"{unit}","retentionValue":1}}"#);
            raw(&api, Method::PUT, path, &body).await.expect(200);
            assert_eq!(api.get(path).await.text(), body);
        }
    }
    let before = api.get(path).await.text();
    for bad in [
        r#"{"volume":-1,"retentionUnit":"DAYS","retentionValue":6}"#,
        r#"{"volume":"2.5","retentionUnit":"DAYS","retentionValue":6}"#,
        r#"{"volume":2.5e0,"retentionUnit":"DAYS","retentionValue":6}"#,
        r#"{"volume":10000000000000000000000000000,"retentionUnit":"DAYS","retentionValue":6}"#,
        r#"{"volume":2.5,"retentionUnit":"HOURS","retentionValue":6}"#,
        r#"{"volume":2.5,"retentionUnit":"days","retentionValue":6}"#,
        r#"{"volume":2.5,"retentionUnit":"DAYS","retentionValue":0}"#,
        r#"{"volume":2.5,"retentionUnit":"DAYS","retentionValue":1.5}"#,
        r#"{"volume":2.5,"retentionUnit":"DAYS","retentionValue":10001}"#,
        r#"{"volume":2.5,"retentionUnit":"DAYS"}"#,
        r#"{"volume":2.5,"retentionUnit":"DAYS","retentionValue":6,"volume":2.5}"#,
        "{}",
        "",
    ] {
        let refused = raw(&api, Method::PUT, path, bad).await.expect(400);
        assert_eq!(refused.code(), 400, "{bad}");
    }
    assert_eq!(api.get(path).await.text(), before);
}

#[tokio::test]
async fn plans_are_listed_changed_and_deleted() {
    let api = Api::start().await;
    assert_eq!(api.get("/plan").await.expect(200).text(), "[]");
    let made = api
        .put("/plan/Gold", &json!({"name": "gold"}))
        .await
        .expect(201);
    assert_eq!(made.header("etag"), "\"1\"");
    let gold = made.json();
    assert_eq!(
        (&gold["name"], &gold["retention"]),
        (&json!("Gold"), &json!(null))
    );
    assert_eq!(names(&gold["roles"]), ["Admin", "No Privileges"]);
    assert_eq!(gold["roles"][1]["type"], "NO_PRIVILEGES");
    // The same plan in another case, changed by the whole object.
    let mut whole = gold.clone();
    whole["retention"] = json!({"volume": 1, "retentionUnit": "DAYS", "retentionValue": 30});
    let changed = api.put("/plan/GOLD", &whole).await.expect(200).json();
    assert_eq!(
        (&changed["id"], &changed["version"]),
        (&gold["id"], &json!(2))
    );
    assert_eq!(changed["retention"]["retentionValue"], 30);
    let kept = api.put("/plan/Gold", &json!({})).await.expect(200).json();
    assert_eq!(kept["retention"], changed["retention"]);
    api.put("/plan/Gold", &json!({"name": "Silver"}))
        .await
        .expect(422);

    plan(&api, "Bronze%20%26%20Tin", &["Reviewer"]).await;
    let list = api.get("/plan").await.expect(200).json();
    assert_eq!(names(&list), ["Bronze & Tin", "Gold"]);
    assert_eq!(
        names(&list[0]["roles"]),
        ["Admin", "No Privileges", "Reviewer"]
    );
    assert_eq!(list[0]["roles"][2].get("policies"), None);

    for bad in ["%20x", "a%2Fb", "a%0Ab", "%E2%80%AEx", &"a".repeat(101)] {
        api.put(&format!("/plan/{bad}"), &json!({}))
            .await
            .expect(400);
        api.get(&format!("/plan/{bad}")).await.expect(404);
    }
    let stale = if_match(&api, Method::DELETE, "/plan/Gold", "\"2\"", &json!({})).await;
    stale.expect(412);
    let fresh = if_match(&api, Method::PUT, "/plan/New", "\"1\"", &json!({})).await;
    fresh.expect(412);
    api.get("/plan/New").await.expect(404);
    api.delete("/plan/Gold").await.expect(204);
    api.delete("/plan/Gold").await.expect(404);
    api.get("/plan/Gold/roles/Admin").await.expect(404);
    let again = api.put("/plan/Gold", &json!({})).await.expect(201).json();
    assert_ne!(again["id"], gold["id"]);
}

#[tokio::test]
async fn roles_have_a_short_and_a_full_form() {
    let api = Api::start().await;
    plan(&api, "Gold", &[]).await;
    let policy = json!({"op": "op_view", "action": "certs", "label": "policy.certs.view"});
    let body = json!({
        "id": 7, "name": "Reviewer", "type": "CUSTOM", "policies": [policy],
        "resources": ["panel-1", {"id": 3, "kind": "activeboard"}], "unknown": true,
    });
    let made = api.post("/plan/Gold/roles", &body).await.expect(201);
    assert_eq!(made.header("etag"), "\"1\"");
    let whole = made.json();
    assert_eq!(whole["policies"], body["policies"]);
    assert_eq!(whole["resources"], body["resources"]);
    let path = "/plan/Gold/roles/reviewer";
    let short = api.get(path).await.expect(200).json();
    assert_eq!(
        short,
        json!({"id": whole["id"], "name": "Reviewer", "type": "CUSTOM"})
    );
    for full in ["true", "True"] {
        let found = api
            .get(&format!("{path}?full={full}"))
            .await
            .expect(200)
            .json();
        assert_eq!(found, whole);
    }
    api.get(&format!("{path}?full=yes")).await.expect(400);
    let list = api.get("/plan/Gold/roles").await.expect(200).json();
    assert_eq!(names(&list), ["Admin", "No Privileges", "Reviewer"]);
    assert_eq!(list[2], short);
    let list = api
        .get("/plan/Gold/roles?full=true")
        .await
        .expect(200)
        .json();
    assert_eq!(list[2], whole);
    let plan = api.get("/plan/Gold?full=true").await.expect(200).json();
    assert_eq!((&plan["roles"], &plan["version"]), (&list, &json!(2)));

    // A part is changed, a name too; the number stays.
    let patch = json!({"name": "Auditor", "resources": []});
    let changed = api.put(path, &patch).await.expect(200);
    assert_eq!(changed.header("etag"), "\"2\"");
    let changed = changed.json();
    assert_eq!(
        (&changed["id"], &changed["policies"]),
        (&whole["id"], &whole["policies"])
    );
    assert_eq!(changed["resources"], json!([]));
    api.get(path).await.expect(404);
    let path = "/plan/Gold/roles/Auditor";
    if_match(&api, Method::PUT, path, "\"1\"", &patch)
        .await
        .expect(412);
    if_match(&api, Method::DELETE, path, "\"1\"", &json!({}))
        .await
        .expect(412);
    api.put(path, &json!({"type": "ADMIN"})).await.expect(422);
    api.post("/plan/Gold/roles", &json!({"name": "AUDITOR"}))
        .await
        .expect(409);
    for reserved in ["Admin", "no privileges", "NO_PRIVILEGES", "true", "False"] {
        let made = api
            .post("/plan/Gold/roles", &json!({"name": reserved}))
            .await;
        assert!(
            [409, 422].contains(&made.status),
            "{reserved}: {}",
            made.text()
        );
        api.put(path, &json!({"name": reserved})).await;
    }
    for bad in [
        json!({}),
        json!({"name": ""}),
        json!({"name": "x", "type": "OTHER"}),
        json!({"name": "x", "policies": [{"op": "a"}]}),
        json!({"name": "x", "policies": [{"op": "", "action": "b"}]}),
        json!({"name": "x", "policies": [{"op": "a\nb", "action": "b"}]}),
        json!({"name": "x", "resources": "all"}),
        json!({"name": "x", "resources": ["a\u{202e}b"]}),
    ] {
        api.post("/plan/Gold/roles", &bad).await.expect(400);
    }
    api.delete(path).await.expect(204);
    api.get(path).await.expect(404);
    let names = api.get("/plan/Gold/roles").await.json();
    assert_eq!(names.as_array().unwrap().len(), 2);
}

/// Basic roles exist in every plan, are not deleted and turn into nothing else.
#[tokio::test]
async fn basic_roles_stay() {
    let api = Api::start().await;
    plan(&api, "Gold", &[]).await;
    for role in ["Admin", "ADMIN", "No%20Privileges", "NO_PRIVILEGES"] {
        let path = format!("/plan/Gold/roles/{role}");
        let before = api
            .get(&format!("{path}?full=true"))
            .await
            .expect(200)
            .json();
        api.delete(&path).await.expect(422);
        api.put(&path, &json!({"name": "Other"})).await.expect(422);
        api.put(&path, &json!({"type": "CUSTOM"})).await.expect(422);
        api.put(&path, &before).await.expect(200);
        assert_eq!(api.get(&format!("{path}?full=true")).await.json(), before);
    }
    let policies = json!({"policies": [{"op": "op_manage", "action": "users"}]});
    let admin = api
        .put("/plan/Gold/roles/Admin", &policies)
        .await
        .expect(200);
    assert_eq!(admin.json()["policies"][0]["label"], "");
    api.put("/plan/Gold/roles/NO_PRIVILEGES", &policies)
        .await
        .expect(422);
}
