//! A tenant's brand: switched on and off, and options that are refused. `tests/walks/account.py`
//! walks through the vendor's own steps.

use reqwest::Method;
use serde_json::json;

use crate::support::api::Api;

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n0000";

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
    assert!(!shown.text().contains("hush-canary"));
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
    let before = api.get(&brand).await.expect(200).text();
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
        let mut body = json!({"service_name": "changed"});
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
    assert!(missing.text().contains("version"));
    assert_eq!(api.get(&brand).await.expect(200).text(), before);
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
    assert_eq!(api.get(&brand).await.expect(200).text(), before);
    let tenant = api
        .get(&format!("/api/2/tenants/{tenant_id}"))
        .await
        .expect(200)
        .json();
    assert_eq!(tenant["version"], 1);
}
