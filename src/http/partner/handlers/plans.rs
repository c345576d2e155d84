//! `/v1/partners/{username}/plans`.

use http::header::LOCATION;
use http::{HeaderValue, StatusCode};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::domain::client::ApiScope::{PartnersRead, PartnersWrite};
use crate::domain::plan::{Plan, PlanId, PlanTerms};
use crate::http::decimal::Number;
use crate::http::endpoint::{
    Answer, Call, Endpoint, Limit, Operation, ParameterValue, Path, PublicCall, Segment, Take,
    Whole, delete, get, post, put, query,
};
use crate::http::error::ApiError;
use crate::http::message::Response;
use crate::http::openapi::schema;
use crate::http::output;
use crate::http::partner::convert;
use crate::http::partner::examples::{PLAN_XML, plan};
use crate::http::partner::media::Media;
use crate::http::partner::wire::{
    LinkResponse, ListedPlanResponse, PlanRequest, PlanResponse, PlansResponse,
};
use crate::http::precondition::Precondition;
use crate::usecases::error::{Error, What};
use crate::usecases::partner_plans::{self as usecase, PlanOrder, PlanPage, PlanQuery};

pub(super) fn endpoints() -> [Endpoint; 5] {
    let path = "/v1/partners/{username}/plans";
    let page = "A page of plans.";
    let list = get(path, "listPlans", "Lists plans")
        .scope(PartnersRead)
        .answers::<PlansResponse>(200, page)
        .answers_as::<PlansResponse>(200, page, "application/xml")
        .answers_as::<PlansResponse>(200, page, "text/xml")
        .refuses(409)
        .to(list);
    let create = takes_plan(post(path, "createPlan", "Creates a plan").scope(PartnersWrite))
        .answers_nothing(201, "It is created.")
        .tagged()
        .with_header("Location", schema::any_text(), "Where it is.")
        .to(create);
    let path = "/v1/partners/{username}/plans/{plan_id}";
    let show = get(path, "readPlan", "Reads a plan")
        .scope(PartnersRead)
        .answers::<PlanResponse>(200, "The plan.")
        .such_as(plan())
        .answers_as::<PlanResponse>(200, "The plan.", "application/xml")
        .answers_as::<PlanResponse>(200, "The plan.", "text/xml")
        .such_as(json!(PLAN_XML))
        .tagged()
        .refuses(409)
        .to(show);
    let replace = takes_plan(put(path, "replacePlan", "Edits a plan").scope(PartnersWrite))
        .answers_nothing(204, "It is changed.")
        .tagged()
        .to(replace);
    let remove = delete(path, "deletePlan", "Deletes a plan")
        .scope(PartnersWrite)
        .limit(|limits| limits.partner_plan_bytes)
        .about("Only one that no tenant buys by.")
        .answers_nothing(204, "It is deleted.")
        .to(remove);
    [list, create, show, replace, remove]
}

/// The body is a plan, in JSON or XML.
fn takes_plan(operation: Operation) -> Operation {
    let schema = json!({ "$ref": format!("#/components/schemas/{}", PlanRequest::name()) });
    operation
        .limit(|limits| limits.partner_plan_bytes)
        .takes_json::<PlanRequest>(plan())
        .takes_as("application/xml", schema.clone(), Some(json!(PLAN_XML)))
        .takes_as("text/xml", schema, Some(json!(PLAN_XML)))
}

/// A plan as it is sent: `takes_plan` describes it.
impl Take for PlanTerms {
    fn take(call: &PublicCall) -> Result<Self, ApiError> {
        convert::terms(Media::sent(call.head())?, &call.request.body)
    }
}

/// The form in which the caller wants the answer.
impl Take for Media {
    fn describe(operation: &mut Operation) {
        operation.refusals.push(406);
    }

    fn take(call: &PublicCall) -> Result<Self, ApiError> {
        Self::wanted(call.head())
    }
}

/// What names a partner.
struct Username(String);

impl Segment for Username {
    const ABOUT: &'static str =
        "The partner: its id, or its name where only one partner within reach has it.";

    fn schema() -> Value {
        json!({ "type": "string", "minLength": 1, "example": "barracuda" })
    }

    fn parse(text: &str) -> Result<Self, ApiError> {
        Ok(Self(text.to_owned()))
    }
}

impl Segment for PlanId {
    const ABOUT: &'static str = "The number of the plan.";

    fn schema() -> Value {
        schema::integer(0, u64::MAX)
    }

    fn parse(text: &str) -> Result<Self, ApiError> {
        let number = text.parse::<u64>().ok();
        // A number has one spelling; anything else names no plan.
        let number = number.filter(|number| number.to_string() == text);
        number
            .map(Self)
            .ok_or_else(|| Error::NotFound(What::Plan).into())
    }
}

query! {
    /// Which plans to list.
    struct PlansQuery {
        /// The page, counted from 1.
        page: Option<Whole<1, { usize::MAX }>>,
        /// How many at most.
        page_size: Limit<10, 50>,
        /// What they are ordered by.
        order_by: Option<PlanOrder>,
        /// In which direction.
        order_dir: Option<Direction>,
    }
}

const ORDERS: [PlanOrder; 3] = [PlanOrder::Id, PlanOrder::Name, PlanOrder::Price];

const fn order_name(order: PlanOrder) -> &'static str {
    match order {
        PlanOrder::Id => "PLAN_ID",
        PlanOrder::Name => "PLAN_NAME",
        PlanOrder::Price => "PRICE",
    }
}

impl ParameterValue for PlanOrder {
    fn schema() -> Value {
        schema::one_of(ORDERS.map(order_name))
    }

    fn parse(text: &str) -> Result<Self, String> {
        let order = ORDERS.into_iter().find(|order| order_name(*order) == text);
        order.ok_or_else(|| "must be PLAN_ID, PLAN_NAME or PRICE".to_owned())
    }
}

struct Direction {
    is_descending: bool,
}

impl ParameterValue for Direction {
    fn schema() -> Value {
        schema::one_of(["ASC", "DESC"])
    }

    fn parse(text: &str) -> Result<Self, String> {
        let is_descending = match text {
            "ASC" => false,
            "DESC" => true,
            _ => return Err("must be ASC or DESC".to_owned()),
        };
        Ok(Self { is_descending })
    }
}

async fn list(
    call: Call,
    media: Media,
    Path(Username(username)): Path<Username>,
    query: PlansQuery,
) -> Answer {
    let query = PlanQuery {
        page: query.page.map_or(1, |page| page.0),
        page_size: query.page_size.0,
        order: query.order_by.unwrap_or_default(),
        descending: query
            .order_dir
            .is_some_and(|direction| direction.is_descending),
    };
    let page = usecase::list(call.context(), &username, &query).await?;
    let shown = listed(&collection(&call, &username), &query, page);
    let body = match media.is_xml() {
        true => convert::plans_xml(&shown).into(),
        false => output::json_bytes(&shown),
    };
    Ok(media.response(StatusCode::OK, body))
}

/// 201 without a body, as PUT has none.
async fn create(call: Call, Path(Username(username)): Path<Username>, terms: PlanTerms) -> Answer {
    let plan = usecase::create(call.context(), &username, &terms).await?;
    let mut response = Response::default();
    *response.status_mut() = StatusCode::CREATED;
    let href = format!("{}/{}", collection(&call, &username), plan.id);
    if let Ok(location) = HeaderValue::try_from(href) {
        response.headers_mut().insert(LOCATION, location);
    }
    Ok(output::versioned(response, plan.version))
}

async fn show(
    call: Call,
    media: Media,
    Path((Username(username), id)): Path<(Username, PlanId)>,
) -> Answer {
    let plan = usecase::read(call.context(), &username, id).await?;
    let body = match media.is_xml() {
        true => convert::plan_xml(&plan.terms).into(),
        false => output::json_bytes(&convert::shown(plan.terms)),
    };
    let response = media.response(StatusCode::OK, body);
    Ok(output::versioned(response, plan.version))
}

async fn replace(
    call: Call,
    Path((Username(username), id)): Path<(Username, PlanId)>,
    terms: PlanTerms,
    expected: Precondition,
) -> Answer {
    let (named, version) = ((&*username, id), expected.version);
    let done = usecase::replace(call.context(), named, &terms, version).await;
    let plan = expected.checked(done)?;
    Ok(output::versioned(output::no_content(), plan.version))
}

async fn remove(
    call: Call,
    Path((Username(username), id)): Path<(Username, PlanId)>,
    expected: Precondition,
) -> Answer {
    let (named, version) = ((&*username, id), expected.version);
    let done = usecase::delete(call.context(), named, version).await;
    expected.checked(done)?;
    Ok(output::no_content())
}

/// Where the plans of the partner are, as the caller names it.
fn collection(call: &Call, username: &str) -> String {
    /// What a path segment holds as itself (RFC 3986 §2.3).
    const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
        .remove(b'-')
        .remove(b'.')
        .remove(b'_')
        .remove(b'~');
    let username = utf8_percent_encode(username, SEGMENT);
    format!(
        "{}/v1/partners/{username}/plans",
        call.env.settings.public_url
    )
}

fn listed(collection: &str, query: &PlanQuery, page: PlanPage) -> PlansResponse {
    PlansResponse {
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

fn entry(collection: &str, plan: Plan) -> ListedPlanResponse {
    ListedPlanResponse {
        plan_id: plan.id.0,
        name: plan.terms.name,
        base_usage: plan.terms.base_usage_bytes,
        base_price: Number(plan.terms.base_price),
        link: LinkResponse {
            rel: "self",
            href: format!("{collection}/{}", plan.id),
        },
    }
}

fn links(collection: &str, query: &PlanQuery, count: usize) -> Vec<LinkResponse> {
    let last = count.div_ceil(query.page_size).max(1);
    let order = order_name(query.order);
    let direction = if query.descending { "DESC" } else { "ASC" };
    let link = |rel, page: usize| LinkResponse {
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
