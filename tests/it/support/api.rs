//! The whole service in this process, on a fresh directory, spoken to over HTTP as its callers do.

use std::collections::HashMap;

use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};
use tempfile::TempDir;
use upsell::app;

pub(crate) use super::accounts::unique;
pub(crate) use super::answer::Answer;
use super::{answer, inside};

/// The service and a token for it.
pub(crate) struct Api {
    pub(crate) base: String,
    http: Client,
    pub(crate) token: String,
    pub(crate) root: String,
    pub(crate) client: (String, String),
    pub(crate) env: upsell::usecases::Env,
    // While it is here, the service serves.
    _running: app::Running,
    // Dropped last: the store is in it.
    _dir: TempDir,
}

impl Api {
    pub(crate) async fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path().join("data").display().to_string();
        let settings = [
            ("UPSELL_DATA", data.as_str()),
            // One address sends hundreds of bad tokens here; see `failed_log_ins`.
            ("UPSELL_RATE_LIMITS_FAILED_LOG_INS", "0"),
        ];
        let running = inside::start(&settings, vec![]).await;
        let first = running.first_client.clone().unwrap();
        let mut api = Self {
            base: format!("http://{}", running.listen),
            http: Client::builder().no_proxy().build().unwrap(),
            token: String::new(),
            root: first.tenant_id.to_string(),
            client: (first.client_id.to_string(), first.client_secret.clone()),
            env: running.env.clone(),
            _running: running,
            _dir: dir,
        };
        api.token = api.token_for(&api.client, &[]).await;
        api
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.base))
    }

    pub(crate) async fn send(&self, request: RequestBuilder) -> Answer {
        answer::send("the request", request).await
    }

    /// A token of a client, with these further form fields.
    pub(crate) async fn token_for(
        &self,
        client: &(String, String),
        more: &[(&str, &str)],
    ) -> String {
        let mut form = HashMap::from([("grant_type", "client_credentials")]);
        form.extend(more.iter().copied());
        let request = self
            .request(Method::POST, "/api/2/idp/token")
            .basic_auth(&client.0, Some(&client.1))
            .form(&form);
        let answer = self.send(request).await.expect(200).json();
        answer["access_token"].as_str().unwrap().to_owned()
    }

    /// A new client of `tenant` with these scopes, and a token of it.
    pub(crate) async fn token_at(&self, tenant: &str, scopes: &[&str]) -> String {
        let body = json!({"tenant_id": tenant, "type": "agent", "scopes": scopes});
        let made = self.post("/api/2/clients", &body).await.expect(201).json();
        let field = |name: &str| made[name].as_str().unwrap().to_owned();
        self.token_for(&(field("client_id"), field("client_secret")), &[])
            .await
    }

    pub(crate) async fn call_as(
        &self,
        token: &str,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Answer {
        let mut request = self.request(method, path).bearer_auth(token);
        if let Some(body) = body {
            request = request.json(body);
        }
        self.send(request).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.call_as(&self.token, Method::GET, path, None).await
    }

    pub(crate) async fn put(&self, path: &str, body: &Value) -> Answer {
        self.call_as(&self.token, Method::PUT, path, Some(body))
            .await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.call_as(&self.token, Method::POST, path, Some(body))
            .await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.call_as(&self.token, Method::DELETE, path, None).await
    }

    /// A new tenant; its id.
    pub(crate) async fn tenant(&self, kind: &str, parent: &str) -> String {
        let body = json!({"name": unique(kind), "kind": kind, "parent_id": parent});
        let made = self.post("/api/2/tenants", &body).await.expect(201).json();
        made["id"].as_str().unwrap().to_owned()
    }

    /// A new user; its id.
    pub(crate) async fn user(&self, tenant: &str) -> String {
        let login = unique("user");
        let email = format!("{login}@example.com");
        let body = json!({"tenant_id": tenant, "login": login, "contact": {"email": email}});
        let made = self.post("/api/2/users", &body).await.expect(200).json();
        made["id"].as_str().unwrap().to_owned()
    }
}
