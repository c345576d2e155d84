//! `/plan`, `/plan/{planName}` and its retention.

use http::StatusCode;
use serde_json::json;

use super::common::{
    New, PlanName, RolesQuery, check_repeated, reads_retention, sets_retention, show_retention,
};
use crate::domain::client::ApiScope::Plans;
use crate::domain::reseller::plan::Plan;
use crate::http::endpoint::{Answer, Call, Endpoint, Json, Path, delete, get, put};
use crate::http::message::Response;
use crate::http::output;
use crate::http::precondition::{Precondition, by_header};
use crate::http::reseller::convert;
use crate::http::reseller::examples::half_a_year;
use crate::http::reseller::wire::{PlanRequest, PlanResponse, RetentionRequest, RoleResponse};
use crate::usecases::error::{Error, What};
use crate::usecases::precondition::Expected;
use crate::usecases::reseller::plans as usecase;
use crate::usecases::reseller::roles::{self, Home};

pub(super) fn endpoints() -> [Endpoint; 6] {
    let list = get("/plan", "listResellerPlans", "Lists plans")
        .scope(Plans)
        .answers_list_of::<PlanResponse>(200, "The plans.")
        .to(list);
    let path = "/plan/{planName}";
    let show = get(path, "readResellerPlan", "Reads a plan")
        .scope(Plans)
        .answers::<PlanResponse>(200, "The plan.")
        .tagged()
        .to(show);
    let save = put(path, "putResellerPlan", "Creates or changes a plan")
        .scope(Plans)
        .example(json!({ "retention": half_a_year() }))
        .answers::<PlanResponse>(200, "The plan.")
        .tagged()
        .answers::<PlanResponse>(201, "The plan is new.")
        .tagged()
        .to(save);
    let remove = delete(path, "deleteResellerPlan", "Deletes a plan")
        .scope(Plans)
        .about("Only one that no domain runs under.")
        .answers_nothing(204, "It is deleted.")
        .to(remove);
    let path = "/plan/{planName}/retention";
    let retention = reads_retention(path, "readPlanRetention").to(retention);
    let set_retention = sets_retention(path, "setPlanRetention").to(set_retention);
    [list, show, save, remove, retention, set_retention]
}

fn short(plan: &Plan) -> Vec<RoleResponse> {
    plan.roles.entries().iter().map(convert::entry).collect()
}

fn shown(status: StatusCode, plan: &Plan, roles: Vec<RoleResponse>) -> Response {
    let body = convert::plan(plan, roles);
    output::versioned(output::json(status, &body), plan.version)
}

async fn list(call: Call) -> Answer {
    let plans = usecase::list(call.context()).await?;
    let shown = plans.iter().map(|plan| convert::plan(plan, short(plan)));
    Ok(output::ok(&shown.collect::<Vec<_>>()))
}

async fn show(call: Call, Path(PlanName(name)): Path<PlanName>, query: RolesQuery) -> Answer {
    let plan = usecase::read(call.context(), &name).await?;
    if query.full != Some(true) {
        return Ok(shown(StatusCode::OK, &plan, short(&plan)));
    }
    let roles = roles::list(call.context(), &Home::Plan(name)).await?;
    let roles = roles.iter().map(|role| convert::role(role, true)).collect();
    Ok(shown(StatusCode::OK, &plan, roles))
}

async fn save(
    call: Call,
    Path(New(name, _)): Path<New<PlanName>>,
    body: Option<Json<PlanRequest>>,
    expected: Expected,
) -> Answer {
    // A plan needs nothing but its name.
    let body = body.map_or_else(PlanRequest::default, |Json(body)| body);
    check_repeated(&name, body.name.as_deref())?;
    let retention = body.retention.as_ref().map(convert::retention);
    let retention = retention.transpose()?;
    let done = usecase::put(call.context(), &name, retention, expected).await;
    let (plan, is_new) = by_header(done)?;
    let status = match is_new {
        true => StatusCode::CREATED,
        false => StatusCode::OK,
    };
    Ok(shown(status, &plan, short(&plan)))
}

async fn remove(
    call: Call,
    Path(PlanName(name)): Path<PlanName>,
    expected: Precondition,
) -> Answer {
    let done = usecase::delete(call.context(), &name, expected.version).await;
    expected.checked(done)?;
    Ok(output::no_content())
}

async fn retention(call: Call, Path(PlanName(name)): Path<PlanName>) -> Answer {
    let plan = usecase::read(call.context(), &name).await?;
    let retention = plan.retention.ok_or(Error::NotFound(What::Retention))?;
    Ok(show_retention(retention, plan.version))
}

async fn set_retention(
    call: Call,
    Path(PlanName(name)): Path<PlanName>,
    Json(body): Json<RetentionRequest>,
    expected: Precondition,
) -> Answer {
    let retention = convert::retention(&body)?;
    let version = expected.version;
    let done = usecase::set_retention(call.context(), &name, retention, version).await;
    let plan = expected.checked(done)?;
    Ok(show_retention(retention, plan.version))
}
