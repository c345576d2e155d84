//! The demo's endpoints beside the service's own.

use std::sync::{Arc, OnceLock};

use http::header::CONTENT_SECURITY_POLICY;
use http::{HeaderValue, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use super::feed::{Feed, Kind, Who};
use super::fleet::{Customer, Fleet};
use super::life;
use super::mailbox::{Mailbox, Received};
use super::plan::BRANDED;
use super::{pages, shop};
use crate::domain::ids::UserId;
use crate::domain::meter::ItemStatus;
use crate::domain::proposal::Proposal;
use crate::domain::quota::{Scope, utilization};
use crate::http::dialect::Dialect;
use crate::http::endpoint::{Answer, Group, PublicCall, get, post};
use crate::http::error::ApiError;
use crate::http::input::{self, Params};
use crate::http::output::{self, time};
use crate::render::{Color, Lang};
use crate::store::engine::StoreError;
use crate::usecases::error::Error;
use crate::usecases::tokens::{self, TokenRefused, TokenRequest};
use crate::usecases::view::quota_line;
use crate::usecases::{Env, view};

/// What the demo's pages show.
#[derive(Default)]
pub(super) struct Site {
    pub(super) mailbox: Mailbox,
    pub(super) feed: Feed,
    fleet: OnceLock<Arc<Fleet>>,
}

impl Site {
    /// Lets people in, now that there is something to see.
    pub(super) fn open(&self, fleet: Fleet) -> Arc<Fleet> {
        Arc::clone(self.fleet.get_or_init(|| Arc::new(fleet)))
    }

    pub(super) fn fleet(&self) -> Option<&Fleet> {
        self.fleet.get().map(AsRef::as_ref)
    }

    /// As [`Site::fleet`], for requests: between start and seed there is nothing to say yet.
    pub(super) fn ready(&self) -> Result<&Fleet, ApiError> {
        let early = || StoreError::Unavailable("the demo is being made".to_owned());
        self.fleet().ok_or_else(|| early().into())
    }
}

/// The endpoints. All are open: the demo listens on this machine only, and holds nobody's data.
pub(super) fn endpoints(site: &Arc<Site>) -> Vec<Group> {
    let page = |path| get(path, "page", "A page of the demo").public();
    let read = |path| get(path, "read", "Data of the demo").public();
    let act = |path| post(path, "act", "Something done in the demo").public();
    vec![
        Group::new(Dialect::Page, "Pages", "Pages of the demo.").with([
            page("/").to(with(site, pages::page)),
            page("/demo/{page}").to(with(site, pages::page)),
            page("/demo/files/{file}").to(with(site, pages::file)),
            page("/demo/mails/{mail_id}").to(with(site, mail_html)),
        ]),
        Group::new(Dialect::Native, "Data", "What the pages show and do.").with([
            read("/demo/api/fleet").to(with(site, fleet)),
            act("/demo/api/token").to(with(site, token)),
            read("/demo/api/mails").to(with(site, mails)),
            read("/demo/api/mails/{mail_id}").to(with(site, mail)),
            read("/demo/api/offer").to(with(site, shop::offer)),
            act("/demo/api/buy").to(with(site, shop::buy)),
        ]),
    ]
}

/// A handler that is given the site.
fn with<F, Fut>(site: &Arc<Site>, handler: F) -> impl Fn(PublicCall) -> Fut + Send + Sync + 'static
where
    F: Fn(Arc<Site>, PublicCall) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Answer> + Send + 'static,
{
    let site = Arc::clone(site);
    move |call| handler(Arc::clone(&site), call)
}

/// GET `/demo/api/fleet`: everybody, how their quotas stand, and what has just happened.
async fn fleet(site: Arc<Site>, call: PublicCall) -> Answer {
    let fleet = site.ready()?;
    let mut customers = Vec::new();
    for customer in &fleet.customers {
        customers.push(customer_form(&site, &call.env, customer).await?);
    }
    Ok(output::ok(&json!({
        "now": time(call.request.head.received_at),
        "tick_s": life::TICK.as_secs(),
        "stylesheet": call.env.renderer.stylesheet_path(),
        "customers": customers,
        "events": site.feed.to_json(),
        "mails": site.mailbox.list(None).len(),
    })))
}

async fn customer_form(site: &Site, env: &Env, customer: &Customer) -> Result<Value, ApiError> {
    let (mut people, mut items) = (Vec::new(), Vec::new());
    let mut stylesheet = None;
    for person in &customer.people {
        let Some(view) = view::load(env, person.id).await? else {
            continue;
        };
        items = items_form(env, Scope::Tenant, &view.tenant_items)?;
        let color = view.brand.as_ref().map(|brand| Color::parse(&brand.color));
        stylesheet = color
            .flatten()
            .map(|color| env.renderer.brand_stylesheet_path(color));
        people.push(json!({
            "id": person.id.uuid(),
            "v1_id": person.v1_id,
            "login": person.login,
            "name": person.name,
            "email": person.email,
            "language": person.language,
            "admin": person.admin,
            "buyer": person.buyer,
            "alerts": view.standing().len(),
            "proposal": view.proposal.map(Proposal::name),
            "items": items_form(env, Scope::User, &view.user_items)?,
            "mails": site.mailbox.list(Some(&person.email)).len(),
        }));
    }
    Ok(json!({
        "id": customer.id.uuid(),
        "v1_id": customer.v1_id,
        "name": customer.name,
        "story": customer.story,
        "partner": customer.partner,
        "brand_stylesheet": stylesheet,
        "has_shop": customer.partner == BRANDED,
        "items": items,
        "users": people,
    }))
}

/// Figures in the words of the header, so that the pages agree with what people are told.
fn items_form(env: &Env, scope: Scope, items: &[ItemStatus]) -> Result<Vec<Value>, ApiError> {
    let lang = Lang::default();
    let form = |status: &ItemStatus| {
        let line = quota_line(scope, *status);
        let told = env.renderer.header_line(&line, "", &lang);
        let told = told.map_err(Error::from)?;
        Ok(json!({
            "item": status.item.name(),
            "state": status.state.name(),
            "figures": told.figures,
            "percent": told.percent,
            "utilization": utilization(status.usage, status.quota.value),
        }))
    };
    items.iter().map(form).collect()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TokenForm {
    user_id: String,
}

/// POST `/demo/api/token`: a token that speaks for one user, as a portal's backend would fetch it
/// for a page that this user has open.
async fn token(site: Arc<Site>, call: PublicCall) -> Answer {
    let fleet = site.ready()?;
    let form: TokenForm = input::json(&call.request)?;
    let user = form
        .user_id
        .parse::<UserId>()
        .ok()
        .filter(|id| fleet.person(*id).is_some());
    let user = user.ok_or_else(|| ApiError::malformed("user_id", "must be a user of the demo"))?;
    let client_id = fleet.client.client_id.to_string();
    let request = TokenRequest {
        client_id: &client_id,
        client_secret: &fleet.client.client_secret,
        scope: None,
        user_id: Some(user),
    };
    match tokens::issue(&call.env, request, call.request.head.received_at).await {
        Ok(issued) => Ok(output::ok(&json!({
            "access_token": issued.access_token,
            "expires_in": issued.expires_in_s,
        }))),
        Err(TokenRefused::Failed(error)) => Err(error.into()),
        // Possible once somebody has deleted the demo's own client or user over the API.
        Err(_) => Err(ApiError::Unauthorized(
            "the demo's client is gone; start the demo again",
        )),
    }
}

/// GET `/demo/api/mails?user=`: the newest first.
async fn mails(site: Arc<Site>, call: PublicCall) -> Answer {
    let fleet = site.ready()?;
    let params = Params::of_query(&call.request.head)?;
    let address = match params.get("user") {
        None => None,
        Some(login) => {
            let person = fleet.by_login(login);
            let missing = || ApiError::malformed("user", "must be a user of the demo");
            Some(person.ok_or_else(missing)?.email.as_str())
        }
    };
    let mails = site.mailbox.list(address);
    let forms: Vec<Value> = mails.iter().map(|mail| summary(fleet, mail)).collect();
    Ok(output::ok(&json!({ "items": forms })))
}

fn summary(fleet: &Fleet, mail: &Received) -> Value {
    let person = fleet.by_email(&mail.to);
    json!({
        "id": mail.id,
        "at": time(mail.at),
        "from": mail.from,
        "to": mail.to,
        "to_name": person.map(|person| person.name.as_str()),
        "login": person.map(|person| person.login.as_str()),
        "subject": mail.subject,
    })
}

fn find(site: &Site, call: &PublicCall) -> Result<Arc<Received>, ApiError> {
    let id: u64 = call
        .path
        .get("mail_id")
        .parse()
        .map_err(|_| ApiError::NoRoute)?;
    site.mailbox.get(id).ok_or(ApiError::NoRoute)
}

/// GET `/demo/api/mails/{mail_id}`: what its text part and its headers say.
async fn mail(site: Arc<Site>, call: PublicCall) -> Answer {
    let mail = find(&site, &call)?;
    let mut form = summary(site.ready()?, &mail);
    if let Some(object) = form.as_object_mut() {
        object.insert("text".to_owned(), json!(mail.text));
        object.insert("headers".to_owned(), json!(mail.headers));
    }
    Ok(output::ok(&form))
}

/// GET `/demo/mails/{mail_id}`: its HTML part, for a frame. It is mail: it runs nothing, and its
/// links open beside the mailbox.
async fn mail_html(site: Arc<Site>, call: PublicCall) -> Answer {
    let mail = find(&site, &call)?;
    let html = mail
        .html
        .replacen("<head>", "<head><base target=\"_blank\">", 1);
    let response = output::with_body(StatusCode::OK, "text/html; charset=utf-8", html);
    let mut response = output::kept(response, "no-store");
    let policy = "default-src 'none'; img-src http: https: data:; style-src 'unsafe-inline'; \
                  frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox";
    let headers = response.headers_mut();
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    Ok(response)
}

/// Tells the feed that somebody came to the shop by a Buy link.
pub(super) fn tell_visit(site: &Site, call: &PublicCall) {
    let Some(fleet) = site.fleet() else { return };
    let Ok(params) = Params::of_query(&call.request.head) else {
        return;
    };
    let Some(placement) = params.get("placement") else {
        return;
    };
    let user = params.get("user_id").and_then(|id| id.parse().ok());
    let person = user.and_then(|id| fleet.person_by_v1(id));
    let who = person.map_or(Who::Named("Somebody"), Who::Person);
    let text = format!(
        "followed a link to the shop ({})",
        placement_words(placement)
    );
    let now = call.request.head.received_at;
    site.feed.tell(Kind::Visit, who, text, now);
}

fn placement_words(placement: &str) -> &'static str {
    match placement {
        "email_notification" => "from a mail",
        "mc_usage_info" => "from the portal",
        _ => "from the console",
    }
}
