//! The examples of the document are requests that work: each is sent, about things that exist, and
//! the answer is one that is described. The seeds' are among them.

use serde_json::Value;
use upsell::domain::client::ApiScope;

use crate::support::api::{Answer, Api};
use crate::support::objects::Place;
use crate::support::operations::{Body, Operation, operations};

/// Answers other than success, and why.
fn expected(operation: &Operation) -> Option<u16> {
    match operation.id.as_str() {
        // The client authenticates in the header, which here is a token's.
        "issueToken" | "revokeToken" | "introspectToken" => Some(401),
        // The token of a link is nobody's.
        "unsubscribe" => Some(404),
        _ => None,
    }
}

/// Whether two values have the same fields with values of the same kinds.
fn alike(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Object(one), Value::Object(other)) => {
            one.keys().eq(other.keys())
                && one.iter().all(|(name, value)| alike(value, &other[name]))
        }
        (Value::Array(_), Value::Array(_)) | (Value::Null, _) | (_, Value::Null) => true,
        (one, other) => std::mem::discriminant(one) == std::mem::discriminant(other),
    }
}

/// Sends it about things made for it, by a client that may do everything with them.
async fn sent(api: &Api, operation: &Operation, body: &Body) -> Answer {
    let tenant = api.tenant("partner", &api.root).await;
    let token = api
        .token_at(&tenant, &ApiScope::ALL.map(ApiScope::name))
        .await;
    if operation.scopes.is_none() {
        let mut open = operation.clone();
        open.path = open.path.replace("{token}", "nobodys");
        return open.send(api, None, &Place::unknown(), Some(body)).await;
    }
    let place = Place::make(api, &tenant, &token, &operation.text()).await;
    // What a tenant is sold is decided above it.
    let by = match operation.id.as_str() {
        "setTenantOfferingItems" => &api.token,
        _ => &token,
    };
    let authorization = format!("{} {by}", operation.scheme);
    operation
        .send(api, Some(&authorization), &place, Some(body))
        .await
}

#[tokio::test]
async fn what_the_document_shows_is_accepted() {
    let api = Api::start().await;
    let all = operations();
    let with_bodies = all.iter().filter(|operation| !operation.bodies.is_empty());
    let mut count = 0;
    for operation in with_bodies {
        for body in &operation.bodies {
            let answer = sent(&api, operation, body).await;
            let what = format!("{} as {}", operation.id, body.media_type);
            let text = String::from_utf8_lossy(&body.bytes);
            match expected(operation) {
                Some(status) => assert_eq!(answer.status, status, "{what}: {}", answer.text()),
                None => assert!(
                    (200..300).contains(&answer.status),
                    "{what}: {} {}\n{text}",
                    answer.status,
                    answer.text()
                ),
            }
            assert!(
                operation.statuses.contains(&answer.status),
                "{what}: {}",
                answer.status
            );
            if let Some(shown) = operation.answers.get(&answer.status) {
                let answered = answer.json();
                assert!(
                    alike(shown, &answered),
                    "{what}: {answered}, but shown is {shown}"
                );
            }
            count += 1;
        }
    }
    assert!(count > 30, "{count} examples");
}

#[test]
fn likeness_is_of_fields_and_kinds() {
    let value = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    let shown = value(r#"{"a":1,"b":{"c":"x"},"d":null}"#);
    assert!(alike(&shown, &value(r#"{"a":2,"b":{"c":"y"},"d":7}"#)));
    assert!(!alike(&shown, &value(r#"{"a":"2","b":{"c":"y"},"d":7}"#)));
    assert!(!alike(&shown, &value(r#"{"a":2,"b":{},"d":7}"#)));
}
