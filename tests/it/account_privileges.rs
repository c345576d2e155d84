//! What a client may do with other clients, with quotas, and learn of logins (docs/access.md).

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::api::{Api, unique};

const WIDE: [&str; 3] = ["account_read", "account_write", "clients"];

/// A client of `tenant`: the path of it.
async fn client(api: &Api, tenant: &str, scopes: &[&str]) -> String {
    let body = json!({"tenant_id": tenant, "type": "agent", "scopes": scopes});
    let made = api.post("/api/2/clients", &body).await.expect(201).json();
    format!("/api/2/clients/{}", made["client_id"].as_str().unwrap())
}

#[tokio::test]
async fn a_client_decides_over_none_that_may_do_more() {
    let api = Api::start().await;
    let tenant = api.tenant("partner", &api.root).await;
    let below = api.tenant("customer", &tenant).await;
    let narrow = api.token_at(&tenant, &["clients", "account_read"]).await;
    for holder in [&tenant, &below] {
        let wide = client(&api, holder, &WIDE).await;
        let before = api.get(&wide).await.expect(200).json();
        let rename = json!({"version": 1, "data": {"client_name": "mine"}});
        let disable = json!({"version": 1, "status": "disabled"});
        let shrink = json!({"version": 1, "scopes": ["account_read"]});
        for (method, body) in [
            (Method::PUT, Some(&rename)),
            (Method::PUT, Some(&disable)),
            (Method::PUT, Some(&shrink)),
            (Method::DELETE, None),
        ] {
            let refused = api.call_as(&narrow, method, &wide, body).await.expect(403);
            assert_eq!(refused.code(), 1002, "{body:?}");
        }
        assert_eq!(api.get(&wide).await.expect(200).json(), before);
        // One that may do as much or less is the caller's to decide on.
        let equal = client(&api, holder, &["account_read"]).await;
        let put = api.call_as(&narrow, Method::PUT, &equal, Some(&disable));
        assert_eq!(put.await.expect(200).json()["status"], "disabled");
        let delete = api.call_as(&narrow, Method::DELETE, &equal, None);
        delete.await.expect(204);
    }
    // A token with fewer scopes than its client decides over less.
    let body = json!({"tenant_id": tenant, "type": "agent", "scopes": WIDE});
    let made = api.post("/api/2/clients", &body).await.expect(201).json();
    let field = |name: &str| made[name].as_str().unwrap().to_owned();
    let credentials = (field("client_id"), field("client_secret"));
    let own = format!("/api/2/clients/{}", credentials.0);
    for (scope, status) in [
        ("clients", 403),
        ("clients account_read account_write", 204),
    ] {
        let token = api.token_for(&credentials, &[("scope", scope)]).await;
        let delete = api.call_as(&token, Method::DELETE, &own, None);
        delete.await.expect(status);
    }
}

fn quota(value: u64) -> Value {
    json!({"offering_items": [{"usage_name": "vms", "quota": {"value": value, "overage": null}}]})
}

#[tokio::test]
async fn a_quota_is_raised_by_who_is_above() {
    let api = Api::start().await;
    let partner = api.tenant("partner", &api.root).await;
    let customer = api.tenant("customer", &partner).await;
    let user = api.user(&customer).await;
    let items = |id: &str| format!("/api/2/tenants/{id}/offering_items");
    let of_user = format!("/api/2/users/{user}/offering_items");
    let above = api.token_at(&partner, &WIDE).await;
    let own = api.token_at(&customer, &WIDE).await;
    let set = async |token: &str, path: &str, value| {
        api.call_as(token, Method::PUT, path, Some(&quota(value)))
            .await
    };
    set(&above, &items(&customer), 5).await.expect(200);
    let refused = set(&own, &items(&customer), 500).await.expect(403);
    assert_eq!(refused.code(), 1002);
    assert!(
        refused.text().contains("a tenant above"),
        "{}",
        refused.text()
    );
    set(&above, &items(&partner), 500).await.expect(403);
    let kept = api.get(&items(&customer)).await.expect(200).json();
    assert_eq!(kept["items"][0]["quota"]["value"], 5);
    // Shared out among its users by the tenant itself; the root has nobody above.
    let mine = set(&own, &of_user, 3).await.expect(200).json();
    let personal = mine["items"][0]["tenant_id"].as_str().unwrap();
    set(&own, &items(personal), 4).await.expect(200);
    set(&api.token, &items(&api.root), 7).await.expect(200);
}

#[tokio::test]
async fn only_who_may_create_a_user_learns_whether_a_login_is_taken() {
    let api = Api::start().await;
    let customer = api.tenant("customer", &api.root).await;
    let login = unique("somebody");
    let body = json!({"tenant_id": api.root, "login": login});
    api.post("/api/2/users", &body).await.expect(200);
    let path = format!("/api/2/users/check_login?username={login}");
    let ask = async |scopes: &[&str]| {
        let token = api.token_at(&customer, scopes).await;
        api.call_as(&token, Method::GET, &path, None).await.status
    };
    assert_eq!(ask(&["account_read"]).await, 403);
    assert_eq!(ask(&["account_read", "account_write"]).await, 409);
}
