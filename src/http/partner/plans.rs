//! `/v1/partners/{username}/plans`.

use http::header::LOCATION;
use http::{HeaderValue, StatusCode};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::convert;
use super::media::Media;
use super::wire::{LinkOut, ListedPlan, PlansOut};
use crate::domain::plan::{Plan, PlanId};
use crate::http::decimal::Number;
use crate::http::error::ApiError;
use crate::http::input::{self, Params};
use crate::http::message::Response;
use crate::http::output;
use crate::http::router::{Answer, Call};
use crate::usecases::access::Caller;
use crate::usecases::error::{Error, What};
use crate::usecases::partner_plans::{self as usecase, PlanOrder, PlanPage, PlanQuery};

/// Plans on a page, at most and where the caller does not say (vendor's public pages).
const MAX_PAGE_SIZE: usize = 50;
const DEFAULT_PAGE_SIZE: usize = 10;

/// What a path segment holds as itself (RFC 3986 §2.3).
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// GET `/{plan_id}`.
pub(super) async fn read(call: Call, caller: Caller) -> Answer {
    let media = Media::wanted(&call.request.head)?;
    let id = plan_of(&call)?;
    let plan = usecase::read(&call.env, &caller, call.path.get("username"), id).await?;
    let version = plan.version;
    let shown = convert::shown(plan.terms);
    let body = if media.is_xml() {
        convert::plan_xml(&shown).into_bytes()
    } else {
        json_bytes(&shown)
    };
    let response = media.response(StatusCode::OK, body);
    Ok(output::versioned(response, version))
}

/// PUT `/{plan_id}`.
pub(super) async fn replace(call: Call, caller: Caller) -> Answer {
    let head = &call.request.head;
    let named = (call.path.get("username"), plan_of(&call)?);
    let terms = convert::terms(Media::sent(head)?, &call.request.body)?;
    let (expected, now) = (input::if_match(head)?, head.received_at);
    let replaced = usecase::replace(&call.env, &caller, named, &terms, expected, now).await;
    let plan = replaced.map_err(stale)?;
    Ok(output::versioned(output::no_content(), plan.version))
}

/// DELETE `/{plan_id}`.
pub(super) async fn delete(call: Call, caller: Caller) -> Answer {
    let named = (call.path.get("username"), plan_of(&call)?);
    let head = &call.request.head;
    let (expected, now) = (input::if_match(head)?, head.received_at);
    let deleted = usecase::delete(&call.env, &caller, named, expected, now).await;
    deleted.map_err(stale)?;
    Ok(output::no_content())
}

/// POST on the collection: 201 without a body, as PUT has none; `Location` says where it is.
pub(super) async fn create(call: Call, caller: Caller) -> Answer {
    let head = &call.request.head;
    let username = call.path.get("username");
    let terms = convert::terms(Media::sent(head)?, &call.request.body)?;
    let plan = usecase::create(&call.env, &caller, username, &terms, head.received_at).await?;
    let mut response = Response::default();
    *response.status_mut() = StatusCode::CREATED;
    let href = format!("{}/{}", collection(&call), plan.id);
    if let Ok(location) = HeaderValue::try_from(href) {
        response.headers_mut().insert(LOCATION, location);
    }
    Ok(output::versioned(response, plan.version))
}

/// GET on the collection: `?page=&page_size=&order_by=&order_dir=`.
pub(super) async fn list(call: Call, caller: Caller) -> Answer {
    let media = Media::wanted(&call.request.head)?;
    let query = query_of(&Params::of_query(&call.request.head)?)?;
    let username = call.path.get("username");
    let page = usecase::list(&call.env, &caller, username, &query).await?;
    let shown = listed(&collection(&call), &query, page);
    let body = if media.is_xml() {
        convert::plans_xml(&shown).into_bytes()
    } else {
        json_bytes(&shown)
    };
    Ok(media.response(StatusCode::OK, body))
}

/// A stale `If-Match` is 412: there is no other way to name a version here.
fn stale(error: Error) -> ApiError {
    match error {
        Error::VersionMismatch { .. } => ApiError::PreconditionFailed,
        other => other.into(),
    }
}

fn json_bytes(value: &impl serde::Serialize) -> Vec<u8> {
    // Wire forms are plain structs, whose serialization cannot fail.
    serde_json::to_vec(value).unwrap_or_default()
}

/// A number in its one spelling; anything else names no plan.
fn plan_of(call: &Call) -> Result<PlanId, ApiError> {
    let text = call.path.get("plan_id");
    let number = text.parse::<u64>().ok();
    let number = number.filter(|number| number.to_string() == text);
    let missing = || ApiError::UseCase(Error::NotFound(What::Plan));
    number.map(PlanId).ok_or_else(missing)
}

/// Where the plans of the partner are, as the caller names it.
fn collection(call: &Call) -> String {
    let username = utf8_percent_encode(call.path.get("username"), SEGMENT);
    format!(
        "{}/v1/partners/{username}/plans",
        call.env.settings.public_url
    )
}

fn query_of(params: &Params) -> Result<PlanQuery, ApiError> {
    let order = match params.get("order_by") {
        None | Some("PLAN_ID") => PlanOrder::Id,
        Some("PLAN_NAME") => PlanOrder::Name,
        Some("PRICE") => PlanOrder::Price,
        Some(_) => {
            let why = "must be PLAN_ID, PLAN_NAME or PRICE";
            return Err(ApiError::malformed("order_by", why));
        }
    };
    let descending = match params.get("order_dir") {
        None | Some("ASC") => false,
        Some("DESC") => true,
        Some(_) => return Err(ApiError::malformed("order_dir", "must be ASC or DESC")),
    };
    Ok(PlanQuery {
        page: params.whole("page", 1..=usize::MAX)?.unwrap_or(1),
        page_size: params
            .whole("page_size", 1..=MAX_PAGE_SIZE)?
            .unwrap_or(DEFAULT_PAGE_SIZE),
        order,
        descending,
    })
}

fn listed(collection: &str, query: &PlanQuery, page: PlanPage) -> PlansOut {
    PlansOut {
        page: query.page,
        page_size: query.page_size,
        count: page.count,
        links: links(collection, query, page.count),
        list: page
            .plans
            .into_iter()
            .map(|plan| entry(collection, plan))
            .collect(),
    }
}

fn entry(collection: &str, plan: Plan) -> ListedPlan {
    ListedPlan {
        plan_id: plan.id.0,
        name: plan.terms.name,
        base_usage: plan.terms.base_usage_bytes,
        base_price: Number(plan.terms.base_price),
        link: LinkOut {
            rel: "self",
            href: format!("{collection}/{}", plan.id),
        },
    }
}

fn links(collection: &str, query: &PlanQuery, count: usize) -> Vec<LinkOut> {
    let last = count.div_ceil(query.page_size).max(1);
    let order = match query.order {
        PlanOrder::Id => "PLAN_ID",
        PlanOrder::Name => "PLAN_NAME",
        PlanOrder::Price => "PRICE",
    };
    let direction = if query.descending { "DESC" } else { "ASC" };
    let link = |rel, page: usize| LinkOut {
        rel,
        href: format!(
            "{collection}?page={page}&page_size={}&order_by={order}&order_dir={direction}",
            query.page_size
        ),
    };
    let mut links = vec![link("self", query.page), link("first", 1)];
    if query.page > 1 {
        // From beyond the end the way back is the last page.
        links.push(link("prev", (query.page - 1).min(last)));
    }
    if query.page < last {
        links.push(link("next", query.page + 1));
    }
    links.push(link("last", last));
    links
}
