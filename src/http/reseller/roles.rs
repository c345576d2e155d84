//! `/plan/{planName}/roles` and `/domain/{domain}/roles`: the same handlers for both.

use http::StatusCode;

use super::convert;
use super::request::{IfMatch, full, known};
use super::wire::{RoleIn, RoleOut};
use crate::domain::reseller::name::Name;
use crate::domain::reseller::role::Role;
use crate::http::error::ApiError;
use crate::http::input;
use crate::http::message::Response;
use crate::http::output;
use crate::http::router::{Answer, Call};
use crate::usecases::access::Caller;
use crate::usecases::error::What;
use crate::usecases::reseller::roles::{self as usecase, Home};

/// Whose roles the path means: a route has one of the two parts.
fn home_of(call: &Call) -> Result<Home, ApiError> {
    if call.path.get("planName").is_empty() {
        return known(call, "domain", What::Domain).map(Home::Domain);
    }
    known(call, "planName", What::Plan).map(Home::Plan)
}

fn role_of(call: &Call) -> Result<Name, ApiError> {
    known(call, "roleName", What::Role)
}

fn shown(status: StatusCode, role: &Role, full: bool) -> Response {
    let body = convert::role(role, full);
    output::versioned(output::json(status, &body), role.version)
}

pub(super) async fn list(call: Call, caller: Caller) -> Answer {
    let home = home_of(&call)?;
    let roles: Vec<RoleOut> = if full(&call.request.head)? {
        let roles = usecase::list(&call.env, &caller, &home).await?;
        roles.iter().map(|role| convert::role(role, true)).collect()
    } else {
        let book = usecase::book(&call.env, &caller, &home).await?;
        book.entries().iter().map(convert::entry).collect()
    };
    Ok(output::ok(&roles))
}

pub(super) async fn create(call: Call, caller: Caller) -> Answer {
    let home = home_of(&call)?;
    let mut patch = convert::role_patch(&input::json::<RoleIn>(&call.request)?)?;
    let needed = || ApiError::malformed("name", "a role needs a name");
    let name = patch.name.take().ok_or_else(needed)?;
    let now = call.request.head.received_at;
    let role = usecase::create(&call.env, &caller, &home, &name, &patch, now).await?;
    Ok(shown(StatusCode::CREATED, &role, true))
}

pub(super) async fn read(call: Call, caller: Caller) -> Answer {
    let (home, name) = (home_of(&call)?, role_of(&call)?);
    let full = full(&call.request.head)?;
    let role = usecase::read(&call.env, &caller, &home, &name).await?;
    Ok(shown(StatusCode::OK, &role, full))
}

pub(super) async fn update(call: Call, caller: Caller) -> Answer {
    let (home, name) = (home_of(&call)?, role_of(&call)?);
    let patch = convert::role_patch(&input::json::<RoleIn>(&call.request)?)?;
    let expected = IfMatch::of(&call.request.head)?;
    let now = call.request.head.received_at;
    let role = (&home, &name);
    let done = usecase::update(&call.env, &caller, role, &patch, expected.0, now).await;
    Ok(shown(StatusCode::OK, &expected.checked(done)?, true))
}

pub(super) async fn delete(call: Call, caller: Caller) -> Answer {
    let (home, name) = (home_of(&call)?, role_of(&call)?);
    let expected = IfMatch::of(&call.request.head)?;
    let now = call.request.head.received_at;
    let done = usecase::delete(&call.env, &caller, (&home, &name), expected.0, now).await;
    expected.checked(done)?;
    Ok(output::no_content())
}
