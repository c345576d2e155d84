//! `/users`.

use http::{HeaderName, HeaderValue, StatusCode};

use super::convert::accounts as convert;
use super::request::{MAX_IDS, default_page, list_of, page_request};
use super::tenants::{ids, tenant_of};
use super::wire::user::UserIn;
use crate::domain::ids::{TenantId, UserId, V1Id};
use crate::domain::user::User;
use crate::http::error::ApiError;
use crate::http::input::{self, Params};
use crate::http::message::Response;
use crate::http::output;
use crate::http::precondition::Precondition;
use crate::http::router::{Answer, Call};
use crate::usecases::access::Caller;
use crate::usecases::activation;
use crate::usecases::error::{Error, What};
use crate::usecases::manage_users::{self as usecase, NewUser, UserQuery};
use crate::usecases::page::MAX_PAGE;

/// Where answers name the API v1 id: the object of seed 000 has no room for it.
const V1_ID: HeaderName = HeaderName::from_static("x-upsell-v1-id");

/// The user of the path; what is no id names no user.
pub(super) fn user_of(call: &Call) -> Result<UserId, ApiError> {
    call.path.id("id", Error::NotFound(What::User).into())
}

fn shown(user: User) -> Response {
    let (version, v1_id) = (user.version, HeaderValue::from(user.v1_id.0));
    let mut response = output::json(StatusCode::OK, &convert::user(user));
    response.headers_mut().insert(V1_ID, v1_id);
    output::versioned(response, version)
}

pub(super) async fn create(call: Call, caller: Caller) -> Answer {
    let body = input::json::<UserIn>(&call.request)?;
    let Some(tenant_id) = body.tenant_id.as_ref().map(|id| id.0) else {
        return Err(ApiError::malformed("tenant_id", "say whose user it is"));
    };
    let new = NewUser {
        tenant_id,
        rest: convert::user_patch(body),
    };
    let now = call.request.head.received_at;
    Ok(shown(usecase::create(&call.env, &caller, new, now).await?))
}

pub(super) async fn read(call: Call, caller: Caller) -> Answer {
    let user = usecase::read(&call.env, &caller, user_of(&call)?).await?;
    Ok(shown(user))
}

pub(super) async fn me(call: Call, caller: Caller) -> Answer {
    Ok(shown(usecase::me(&call.env, &caller).await?))
}

pub(super) async fn update(call: Call, caller: Caller) -> Answer {
    let id = user_of(&call)?;
    let body = input::json::<UserIn>(&call.request)?;
    let head = &call.request.head;
    let expected = Precondition::required(head, body.version)?;
    let patch = convert::user_patch(body);
    let done = usecase::update(
        &call.env,
        &caller,
        id,
        &patch,
        expected.version,
        head.received_at,
    );
    Ok(shown(expected.checked(done.await)?))
}

pub(super) async fn delete(call: Call, caller: Caller) -> Answer {
    let id = user_of(&call)?;
    let params = Params::of_query(&call.request.head)?;
    let expected = Precondition::required(&call.request.head, params.version()?)?;
    let now = call.request.head.received_at;
    let done = usecase::delete(&call.env, &caller, id, expected.version, now).await;
    expected.checked(done)?;
    Ok(output::no_content())
}

pub(super) async fn list(call: Call, caller: Caller) -> Answer {
    let params = Params::of_query(&call.request.head)?;
    let (query, name) = query_of(&params)?;
    let request = default_page(&params, &name)?;
    let page = usecase::list(&call.env, &caller, &query, request).await?;
    let now = call.request.head.received_at;
    Ok(output::ok(&list_of(page, &name, now, convert::user)))
}

/// Which users are asked for, and the name of that list for its cursors.
fn query_of(params: &Params) -> Result<(UserQuery, String), ApiError> {
    let ids = params.parsed_list::<UserId>("uuids", MAX_IDS)?;
    let v1_ids = params.parsed_list::<V1Id>("v1_id", MAX_IDS)?;
    let tenant = params.parsed::<TenantId>("tenant_id")?;
    let root = params.parsed::<TenantId>("subtree_root_tenant_id")?;
    let whole = "users".to_owned();
    match (ids, v1_ids, tenant, root) {
        (Some(ids), None, None, None) => Ok((UserQuery::Ids(ids), whole)),
        (None, Some(ids), None, None) => Ok((UserQuery::V1Ids(ids), whole)),
        (None, None, Some(id), None) => Ok((UserQuery::OfTenant(id), format!("users-of/{id}"))),
        (None, None, None, Some(id)) => Ok((UserQuery::Subtree(id), format!("users-below/{id}"))),
        _ => Err(ApiError::malformed(
            "query",
            "give one of uuids, v1_id, tenant_id, subtree_root_tenant_id",
        )),
    }
}

pub(super) async fn ids_of_tenant(call: Call, caller: Caller) -> Answer {
    let id = tenant_of(&call)?;
    let params = Params::of_query(&call.request.head)?;
    let name = format!("user-ids/{id}");
    let request = page_request(&params, &name, MAX_PAGE)?;
    let page = usecase::ids_of_tenant(&call.env, &caller, id, request).await?;
    Ok(output::ok(&ids(page, &name)))
}

/// 204: the login is free; 409: it is taken, by whomever.
pub(super) async fn check_login(call: Call, _: Caller) -> Answer {
    let params = Params::of_query(&call.request.head)?;
    let login = params.require("username")?;
    if usecase::login_is_free(&call.env, login).await? {
        return Ok(output::no_content());
    }
    Err(Error::NameTaken("the login is taken").into())
}

pub(super) async fn send_activation(call: Call, caller: Caller) -> Answer {
    let (id, head) = (user_of(&call)?, &call.request.head);
    let expected = Precondition::optional(head, None)?;
    let (version, now) = (expected.version, head.received_at);
    let done = activation::send_activation(&call.env, &caller, id, version, now).await;
    expected.checked(done)?;
    Ok(output::no_content())
}
