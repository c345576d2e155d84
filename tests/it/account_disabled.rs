//! A disabled tenant is shut for its own clients and users, at once and on every node, and only a client of a
//! tenant above opens it again.

use futures_util::stream::{self, StreamExt};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use upsell::domain::client::ApiScope;

use crate::nodes::two_nodes;
use crate::support::api::{Answer, Api};
use crate::support::app::{self, First, TestApp, eventually};
use crate::support::backing::Backing;
use crate::support::objects::Place;
use crate::support::operations::{Operation, operations};

/// A partner with a customer below it, a user there, and credentials of each.
struct House {
    partner: String,
    customer: String,
    user: String,
    /// Of a client of the partner, of one of the customer, and the user's.
    tokens: [String; 3],
    clients: [(String, String); 2],
}

fn all_scopes() -> Vec<&'static str> {
    ApiScope::ALL.map(ApiScope::name).to_vec()
}

async fn client(api: &Api, tenant: &str) -> (String, String) {
    let body = json!({"tenant_id": tenant, "type": "agent", "scopes": all_scopes()});
    let made = api.post("/api/2/clients", &body).await.expect(201).json();
    let field = |name: &str| made[name].as_str().unwrap().to_owned();
    (field("client_id"), field("client_secret"))
}

impl House {
    async fn build(api: &Api) -> Self {
        let partner = api.tenant("partner", &api.root).await;
        let customer = api.tenant("customer", &partner).await;
        let user = api.user(&customer).await;
        let clients = [client(api, &partner).await, client(api, &customer).await];
        let tokens = [
            api.token_for(&clients[0], &[]).await,
            api.token_for(&clients[1], &[]).await,
            api.token_for(&api.client, &[("user_id", &user)]).await,
        ];
        Self {
            partner,
            customer,
            user,
            tokens,
            clients,
        }
    }

    /// A read, and a write, that each token may make.
    async fn statuses(&self, api: &Api) -> Vec<u16> {
        let (partner, customer) = (self.tenant(&self.partner), self.tenant(&self.customer));
        let alerts = format!("/api/upsell/v1/users/{}/alerts", self.user);
        let snooze = format!("{alerts}/user.{}.vms/snooze", self.user);
        let touch = json!({"version": 1, "internal_tag": ""});
        let mut statuses = Vec::new();
        for (token, read, write, method) in [
            (&self.tokens[0], &partner, &partner, Method::PUT),
            (&self.tokens[1], &customer, &customer, Method::PUT),
            (&self.tokens[2], &alerts, &snooze, Method::DELETE),
        ] {
            let read = api.call_as(token, Method::GET, read, None).await;
            let body = (method == Method::PUT).then_some(&touch);
            let write = api.call_as(token, method, write, body).await;
            statuses.extend([read.status, write.status]);
        }
        statuses
    }

    fn tenant(&self, id: &str) -> String {
        format!("/api/2/tenants/{id}")
    }
}

/// Sets whether an account or client is in use, as the root's client.
async fn switch(api: &Api, path: &str, patch: Value) -> Answer {
    let now = api.get(path).await.expect(200);
    let mut body = patch;
    body["version"] = now.json()["version"].clone();
    api.put(path, &body).await
}

/// The answer to a request for a token.
async fn asked(api: &Api, client: &(String, String), user: Option<&str>) -> Answer {
    let mut form = vec![("grant_type", "client_credentials")];
    form.extend(user.map(|user| ("user_id", user)));
    let request = api.request(Method::POST, "/api/2/idp/token");
    let request = request.basic_auth(&client.0, Some(&client.1)).form(&form);
    api.send(request).await
}

#[tokio::test]
async fn a_disabled_tenant_is_shut_for_all_below_it() {
    let api = Api::start().await;
    let house = House::build(&api).await;
    // The writes fail on the version or are done: none is refused.
    let open = house.statuses(&api).await;
    assert!(
        open.iter().all(|status| ![401, 403].contains(status)),
        "{open:?}"
    );
    let off = json!({"enabled": false});
    for (disabled, shut, tokens) in [
        (&house.partner, vec![401; 6], [401, 401, 400]),
        (&house.customer, vec![401; 4], [200, 401, 400]),
    ] {
        let path = house.tenant(disabled);
        switch(&api, &path, off.clone()).await.expect(200);
        let found = house.statuses(&api).await;
        assert_eq!(found[6 - shut.len()..], shut, "{disabled}: {found:?}");
        let issued = [
            asked(&api, &house.clients[0], None).await.status,
            asked(&api, &house.clients[1], None).await.status,
            asked(&api, &api.client, Some(&house.user)).await.status,
        ];
        assert_eq!(issued, tokens, "{disabled}");
        switch(&api, &path, json!({"enabled": true}))
            .await
            .expect(200);
        let again = house.statuses(&api).await;
        assert!(
            again.iter().all(|status| ![401, 403].contains(status)),
            "{again:?}"
        );
    }
}

#[tokio::test]
async fn only_a_client_above_disables_enables_and_deletes() {
    let api = Api::start().await;
    let house = House::build(&api).await;
    let [above, own, _] = &house.tokens;
    let path = house.tenant(&house.customer);
    let put = async |token: &str, enabled: bool, version: u64| {
        let body = json!({"enabled": enabled, "version": version});
        api.call_as(token, Method::PUT, &path, Some(&body)).await
    };
    let refused = put(own, false, 1).await.expect(403);
    assert_eq!(refused.code(), 1002);
    assert!(
        refused.text().contains("a tenant above"),
        "{}",
        refused.text()
    );
    // Sending back what it reads is no change.
    put(own, true, 1).await.expect(200);
    put(above, false, 2).await.expect(200);
    put(own, true, 3).await.expect(401);
    let delete = format!("{path}?version=3");
    api.call_as(own, Method::DELETE, &delete, None)
        .await
        .expect(401);
    // Above, but disabled itself: not either.
    let partner = house.tenant(&house.partner);
    switch(&api, &partner, json!({"enabled": false}))
        .await
        .expect(200);
    put(above, true, 3).await.expect(401);
    let tenant = api.get(&path).await.expect(200).json();
    assert_eq!(
        (&tenant["enabled"], &tenant["version"]),
        (&json!(false), &json!(3))
    );
    switch(&api, &partner, json!({"enabled": true}))
        .await
        .expect(200);
    put(above, true, 3).await.expect(200);
    // The root has nobody above who could enable it again.
    let root = house.tenant(&api.root);
    switch(&api, &root, json!({"enabled": false}))
        .await
        .expect(403);
}

#[tokio::test]
async fn a_repeated_request_is_refused_as_well() {
    let api = Api::start().await;
    let house = House::build(&api).await;
    let path = house.tenant(&house.customer);
    let write = async || {
        let request = api
            .request(Method::PUT, &path)
            .bearer_auth(&house.tokens[1]);
        let request = request.header("idempotency-key", "once");
        let body = json!({"version": 1, "internal_tag": "x"});
        api.send(request.json(&body)).await
    };
    write().await.expect(200);
    assert_eq!(
        write().await.expect(200).header("idempotency-replayed"),
        "true"
    );
    switch(&api, &path, json!({"enabled": false}))
        .await
        .expect(200);
    write().await.expect(401);
    switch(&api, &path, json!({"enabled": true}))
        .await
        .expect(200);
    assert_eq!(
        write().await.expect(200).header("idempotency-replayed"),
        "true"
    );
}

#[tokio::test]
async fn disabled_users_and_clients_have_no_tokens() {
    let api = Api::start().await;
    let house = House::build(&api).await;
    let alerts = format!("/api/upsell/v1/users/{}/alerts", house.user);
    let seen = async || {
        let answer = api
            .call_as(&house.tokens[2], Method::GET, &alerts, None)
            .await;
        (
            answer.status,
            asked(&api, &api.client, Some(&house.user)).await.status,
        )
    };
    assert_eq!(seen().await, (200, 200));
    let user = format!("/api/2/users/{}", house.user);
    switch(&api, &user, json!({"enabled": false}))
        .await
        .expect(200);
    assert_eq!(seen().await, (401, 400));
    switch(&api, &user, json!({"enabled": true}))
        .await
        .expect(200);
    assert_eq!(seen().await, (200, 200));
    let version = api.get(&user).await.json()["version"].clone();
    api.delete(&format!("{user}?version={version}"))
        .await
        .expect(204);
    assert_eq!(seen().await, (401, 400));

    let client = format!("/api/2/clients/{}", house.clients[1].0);
    let own = house.tenant(&house.customer);
    let read = async || {
        api.call_as(&house.tokens[1], Method::GET, &own, None)
            .await
            .status
    };
    assert_eq!(read().await, 200);
    switch(&api, &client, json!({"status": "disabled"}))
        .await
        .expect(200);
    assert_eq!(read().await, 401);
    assert_eq!(asked(&api, &house.clients[1], None).await.status, 401);
    switch(&api, &client, json!({"status": "enabled"}))
        .await
        .expect(200);
    assert_eq!(read().await, 200);
}

/// Every operation of every dialect that takes a token, about the caller's own things.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_operation_is_left_to_a_disabled_tenant() {
    let api = Api::start().await;
    let tenant = api.tenant("partner", &api.root).await;
    let token = api.token_at(&tenant, &all_scopes()).await;
    let all = operations();
    let everything: String = all.iter().map(Operation::text).collect();
    let place = Place::make(&api, &tenant, &token, &everything).await;
    let path = format!("/api/2/tenants/{tenant}");
    switch(&api, &path, json!({"enabled": false}))
        .await
        .expect(200);
    let before = api.get(&path).await.expect(200).json();
    let closed = all.iter().filter(|one| one.scopes.is_some());
    let open: Vec<String> = stream::iter(closed)
        .map(|one| one_as(&api, one, &place, &token))
        .buffer_unordered(8)
        .filter_map(async |(id, status)| (status != 401).then(|| format!("{status} {id}")))
        .collect()
        .await;
    assert!(open.is_empty(), "{open:?}");
    assert_eq!(api.get(&path).await.expect(200).json(), before);
}

async fn one_as<'a>(api: &Api, one: &'a Operation, place: &Place, token: &str) -> (&'a str, u16) {
    let authorization = format!("{} {token}", one.scheme);
    let body = one.bodies.first();
    let answer = one.send(api, Some(&authorization), place, body).await;
    (&one.id, answer.status)
}

async fn status(what: &str, request: RequestBuilder) -> u16 {
    app::send(what, request).await.status
}

/// What one node was told holds on the other.
#[tokio::test]
async fn it_holds_on_every_node() {
    let backing = Backing::start().await;
    let (a, b) = two_nodes(&backing, &[]).await;
    let tenant = a.create_customer().await;
    let path = format!("/api/2/tenants/{}", tenant.id);
    let body = json!({"tenant_id": tenant.id, "type": "agent", "scopes": all_scopes()});
    let made = a.post("/api/2/clients", &body).await.expect(201).json();
    let field = |name: &str| made[name].as_str().unwrap().to_owned();
    let client = First {
        tenant_id: tenant.id.clone(),
        client_id: field("client_id"),
        client_secret: field("client_secret"),
    };
    let token = a.token_of(&client).await;
    let read = async |node: &TestApp| {
        status("read", node.http.get(node.url(&path)).bearer_auth(&token)).await
    };
    for (own, other) in [(&a, &b), (&b, &a)] {
        for (enabled, expected) in [(false, 401), (true, 200)] {
            let version = own.get(&path).await.expect(200).json()["version"].clone();
            let body = json!({"enabled": enabled, "version": version});
            own.put(&path, &body).await.expect(200);
            assert_eq!(read(own).await, expected);
            // The message is on its way.
            let seen = async || (read(other).await == expected).then_some(());
            eventually("the other node knows", seen).await;
        }
    }
}

/// The head of a request, let in with a promise of a body; then the tenant is disabled, then the body comes.
#[tokio::test]
async fn who_is_shut_out_while_the_body_comes_has_changed_nothing() {
    let api = Api::start().await;
    let house = House::build(&api).await;
    let body = json!({"version": 1, "internal_tag": "late"}).to_string();
    let path = house.tenant(&house.customer);
    let host = api.base.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(host).await.unwrap();
    let head = format!(
        "PUT {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n",
        house.tokens[0],
        body.len()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut go_on = [0; 25];
    stream.read_exact(&mut go_on).await.unwrap();
    assert_eq!(&go_on, b"HTTP/1.1 100 Continue\r\n\r\n");
    switch(
        &api,
        &house.tenant(&house.partner),
        json!({"enabled": false}),
    )
    .await
    .expect(200);
    stream.write_all(body.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 401 "), "{answer}");
    let stored = api.get(&path).await.expect(200).json();
    assert_eq!(stored["version"], 1, "{stored}");
}
