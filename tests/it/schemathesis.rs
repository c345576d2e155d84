//! schemathesis against the document that the service serves: everything that the document allows
//! and much that it does not, with all checks but those that `tests/python/schemathesis.toml` names.
//!
//! `SCHEMATHESIS_SECONDS` and `SCHEMATHESIS_SEED` make it longer or another one.

use serde_json::json;

use crate::support::accounts::{ADMIN_BUYER, Account};
use crate::support::app::TestApp;
use crate::support::python;

/// Of every run, unless it is told another: a finding must not depend on luck.
const SEED: &str = "20261121";
/// How long fuzzing and stateful testing go on.
const SECONDS: &str = "60";

fn told(name: &str, default: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| default.to_owned())
}

/// The configuration, with the names of what was made for it.
async fn configuration(app: &TestApp) -> String {
    let tenant = app.create_customer().await;
    let user = app.create_user(&tenant, ADMIN_BUYER).await;
    app.set_quota(Account::Tenant(&tenant), "storage", 100)
        .await;
    app.report_usage(Account::Tenant(&tenant), "storage", 100)
        .await;
    let to_change = app.create_customer().await;
    let client = json!({"tenant_id": tenant.id, "data": {"client_name": "to be changed"}});
    let client = app.post("/api/2/clients", &client).await.expect(201).json();
    for plan in ["Gold", "Silver"] {
        app.put(&format!("/plan/{plan}"), &json!({}))
            .await
            .expect(201);
        let role = json!({"name": "Reviewer", "policies": []});
        let roles = format!("/plan/{plan}/roles");
        app.post(&roles, &role).await.expect(201);
    }
    for domain in ["shop", "domain"] {
        let body = json!({"plan": "Gold", "tenant_id": tenant.id});
        app.put(&format!("/domain/{domain}"), &body)
            .await
            .expect(201);
    }
    let template = std::fs::read_to_string(python::source("python/schemathesis.toml")).unwrap();
    let hooks = python::source("python/hooks.py");
    let values = [
        ("HOOKS", hooks.to_str().unwrap()),
        ("BASE_URL", app.base.as_str()),
        ("TOKEN", app.token.as_str()),
        ("ROOT_TENANT_ID", app.first.tenant_id.as_str()),
        ("TENANT_ID", tenant.id.as_str()),
        ("USER_ID", user.id.as_str()),
        ("TENANT_TO_CHANGE", to_change.id.as_str()),
        ("CLIENT_TO_CHANGE", client["client_id"].as_str().unwrap()),
    ];
    let filled = values.iter().fold(template, |text, (name, value)| {
        text.replace(&format!("${{{name}}}"), value)
    });
    let rest: Vec<&str> = filled
        .lines()
        .filter(|line| !line.starts_with('#') && line.contains("${"))
        .collect();
    assert!(rest.is_empty(), "nothing was made for: {rest:?}");
    filled
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_service_does_what_its_document_says() {
    let app = TestApp::start(&[("UPSELL_LOG_LEVEL", "warn")]).await;
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("schemathesis.toml");
    std::fs::write(&file, configuration(&app).await).unwrap();
    let seed = told("SCHEMATHESIS_SEED", SEED);
    let seconds = told("SCHEMATHESIS_SECONDS", SECONDS);
    println!("seed {seed}, {seconds} s");
    let document = app.url("/api/upsell/v1/openapi.json");
    let arguments = [
        "--config-file",
        file.to_str().unwrap(),
        "run",
        &document,
        "--phases",
        "examples,coverage,fuzzing,stateful",
        "--seed",
        &seed,
        "--max-time",
        &seconds,
        "--no-color",
    ];
    let done = python::run(&app, "schemathesis", &arguments).await;
    let text = done.as_ref().unwrap_or_else(|text| text);
    let short: Vec<String> = text
        .lines()
        .map(|line| line.chars().take(300).collect())
        .collect();
    println!("{}", short.join("\n"));
    assert!(
        done.is_ok(),
        "schemathesis found something: see above (seed {seed})"
    );
    // Were its own token refused meanwhile, it would have tested nothing.
    app.get("/api/2/clients").await.expect(200);
}
