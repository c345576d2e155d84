//! The partner dialect, `/v1/partners/{username}/plans` (rule `partner-plans`), from outside.
//! `tests/walks/partner.py` walks through the vendor's own examples.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::partner::{Partner, SEED_JSON, SEED_XML, bare};

#[tokio::test]
async fn prices_keep_their_digits_and_their_scale() {
    let partner = Partner::start().await;
    let id = partner.create(SEED_JSON).await;
    let path = format!("/{id}");
    for price in [
        "0.00",
        "0.1",
        "19.95",
        "4.810",
        "0",
        "9999999999999999999999999999",
        "0.0000000000000000000000000001",
        "12345678901234.56789012345678",
    ] {
        let body = Partner::variant("x", price);
        partner.put(&path, &body).await.expect(204);
        assert_eq!(bare(&partner.plan(id).await.0), bare(&body), "{price}");
        let xml = partner.get(&path, "application/xml").await.expect(200);
        let element = format!("<base_price>{price}</base_price>");
        assert!(xml.text().contains(&element), "{}", xml.text());
    }
    let kept = partner.plan(id).await.0;
    for (price, why) in [
        ("10000000000000000000000000000", "at most 28 digits"),
        ("0.00000000000000000000000000001", "at most 28 digits"),
        ("-0.01", "must not be negative"),
        ("1e2", "without an exponent"),
        ("\"19.95\"", "must be a decimal number"),
        ("null", "is required"),
        ("[1]", "must be a decimal number"),
    ] {
        let refused = partner.put(&path, &Partner::variant("x", price)).await;
        let text = refused.expect(400).text();
        assert!(
            text.contains("base_price") && text.contains(why),
            "{price}: {text}"
        );
    }
    assert_eq!(partner.plan(id).await.0, kept);
}

#[tokio::test]
async fn what_is_no_whole_plan_is_refused_by_its_field() {
    let partner = Partner::start().await;
    let id = partner.create(SEED_JSON).await;
    let path = format!("/{id}");
    let bytes = SEED_JSON.replace("21474836480", "18446744073709551615");
    partner.put(&path, &bytes).await.expect(204);
    let kept = partner.plan(id).await.0;
    assert!(kept.contains("\"base_usage\":18446744073709551615,"));
    let swap = |from: &str, to: &str| SEED_JSON.replace(from, to);
    for (body, why) in [
        (swap("\"name\": \"20g Monthly\",", ""), "name: is required"),
        (swap("\"computers\": 10,", ""), "computers: is required"),
        (swap("20g Monthly", ""), "name: must not be empty"),
        (swap("20g Monthly", "a\\nb"), "name: "),
        (
            swap("20g Monthly", &"x".repeat(201)),
            "name: must have at most 200",
        ),
        (swap("21474836480", "18446744073709551616"), "base_usage: "),
        (swap("21474836480", "-1"), "base_usage: "),
        (swap("21474836480", "1.5"), "base_usage: "),
        (
            swap(
                "\"computers\": 10,",
                "\"computers\": 10, \"computers\": 11,",
            ),
            "stands twice",
        ),
        ("[]".to_owned(), "body: "),
        ("{".to_owned(), "no valid JSON"),
        (String::new(), "no valid JSON"),
    ] {
        let refused = partner.put(&path, &body).await.expect(400).json();
        let message = refused["error"]["message"].as_str().unwrap();
        assert!(message.contains(why), "{why}: {message}");
        assert_eq!(refused["error"]["code"], 400);
        let made = partner
            .send(Method::POST, "", "application/json", &body)
            .await;
        made.expect(400);
    }
    assert_eq!(partner.plan(id).await.0, kept);
    let list = partner.get("", "*/*").await.expect(200).json();
    assert_eq!(list["count"], 1);
    // Fields that the vendor does not have are another version's.
    partner
        .put(
            &path,
            &swap("\"computers\": 10,", "\"computers\": 10, \"new\": {},"),
        )
        .await
        .expect(204);
}

#[tokio::test]
async fn media_types_are_negotiated() {
    let partner = Partner::start().await;
    partner.create(SEED_JSON).await;
    let unacceptable = partner.get("/1", "text/html").await.expect(406).json();
    assert_eq!(unacceptable["error"]["code"], 406);
    for media in ["text/plain", "application/x-www-form-urlencoded"] {
        partner
            .send(Method::PUT, "/1", media, SEED_JSON)
            .await
            .expect(415);
        partner
            .send(Method::POST, "", media, SEED_JSON)
            .await
            .expect(415);
    }
    let untyped = partner.call(&partner.api.token, (Method::PUT, "/1"), &[], SEED_JSON);
    untyped.await.expect(415);
    partner
        .send(Method::PUT, "/1", "application/xml", SEED_JSON)
        .await
        .expect(400);
    partner
        .send(Method::PUT, "/1", "application/json", SEED_XML)
        .await
        .expect(400);
    let latin = "application/xml; charset=iso-8859-1";
    partner
        .send(Method::PUT, "/1", latin, SEED_XML)
        .await
        .expect(400);
    let zipped = [
        ("content-type", "application/json"),
        ("content-encoding", "gzip"),
    ];
    let zipped = partner.call(&partner.api.token, (Method::PUT, "/1"), &zipped, SEED_JSON);
    zipped.await.expect(415);
    // Errors too are told in the form that is wanted.
    let missing = partner.get("/99", "application/xml").await.expect(404);
    assert_eq!(missing.header("content-type"), "application/xml");
    assert_eq!(
        missing.text(),
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <error><code>404</code><message>plan not found</message></error>"
    );
    let no_route = partner
        .get("/v1/partners/barracuda", "application/xml")
        .await;
    assert_eq!(
        no_route.expect(404).header("content-type"),
        "application/xml"
    );
    let method = partner
        .send(Method::PATCH, "/1", "application/json", "{}")
        .await
        .expect(405);
    assert_eq!(method.header("allow"), "DELETE, GET, HEAD, PUT");
}

#[tokio::test]
async fn numbers_of_plans_are_never_given_again() {
    let partner = Partner::start().await;
    assert_eq!(partner.create(SEED_JSON).await, 1);
    assert_eq!(partner.create(SEED_JSON).await, 2);
    partner.delete("/2").await.expect(204);
    assert_eq!(partner.create(SEED_JSON).await, 3);
    for unknown in ["/2", "/0", "/01", "/+1", "/x", "/99999999999999999999"] {
        partner.get(unknown, "*/*").await.expect(404);
    }
    // Each partner counts for itself.
    let other = partner.api.tenant("partner", &partner.api.root).await;
    let path = format!("/v1/partners/{other}/plans");
    let made = partner
        .send(Method::POST, &path, "application/xml", SEED_XML)
        .await
        .expect(201);
    assert!(
        made.header("location").ends_with(&format!("{path}/1")),
        "{:?}",
        made.headers
    );
}

#[tokio::test]
async fn versions_are_told_and_obeyed() {
    let partner = Partner::start().await;
    partner.create(SEED_JSON).await;
    let token = &partner.api.token;
    assert_eq!(partner.plan(1).await.1["etag"], "\"1\"");
    let json = ("content-type", "application/json");
    let stale = [json, ("if-match", "\"7\"")];
    let put = (Method::PUT, "/1");
    partner
        .call(token, put.clone(), &stale, SEED_JSON)
        .await
        .expect(412);
    partner
        .call(token, (Method::DELETE, "/1"), &stale, "")
        .await
        .expect(412);
    let current = [json, ("if-match", "\"1\"")];
    let done = partner
        .call(token, put.clone(), &current, SEED_JSON)
        .await
        .expect(204);
    assert_eq!(done.header("etag"), "\"2\"");
    partner
        .call(token, put, &current, SEED_JSON)
        .await
        .expect(412);
    let current = [("if-match", "\"2\"")];
    partner
        .call(token, (Method::DELETE, "/1"), &current, "")
        .await
        .expect(204);
}

/// The plan numbers of a list.
fn numbers(list: &Value) -> Vec<u64> {
    let list = list["list"].as_array().unwrap().iter();
    list.map(|plan| plan["plan_id"].as_u64().unwrap()).collect()
}

#[tokio::test]
async fn lists_are_paged_and_sorted() {
    let partner = Partner::start().await;
    for (name, price) in [("b", "2.00"), ("A", "10"), ("c", "2.0"), ("a", "0.5")] {
        partner.create(&Partner::variant(name, price)).await;
    }
    for (query, expected) in [
        ("", vec![1, 2, 3, 4]),
        ("?order_dir=DESC", vec![4, 3, 2, 1]),
        ("?order_by=PLAN_NAME", vec![2, 4, 1, 3]),
        ("?order_by=PRICE&order_dir=ASC", vec![4, 1, 3, 2]),
        ("?order_by=PRICE&order_dir=DESC&page_size=2", vec![2, 3]),
        ("?page=2&page_size=3", vec![4]),
        ("?page=99", vec![]),
        ("?page=18446744073709551615&page_size=50", vec![]),
        ("?unknown=1", vec![1, 2, 3, 4]),
    ] {
        let list = partner.get(query, "*/*").await.expect(200).json();
        assert_eq!(numbers(&list), expected, "{query}");
        assert_eq!(list["count"], 4, "{query}");
    }
    for bad in [
        "?page=0",
        "?page=x",
        "?page=1.0",
        "?page_size=0",
        "?page_size=51",
        "?order_by=price",
        "?order_dir=UP",
        "?page=1&page=2",
    ] {
        partner.get(bad, "*/*").await.expect(400);
    }
    let answer = partner.get("?page=2&page_size=2", "*/*").await.expect(200);
    let list = answer.json();
    assert_eq!((&list["page"], &list["page_size"]), (&json!(2), &json!(2)));
    let collection = "/v1/partners/barracuda/plans";
    let rels = list["links"].as_array().unwrap().iter();
    let rels: Vec<_> = rels.map(|link| link["rel"].as_str().unwrap()).collect();
    assert_eq!(rels, ["self", "first", "prev", "last"]);
    let href = list["links"][1]["href"].as_str().unwrap();
    let query = "?page=1&page_size=2&order_by=PLAN_ID&order_dir=ASC";
    assert!(href.ends_with(&format!("{collection}{query}")), "{href}");
    let entry = &list["list"][0];
    assert_eq!(entry["link"]["rel"], "self");
    assert!(
        entry["link"]["href"]
            .as_str()
            .unwrap()
            .ends_with(&format!("{collection}/3"))
    );
    assert_eq!(
        (&entry["name"], &entry["base_usage"]),
        (&json!("c"), &json!(21_474_836_480_u64))
    );
    assert!(
        answer.text().contains("\"base_price\":2.0,"),
        "{}",
        answer.text()
    );
    let xml = partner
        .get("?page_size=1", "application/xml")
        .await
        .expect(200)
        .text();
    assert!(xml.contains("<plans><page>1</page><page_size>1</page_size><count>4</count><links><link><rel>self</rel><href>http"), "{xml}");
    assert!(xml.contains("&amp;order_by=PLAN_ID"), "{xml}");
    assert!(xml.contains("<list><plan><plan_id>1</plan_id><name>b</name><base_usage>21474836480</base_usage><base_price>2.00</base_price><link><rel>self</rel>"), "{xml}");
}

#[tokio::test]
async fn names_are_escaped_in_both_forms() {
    let partner = Partner::start().await;
    let name = "<b> & \"20g\" 'x' ü 東 ]]>";
    let body = Partner::variant(&name.replace('"', "\\\""), "1.50");
    partner.create(&body).await;
    let json: Value = serde_json::from_str(&partner.plan(1).await.0).unwrap();
    assert_eq!(json["name"], name);
    let xml = partner.get("/1", "text/xml").await.expect(200);
    assert_eq!(xml.header("content-type"), "text/xml");
    assert!(
        xml.text()
            .contains("<name>&lt;b&gt; &amp; \"20g\" 'x' ü 東 ]]&gt;</name>"),
        "{}",
        xml.text()
    );
    partner
        .send(Method::PUT, "/1", "application/xml", &xml.text())
        .await
        .expect(204);
    let again: Value = serde_json::from_str(&partner.plan(1).await.0).unwrap();
    assert_eq!(again, json);
}

#[tokio::test]
async fn a_plan_is_created_once_per_key() {
    let partner = Partner::start().await;
    let headers = [
        ("content-type", "application/xml"),
        ("idempotency-key", "one"),
    ];
    for _ in 0..2 {
        let made = partner.call(&partner.api.token, (Method::POST, ""), &headers, SEED_XML);
        let made = made.await.expect(201);
        assert!(made.header("location").ends_with("/plans/1"), "{made:?}");
        assert_eq!(made.header("etag"), "\"1\"");
    }
    let list = partner.get("", "*/*").await.expect(200).json();
    assert_eq!(list["count"], 1);
}
