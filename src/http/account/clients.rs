//! `/clients`.

use http::StatusCode;

use super::convert::accounts as convert;
use super::request::{default_page, list_of};
use super::wire::client::{ClientIn, NewClientIn};
use crate::domain::client::Client;
use crate::domain::ids::{ClientId, TenantId};
use crate::http::error::ApiError;
use crate::http::input::{self, Params};
use crate::http::message::Response;
use crate::http::output;
use crate::http::precondition::{Precondition, unless_known};
use crate::http::router::{Answer, Call};
use crate::usecases::access::Caller;
use crate::usecases::error::{Error, What};
use crate::usecases::manage_clients::{self as usecase, ClientPatch, NewClient};

fn client_of(call: &Call) -> Result<ClientId, ApiError> {
    call.path.id("id", Error::NotFound(What::Client).into())
}

fn shown(status: StatusCode, client: Client, secret: Option<String>) -> Response {
    let version = client.version;
    let body = convert::client(client, secret);
    output::versioned(output::json(status, &body), version)
}

pub(super) async fn create(call: Call, caller: Caller) -> Answer {
    let body = input::json::<NewClientIn>(&call.request)?;
    // The vendor has had both names for the one kind of client there is here.
    if let Some(other) = body
        .kind
        .as_deref()
        .filter(|kind| !["agent", "api_client"].contains(kind))
    {
        let other: String = other.chars().take(64).collect();
        return Err(ApiError::malformed(
            "type",
            format!("{other:?} is not known; must be \"agent\""),
        ));
    }
    let new = NewClient {
        tenant_id: body.tenant_id.0,
        name: body.data.map(|data| data.client_name).unwrap_or_default(),
        scopes: body.scopes.as_deref().map(convert::scopes).transpose()?,
    };
    let now = call.request.head.received_at;
    let (client, secret) = usecase::create(&call.env, &caller, &new, now).await?;
    Ok(shown(StatusCode::CREATED, client, Some(secret)))
}

pub(super) async fn read(call: Call, caller: Caller) -> Answer {
    let client = usecase::read(&call.env, &caller, client_of(&call)?).await?;
    let response = shown(StatusCode::OK, client, None);
    Ok(unless_known(&call.request.head, response))
}

pub(super) async fn list(call: Call, caller: Caller) -> Answer {
    let params = Params::of_query(&call.request.head)?;
    let tenant = params
        .parsed::<TenantId>("tenant_id")?
        .unwrap_or(caller.root);
    let name = format!("clients/{tenant}");
    let request = default_page(&params, &name)?;
    let page = usecase::list(&call.env, &caller, tenant, request).await?;
    let now = call.request.head.received_at;
    let shown = |client| convert::client(client, None);
    Ok(output::ok(&list_of(page, &name, now, shown)))
}

pub(super) async fn update(call: Call, caller: Caller) -> Answer {
    let id = client_of(&call)?;
    let body = input::json::<ClientIn>(&call.request)?;
    let expected = Precondition::required(&call.request.head, body.version)?;
    let enabled = match body.status.as_deref() {
        None => None,
        Some("enabled") => Some(true),
        Some("disabled") => Some(false),
        Some(_) => {
            return Err(ApiError::malformed(
                "status",
                "must be \"enabled\" or \"disabled\"",
            ));
        }
    };
    let patch = ClientPatch {
        name: body.data.map(|data| data.client_name),
        scopes: body.scopes.as_deref().map(convert::scopes).transpose()?,
        enabled,
    };
    let now = call.request.head.received_at;
    let done = usecase::update(&call.env, &caller, id, &patch, expected.version, now).await;
    Ok(shown(StatusCode::OK, expected.checked(done)?, None))
}

pub(super) async fn delete(call: Call, caller: Caller) -> Answer {
    let id = client_of(&call)?;
    let params = Params::of_query(&call.request.head)?;
    let expected = Precondition::optional(&call.request.head, params.version()?)?;
    let now = call.request.head.received_at;
    let done = usecase::delete(&call.env, &caller, id, expected.version, now).await;
    expected.checked(done)?;
    Ok(output::no_content())
}
