//! What one user is shown: alerts, header, edition message; and snoozing.

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, VARY};
use http::{HeaderValue, StatusCode};
use serde_json::{Value, json};

use crate::domain::client::ApiScope::{AlertsRead, AlertsWrite};
use crate::domain::ids::UserId;
use crate::domain::link::MAX_PAGE_BYTES;
use crate::domain::snooze::AlertId;
use crate::http::dialect::Dialect;
use crate::http::endpoint::{
    Answer, Call, Endpoint, Json, ParameterValue, Path, Query as _, Required, Segment, delete, get,
    post, query,
};
use crate::http::error::ApiError;
use crate::http::input::Params;
use crate::http::message::{CachedAnswer, Head, Response};
use crate::http::native::convert::alert as convert;
use crate::http::native::wire::alert::{
    AlertsResponse, EditionResponse, HeaderResponse, SnoozeRequest, SnoozedResponse,
};
use crate::http::openapi::schema;
use crate::http::output::{self, time};
use crate::http::precondition::Precondition;
use crate::http::rate_limits::RateLimits;
use crate::http::{accept, auth};
use crate::render::Lang;
use crate::usecases::Env;
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

pub(super) fn shown() -> [Endpoint; 3] {
    let edition_path = "/api/upsell/v1/users/{user_id}/edition-proposal";
    let about_editions = "What a user is told where a feature belongs to an edition";
    [
        get(ALERTS, "listAlerts", "The standing alerts of a user")
            .scope(AlertsRead)
            .answers::<AlertsResponse<'_>>(200, "The alerts.")
            .to(list),
        get(HEADER, "readHeader", "The portal header of a user")
            .scope(AlertsRead)
            .about("As JSON, or as a fragment of HTML.")
            .answers::<HeaderResponse<'_>>(200, "The header.")
            .answers_raw(200, "The header.", "text/html", schema::any_text())
            .refuses(406)
            .to(header),
        get(edition_path, "readEditionProposal", about_editions)
            .scope(AlertsRead)
            .answers::<EditionResponse<'_>>(200, "The message.")
            .to(edition),
    ]
}

const SNOOZE: &str = "/api/upsell/v1/users/{user_id}/alerts/{alert_id}/snooze";

pub(super) fn snoozes() -> [Endpoint; 2] {
    [
        post(SNOOZE, "snoozeAlert", "Hides an alert for a while")
            .scope(AlertsWrite)
            .example(json!({ "until": "2030-01-31T12:00:00+00:00" }))
            .answers::<SnoozedResponse>(200, "It is hidden.")
            .tagged()
            .to(snooze),
        delete(SNOOZE, "wakeAlert", "Shows an alert again")
            .scope(AlertsWrite)
            .answers_nothing(204, "Snooze removed; the alert is visible again.")
            .to(wake),
    ]
}

query! {
    /// What a message depends on besides its reader.
    struct AlertsQuery {
        /// The language; missing: the reader's.
        lang: Option<LangTag>,
        /// The page that the reader is on; it goes into the links.
        page: Option<PageUrl>,
    }
}

/// The names of the parameters of [`AlertsQuery`].
const PARAMETERS: [&str; 2] = ["lang", "page"];

impl AlertsQuery {
    fn asked(&self) -> Asked<'_> {
        Asked {
            lang: self.lang.as_ref().map(LangTag::as_str),
            page: self.page.as_ref().map(|page| page.0.as_str()),
        }
    }
}

/// A language tag.
pub(super) struct LangTag(String);

impl LangTag {
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

impl ParameterValue for LangTag {
    fn schema() -> Value {
        schema::pattern(schema::LANGUAGE)
    }

    fn parse(text: &str) -> Result<Self, String> {
        let is_tag = Lang::parse(text).is_some();
        let tag = is_tag.then(|| Self(text.to_owned()));
        tag.ok_or_else(|| "must be a language tag such as de or pt-BR".to_owned())
    }
}

/// The page that a reader is on.
struct PageUrl(String);

impl ParameterValue for PageUrl {
    fn schema() -> Value {
        json!({ "type": "string", "maxLength": MAX_PAGE_BYTES })
    }

    fn parse(text: &str) -> Result<Self, String> {
        let fits = text.len() <= MAX_PAGE_BYTES;
        let page = fits.then(|| Self(text.to_owned()));
        page.ok_or_else(|| format!("takes at most {MAX_PAGE_BYTES} bytes"))
    }
}

impl Segment for AlertId {
    const ABOUT: &'static str = "The alert's id, as the list of alerts has it.";

    fn schema() -> Value {
        schema::pattern(r"^(tenant|user)\.[0-9a-fA-F-]{36}\.[a-z_]+$")
    }

    fn parse(text: &str) -> Result<Self, ApiError> {
        text.parse()
            .map_err(|_| Error::NotFound(What::Alert).into())
    }
}

async fn list(call: Call, Path(user): Path<UserId>, query: AlertsQuery) -> Answer {
    let (env, asked, now) = (&call.env, query.asked(), call.now());
    let (alerts, basis) = list_alerts(call.context(), user, asked).await?;
    let body = output::json_bytes(&convert::alerts(&alerts));
    let wanted = wanted(user, Form::Alerts, asked);
    env.remembered.keep(env, &wanted, basis, &body, now);
    Ok(response(Form::Alerts, body))
}

async fn header(call: Call, Path(user): Path<UserId>, query: AlertsQuery) -> Answer {
    let html = wants_html(call.head())?;
    let (env, asked, now) = (&call.env, query.asked(), call.now());
    let (header, basis) = show_header(call.context(), user, asked).await?;
    let (form, body) = match html {
        true => (Form::HeaderHtml, Bytes::from(header.html)),
        false => (Form::Header, output::json_bytes(&convert::header(&header))),
    };
    let wanted = wanted(user, form, asked);
    env.remembered.keep(env, &wanted, basis, &body, now);
    Ok(response(form, body))
}

/// An answer, made now or before.
fn response(form: Form, body: Bytes) -> Response {
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
pub(in crate::http) fn try_cached(
    env: &Env,
    limits: &RateLimits,
    head: &Head,
    is_stale: bool,
) -> Option<CachedAnswer> {
    let rest = head.uri.path().strip_prefix(USERS)?;
    let (user, what) = rest.split_once('/')?;
    let (form, route) = match what {
        "alerts" => (Form::Alerts, ALERTS),
        "header" if wants_html(head).ok()? => (Form::HeaderHtml, HEADER),
        "header" => (Form::Header, HEADER),
        _ => return None,
    };
    let caller = auth::remembered(env, head, Dialect::Native.auth_scheme())?;
    caller.require(AlertsRead).ok()?;
    let params = Params::of_query(head).ok()?;
    params.only(&PARAMETERS).ok()?;
    let query = AlertsQuery::read(&params).ok()?;
    let wanted = wanted(user.parse().ok()?, form, query.asked());
    let now = head.received_at;
    let body = env.remembered.answer(env, &caller, &wanted, now)?;
    let standing = limits.admit_cached(head, &caller)?;
    let body = if is_stale { marked_stale(body) } else { body };
    let mut response = response(form, body);
    standing.show(response.headers_mut());
    Some(CachedAnswer { response, route })
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

query! {
    /// Which edition, and in which language.
    struct EditionQuery {
        /// The name of the edition.
        edition: Required<EditionName> = "Advanced",
        /// The language; missing: the reader's.
        lang: Option<LangTag>,
    }
}

/// The name of an edition.
struct EditionName(String);

impl ParameterValue for EditionName {
    fn schema() -> Value {
        schema::text(1, 128)
    }

    fn parse(text: &str) -> Result<Self, String> {
        Ok(Self(text.to_owned()))
    }
}

async fn edition(call: Call, Path(user): Path<UserId>, query: EditionQuery) -> Answer {
    let (edition, lang) = (&query.edition.0.0, query.lang.as_ref().map(LangTag::as_str));
    let message = edition_proposal(call.context(), user, edition, lang).await?;
    Ok(output::ok(&convert::edition(&message)))
}

async fn snooze(
    call: Call,
    Path((user, alert)): Path<(UserId, AlertId)>,
    Json(body): Json<SnoozeRequest>,
    expected: Precondition,
) -> Answer {
    let why = "must be a time such as 2030-01-31T12:00:00+00:00";
    let until = output::parse_time(&body.until).ok_or(ApiError::malformed("until", why))?;
    let version = expected.version;
    let done = snooze::snooze(call.context(), user, alert, until, version).await;
    let version = expected.checked(done)?;
    let answer = SnoozedResponse {
        id: alert.to_string(),
        snoozed_until: time(until),
    };
    Ok(output::versioned(output::ok(&answer), version))
}

async fn wake(
    call: Call,
    Path((user, alert)): Path<(UserId, AlertId)>,
    expected: Precondition,
) -> Answer {
    expected.checked(snooze::wake(call.context(), user, alert, expected.version).await)?;
    Ok(output::no_content())
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
