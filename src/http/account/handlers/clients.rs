//! API clients.

use http::StatusCode;
use serde_json::json;

use super::common::{VersionQuery, list_of, page_request};
use crate::domain::client::ApiScope::Clients;
use crate::domain::client::Client;
use crate::domain::ids::{ClientId, TenantId};
use crate::http::account::convert::accounts as convert;
use crate::http::account::examples::TENANT;
use crate::http::account::wire::client::{ClientRequest, ClientResponse, NewClientRequest};
use crate::http::account::wire::list::ListResponse;
use crate::http::cursor::Cursor;
use crate::http::endpoint::{
    Answer, Call, Endpoint, Json, Limit, Path, delete, get, post, put, query,
};
use crate::http::error::ApiError;
use crate::http::message::Response;
use crate::http::output;
use crate::http::precondition::{Precondition, unless_known};
use crate::usecases::manage_clients as usecase;
use crate::usecases::page::MAX_PAGE;

pub(super) fn endpoints() -> [Endpoint; 5] {
    let path = "/api/2/clients";
    let list = get(path, "listClients", "Lists the clients of a tenant")
        .scope(Clients)
        .answers::<ListResponse<ClientResponse>>(200, "A page of clients.")
        .refuses(404)
        .to(list);
    let create = post(path, "createClient", "Creates a client")
        .scope(Clients)
        .about("The answer has the secret, this once.")
        .example(json!({
            "type": "agent",
            "tenant_id": TENANT,
            "data": { "client_name": "Billing" },
            "scopes": ["account_read", "usage_write"],
        }))
        .answers::<ClientResponse>(201, "The client, with its secret.")
        .tagged()
        .refuses(404)
        .to(create);
    let path = "/api/2/clients/{id}";
    let read = get(path, "readClient", "Reads a client")
        .any_token()
        .about(
            "A client may read itself without a scope: so it learns its `tenant_id`. Others need \
             `clients`.",
        )
        .answers::<ClientResponse>(200, "The client.")
        .tagged()
        .cached()
        .refuses(403)
        .to(read);
    let update = put(path, "updateClient", "Changes a client")
        .scope(Clients)
        .example(json!({ "status": "disabled", "version": 1 }))
        .answers::<ClientResponse>(200, "The client, its version one higher.")
        .tagged()
        .conditional()
        .to(update);
    let delete = delete(path, "deleteClient", "Deletes a client")
        .scope(Clients)
        .about("Its tokens end at once. Without a version, whichever it has.")
        .answers_nothing(204, "It is deleted.")
        .conditional()
        .to(remove);
    [list, create, read, update, delete]
}

query! {
    /// Which clients to list.
    struct ClientsQuery {
        /// The tenant; missing: the caller's own.
        tenant_id: Option<TenantId> = TENANT,
        /// How many at most.
        limit: Limit<100, MAX_PAGE>,
        /// `paging.cursors.after` of the page before.
        after: Option<Cursor>,
    }
}

fn shown(status: StatusCode, client: Client, secret: Option<String>) -> Response {
    let version = client.version;
    let body = convert::client(client, secret);
    output::versioned(output::json(status, &body), version)
}

async fn list(call: Call, query: ClientsQuery) -> Answer {
    let tenant = query.tenant_id.unwrap_or(call.caller.root);
    let name = format!("clients/{tenant}");
    let request = page_request(query.limit.0, query.after, &name)?;
    let page = usecase::list(call.context(), tenant, request).await?;
    let shown = |client| convert::client(client, None);
    Ok(output::ok(&list_of(page, &name, call.now(), shown)))
}

async fn create(call: Call, Json(body): Json<NewClientRequest>) -> Answer {
    // The vendor has had both names for the one kind of client there is here.
    let known = |kind: &&str| ["agent", "api_client"].contains(kind);
    if let Some(other) = body.kind.as_deref().filter(|kind| !known(kind)) {
        let other: String = other.chars().take(64).collect();
        let why = format!("{other:?} is not known; must be \"agent\"");
        return Err(ApiError::malformed("type", why));
    }
    let (tenant, body) = (body.tenant_id.0, body.rest());
    let done = usecase::create(call.context(), tenant, |client| body.apply(client));
    let (client, secret) = done.await?;
    Ok(shown(StatusCode::CREATED, client, Some(secret)))
}

async fn read(call: Call, Path(id): Path<ClientId>) -> Answer {
    let client = usecase::read(call.context(), id).await?;
    let response = shown(StatusCode::OK, client, None);
    Ok(unless_known(call.head(), response))
}

async fn update(call: Call, Path(id): Path<ClientId>, Json(body): Json<ClientRequest>) -> Answer {
    let expected = Precondition::required(call.head(), body.version)?;
    let (cx, change) = (call.context(), |client| body.apply(client));
    let done = usecase::update(cx, id, expected.version, change).await;
    Ok(shown(StatusCode::OK, expected.checked(done)?, None))
}

async fn remove(call: Call, Path(id): Path<ClientId>, query: VersionQuery) -> Answer {
    let expected = Precondition::optional(call.head(), query.version)?;
    let done = usecase::delete(call.context(), id, expected.version).await;
    expected.checked(done)?;
    Ok(output::no_content())
}
