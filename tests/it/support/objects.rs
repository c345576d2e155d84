//! Things of every kind that a path can name, at a place in the tree of tenants.

use std::collections::BTreeMap;

use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::api::{Api, unique};

/// The ids of the document's examples (the seeds').
const TENANT: &str = "ede9f834-70b3-476c-83d9-736f9f8c7dae";
const USER: &str = "1c234e69-5469-424a-a6d1-ff5658b387a6";
const TAX: &str = "bc814c40-9114-4329-8eb5-5b1e89270afb";

/// What is at a place: by name what it is called in a path.
#[derive(Debug, Clone, Default)]
pub(crate) struct Place {
    things: BTreeMap<&'static str, String>,
}

/// Which of a place's things an operation is about.
fn thing(path: &str, parameter: &str) -> &'static str {
    match parameter {
        "id" if path.starts_with("/api/2/tenants") => "tenant",
        "id" if path.starts_with("/api/2/users") => "user",
        "id" if path.starts_with("/api/2/clients") => "client",
        "tenant_id" if path.ends_with("/plan") => "buyer",
        "tenant_id" | "username" => "tenant",
        "user_id" => "user",
        "alert_id" => "alert",
        "mail_id" => "mail",
        "Id" => "customer",
        "planName" => "plan",
        "domain" => "domain",
        "roleName" => "role",
        "user" => "user",
        "plan_id" => "partner plan",
        _ => panic!("say in support/objects.rs what {{{parameter}}} of {path} names"),
    }
}

impl Place {
    /// What `{name}` of a path stands for here.
    pub(crate) fn parameter(&self, path: &str, name: &str) -> &str {
        let thing = thing(path, name);
        let found = self.things.get(thing);
        found.unwrap_or_else(|| panic!("{path}: no {thing} was made"))
    }

    /// The example with the things of this place instead of those of the document.
    pub(crate) fn fill(&self, example: &str) -> String {
        let of = |name: &str| self.things.get(name).map_or("", String::as_str);
        let tomorrow = chrono::Utc::now() + chrono::Duration::days(1);
        let pairs = [
            (TENANT, of("tenant").to_owned()),
            (USER, of("user").to_owned()),
            (TAX, of("tax").to_owned()),
            ("\"Gold\"", format!("\"{}\"", of("plan"))),
            ("\"Silver\"", format!("\"{}\"", of("other plan"))),
            ("\"JohnDoe\"", format!("\"{}\"", unique("JohnDoe"))),
            ("\"Foobar\"", format!("\"{}\"", unique("Foobar"))),
            ("2030-01-31T12:00:00+00:00", tomorrow.to_rfc3339()),
        ];
        // What was not made is not asked for.
        let known = pairs
            .iter()
            .filter(|(_, value)| !["", "\"\""].contains(&value.as_str()));
        known.fold(example.to_owned(), |text, (name, value)| {
            text.replace(name, value)
        })
    }

    /// An answer without what tells places and moments apart.
    pub(crate) fn neutral(&self, answer: &str) -> String {
        let mut text = answer.to_owned();
        for (name, value) in &self.things {
            // Short numbers stand for much else.
            if value.len() > 4 {
                text = text.replace(value, &format!("<{name}>"));
            }
        }
        text
    }

    /// Names that nothing has.
    pub(crate) fn unknown() -> Self {
        let id = || Uuid::new_v4().to_string();
        let things = [
            ("tenant", id()),
            ("buyer", id()),
            ("user", id()),
            ("client", id()),
            ("mail", id()),
            ("customer", id()),
            ("tax", id()),
            ("alert", format!("tenant.{}.storage_size", id())),
            ("plan", unique("Nothing")),
            ("other plan", unique("Nothing")),
            ("domain", unique("nothing")),
            ("role", unique("Nobody")),
            ("partner plan", "4711".to_owned()),
        ];
        Self {
            things: things.into(),
        }
    }

    /// The things that `text` (path and examples of an operation) speaks of, made for a partner
    /// tenant with a token of its own.
    pub(crate) async fn make(api: &Api, tenant: &str, token: &str, text: &str) -> Self {
        let mut place = Self::default();
        place.set("tenant", tenant);
        let maker = Maker { api, token };
        let wants = |words: &[&str]| words.iter().any(|word| text.contains(word));
        if wants(&[USER, "/users/{", "{user}", "/emails/{", "{alert_id}"]) {
            maker.user(&mut place).await;
        }
        if wants(&["/clients/{id}"]) {
            let body = json!({"tenant_id": tenant});
            let made = maker.post("/api/2/clients", &body, 201).await;
            place.set("client", made["client_id"].as_str().unwrap());
        }
        if wants(&[TAX, "/Customers"]) {
            maker
                .customer(&mut place, wants(&["/Customers/{Id}"]))
                .await;
        }
        if wants(&["{alert_id}", "/quotas", "/alerts"]) {
            maker.alert(&mut place).await;
        }
        if wants(&["/plan/{planName}", "/domain/{domain}"]) {
            maker.reseller(&mut place, text).await;
        }
        if wants(&["/plans/{plan_id}", "/tenants/{tenant_id}/plan"]) {
            maker.partner_plan(&mut place).await;
        }
        if wants(&["/currency"]) {
            let path = format!("/api/upsell/v1/tenants/{tenant}/currency");
            maker.put(&path, &json!({"currency": "EUR"}), 200).await;
        }
        if wants(&["GET /api/2/tenants/{id}/brand/logo"]) {
            maker.logo(tenant).await;
        }
        place
    }

    fn set(&mut self, name: &'static str, value: &str) {
        self.things.insert(name, value.to_owned());
    }

    fn get(&self, name: &str) -> &str {
        &self.things[name]
    }
}

struct Maker<'a> {
    api: &'a Api,
    token: &'a str,
}

impl Maker<'_> {
    async fn call(&self, method: Method, path: &str, body: Option<&Value>, status: u16) -> Value {
        let answer = self.api.call_as(self.token, method, path, body).await;
        assert_eq!(answer.status, status, "{path}: {}", answer.text());
        serde_json::from_str(&answer.text()).unwrap_or_default()
    }

    async fn post(&self, path: &str, body: &Value, status: u16) -> Value {
        self.call(Method::POST, path, Some(body), status).await
    }

    async fn put(&self, path: &str, body: &Value, status: u16) -> Value {
        self.call(Method::PUT, path, Some(body), status).await
    }

    /// A user, and a mail to the user in the outbox.
    async fn user(&self, place: &mut Place) {
        let (tenant, login) = (place.get("tenant"), unique("user"));
        let email = format!("{login}@example.com");
        let body = json!({"tenant_id": tenant, "login": login, "contact": {"email": email}});
        let user = self.post("/api/2/users", &body, 200).await;
        let user = user["id"].as_str().unwrap().to_owned();
        let path = format!("/api/2/users/{user}/send-activation-email");
        self.call(Method::POST, &path, None, 204).await;
        let mails = self
            .call(Method::GET, "/api/upsell/v1/emails", None, 200)
            .await;
        let mut mails = mails["items"].as_array().unwrap().iter();
        let mail = mails.find(|mail| mail["user_id"] == user.as_str()).unwrap();
        place.set("mail", mail["id"].as_str().unwrap());
        place.set("user", &user);
    }

    /// A tax, and with it the tenant's billing information.
    async fn customer(&self, place: &mut Place, entered: bool) {
        let base = "/api/advanced-automation/v1";
        let tenant = place.get("tenant").to_owned();
        let body = json!({"Tenant": tenant, "Name": "VAT", "Value": 20});
        let tax = self.post(&format!("{base}/Taxes"), &body, 201).await;
        place.set("tax", tax["Id"].as_str().unwrap());
        if entered {
            let body = json!({"Tenant": tenant, "TaxExempt": true});
            let made = self.put(&format!("{base}/Customers"), &body, 200).await;
            place.set("customer", made["Id"].as_str().unwrap());
        }
    }

    /// A quota of the tenant that is exceeded.
    async fn alert(&self, place: &mut Place) {
        let tenant = place.get("tenant").to_owned();
        let item = json!({"usage_name": "storage", "quota": {"value": 100, "overage": null}});
        let path = format!("/api/2/tenants/{tenant}/offering_items");
        // Not the tenant's own to set.
        let body = json!({"offering_items": [item]});
        self.api.put(&path, &body).await.expect(200);
        let usage = json!([{"tenant_id": tenant, "item": "storage_size", "value": 100}]);
        self.post("/api/upsell/v1/usages", &usage, 200).await;
        place.set("alert", &format!("tenant.{tenant}.storage_size"));
    }

    /// Plans with a role; where `text` speaks of them, a domain with a role and a user in it.
    async fn reseller(&self, place: &mut Place, text: &str) {
        let (gold, silver) = (unique("Gold"), unique("Silver"));
        let retention = json!({"volume": 1, "retentionUnit": "DAYS", "retentionValue": 1});
        let role = json!({"name": "Auditor", "policies": []});
        for plan in [&gold, &silver] {
            let body = json!({"retention": retention});
            self.put(&format!("/plan/{plan}"), &body, 201).await;
            self.post(&format!("/plan/{plan}/roles"), &role, 201).await;
        }
        if text.contains("/domain/") {
            let domain = unique("domain");
            let body = json!({"plan": gold, "tenant_id": place.get("tenant")});
            self.put(&format!("/domain/{domain}"), &body, 201).await;
            self.post(&format!("/domain/{domain}/roles"), &role, 201)
                .await;
            self.put(&format!("/domain/{domain}/retention"), &retention, 200)
                .await;
            if text.contains("{user}") {
                let path = format!("/domain/{domain}/users/{}/role", place.get("user"));
                self.put(&path, &json!({"roles": ["Admin"]}), 200).await;
            }
            place.set("domain", &domain);
        }
        place.set("plan", &gold);
        place.set("other plan", &silver);
        place.set("role", "Auditor");
    }

    /// Plans of the partner, and a customer that buys by the first one.
    async fn partner_plan(&self, place: &mut Place) {
        let tenant = place.get("tenant").to_owned();
        let prices = [
            "setup",
            "base",
            "extra",
            "computers",
            "local_backup",
            "vm_host",
            "disk_image",
        ];
        let prices = prices.into_iter().chain(["es_seat", "es_connection"]);
        let mut plan: Value = prices
            .map(|name| (format!("{name}_price"), json!(1)))
            .collect();
        for name in ["base_usage", "extra_usage", "computers", "computers_usage"] {
            plan[name] = json!(1);
        }
        plan["es_cost_extra_block"] = json!(1);
        plan["name"] = json!("Gold");
        // The one that is bought by is not deleted.
        for _ in 0..2 {
            let path = format!("/v1/partners/{tenant}/plans");
            let request = self.api.request(Method::POST, &path).json(&plan);
            let oauth = format!("OAuth {}", self.token);
            self.api
                .send(request.header("authorization", oauth))
                .await
                .expect(201);
        }
        place.set("partner plan", "2");
        let name = unique("buyer");
        let buyer = json!({"name": name, "kind": "customer", "parent_id": tenant});
        let buyer = self.post("/api/2/tenants", &buyer, 201).await;
        place.set("buyer", buyer["id"].as_str().unwrap());
        let named = json!({"partner": tenant, "plan_id": 1});
        let path = format!("/api/upsell/v1/tenants/{}/plan", place.get("buyer"));
        self.put(&path, &named, 200).await;
    }

    async fn logo(&self, tenant: &str) {
        let request = self
            .api
            .request(Method::POST, &format!("/api/2/tenants/{tenant}/brand/logo"))
            .bearer_auth(self.token)
            .header("content-type", "image/png")
            .body(&b"\x89PNG\r\n\x1a\n0000"[..]);
        self.api.send(request).await.expect(200);
    }
}
