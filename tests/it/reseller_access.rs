//! Whose plans and domains are whose, and what of an account they keep from being deleted.

use reqwest::Method;
use serde_json::{Value, json};

use crate::reseller_domains::{domain, give};
use crate::reseller_plans::plan;
use crate::support::api::Api;

/// Every route of the dialect on a plan, a domain, a role and a user of these names.
fn routes(plan: &str, domain: &str, role: &str, user: &str) -> Vec<(Method, String, Value)> {
    let (get, put, post, delete) = (Method::GET, Method::PUT, Method::POST, Method::DELETE);
    let retention = json!({"volume": 1, "retentionUnit": "DAYS", "retentionValue": 1});
    let p = |rest: &str| format!("/plan/{plan}{rest}");
    let d = |rest: &str| format!("/domain/{domain}{rest}");
    let mut all = vec![
        (get.clone(), p(""), Value::Null),
        (delete.clone(), p(""), Value::Null),
        (get.clone(), p("/retention"), Value::Null),
        (put.clone(), p("/retention"), retention.clone()),
        (get.clone(), d(""), Value::Null),
        (put.clone(), d(""), json!({"plan": plan})),
        (delete.clone(), d(""), Value::Null),
        (get.clone(), d("/retention"), Value::Null),
        (put.clone(), d("/retention"), retention),
        (delete.clone(), d("/retention"), Value::Null),
        (put.clone(), d("/plan"), json!({"pricePlan": plan})),
        (get.clone(), d(&format!("/users/{user}/role")), Value::Null),
        (
            put.clone(),
            d(&format!("/users/{user}/role")),
            json!({"role": role}),
        ),
        (
            delete.clone(),
            d(&format!("/users/{user}/role")),
            Value::Null,
        ),
    ];
    for home in [p("/roles"), d("/roles")] {
        all.push((get.clone(), home.clone(), Value::Null));
        all.push((post.clone(), home.clone(), json!({"name": "new"})));
        all.push((get.clone(), format!("{home}/{role}?full=true"), Value::Null));
        all.push((
            put.clone(),
            format!("{home}/{role}"),
            json!({"name": "new"}),
        ));
        all.push((delete.clone(), format!("{home}/{role}"), Value::Null));
    }
    all
}

/// Plans and domains of a parent, a child and a sibling answer like those that never were.
#[tokio::test]
async fn names_of_others_do_not_exist() {
    let api = Api::start().await;
    let child = api.tenant("partner", &api.root).await;
    let sibling = api.tenant("partner", &api.root).await;
    let user = api.user(&child).await;
    plan(&api, "Gold", &["Reviewer"]).await;
    domain(&api, "acme", "Gold").await;
    give(&api, "acme", &user, &["Reviewer"]).await.expect(200);
    let of_child = api.token_at(&child, &["plans"]).await;
    let of_sibling = api.token_at(&sibling, &["plans"]).await;

    for token in [&of_child, &of_sibling] {
        let foreign = routes("Gold", "acme", "Reviewer", &user);
        let unknown = routes(
            "Nil",
            "nowhere",
            "Nobody",
            &uuid::Uuid::new_v4().to_string(),
        );
        for ((method, path, body), (_, known_as, other)) in foreign.iter().zip(&unknown) {
            let sent = |body: &Value| Some(body.clone()).filter(|body| !body.is_null());
            let (one, two) = (sent(body), sent(other));
            let foreign = api.call_as(token, method.clone(), path, one.as_ref()).await;
            let missing = api
                .call_as(token, method.clone(), known_as, two.as_ref())
                .await;
            assert_eq!(
                (foreign.status, missing.status),
                (404, 404),
                "{method} {path}"
            );
            assert_eq!(foreign.text(), missing.text(), "{method} {path}");
        }
        let list = api.call_as(token, Method::GET, "/plan", None).await;
        assert_eq!(list.expect(200).text(), "[]");
    }
    // Names are each reseller's own: the child may have a Gold and an acme of its own.
    let body = json!({"plan": "Gold"});
    for (path, body) in [("/plan/Gold", json!({})), ("/domain/acme", body)] {
        let made = api.call_as(&of_child, Method::PUT, path, Some(&body)).await;
        made.expect(201);
    }
    // A plan of the parent is no plan for the child's domain, nor the other way round.
    let path = "/plan/Platinum";
    api.put(path, &json!({})).await.expect(201);
    let to = json!({"pricePlan": "Platinum"});
    let moved = api
        .call_as(&of_child, Method::PUT, "/domain/acme/plan", Some(&to))
        .await;
    moved.expect(404);
    assert_eq!(api.get("/plan/Gold").await.json()["domains"], 1);
    // Users are those within reach: the sibling's are not the child's.
    let stranger = api.user(&sibling).await;
    let role = json!({"role": "Admin"});
    let path = format!("/domain/acme/users/{stranger}/role");
    api.call_as(&of_child, Method::PUT, &path, Some(&role))
        .await
        .expect(404);
    let tied = json!({"tenant_id": sibling});
    let tied = api
        .call_as(&of_child, Method::PUT, "/domain/acme", Some(&tied))
        .await;
    tied.expect(404);
}

#[tokio::test]
async fn the_scope_is_plans_and_the_scheme_is_bearer() {
    let api = Api::start().await;
    let others: Vec<&str> = upsell::domain::client::ApiScope::ALL
        .iter()
        .map(|scope| scope.name())
        .filter(|name| *name != "plans")
        .collect();
    let partner = api.tenant("partner", &api.root).await;
    let token = api.token_at(&partner, &others).await;
    let mut all = routes("Gold", "acme", "Reviewer", "someone");
    all.push((Method::GET, "/plan".to_owned(), Value::Null));
    all.push((Method::PUT, "/plan/Gold".to_owned(), json!({})));
    for (method, path, body) in all {
        let body = Some(body).filter(|body| !body.is_null());
        let lacking = api
            .call_as(&token, method.clone(), &path, body.as_ref())
            .await;
        assert_eq!(lacking.expect(403).code(), 403);
        let bare = api.send(api.request(method.clone(), &path)).await;
        assert_eq!(bare.expect(401).code(), 401);
        let scheme = api
            .request(method.clone(), &path)
            .header("authorization", format!("OAuth {}", api.token));
        let wrong = api.send(scheme).await.expect(401);
        assert!(
            wrong.header("www-authenticate").starts_with("Bearer"),
            "{method} {path}"
        );
    }
    let customer = api.tenant("customer", &api.root).await;
    let token = api.token_at(&customer, &["plans"]).await;
    let made = api
        .call_as(&token, Method::PUT, "/plan/Gold", Some(&json!({})))
        .await;
    made.expect(403);
    let method = api.post("/plan/Gold", &json!({})).await.expect(405);
    assert_eq!(method.header("allow"), "DELETE, GET, HEAD, PUT");
    api.get("/plan/Gold/other").await.expect(404);
}

/// What hangs at a plan or a domain is not deleted under it.
#[tokio::test]
async fn accounts_with_plans_domains_or_roles_stay() {
    let api = Api::start().await;
    let partner = api.tenant("partner", &api.root).await;
    let token = api.token_at(&partner, &["plans"]).await;
    let customer = api.tenant("customer", &partner).await;
    let user = api.user(&customer).await;
    let as_partner = async |method: Method, path: &str, body: Value| {
        api.call_as(&token, method, path, Some(&body)).await
    };
    as_partner(Method::PUT, "/plan/Gold", json!({}))
        .await
        .expect(201);
    let body = json!({"plan": "Gold", "tenant_id": customer, "owner": user});
    as_partner(Method::PUT, "/domain/acme", body)
        .await
        .expect(201);

    let user_path = format!("/api/2/users/{user}?version=1");
    let refused = api.delete(&user_path).await.expect(409);
    assert!(refused.text().contains("/domain/"), "{}", refused.text());
    let switch = async |tenant: &str, version: u64, enabled: bool| {
        let body = json!({"version": version, "enabled": enabled});
        let path = format!("/api/2/tenants/{tenant}");
        api.put(&path, &body).await.expect(200);
    };
    switch(&customer, 1, false).await;
    let customer_path = format!("/api/2/tenants/{customer}?version=2");
    api.delete(&customer_path).await.expect(409);
    api.get(&format!("/api/2/users/{user}")).await.expect(200);
    as_partner(Method::DELETE, "/domain/acme", json!({}))
        .await
        .expect(204);
    api.delete(&user_path).await.expect(204);
    api.delete(&customer_path).await.expect(204);
    switch(&partner, 1, false).await;
    let partner_path = format!("/api/2/tenants/{partner}?version=2");
    api.delete(&partner_path).await.expect(409);
    // A disabled reseller is shut out; enabled again, it clears up.
    let delete = async || as_partner(Method::DELETE, "/plan/Gold", json!({})).await;
    delete().await.expect(401);
    switch(&partner, 2, true).await;
    delete().await.expect(204);
    switch(&partner, 3, false).await;
    let partner_path = format!("/api/2/tenants/{partner}?version=4");
    api.delete(&partner_path).await.expect(204);
}
