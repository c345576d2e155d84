//! `/plan/{planName}/roles` and `/domain/{domain}/roles`: the same handlers for both.

use http::StatusCode;
use serde_json::json;

use super::common::{DomainName, PlanName, RoleName, RolesQuery};
use crate::domain::client::ApiScope::Plans;
use crate::domain::reseller::role::Role;
use crate::http::endpoint::{Answer, Call, Endpoint, Json, Path, Segment, delete, get, post, put};
use crate::http::error::ApiError;
use crate::http::message::Response;
use crate::http::output;
use crate::http::precondition::Precondition;
use crate::http::reseller::convert;
use crate::http::reseller::wire::{RoleRequest, RoleResponse};
use crate::usecases::reseller::roles::{self as usecase, Home};

pub(super) fn of_plans() -> [Endpoint; 5] {
    let all = "/plan/{planName}/roles";
    let one = "/plan/{planName}/roles/{roleName}";
    let ids = [
        "listPlanRoles",
        "createPlanRole",
        "readPlanRole",
        "updatePlanRole",
        "deletePlanRole",
    ];
    endpoints::<PlanName>(all, one, ids)
}

pub(super) fn of_domains() -> [Endpoint; 5] {
    let all = "/domain/{domain}/roles";
    let one = "/domain/{domain}/roles/{roleName}";
    let ids = [
        "listDomainRoles",
        "createDomainRole",
        "readDomainRole",
        "updateDomainRole",
        "deleteDomainRole",
    ];
    endpoints::<DomainName>(all, one, ids)
}

/// `H` names what has the roles.
fn endpoints<H: Segment + Into<Home> + 'static>(
    all: &'static str,
    one: &'static str,
    [list_id, create_id, read_id, update_id, delete_id]: [&'static str; 5],
) -> [Endpoint; 5] {
    let policy = json!({
        "op": "op_view", "action": "credentials", "label": "policy.credentials.view",
    });
    let list = get(all, list_id, "Lists roles")
        .scope(Plans)
        .answers_list_of::<RoleResponse>(200, "The roles.")
        .to(list::<H>);
    let create = post(all, create_id, "Creates a role")
        .scope(Plans)
        .example(json!({ "name": "Reviewer", "policies": [policy], "resources": [] }))
        .answers::<RoleResponse>(201, "The role.")
        .tagged()
        .to(create::<H>);
    let show = get(one, read_id, "Reads a role")
        .scope(Plans)
        .answers::<RoleResponse>(200, "The role.")
        .tagged()
        .to(show::<H>);
    let change = put(one, update_id, "Changes a role")
        .scope(Plans)
        .example(json!({ "policies": [] }))
        .answers::<RoleResponse>(200, "The role.")
        .tagged()
        .to(change::<H>);
    let remove = delete(one, delete_id, "Deletes a role")
        .scope(Plans)
        .about("Only one that nobody holds.")
        .answers_nothing(204, "It is deleted.")
        .to(remove::<H>);
    [list, create, show, change, remove]
}

fn shown(status: StatusCode, role: &Role, full: bool) -> Response {
    let body = convert::role(role, full);
    output::versioned(output::json(status, &body), role.version)
}

async fn list<H: Segment + Into<Home>>(
    call: Call,
    Path(home): Path<H>,
    query: RolesQuery,
) -> Answer {
    let home = home.into();
    let roles: Vec<RoleResponse> = if query.full == Some(true) {
        let roles = usecase::list(call.context(), &home).await?;
        roles.iter().map(|role| convert::role(role, true)).collect()
    } else {
        let book = usecase::book(call.context(), &home).await?;
        book.entries().iter().map(convert::entry).collect()
    };
    Ok(output::ok(&roles))
}

async fn create<H: Segment + Into<Home>>(
    call: Call,
    Path(home): Path<H>,
    Json(body): Json<RoleRequest>,
) -> Answer {
    let home = home.into();
    let needed = || ApiError::malformed("name", "a role needs a name");
    let name = convert::name("name", body.name.as_deref().ok_or_else(needed)?)?;
    let role = usecase::create(call.context(), &home, &name, |role| body.apply(role)).await?;
    Ok(shown(StatusCode::CREATED, &role, true))
}

async fn show<H: Segment + Into<Home>>(
    call: Call,
    Path((home, RoleName(name))): Path<(H, RoleName)>,
    query: RolesQuery,
) -> Answer {
    let home = home.into();
    let role = usecase::read(call.context(), &home, &name).await?;
    Ok(shown(StatusCode::OK, &role, query.full == Some(true)))
}

async fn change<H: Segment + Into<Home>>(
    call: Call,
    Path((home, RoleName(name))): Path<(H, RoleName)>,
    Json(body): Json<RoleRequest>,
    expected: Precondition,
) -> Answer {
    let (home, version) = (home.into(), expected.version);
    let (cx, change) = (call.context(), |role| body.apply(role));
    let done = usecase::update(cx, (&home, &name), version, change).await;
    Ok(shown(StatusCode::OK, &expected.checked(done)?, true))
}

async fn remove<H: Segment + Into<Home>>(
    call: Call,
    Path((home, RoleName(name))): Path<(H, RoleName)>,
    expected: Precondition,
) -> Answer {
    let (home, version) = (home.into(), expected.version);
    let done = usecase::delete(call.context(), (&home, &name), version).await;
    expected.checked(done)?;
    Ok(output::no_content())
}
