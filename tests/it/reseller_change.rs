//! The change of a domain's price plan (rule `domain-plan-change`).

use std::collections::BTreeMap;

use reqwest::Method;
use serde_json::{Value, json};

use crate::audit::entries;
use crate::reseller_domains::{domain, give, roles_of};
use crate::reseller_plans::{names, plan};
use crate::support::api::Api;

/// What the answer says of each user: roles before and after.
fn moves(answer: &Value) -> BTreeMap<String, (Vec<String>, Vec<String>)> {
    let own = |list: &Value| names(list).into_iter().map(str::to_owned).collect();
    let users = answer["users"].as_array().unwrap().iter();
    users
        .map(|user| {
            let id = user["id"].as_str().unwrap().to_owned();
            (id, (own(&user["oldRoles"]), own(&user["newRoles"])))
        })
        .collect()
}

/// The three forms of `keepRole`, over HTTP, as query and as JSON, with the answer and the store
/// saying the same.
#[tokio::test]
async fn the_change_of_plan_says_what_it_did() {
    let api = Api::start().await;
    let no = "No Privileges";
    for (n, (query, body, expected)) in [
        ("", json!({"pricePlan": "Gold"}), [no, no]),
        (
            "",
            json!({"pricePlan": "Gold", "keepRole": false}),
            [no, no],
        ),
        ("?pricePlan=Gold&keepRole=false", Value::Null, [no, no]),
        (
            "",
            json!({"pricePlan": "Gold", "keepRole": true}),
            ["Both", no],
        ),
        ("?pricePlan=gold&keepRole=True", Value::Null, ["Both", no]),
        (
            "?keepRole=true",
            json!({"pricePlan": "Gold", "keepRole": true}),
            ["Both", no],
        ),
        (
            "",
            json!({"pricePlan": "Gold", "keepRole": "Guest"}),
            ["Both", "Guest"],
        ),
        (
            "?pricePlan=Gold&keepRole=guest",
            Value::Null,
            ["Both", "Guest"],
        ),
    ]
    .into_iter()
    .enumerate()
    {
        let (old, name) = (format!("Silver{n}"), format!("acme{n}"));
        plan(&api, &old, &["Both", "Old"]).await;
        if n == 0 {
            plan(&api, "Gold", &["Both", "Guest"]).await;
        }
        domain(&api, &name, &old).await;
        api.post(&format!("/domain/{name}/roles"), &json!({"name": "Local"}))
            .await
            .expect(201);
        let (ann, bob) = (api.user(&api.root).await, api.user(&api.root).await);
        give(&api, &name, &ann, &["Both", "Local"])
            .await
            .expect(200);
        give(&api, &name, &bob, &["Old"]).await.expect(200);

        let path = format!("/domain/{name}/plan{query}");
        let answer = match &body {
            Value::Null => {
                let request = api.request(Method::PUT, &path).bearer_auth(&api.token);
                api.send(request).await
            }
            body => api.put(&path, body).await,
        };
        let answer = answer.expect(200).json();
        assert_eq!(
            (&answer["pricePlan"], &answer["previousPlan"]),
            (&json!("Gold"), &json!(old))
        );
        let moves = moves(&answer);
        assert_eq!(moves[&ann].0, ["Both", "Local"]);
        assert_eq!(moves[&ann].1, [expected[0], "Local"], "{query} {body}");
        assert_eq!(
            moves[&bob],
            (vec!["Old".to_owned()], vec![expected[1].to_owned()])
        );
        for user in [&ann, &bob] {
            assert_eq!(&roles_of(&api, &name, user).await, &moves[user].1);
        }
        // Nothing of the old plan is held any more: all of it can be deleted.
        api.delete(&format!("/plan/{old}/roles/Both"))
            .await
            .expect(204);
        api.delete(&format!("/plan/{old}")).await.expect(204);
    }
}

#[tokio::test]
async fn a_change_of_plan_that_cannot_be_is_none() {
    let api = Api::start().await;
    plan(&api, "Silver", &["Old"]).await;
    plan(&api, "Gold", &[]).await;
    domain(&api, "acme", "Silver").await;
    let user = api.user(&api.root).await;
    give(&api, "acme", &user, &["Old"]).await.expect(200);
    let before = api.get("/domain/acme").await.text();
    let path = "/domain/acme/plan";
    for (query, body, status) in [
        ("", json!({}), 400),
        ("", json!({"pricePlan": "None"}), 404),
        ("", json!({"pricePlan": "Gold", "keepRole": "Old"}), 404),
        ("", json!({"pricePlan": "Gold", "keepRole": ""}), 400),
        ("", json!({"pricePlan": "Gold", "keepRole": 1}), 400),
        ("?pricePlan=Silver", json!({"pricePlan": "Gold"}), 400),
        (
            "?keepRole=true",
            json!({"pricePlan": "Gold", "keepRole": false}),
            400,
        ),
        ("?pricePlan=Gold&pricePlan=Gold", json!({}), 400),
    ] {
        let refused = api.put(&format!("{path}{query}"), &body).await;
        assert_eq!(
            refused.expect(status).code(),
            u64::from(status),
            "{query} {body}"
        );
    }
    api.put("/domain/none/plan", &json!({"pricePlan": "Gold"}))
        .await
        .expect(404);
    let request = api
        .request(Method::PUT, path)
        .bearer_auth(&api.token)
        .header("if-match", "\"1\"")
        .json(&json!({"pricePlan": "Gold"}));
    api.send(request).await.expect(412);
    assert_eq!(api.get("/domain/acme").await.text(), before);
    // The plan it has: nothing belonged to a plan before, so nobody loses a role.
    let same = api
        .put(path, &json!({"pricePlan": "silver"}))
        .await
        .expect(200)
        .json();
    assert_eq!(moves(&same)[&user].1, ["Old"]);
    assert_eq!(api.get("/domain/acme").await.text(), before);
}

/// The seed prints `/domain/domain/plan`: a domain called so, or the one that is named.
#[tokio::test]
async fn the_seeds_literal_path_means_a_domain() {
    let api = Api::start().await;
    plan(&api, "Silver", &[]).await;
    plan(&api, "Gold", &[]).await;
    domain(&api, "acme", "Silver").await;
    let (path, to) = ("/domain/domain/plan", json!({"pricePlan": "Gold"}));
    api.put(path, &to).await.expect(404);
    let named = json!({"pricePlan": "Gold", "domain": "acme"});
    let done = api.put(path, &named).await.expect(200).json();
    assert_eq!(
        (&done["domain"], &done["pricePlan"]),
        (&json!("acme"), &json!("Gold"))
    );
    let done = api
        .put(&format!("{path}?domain=acme&pricePlan=Silver"), &json!({}))
        .await;
    assert_eq!(done.expect(200).json()["previousPlan"], "Gold");

    domain(&api, "domain", "Silver").await;
    let done = api.put(path, &to).await.expect(200).json();
    assert_eq!(done["domain"], "domain");
    api.put(path, &named).await.expect(400);
    let other = json!({"pricePlan": "Gold", "domain": "elsewhere"});
    let done = api
        .put("/domain/acme/plan", &other)
        .await
        .expect(200)
        .json();
    assert_eq!(done["domain"], "acme");
}

/// Every write of the dialect leaves one entry, of what it changed.
#[tokio::test]
async fn every_write_is_in_the_audit() {
    let api = Api::start().await;
    plan(&api, "Gold", &["A"]).await;
    plan(&api, "Tin", &[]).await;
    domain(&api, "acme", "Gold").await;
    let user = api.user(&api.root).await;
    let retention = json!({"volume": 1, "retentionUnit": "DAYS", "retentionValue": 7});
    let member = format!("/domain/acme/users/{user}/role");
    let (put, post, delete) = (Method::PUT, Method::POST, Method::DELETE);
    let gold = json!({"pricePlan": "Tin", "keepRole": true});
    for (method, path, body, action, object) in [
        (&put, "/plan/Gold", json!({}), "plan.update", "Gold"),
        (
            &put,
            "/plan/Gold/retention",
            retention.clone(),
            "plan.update",
            "Gold",
        ),
        (
            &post,
            "/plan/Gold/roles",
            json!({"name": "B"}),
            "plan_role.create",
            "Gold/B",
        ),
        (
            &put,
            "/plan/Gold/roles/B",
            json!({"name": "C"}),
            "plan_role.update",
            "Gold/B",
        ),
        (
            &delete,
            "/plan/Gold/roles/C",
            json!({}),
            "plan_role.delete",
            "Gold/C",
        ),
        (&put, "/domain/acme", json!({}), "domain.update", "acme"),
        (
            &put,
            "/domain/acme/retention",
            retention,
            "domain.retention",
            "acme",
        ),
        (
            &delete,
            "/domain/acme/retention",
            json!({}),
            "domain.retention",
            "acme",
        ),
        (
            &post,
            "/domain/acme/roles",
            json!({"name": "L"}),
            "domain_role.create",
            "acme/L",
        ),
        (
            &put,
            "/domain/acme/roles/L",
            json!({}),
            "domain_role.update",
            "acme/L",
        ),
        (
            &delete,
            "/domain/acme/roles/L",
            json!({}),
            "domain_role.delete",
            "acme/L",
        ),
        (
            &put,
            &member,
            json!({"role": "A"}),
            "domain.user_roles",
            &format!("acme/{user}"),
        ),
        (&put, "/domain/acme/plan", gold, "domain.plan", "acme"),
        (
            &delete,
            &member,
            json!({}),
            "domain.user_roles",
            &format!("acme/{user}"),
        ),
        (&delete, "/domain/acme", json!({}), "domain.delete", "acme"),
        (&delete, "/plan/Gold", json!({}), "plan.delete", "Gold"),
        (&put, "/plan/Iron", json!({}), "plan.create", "Iron"),
    ] {
        let count = entries(&api, &api.root).await.len();
        let answer = api
            .call_as(&api.token, method.clone(), path, Some(&body))
            .await;
        assert!(answer.status < 300, "{method} {path}: {}", answer.text());
        let all = entries(&api, &api.root).await;
        assert_eq!(all.len(), count + 1, "{method} {path}");
        assert_eq!(
            (&all[0]["action"], &all[0]["object"]),
            (&json!(action), &json!(object))
        );
        assert_eq!(all[0]["request_id"], answer.header("x-request-id"));
        let (before, after) = (&all[0]["before"], &all[0]["after"]);
        assert_ne!(before, after, "{method} {path}");
        if action == "domain.plan" {
            assert_eq!(
                (&before["plan"], &after["plan"]),
                (&json!("Gold"), &json!("Tin"))
            );
            assert_eq!(before["users"].as_array().unwrap().len(), 1);
        }
    }
    // What changes nothing, or fails, leaves none.
    let count = entries(&api, &api.root).await.len();
    domain(&api, "acme", "Tin").await;
    api.put("/domain/acme/plan", &json!({"pricePlan": "Tin"}))
        .await
        .expect(200);
    api.delete("/plan/Tin").await.expect(409);
    assert_eq!(entries(&api, &api.root).await.len(), count + 1);
}
