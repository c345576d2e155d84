//! Who may do what with whose things: every operation of the document about what is the caller's own,
//! below it, above it, beside it and nowhere; and without the scope, with another scheme, and without
//! a token. A path with a name that `support/objects.rs` does not know fails here, so that no route
//! can be forgotten.

use futures_util::stream::{self, StreamExt};
use serde_json::Value;
use upsell::domain::client::ApiScope;

use crate::support::api::{Answer, Api};
use crate::support::objects::Place;
use crate::support::operations::{Operation, operations};

/// Operations under way at once.
const AT_ONCE: usize = 8;

/// Root ─ above ─ own ─ below, and beside `own`.
struct Tree {
    api: Api,
    above: String,
    /// Everything that there is, above and beside.
    foreign: [Place; 2],
}

/// What an operation does with things that are not there for the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Elsewhere {
    /// 404.
    Missing,
    /// Each line has an outcome of its own, or is left out.
    Lines,
    /// Names belong to the caller's own tenant: the same name makes a new thing there.
    MakesOwn,
    /// It asks for nothing in particular.
    Placeless,
}

impl Elsewhere {
    fn of(operation: &Operation) -> Self {
        match operation.id.as_str() {
            "readUsages" | "reportUsages" | "reportUsage" => Self::Lines,
            "putResellerPlan" => Self::MakesOwn,
            "readMe" | "checkLogin" | "search" | "preview" | "listEmails" | "readConfiguration"
            | "readStaticFormData" | "listResellerPlans" => Self::Placeless,
            _ => Self::Missing,
        }
    }
}

/// The answer about the caller's own things, where it is not success, and why.
fn own(operation: &Operation) -> Option<u16> {
    match operation.id.as_str() {
        // The token is a client's.
        "readMe" => Some(403),
        // What a tenant is sold is decided above it.
        "setTenantOfferingItems" => Some(403),
        // Only a disabled tenant is deleted.
        "deleteTenant" => Some(400),
        _ => None,
    }
}

/// Whether the things of tenants below are there too. Those of resellers are not: a name means the
/// plan or domain of the caller's own tenant (rule `reseller-plans`).
fn reaches_below(operation: &Operation) -> bool {
    !operation.path.starts_with("/plan") && !operation.path.starts_with("/domain")
}

fn all_scopes() -> Vec<&'static str> {
    ApiScope::ALL.map(ApiScope::name).to_vec()
}

async fn tree() -> Tree {
    let api = Api::start().await;
    let above = api.tenant("partner", &api.root).await;
    let beside = api.tenant("partner", &above).await;
    // Every kind of thing, whatever an operation asks for.
    let everything: String = operations().iter().map(Operation::text).collect();
    let mut foreign = Vec::new();
    for tenant in [&above, &beside] {
        let token = api.token_at(tenant, &all_scopes()).await;
        foreign.push(Place::make(&api, tenant, &token, &everything).await);
    }
    Tree {
        api,
        above,
        foreign: foreign.try_into().expect("two places"),
    }
}

/// The answer without what differs between any two requests, about the things of `place`.
fn comparable(place: &Place, answer: &Answer) -> (u16, String) {
    let mut text = place.neutral(&answer.text());
    if let Ok(mut body) = serde_json::from_str::<Value>(&text) {
        for request_id in ["/error/context/id", "/request_id", "/id", "/roles"] {
            if let Some(value) = body.pointer_mut(request_id) {
                *value = Value::Null;
            }
        }
        for line in body["items"].as_array_mut().into_iter().flatten() {
            if let Some(value) = line.pointer_mut("/error/context/id") {
                *value = Value::Null;
            }
        }
        text = body.to_string();
    }
    (answer.status, text)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_operation_knows_whose_things_are_whose() {
    let tree = tree().await;
    let before = state(&tree).await;
    let all = operations();
    let closed: Vec<&Operation> = all.iter().filter(|one| one.scopes.is_some()).collect();
    assert!(closed.len() > 80, "{} operations", closed.len());
    let done: Vec<Result<(), String>> = stream::iter(closed)
        .map(|operation| check(&tree, operation))
        .buffer_unordered(AT_ONCE)
        .collect()
        .await;
    let problems: Vec<String> = done.into_iter().filter_map(Result::err).collect();
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    assert_eq!(
        state(&tree).await,
        before,
        "what is not the caller's was changed"
    );
}

/// Everything that was ever changed above and beside, but for what was made for this test below.
async fn state(tree: &Tree) -> Vec<Value> {
    let mut found = Vec::new();
    for place in &tree.foreign {
        let tenant = place.parameter("", "tenant_id");
        let buyer = place.parameter("/plan", "tenant_id");
        let user = place.parameter("", "user_id");
        let client = place.parameter("/api/2/clients", "id");
        for path in [
            format!("/api/2/tenants/{tenant}"),
            format!("/api/2/tenants/{tenant}/brand"),
            format!("/api/2/tenants/{tenant}/offering_items"),
            format!("/api/2/users/{user}"),
            format!("/api/2/users/{user}/access_policies"),
            format!("/api/2/clients/{client}"),
            format!("/api/upsell/v1/tenants/{buyer}/plan"),
            format!("/api/upsell/v1/tenants/{tenant}/currency"),
        ] {
            found.push(tree.api.get(&path).await.expect(200).json());
        }
    }
    found
}

async fn check(tree: &Tree, operation: &Operation) -> Result<(), String> {
    let api = &tree.api;
    let tenant = api.tenant("partner", &tree.above).await;
    let token = api.token_at(&tenant, &all_scopes()).await;
    let place = Place::make(api, &tenant, &token, &operation.text()).await;
    refused(api, operation, &tenant, &token, &place).await?;
    foreign(tree, operation, &token).await?;
    below(api, operation, &tenant, &token).await?;
    let answer = ask(api, operation, &token, &place).await;
    succeeded(operation, "own", &answer)
}

async fn ask(api: &Api, operation: &Operation, token: &str, place: &Place) -> Answer {
    let authorization = format!("{} {token}", operation.scheme);
    let body = operation.bodies.first();
    operation.send(api, Some(&authorization), place, body).await
}

fn succeeded(operation: &Operation, whose: &str, answer: &Answer) -> Result<(), String> {
    // What only those above may do, they may.
    let is_above = whose == "below" && operation.id == "setTenantOfferingItems";
    let as_expected = match own(operation).filter(|_| !is_above) {
        Some(status) => answer.status == status,
        None => (200..300).contains(&answer.status),
    };
    if as_expected && operation.statuses.contains(&answer.status) {
        return Ok(());
    }
    let (id, status, text) = (&operation.id, answer.status, &answer.text());
    Err(format!("{id}, {whose}: {status} {text}"))
}

/// Without a token, with another scheme, without the scope.
async fn refused(
    api: &Api,
    operation: &Operation,
    tenant: &str,
    token: &str,
    place: &Place,
) -> Result<(), String> {
    let body = operation.bodies.first();
    let other = if operation.scheme == "Bearer" {
        "OAuth"
    } else {
        "Bearer"
    };
    for authorization in [
        None,
        Some(format!("{other} {token}")),
        Some(format!("Basic {token}")),
        Some(format!("{} e30.e30.e30", operation.scheme)),
    ] {
        let answer = operation
            .send(api, authorization.as_deref(), place, body)
            .await;
        if answer.status != 401 || answer.header("www-authenticate").is_empty() {
            let (id, status) = (&operation.id, answer.status);
            return Err(format!(
                "{id} with {authorization:?}: {status} {}",
                answer.text()
            ));
        }
    }
    let needed = operation.scopes.as_deref().unwrap_or_default();
    if needed.is_empty() {
        return Ok(());
    }
    let mut rest = all_scopes();
    rest.retain(|scope| !needed.iter().any(|needed| needed == scope));
    let lacking = api.token_at(tenant, &rest).await;
    let answer = ask(api, operation, &lacking, place).await;
    if answer.status == 403 {
        return Ok(());
    }
    Err(format!(
        "{} without {needed:?}: {} {}",
        operation.id,
        answer.status,
        answer.text()
    ))
}

/// Above, beside and nowhere are answered alike.
async fn foreign(tree: &Tree, operation: &Operation, token: &str) -> Result<(), String> {
    let api = &tree.api;
    let elsewhere = Elsewhere::of(operation);
    if elsewhere == Elsewhere::Placeless {
        return Ok(());
    }
    let nowhere = Place::unknown();
    let answer = ask(api, operation, token, &nowhere).await;
    let unknown = comparable(&nowhere, &answer);
    let expected = match elsewhere {
        Elsewhere::Lines => 200,
        Elsewhere::MakesOwn => 201,
        Elsewhere::Missing | Elsewhere::Placeless => 404,
    };
    if unknown.0 != expected {
        return Err(format!("{}, unknown: {unknown:?}", operation.id));
    }
    for (place, whose) in tree.foreign.iter().zip(["above", "beside"]) {
        let answer = ask(api, operation, token, place).await;
        let found = comparable(place, &answer);
        if found != unknown {
            let id = &operation.id;
            return Err(format!(
                "{id}, {whose}: {found:?}, but unknown is {unknown:?}"
            ));
        }
    }
    Ok(())
}

/// A tenant below the caller's, and what is its.
async fn below(api: &Api, operation: &Operation, own: &str, token: &str) -> Result<(), String> {
    let tenant = api.tenant("partner", own).await;
    let its_own = api.token_at(&tenant, &all_scopes()).await;
    let place = Place::make(api, &tenant, &its_own, &operation.text()).await;
    let answer = ask(api, operation, token, &place).await;
    if reaches_below(operation) || Elsewhere::of(operation) != Elsewhere::Missing {
        return succeeded(operation, "below", &answer);
    }
    if answer.status == 404 {
        return Ok(());
    }
    Err(format!(
        "{}, below: {} {}",
        operation.id,
        answer.status,
        answer.text()
    ))
}

/// The matrix is worth nothing where it compares what is always the same.
#[tokio::test]
async fn the_comparison_sees_differences() {
    let (one, other) = (Place::unknown(), Place::unknown());
    let of = |place: &Place, text: &str| {
        let answer = Answer {
            request: String::new(),
            status: 404,
            headers: reqwest::header::HeaderMap::new(),
            body: text
                .replace("ID", place.parameter("", "tenant_id"))
                .into_bytes(),
        };
        comparable(place, &answer)
    };
    let text = r#"{"error":{"context":{"id":"1"},"message":"ID"}}"#;
    let later = text.replace("\"1\"", "\"2\"");
    assert_eq!(of(&one, text), of(&other, &later));
    assert_ne!(
        of(&one, text),
        of(&other, &text.replace("message", "reason"))
    );
}
