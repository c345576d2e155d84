//! What one user is shown: alerts, header, edition message; and snoozing.

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, VARY};
use http::{HeaderValue, StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::wire::{AlertForm, AlertsForm, HeaderForm, OfferForm};
use crate::domain::client::ApiScope;
use crate::domain::ids::UserId;
use crate::domain::link::MAX_PAGE_BYTES;
use crate::domain::snooze::AlertId;
use crate::http::dialect::Dialect;
use crate::http::error::ApiError;
use crate::http::input::{self, Params};
use crate::http::message::{AtOnce, Head, Response};
use crate::http::output::{self, time};
use crate::http::precondition::Precondition;
use crate::http::rate_limits::RateLimits;
use crate::http::router::{Answer, Call};
use crate::http::{accept, auth};
use crate::render::Lang;
use crate::usecases::Env;
use crate::usecases::access::Caller;
use crate::usecases::edition::edition_proposal;
use crate::usecases::error::{Error, What};
use crate::usecases::list_alerts::{Asked, list_alerts};
use crate::usecases::remembered::{Form, Wanted};
use crate::usecases::show_header::show_header;
use crate::usecases::snooze;

/// Where what users are shown is.
const USERS: &str = "/api/upsell/v1/users/";
pub(super) const ALERTS: &str = "/api/upsell/v1/users/{user_id}/alerts";
pub(super) const HEADER: &str = "/api/upsell/v1/users/{user_id}/header";

/// GET `/users/{user_id}/alerts?page=&lang=`.
pub(super) async fn list(call: Call, caller: Caller) -> Answer {
    let params = Params::of_query(&call.request.head)?;
    params.only(&["lang", "page"])?;
    let (user, asked) = (user_of(&call)?, asked(&params)?);
    let (env, now) = (&call.env, call.request.head.received_at);
    let (alerts, basis) = list_alerts(env, &caller, user, asked, now).await?;
    let body = output::json_bytes(&AlertsForm {
        user_id: alerts.user_id.uuid(),
        tenant_id: alerts.tenant_id.uuid(),
        lang: alerts.writing.lang,
        dir: alerts.writing.dir,
        generated_at: time(alerts.generated_at),
        stale: false,
        items: alerts.items.iter().map(AlertForm::from).collect(),
    });
    let wanted = wanted(user, Form::Alerts, asked);
    env.remembered.keep(env, &wanted, basis, &body, now);
    Ok(shown(Form::Alerts, body))
}

/// GET `/users/{user_id}/header?page=&lang=`: JSON, or a fragment of HTML.
pub(super) async fn header(call: Call, caller: Caller) -> Answer {
    let html = wants_html(&call.request.head)?;
    let params = Params::of_query(&call.request.head)?;
    params.only(&["lang", "page"])?;
    let (user, asked) = (user_of(&call)?, asked(&params)?);
    let (env, now) = (&call.env, call.request.head.received_at);
    let (header, basis) = show_header(env, &caller, user, asked, now).await?;
    let (form, body) = if html {
        (Form::HeaderHtml, Bytes::from(header.html))
    } else {
        (Form::Header, output::json_bytes(&HeaderForm::from(&header)))
    };
    let wanted = wanted(user, form, asked);
    env.remembered.keep(env, &wanted, basis, &body, now);
    Ok(shown(form, body))
}

/// An answer, made now or before.
fn shown(form: Form, body: Bytes) -> Response {
    let media_type = match form {
        Form::Alerts | Form::Header => "application/json",
        Form::HeaderHtml => "text/html; charset=utf-8",
    };
    let mut response = output::with_body(StatusCode::OK, media_type, body);
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if form == Form::HeaderHtml {
        let policy = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");
        headers.insert(CONTENT_SECURITY_POLICY, policy);
    }
    if form != Form::Alerts {
        headers.append(VARY, HeaderValue::from_static("Accept"));
    }
    response
}

/// The answer of [`list`] or [`header`] to a read, where it is remembered and the caller is; `None` leaves the
/// request to them, with whatever is wrong with it. `is_stale`: the store is away, and what other nodes
/// change meanwhile is not known.
pub(in crate::http) fn at_once(
    env: &Env,
    limits: &RateLimits,
    head: &Head,
    is_stale: bool,
) -> Option<AtOnce> {
    let rest = head.uri.path().strip_prefix(USERS)?;
    let (user, what) = rest.split_once('/')?;
    let (form, route) = match what {
        "alerts" => (Form::Alerts, ALERTS),
        "header" if wants_html(head).ok()? => (Form::HeaderHtml, HEADER),
        "header" => (Form::Header, HEADER),
        _ => return None,
    };
    let caller = auth::remembered(env, head, Dialect::Native.auth_scheme())?;
    caller.require(ApiScope::AlertsRead).ok()?;
    let params = Params::of_query(head).ok()?;
    params.only(&["lang", "page"]).ok()?;
    let wanted = wanted(user.parse().ok()?, form, asked(&params).ok()?);
    let now = head.received_at;
    let body = env.remembered.answer(env, &caller, &wanted, now)?;
    let standing = limits.admit_at_once(head, &caller)?;
    let body = if is_stale { marked_stale(body) } else { body };
    let mut response = shown(form, body);
    standing.show(response.headers_mut());
    Some(AtOnce { response, route })
}

/// A remembered JSON answer that may have changed since it was made. In JSON no text can contain the
/// bytes that are looked for, since its quotes are escaped; HTML has no such field.
fn marked_stale(body: Bytes) -> Bytes {
    const FRESH: &[u8] = br#""stale":false"#;
    let Some(at) = memchr::memmem::find(&body, FRESH) else {
        return body;
    };
    let (before, rest) = body.split_at(at);
    let after = rest.get(FRESH.len()..).unwrap_or_default();
    Bytes::from([before, br#""stale":true"#, after].concat())
}

const fn wanted<'a>(user: UserId, form: Form, asked: Asked<'a>) -> Wanted<'a> {
    Wanted {
        user,
        form,
        lang: asked.lang,
        page: asked.page,
    }
}

/// The edition upsell message.
#[derive(Serialize, ToSchema)]
#[schema(as = EditionProposal)]
pub(super) struct EditionForm<'a> {
    /// The edition.
    edition: &'a str,
    /// One line.
    title: &'a str,
    /// What there is to say.
    body: &'a str,
    /// What the reader can do; null: nothing. The link has no added data.
    #[schema(required)]
    proposal: Option<OfferForm<'a>>,
}

/// GET `/users/{user_id}/edition-proposal?edition=&lang=`.
pub(super) async fn edition(call: Call, caller: Caller) -> Answer {
    let params = Params::of_query(&call.request.head)?;
    params.only(&["edition", "lang"])?;
    let user = user_of(&call)?;
    let edition = params.require("edition")?;
    let lang = asked(&params)?.lang;
    let now = call.request.head.received_at;
    let message = edition_proposal(&call.env, &caller, user, edition, lang, now).await?;
    Ok(output::ok(&EditionForm {
        edition: &message.edition,
        title: &message.title,
        body: &message.body,
        proposal: message.offer.as_ref().map(OfferForm::from),
    }))
}

/// A snooze.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Snooze)]
pub(super) struct SnoozeForm {
    /// When it ends: within 366 days.
    #[schema(format = DateTime)]
    until: String,
}

/// A snooze, as it was taken.
#[derive(Serialize, ToSchema)]
#[schema(as = Snoozed)]
pub(super) struct SnoozedForm {
    /// The alert.
    id: String,
    /// When it ends.
    #[schema(format = DateTime)]
    snoozed_until: String,
}

/// POST `/users/{user_id}/alerts/{alert_id}/snooze`.
pub(super) async fn snooze(call: Call, caller: Caller) -> Answer {
    let (user, alert) = (user_of(&call)?, alert_of(&call)?);
    let form: SnoozeForm = input::json(&call.request)?;
    let why = "must be a time such as 2030-01-31T12:00:00+00:00";
    let until = output::parse_time(&form.until).ok_or(ApiError::malformed("until", why))?;
    let head = &call.request.head;
    let expected = Precondition::optional(head, None)?;
    let (version, now) = (expected.version, head.received_at);
    let done = snooze::snooze(&call.env, &caller, user, alert, until, version, now).await;
    let version = expected.checked(done)?;
    let answer = SnoozedForm {
        id: alert.to_string(),
        snoozed_until: time(until),
    };
    Ok(output::versioned(output::ok(&answer), version))
}

/// DELETE `/users/{user_id}/alerts/{alert_id}/snooze`.
pub(super) async fn wake(call: Call, caller: Caller) -> Answer {
    let (user, alert) = (user_of(&call)?, alert_of(&call)?);
    let head = &call.request.head;
    let expected = Precondition::optional(head, None)?;
    let (version, now) = (expected.version, head.received_at);
    let done = snooze::wake(&call.env, &caller, user, alert, version, now).await;
    expected.checked(done)?;
    Ok(output::no_content())
}

fn user_of(call: &Call) -> Result<UserId, ApiError> {
    let missing = ApiError::UseCase(Error::NotFound(What::User));
    call.path.id("user_id", missing)
}

fn alert_of(call: &Call) -> Result<AlertId, ApiError> {
    let missing = ApiError::UseCase(Error::NotFound(What::Alert));
    call.path.id("alert_id", missing)
}

fn asked(params: &Params) -> Result<Asked<'_>, ApiError> {
    let (lang, page) = (params.get("lang"), params.get("page"));
    if lang.is_some_and(|tag| Lang::parse(tag).is_none()) {
        let why = "must be a language tag such as de or pt-BR";
        return Err(ApiError::malformed("lang", why));
    }
    if page.is_some_and(|page| page.len() > MAX_PAGE_BYTES) {
        let why = format!("takes at most {MAX_PAGE_BYTES} bytes");
        return Err(ApiError::malformed("page", why));
    }
    Ok(Asked { lang, page })
}

/// Whether HTML is wanted more than JSON (RFC 9110 §12.5.1); without a wish it is JSON.
fn wants_html(head: &Head) -> Result<bool, ApiError> {
    let Some(accepts) = accept::wishes(head) else {
        return Ok(false);
    };
    let json = accept::quality(&accepts, "application", "json");
    let html = accept::quality(&accepts, "text", "html");
    match (json, html) {
        (0, 0) => Err(ApiError::NotAcceptable("application/json or text/html")),
        _ => Ok(html > json),
    }
}
