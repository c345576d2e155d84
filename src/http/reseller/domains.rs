//! `/domain/{domain}`, its retention, and its users' roles.

use http::StatusCode;

use super::convert;
use super::request::{IfMatch, fresh, known, nameable};
use super::wire::{DomainIn, MemberIn, RetentionIn};
use crate::domain::reseller::name::Name;
use crate::http::error::ApiError;
use crate::http::input;
use crate::http::message::Response;
use crate::http::output;
use crate::http::precondition;
use crate::http::router::{Answer, Call};
use crate::usecases::access::Caller;
use crate::usecases::error::{Error, What};
use crate::usecases::reseller::domains::{self as usecase, DomainView};
use crate::usecases::reseller::members::{self, Member};

/// The domain of the path.
pub(super) fn domain_of(call: &Call) -> Result<Name, ApiError> {
    known(call, "domain", What::Domain)
}

fn shown(status: StatusCode, view: DomainView) -> Response {
    let version = view.domain.version;
    output::versioned(output::json(status, &convert::domain(view)), version)
}

pub(super) async fn read(call: Call, caller: Caller) -> Answer {
    let view = usecase::read(&call.env, &caller, &domain_of(&call)?).await?;
    Ok(shown(StatusCode::OK, view))
}

pub(super) async fn put(call: Call, caller: Caller) -> Answer {
    let body = input::json::<DomainIn>(&call.request)?;
    let name = nameable(&call, "domain", body.name.as_deref())?;
    let patch = convert::domain_patch(body)?;
    let expected = precondition::expected(&call.request.head)?;
    let now = call.request.head.received_at;
    let done = usecase::put(&call.env, &caller, &name, &patch, expected, now).await;
    let (view, new) = fresh(done)?;
    let status = if new {
        StatusCode::CREATED
    } else {
        StatusCode::OK
    };
    Ok(shown(status, view))
}

pub(super) async fn delete(call: Call, caller: Caller) -> Answer {
    let name = domain_of(&call)?;
    let expected = IfMatch::of(&call.request.head)?;
    let now = call.request.head.received_at;
    expected.checked(usecase::delete(&call.env, &caller, &name, expected.0, now).await)?;
    Ok(output::no_content())
}

pub(super) async fn retention(call: Call, caller: Caller) -> Answer {
    let view = usecase::read(&call.env, &caller, &domain_of(&call)?).await?;
    let retention = view.retention.ok_or(Error::NotFound(What::Retention))?;
    let body = convert::retention_out(retention);
    Ok(output::versioned(output::ok(&body), view.domain.version))
}

pub(super) async fn set_retention(call: Call, caller: Caller) -> Answer {
    let name = domain_of(&call)?;
    let retention = convert::retention(&input::json::<RetentionIn>(&call.request)?)?;
    let expected = IfMatch::of(&call.request.head)?;
    let (own, now) = (Some(retention), call.request.head.received_at);
    let done = usecase::set_retention(&call.env, &caller, &name, own, expected.0, now).await;
    let domain = expected.checked(done)?;
    let body = convert::retention_out(retention);
    Ok(output::versioned(output::ok(&body), domain.version))
}

pub(super) async fn clear_retention(call: Call, caller: Caller) -> Answer {
    let name = domain_of(&call)?;
    let expected = IfMatch::of(&call.request.head)?;
    let now = call.request.head.received_at;
    let done = usecase::set_retention(&call.env, &caller, &name, None, expected.0, now).await;
    expected.checked(done)?;
    Ok(output::no_content())
}

fn shown_member(member: &Member) -> Response {
    output::versioned(output::ok(&convert::member(member)), member.version)
}

pub(super) async fn member(call: Call, caller: Caller) -> Answer {
    let (domain, user) = (domain_of(&call)?, call.path.get("user"));
    let member = members::read(&call.env, &caller, &domain, user).await?;
    Ok(shown_member(&member))
}

pub(super) async fn set_member(call: Call, caller: Caller) -> Answer {
    let (domain, user) = (domain_of(&call)?, call.path.get("user"));
    let roles = convert::wanted(input::json::<MemberIn>(&call.request)?)?;
    let expected = IfMatch::of(&call.request.head)?;
    let now = call.request.head.received_at;
    let who = (&domain, user);
    let done = members::replace(&call.env, &caller, who, &roles, expected.0, now).await;
    Ok(shown_member(&expected.checked(done)?))
}

pub(super) async fn take_out_member(call: Call, caller: Caller) -> Answer {
    let (domain, user) = (domain_of(&call)?, call.path.get("user"));
    let expected = IfMatch::of(&call.request.head)?;
    let now = call.request.head.received_at;
    let done = members::take_out(&call.env, &caller, (&domain, user), expected.0, now).await;
    expected.checked(done)?;
    Ok(output::no_content())
}
