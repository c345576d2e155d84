//! Rules `who-may-buy` and `buy-url`, step by step, with the answers that the vendor prints.

use reqwest::Method;
use serde_json::{Value, json};

use crate::account_api::Api;

/// "The following variables should be available now": a token, and the tenant it gives access to.
#[tokio::test]
async fn authentication_gives_a_token_and_the_tenant_it_reaches() {
    let api = Api::start().await;
    let request = api
        .request(Method::POST, "/api/2/idp/token")
        .basic_auth(&api.client.0, Some(&api.client.1))
        .form(&[("grant_type", "client_credentials")]);
    let answer = api.send(request).await.expect(200);
    assert_eq!(answer.header("cache-control"), "no-store");
    let token = answer.json();
    assert_eq!(token["token_type"], "bearer");
    let lives_s = token["expires_in"].as_i64().unwrap();
    let now_s = upsell::app::system_clock().secs();
    assert!((token["expires_on"].as_i64().unwrap() - now_s - lives_s).abs() <= 5);
    // The seeds show tokens that begin so: {"typ":"JWT","alg":"RS256","kid":…}.
    let jwt = token["access_token"].as_str().unwrap();
    assert!(
        jwt.starts_with("eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiIs"),
        "{jwt}"
    );

    let path = format!("/api/2/clients/{}", api.client.0);
    let client = api
        .call_as(jwt, Method::GET, &path, None)
        .await
        .expect(200)
        .json();
    assert_eq!(client["tenant_id"], api.root.as_str());
    assert_eq!(client["type"], "agent");
    assert_eq!(client["status"], "enabled");
    assert!(client.get("client_secret").is_none());
}

#[tokio::test]
async fn seed_000_assigns_the_buyer_type() {
    let api = Api::start().await;
    let customer = api.tenant("customer", &api.root).await;
    let created = json!({
        "tenant_id": customer, "login": "JohnDoe", "enabled": false, "activated": true,
        "contact": {"email": "johndoe@mysite.com", "firstname": "John", "lastname": "Doe"},
    });
    let user = api.post("/api/2/users", &created).await.expect(200);
    let v1_id: u64 = user.header("x-upsell-v1-id").parse().unwrap();
    assert!(v1_id > 0);
    let user = user.json();
    let path = format!("/api/2/users/{}", user["id"].as_str().unwrap());

    let fetched = api.get(&path).await.expect(200);
    assert_eq!(fetched.header("etag"), "\"1\"");
    let version = fetched.json()["version"].clone();
    assert_eq!(version, 1);
    let user_data = json!({"business_types": ["buyer"], "version": version});
    let updated = api.put(&path, &user_data).await.expect(200);
    assert_eq!(updated.header("etag"), "\"2\"");
    let expected = json!({
        "activated": true,
        "business_types": ["buyer"],
        "contact": {
            "address1": "", "address2": "", "city": "", "country": "",
            "email": "johndoe@mysite.com", "firstname": "John", "lastname": "Doe",
            "phone": "", "state": "", "zipcode": ""
        },
        "created_at": user["created_at"],
        "enabled": false,
        "id": user["id"],
        "idp_id": "11111111-1111-1111-1111-111111111111",
        "language": "en",
        "login": "JohnDoe",
        "mfa_status": "disabled",
        "notifications": ["quota", "reports", "backup_daily_report"],
        "personal_tenant_id": null,
        "tenant_id": customer,
        "terms_accepted": false,
        "version": 2
    });
    assert_eq!(updated.json(), expected);
    assert_eq!(api.get(&path).await.expect(200).json(), expected);
    // 2019-07-25T07:11:02.807354+00:00
    let created_at = expected["created_at"].as_str().unwrap();
    assert_eq!(created_at.len(), 32);
    assert!(created_at.ends_with("+00:00"));

    // "The revision number increments with each update": the old one is stale now.
    let stale = api.put(&path, &user_data).await.expect(409);
    assert_eq!(stale.code(), 1001);
    assert_eq!(api.get(&path).await.expect(200).json(), expected);
    // Another than the only available type.
    let other = json!({"business_types": ["seller"], "version": 2});
    let refused = api.put(&path, &other).await.expect(400);
    assert!(refused.text.contains("buyer"), "{}", refused.text);
    // And back.
    let none = json!({"business_types": [], "version": 2});
    let plain = api.put(&path, &none).await.expect(200).json();
    assert_eq!(
        (&plain["business_types"], &plain["version"]),
        (&json!([]), &json!(3))
    );
}

/// The whole object that the vendor prints, without the logo.
fn options() -> Value {
    json!({
        "account_server_url": "",
        "backup_console_url": "",
        "color": "000000",
        "color_scheme": "default",
        "company_name": "FooBar",
        "help_url": "api/ams/links/help",
        "hide_predefined": 1,
        "home_url": "",
        "knowledgebase_url": "",
        "mobile_app_android_download_url": "",
        "mobile_app_ios_download_url": "",
        "owns_custom_legal_docs": true,
        "platform_terms_url": "",
        "privacy_policy_url": "",
        "router_url": "",
        "service_name": "myservice",
        "smtp_encryption": "TLS",
        "smtp_override": 1,
        "smtp_password": "",
        "smtp_port": 465,
        "smtp_reply_address": "",
        "smtp_server": "",
        "smtp_user": "smtpuser",
        "support_phone": "+1 1111 1111111",
        "support_url": "",
        "terms_url": "",
        "upsell_url": "",
        "user_guide_url": ""
    })
}

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n0000";

#[tokio::test]
async fn seed_001_configures_the_buy_url() {
    let api = Api::start().await;
    let tenant_id = api.tenant("customer", &api.root).await;
    let tenant = format!("/api/2/tenants/{tenant_id}");
    let brand = format!("{tenant}/brand");
    let version = async || {
        api.get(&tenant).await.expect(200).json()["version"]
            .as_u64()
            .unwrap()
    };
    assert_eq!(version().await, 1);
    // What the seed's example tenant had before.
    api.put(&format!("{brand}?version=1"), &options())
        .await
        .expect(200);
    let logo = api
        .request(Method::POST, &format!("{brand}/logo"))
        .bearer_auth(&api.token)
        .header("content-type", "image/png")
        .body(PNG);
    let logotype = api.send(logo).await.expect(200).json()["logotype"].clone();
    assert_eq!(logotype.as_str().map(str::len), Some(36));
    let mut expected = options();
    expected["logotype"] = logotype;

    let tenant_version = version().await;
    assert_eq!(tenant_version, 3);
    let put = |version: u64, url: &str| {
        let body = json!({ "upsell_url": url });
        let path = format!("{brand}?version={version}");
        let api = &api;
        async move { api.put(&path, &body).await }
    };
    let url = "https://shop.example.com/buy?campaign=7#plans";
    let answer = put(tenant_version, url).await.expect(200);
    expected["upsell_url"] = json!(url);
    assert_eq!(answer.json(), expected);
    // "Version number of the tenant will be also increased by 1."
    assert_eq!(version().await, tenant_version + 1);

    let stale = put(tenant_version, "").await.expect(409);
    assert_eq!(stale.code(), 1001);
    assert_eq!(api.get(&brand).await.expect(200).json(), expected);
    // "If upsell_url is set to an empty string – no buttons or links will be shown to a user."
    let answer = put(tenant_version + 1, "").await.expect(200);
    expected["upsell_url"] = json!("");
    assert_eq!(answer.json(), expected);
    // The password went in only; the client may send back the object it was shown.
    let answer = api
        .put(
            &format!("{brand}?version={}", tenant_version + 2),
            &expected,
        )
        .await
        .expect(200);
    assert_eq!(answer.json(), expected);
}

#[tokio::test]
async fn branding_is_switched_on_and_off_and_keeps_its_options() {
    let api = Api::start().await;
    let tenant_id = api.tenant("customer", &api.root).await;
    let brand = format!("/api/2/tenants/{tenant_id}/brand");
    let enabled = async || {
        let shown = api.get(&brand).await.expect(200);
        (
            shown.header("x-upsell-brand-enabled").to_owned(),
            shown.header("etag").to_owned(),
        )
    };
    let buy = json!({"upsell_url": "https://shop.example.com/", "smtp_server": "smtp.example.com",
        "smtp_password": "hush-canary"});
    let shown = api
        .put(&format!("{brand}?version=1"), &buy)
        .await
        .expect(200);
    assert!(!shown.text.contains("hush-canary"));
    assert_eq!(enabled().await, ("false".to_owned(), "\"2\"".to_owned()));
    let on = api
        .send(api.request(Method::POST, &brand).bearer_auth(&api.token))
        .await;
    assert_eq!(
        on.expect(200).json()["upsell_url"],
        "https://shop.example.com/"
    );
    assert_eq!(enabled().await, ("true".to_owned(), "\"3\"".to_owned()));
    api.delete(&format!("{brand}?version=2")).await.expect(409);
    api.delete(&format!("{brand}?version=3")).await.expect(204);
    assert_eq!(enabled().await, ("false".to_owned(), "\"4\"".to_owned()));
    let kept = api.get(&brand).await.expect(200).json();
    assert_eq!(kept["upsell_url"], "https://shop.example.com/");
    // Sealed for this tenant and this field, as the outbox opens it.
    let id = tenant_id.parse().unwrap();
    let stored = api.env.store.brand(id).await.unwrap().unwrap();
    let sealed = &stored.smtp.password.0;
    assert!(!sealed.contains("hush-canary"));
    let opened = api
        .env
        .keyring
        .load()
        .open(id.bytes(), "smtp_password", sealed);
    assert_eq!(opened.unwrap().to_vec(), b"hush-canary");
    // To another server only with the password said again.
    let moved = json!({"smtp_server": "smtp.evil.example", "smtp_password": ""});
    let refused = api
        .put(&format!("{brand}?version=4"), &moved)
        .await
        .expect(400);
    assert_eq!(
        refused.json()["error"]["details"]["addition"][0]["field"],
        "smtp_password"
    );
}

#[tokio::test]
async fn brand_options_that_make_no_sense_store_nothing() {
    let api = Api::start().await;
    let tenant_id = api.tenant("customer", &api.root).await;
    let brand = format!("/api/2/tenants/{tenant_id}/brand");
    let before = api.get(&brand).await.expect(200).text;
    for (field, value) in [
        ("upsell_url", json!("javascript:alert(1)")),
        ("upsell_url", json!("//shop.example.com")),
        ("upsell_url", json!("https://user:pw@shop.example.com/")),
        ("upsell_url", json!("https://shop.example.com/\r\nX: y")),
        ("upsell_url", json!("http://shop.example.com/")),
        ("company_name", json!("Foo\r\nBcc: all@example.com")),
        ("service_name", json!("x".repeat(300))),
        ("color", json!("#12345")),
        ("help_url", json!("javascript:alert(1)")),
        ("smtp_port", json!(0)),
        ("smtp_port", json!(65536)),
        ("smtp_port", json!(-1)),
        ("smtp_encryption", json!("STARTTLS")),
        ("smtp_server", json!("smtp.example.com:25")),
        ("smtp_reply_address", json!("a@b\r\nc")),
        ("hide_predefined", json!(2)),
        ("upsell_link_profile", json!("nobody")),
    ] {
        let body = json!({ field: value, "service_name": "changed" });
        let mut body = body;
        body[field] = value;
        let refused = api
            .put(&format!("{brand}?version=1"), &body)
            .await
            .expect(400);
        assert_eq!(
            refused.json()["error"]["details"]["addition"][0]["field"],
            field
        );
    }
    let missing = api
        .put(&brand, &json!({"upsell_url": ""}))
        .await
        .expect(400);
    assert!(missing.text.contains("version"));
    assert_eq!(api.get(&brand).await.expect(200).text, before);
    for (media_type, image, status) in [
        ("image/svg+xml", &b"<svg/>"[..], 415),
        ("image/png", b"<svg/>", 400),
        ("image/jpeg", PNG, 400),
        ("image/png", &[0; 300_000], 413),
    ] {
        let request = api
            .request(Method::POST, &format!("{brand}/logo"))
            .bearer_auth(&api.token)
            .header("content-type", media_type)
            .body(image.to_vec());
        api.send(request).await.expect(status);
    }
    assert_eq!(api.get(&brand).await.expect(200).text, before);
    let tenant = api
        .get(&format!("/api/2/tenants/{tenant_id}"))
        .await
        .expect(200)
        .json();
    assert_eq!(tenant["version"], 1);
}
