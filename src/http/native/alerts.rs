//! What one user is shown: alerts, header, edition message; and snoozing.

use http::header::{CONTENT_SECURITY_POLICY, VARY};
use http::{HeaderValue, StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::wire::{AlertForm, AlertsForm, HeaderForm, OfferForm};
use crate::domain::ids::UserId;
use crate::domain::link::MAX_PAGE_BYTES;
use crate::domain::snooze::AlertId;
use crate::http::accept;
use crate::http::error::ApiError;
use crate::http::input::{self, Params};
use crate::http::message::Head;
use crate::http::output::{self, time};
use crate::http::precondition::Precondition;
use crate::http::router::{Answer, Call};
use crate::render::Lang;
use crate::usecases::access::Caller;
use crate::usecases::edition::edition_proposal;
use crate::usecases::error::{Error, What};
use crate::usecases::list_alerts::{Asked, list_alerts};
use crate::usecases::show_header::show_header;
use crate::usecases::snooze;

/// GET `/users/{user_id}/alerts?page=&lang=`.
pub(super) async fn list(call: Call, caller: Caller) -> Answer {
    let params = Params::of_query(&call.request.head)?;
    params.only(&["lang", "page"])?;
    let user = user_of(&call)?;
    let now = call.request.head.received_at;
    let alerts = list_alerts(&call.env, &caller, user, asked(&params)?, now).await?;
    Ok(output::ok(&AlertsForm {
        user_id: alerts.user_id.uuid(),
        tenant_id: alerts.tenant_id.uuid(),
        generated_at: time(alerts.generated_at),
        stale: false,
        items: alerts.items.iter().map(AlertForm::from).collect(),
    }))
}

/// GET `/users/{user_id}/header?page=&lang=`: JSON, or a fragment of HTML.
pub(super) async fn header(call: Call, caller: Caller) -> Answer {
    let html = wants_html(&call.request.head)?;
    let params = Params::of_query(&call.request.head)?;
    params.only(&["lang", "page"])?;
    let user = user_of(&call)?;
    let now = call.request.head.received_at;
    let header = show_header(&call.env, &caller, user, asked(&params)?, now).await?;
    let mut response = if html {
        let media_type = "text/html; charset=utf-8";
        let mut response = output::with_body(StatusCode::OK, media_type, header.html);
        let headers = response.headers_mut();
        let policy = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");
        headers.insert(CONTENT_SECURITY_POLICY, policy);
        let no_store = HeaderValue::from_static("no-store");
        headers.insert(http::header::CACHE_CONTROL, no_store);
        response
    } else {
        output::ok(&HeaderForm::from(&header))
    };
    response
        .headers_mut()
        .append(VARY, HeaderValue::from_static("Accept"));
    Ok(response)
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
    /// What the reader can do; null: nothing. The link has no added data (seed 001).
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
