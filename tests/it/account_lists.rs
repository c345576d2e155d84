//! Lists in pages, and `/api/2/search`.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::api::Api;

fn ids(list: &Value) -> Vec<String> {
    let items = list["items"].as_array().unwrap();
    let id = |item: &Value| item["id"].as_str().or(item.as_str()).unwrap().to_owned();
    items.iter().map(id).collect()
}

#[tokio::test]
async fn lists_go_on_where_the_page_ended() {
    let api = Api::start().await;
    let partner = api.tenant("partner", &api.root).await;
    let mut made = BTreeSet::new();
    for _ in 0..7 {
        made.insert(api.tenant("customer", &partner).await);
    }
    let list = format!("/api/2/tenants?parent_id={partner}&limit=3");
    let (mut seen, mut path, mut pages) = (Vec::new(), list.clone(), 0);
    loop {
        let page = api.get(&path).await.expect(200).json();
        assert!(page["timestamp"].as_str().unwrap().ends_with("+00:00"));
        seen.extend(ids(&page));
        pages += 1;
        let Some(after) = page["paging"]["cursors"]["after"].as_str() else {
            break;
        };
        path = format!("{list}&after={after}");
    }
    assert_eq!((pages, seen.len()), (3, 7));
    assert_eq!(seen.into_iter().collect::<BTreeSet<_>>(), made);

    let first = api.get(&list).await.expect(200).json();
    let cursor = first["paging"]["cursors"]["after"].as_str().unwrap();
    for bad in [
        format!("/api/2/tenants?subtree_root_id={partner}&after={cursor}"),
        format!("/api/2/tenants?parent_id={}&after={cursor}", api.root),
        format!("{list}&after=nonsense"),
        format!("/api/2/tenants?parent_id={partner}&limit=0"),
        format!("/api/2/tenants?parent_id={partner}&limit=1001"),
        format!("/api/2/tenants?parent_id={partner}&parent_id={partner}"),
        "/api/2/tenants".to_owned(),
        "/api/2/tenants?uuids=7".to_owned(),
    ] {
        api.get(&bad).await.expect(400);
    }
    // By ids: in the order given, each once, unknown ones left out.
    let two: Vec<&String> = made.iter().rev().take(2).collect();
    let asked = format!("{},{},{},{}", two[0], uuid::Uuid::new_v4(), two[1], two[0]);
    let found = api
        .get(&format!("/api/2/tenants?uuids={asked}"))
        .await
        .expect(200)
        .json();
    assert_eq!(ids(&found), [two[0].clone(), two[1].clone()]);

    let children = api
        .get(&format!("/api/2/tenants/{partner}/children"))
        .await
        .expect(200);
    let children = children.json();
    assert_eq!(children.as_object().unwrap().len(), 1);
    assert_eq!(ids(&children).into_iter().collect::<BTreeSet<_>>(), made);
    let subtree = api
        .get(&format!("/api/2/tenants?subtree_root_id={partner}"))
        .await
        .json();
    assert_eq!(ids(&subtree).len(), 8);
}

#[tokio::test]
async fn search_finds_by_the_beginning_of_names_logins_and_addresses() {
    let api = Api::start().await;
    let partner = api.tenant("partner", &api.root).await;
    let new =
        |name: &str, parent: &str| json!({"name": name, "kind": "customer", "parent_id": parent});
    let body = new("Zebra Ltd", &partner);
    let zebra = api.post("/api/2/tenants", &body).await.expect(201).json();
    api.post("/api/2/tenants", &new("Zebra Elsewhere", &api.root))
        .await
        .expect(201);
    let zebra = zebra["id"].as_str().unwrap();
    let body = json!({"tenant_id": zebra, "login": "zebulon", "contact":
        {"email": "zed@zoo.example", "firstname": "Zachary", "lastname": "Zoo"}});
    let user = api.post("/api/2/users", &body).await.expect(200).json();
    let find = async |text: &str| {
        let path = format!("/api/2/search?tenant={partner}&text={text}");
        api.get(&path).await.expect(200).json()["items"].clone()
    };
    let found = find("ZEB").await;
    let partner_name = api.get(&format!("/api/2/tenants/{partner}")).await.json()["name"].clone();
    assert_eq!(
        found,
        json!([
            {"id": zebra, "kind": "customer", "login": null, "name": "Zebra Ltd",
             "obj_type": "tenant", "parent_id": partner, "path": [partner_name]},
            {"id": user["id"], "kind": null, "login": "zebulon", "name": "Zachary Zoo",
             "obj_type": "user", "parent_id": zebra, "path": [partner_name, "Zebra Ltd"]},
        ])
    );
    for text in ["zed%40zoo", "zachary%20z", "zebulon"] {
        assert_eq!(find(text).await[0]["id"], user["id"], "{text}");
    }
    assert_eq!(find("ebra").await, json!([]));
    let here = api
        .get("/api/2/search?text=zebra&limit=1")
        .await
        .expect(200)
        .json();
    assert_eq!(here["items"].as_array().unwrap().len(), 1);
    for bad in [
        "/api/2/search",
        "/api/2/search?text=",
        "/api/2/search?text=a&limit=0",
    ] {
        api.get(bad).await.expect(400);
    }
}

/// What a Buy link says of a user and a tenant leads to both.
#[tokio::test]
async fn accounts_are_found_by_their_v1_ids() {
    let api = Api::start().await;
    let partner = api.tenant("partner", &api.root).await;
    let own = api.tenant("customer", &partner).await;
    let user = api.user(&own).await;
    let stranger = api.tenant("customer", &api.root).await;
    let outsider = api.user(&stranger).await;
    let v1_of_tenant = async |id: &str| {
        let tenant = api.get(&format!("/api/2/tenants/{id}")).await.expect(200);
        tenant.json()["v1_id"].to_string()
    };
    let v1_of_user = async |id: &str| {
        let user = api.get(&format!("/api/2/users/{id}")).await.expect(200);
        user.header("x-upsell-v1-id").to_owned()
    };
    let (own_v1, stranger_v1) = (v1_of_tenant(&own).await, v1_of_tenant(&stranger).await);
    let (user_v1, outsider_v1) = (v1_of_user(&user).await, v1_of_user(&outsider).await);
    let token = api.token_at(&partner, &["account_read"]).await;
    let find = async |path: String| {
        let found = api.call_as(&token, Method::GET, &path, None).await;
        ids(&found.expect(200).json())
    };
    // Each by its own list only; several at once in the order given, each once; what is out of reach is
    // unknown.
    let all =
        format!("{user_v1},{own_v1},{stranger_v1},{outsider_v1},999999999,{own_v1},{user_v1}");
    for (list, text, expected) in [
        ("tenants", &own_v1, vec![own.clone()]),
        ("tenants", &all, vec![own.clone()]),
        ("tenants", &stranger_v1, vec![]),
        ("users", &user_v1, vec![user.clone()]),
        ("users", &all, vec![user.clone()]),
        ("users", &outsider_v1, vec![]),
    ] {
        let found = find(format!("/api/2/{list}?v1_id={text}")).await;
        assert_eq!(found, expected, "{list} {text}");
    }
    for (text, expected) in [
        (&own_v1, vec![own.clone()]),
        (&user_v1, vec![user.clone()]),
        (&stranger_v1, vec![]),
        (&outsider_v1, vec![]),
    ] {
        let found = find(format!("/api/2/search?text={text}")).await;
        assert_eq!(found, expected, "search {text}");
    }
    let below = find(format!("/api/2/search?tenant={own}&text={user_v1}")).await;
    assert_eq!(below, std::slice::from_ref(&user));
    for bad in ["", "x", "-1", "01002", "1002,", "1002,,1003"] {
        api.get(&format!("/api/2/tenants?v1_id={bad}"))
            .await
            .expect(400);
        api.get(&format!("/api/2/users?v1_id={bad}"))
            .await
            .expect(400);
    }
    let both = format!("/api/2/users?v1_id={user_v1}&tenant_id={own}");
    api.get(&both).await.expect(400);

    // A name that is a number is found beside the account with that id, which comes first.
    let body = json!({"name": user_v1, "kind": "customer", "parent_id": partner});
    let named = api.post("/api/2/tenants", &body).await.expect(201).json();
    let mut found = find(format!("/api/2/search?text={user_v1}")).await;
    found.sort();
    let mut expected = vec![named["id"].as_str().unwrap().to_owned(), user.clone()];
    expected.sort();
    assert_eq!(found, expected);
    let first = find(format!("/api/2/search?text={user_v1}&limit=1")).await;
    assert_eq!(first, std::slice::from_ref(&user));

    // Gone with the account.
    api.delete(&format!("/api/2/users/{user}?version=1"))
        .await
        .expect(204);
    assert!(
        find(format!("/api/2/users?v1_id={user_v1}"))
            .await
            .is_empty()
    );
    let path = format!("/api/2/tenants/{own}");
    api.put(&path, &json!({"version": 1, "enabled": false}))
        .await
        .expect(200);
    assert_eq!(find(format!("/api/2/tenants?v1_id={own_v1}")).await, [own]);
    api.delete(&format!("{path}?version=2")).await.expect(204);
    assert!(
        find(format!("/api/2/tenants?v1_id={own_v1}"))
            .await
            .is_empty()
    );
    assert!(
        find(format!("/api/2/search?text={own_v1}"))
            .await
            .is_empty()
    );
}
