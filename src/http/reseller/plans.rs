//! `/plan`, `/plan/{planName}` and its retention.

use http::StatusCode;

use super::convert;
use super::request::{IfMatch, fresh, full, known, nameable};
use super::wire::{PlanIn, RetentionIn, RoleOut};
use crate::domain::reseller::name::Name;
use crate::domain::reseller::plan::Plan;
use crate::domain::reseller::role::Role;
use crate::http::error::ApiError;
use crate::http::input;
use crate::http::message::Response;
use crate::http::output;
use crate::http::precondition;
use crate::http::router::{Answer, Call};
use crate::usecases::access::Caller;
use crate::usecases::error::{Error, What};
use crate::usecases::reseller::plans as usecase;
use crate::usecases::reseller::roles::{self, Home};

/// The plan of the path.
pub(super) fn plan_of(call: &Call) -> Result<Name, ApiError> {
    known(call, "planName", What::Plan)
}

fn short(plan: &Plan) -> Vec<RoleOut> {
    plan.roles.entries().iter().map(convert::entry).collect()
}

fn shown(status: StatusCode, plan: &Plan, roles: Vec<RoleOut>) -> Response {
    let body = convert::plan(plan, roles);
    output::versioned(output::json(status, &body), plan.version)
}

pub(super) async fn list(call: Call, caller: Caller) -> Answer {
    let plans = usecase::list(&call.env, &caller).await?;
    let shown = plans.iter().map(|plan| convert::plan(plan, short(plan)));
    Ok(output::ok(&shown.collect::<Vec<_>>()))
}

pub(super) async fn read(call: Call, caller: Caller) -> Answer {
    let (name, full) = (plan_of(&call)?, full(&call.request.head)?);
    let plan = usecase::read(&call.env, &caller, &name).await?;
    if !full {
        return Ok(shown(StatusCode::OK, &plan, short(&plan)));
    }
    let roles = roles::list(&call.env, &caller, &Home::Plan(name)).await?;
    let whole = |role: &Role| convert::role(role, true);
    let roles = roles.iter().map(whole).collect();
    Ok(shown(StatusCode::OK, &plan, roles))
}

pub(super) async fn put(call: Call, caller: Caller) -> Answer {
    let head = &call.request.head;
    // A plan needs nothing but its name.
    let body = match call.request.body.is_empty() {
        true => PlanIn::default(),
        false => input::json::<PlanIn>(&call.request)?,
    };
    let name = nameable(&call, "planName", body.name.as_deref())?;
    let retention = body
        .retention
        .as_ref()
        .map(convert::retention)
        .transpose()?;
    let expected = precondition::expected(head)?;
    let now = head.received_at;
    let done = usecase::put(&call.env, &caller, &name, retention, expected, now).await;
    let (plan, new) = fresh(done)?;
    let status = if new {
        StatusCode::CREATED
    } else {
        StatusCode::OK
    };
    Ok(shown(status, &plan, short(&plan)))
}

pub(super) async fn delete(call: Call, caller: Caller) -> Answer {
    let name = plan_of(&call)?;
    let expected = IfMatch::of(&call.request.head)?;
    let now = call.request.head.received_at;
    expected.checked(usecase::delete(&call.env, &caller, &name, expected.0, now).await)?;
    Ok(output::no_content())
}

pub(super) async fn retention(call: Call, caller: Caller) -> Answer {
    let plan = usecase::read(&call.env, &caller, &plan_of(&call)?).await?;
    let retention = plan.retention.ok_or(Error::NotFound(What::Retention))?;
    let body = convert::retention_out(retention);
    Ok(output::versioned(output::ok(&body), plan.version))
}

pub(super) async fn set_retention(call: Call, caller: Caller) -> Answer {
    let name = plan_of(&call)?;
    let retention = convert::retention(&input::json::<RetentionIn>(&call.request)?)?;
    let expected = IfMatch::of(&call.request.head)?;
    let now = call.request.head.received_at;
    let done = usecase::set_retention(&call.env, &caller, &name, retention, expected.0, now).await;
    let plan = expected.checked(done)?;
    let body = convert::retention_out(retention);
    Ok(output::versioned(output::ok(&body), plan.version))
}
