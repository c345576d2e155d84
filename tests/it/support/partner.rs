//! The service with a partner called `barracuda`, spoken to as its callers do.

use reqwest::Method;
use reqwest::header::HeaderMap;
use serde_json::json;

use crate::support::api::{Answer, Api};

/// The vendor's example.
pub(crate) const SEED_JSON: &str = r#"{
  "name": "20g Monthly",
  "setup_price": 0.00,
  "base_usage": 21474836480,
  "base_price": 19.95,
  "extra_usage": 1073741824,
  "extra_price": 0.95,
  "computers": 10,
  "computers_usage": 5368709120,
  "computers_price": 4.95,
  "local_backup_price": 4.95,
  "vm_host_price": 60,
  "disk_image_price": 60,
  "es_seat_price": 30,
  "es_connection_price": 25,
  "es_cost_extra_block": 50
}"#;

/// The same in XML.
pub(crate) const SEED_XML: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<plan>
  <name>20g Monthly</name>
  <setup_price>0.00</setup_price>
  <base_usage>21474836480</base_usage>
  <base_price>19.95</base_price>
  <extra_usage>1073741824</extra_usage>
  <extra_price>0.95</extra_price>
  <computers>10</computers>
  <computers_usage>5368709120</computers_usage>
  <computers_price>4.95</computers_price>
  <local_backup_price>4.95</local_backup_price>
  <vm_host_price>60</vm_host_price>
  <disk_image_price>60</disk_image_price>
  <es_seat_price>30</es_seat_price>
  <es_connection_price>25</es_connection_price>
  <es_cost_extra_block>50</es_cost_extra_block>
</plan>"#;

/// A text without its white space: the seed's examples are laid out for print.
pub(crate) fn bare(text: &str) -> String {
    text.split_whitespace().collect()
}

/// The service, a partner and the plans of the partner.
pub(crate) struct Partner {
    pub(crate) api: Api,
    pub(crate) id: String,
}

impl Partner {
    pub(crate) async fn start() -> Self {
        let api = Api::start().await;
        let body = json!({"name": "barracuda", "kind": "partner", "parent_id": api.root});
        let made = api.post("/api/2/tenants", &body).await.expect(201).json();
        let id = made["id"].as_str().unwrap().to_owned();
        Self { api, id }
    }

    /// Below the plans of `barracuda`; a path that begins with `/v1` is taken as it is.
    pub(crate) fn path(rest: &str) -> String {
        if rest.starts_with("/v1") {
            return rest.to_owned();
        }
        format!("/v1/partners/barracuda/plans{rest}")
    }

    pub(crate) async fn call(
        &self,
        token: &str,
        (method, path): (Method, &str),
        headers: &[(&str, &str)],
        body: impl Into<reqwest::Body>,
    ) -> Answer {
        let mut request = self
            .api
            .request(method, &Self::path(path))
            .header("authorization", format!("OAuth {token}"))
            .body(body);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.api.send(request).await
    }

    pub(crate) async fn get(&self, path: &str, accept: &str) -> Answer {
        let headers = [("accept", accept)];
        self.call(&self.api.token, (Method::GET, path), &headers, "")
            .await
    }

    pub(crate) async fn send(&self, method: Method, path: &str, media: &str, body: &str) -> Answer {
        let headers = [("content-type", media)];
        self.call(&self.api.token, (method, path), &headers, body.to_owned())
            .await
    }

    pub(crate) async fn put(&self, path: &str, body: &str) -> Answer {
        self.send(Method::PUT, path, "application/json", body).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.call(&self.api.token, (Method::DELETE, path), &[], "")
            .await
    }

    /// Creates a plan; its number.
    pub(crate) async fn create(&self, body: &str) -> u64 {
        let made = self.send(Method::POST, "", "application/json", body).await;
        let made = made.expect(201);
        assert_eq!(made.text(), "");
        let location = made.header("location");
        location.rsplit('/').next().unwrap().parse().unwrap()
    }

    /// The plan as JSON, to be compared before and after.
    pub(crate) async fn plan(&self, id: u64) -> (String, HeaderMap) {
        let answer = self.get(&format!("/{id}"), "application/json").await;
        let answer = answer.expect(200);
        (answer.text(), answer.headers)
    }

    /// The seed's plan under another name and base price.
    pub(crate) fn variant(name: &str, base_price: &str) -> String {
        SEED_JSON
            .replace("20g Monthly", name)
            .replace("19.95", base_price)
    }
}
