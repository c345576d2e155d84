//! The tree of tenants.

use http::StatusCode;
use serde_json::json;

use super::common::{MAX_IDS, VersionQuery, ids_of, list_of, page_request};
use crate::domain::client::ApiScope::{AccountRead, AccountWrite};
use crate::domain::ids::{TenantId, V1Id};
use crate::http::account::convert::accounts as convert;
use crate::http::account::examples::TENANT;
use crate::http::account::wire::list::{IdsResponse, ListResponse};
use crate::http::account::wire::tenant::{NewTenantRequest, TenantRequest, TenantResponse};
use crate::http::cursor::Cursor;
use crate::http::endpoint::{
    Answer, Call, Endpoint, Json, Limit, List, Path, delete, get, post, put, query,
};
use crate::http::error::ApiError;
use crate::http::message::Response;
use crate::http::output;
use crate::http::precondition::Precondition;
use crate::usecases::manage_tenants::{self as usecase, TenantQuery, TenantView};
use crate::usecases::page::MAX_PAGE;
use crate::usecases::{delete_tenant, manage_users};

pub(super) fn all() -> [Endpoint; 2] {
    let list = get("/api/2/tenants", "listTenants", "Lists tenants")
        .scope(AccountRead)
        .about(
            "Exactly one of `uuids`, `v1_id`, `parent_id` and `subtree_root_id` says which \
             tenants. Ids in `uuids` and `v1_id` that are unknown or out of reach are left out.",
        )
        .answers::<ListResponse<TenantResponse>>(200, "A page of tenants.")
        .refuses(404)
        .to(list);
    let example = json!({
        "name": "Foobar",
        "kind": "customer",
        "parent_id": TENANT,
        "language": "en",
        "contact": {
            "address1": "24",
            "address2": "Esenni motivi",
            "email": "foo.bar@example.com",
            "phone": "083 2222 588",
            "zipcode": "1330",
            "city": "Sofia",
            "country": "Bulgaria",
        },
    });
    let create = post("/api/2/tenants", "createTenant", "Creates a tenant")
        .scope(AccountWrite)
        .example(example)
        .answers::<TenantResponse>(201, "The tenant.")
        .tagged()
        .refuses(404)
        .to(create);
    [list, create]
}

pub(super) fn one() -> [Endpoint; 5] {
    let path = "/api/2/tenants/{id}";
    let read = get(path, "readTenant", "Reads a tenant")
        .scope(AccountRead)
        .answers::<TenantResponse>(200, "The tenant.")
        .tagged()
        .to(read);
    let update = put(path, "updateTenant", "Changes a tenant")
        .scope(AccountWrite)
        .about(
            "A tenant is also disabled this way, before it can be deleted. `enabled` is changed by \
             clients of the tenants above only: 403 for the tenant's own, and so for the root.",
        )
        .example(json!({ "name": "Foobar & Sons", "version": 1 }))
        .answers::<TenantResponse>(200, "The tenant, its version one higher.")
        .tagged()
        .conditional()
        .to(update);
    let delete = delete(path, "deleteTenant", "Deletes a tenant")
        .scope(AccountWrite)
        .about(
            "Only one that is disabled and has no tenants below it. Its users and clients go with \
             it.",
        )
        .answers_nothing(204, "It is deleted.")
        .conditional()
        .to(remove);
    let path = "/api/2/tenants/{id}/children";
    let about = "The ids of the tenants right below one";
    let children = get(path, "listChildren", about)
        .scope(AccountRead)
        .answers::<IdsResponse>(200, "Their ids.")
        .to(children);
    let path = "/api/2/tenants/{id}/users";
    let users = get(path, "listTenantUsers", "The ids of a tenant's users")
        .scope(AccountRead)
        .answers::<IdsResponse>(200, "Their ids.")
        .to(users);
    [read, update, delete, children, users]
}

query! {
    /// Which tenants to list.
    struct TenantsQuery {
        /// These.
        uuids: Option<List<TenantId, MAX_IDS>>,
        /// Those with these API v1 ids: `tenant_id` of a Buy link.
        v1_id: Option<List<V1Id, MAX_IDS>>,
        /// Those right below this one.
        parent_id: Option<TenantId> = TENANT,
        /// This one and all below it.
        subtree_root_id: Option<TenantId>,
        /// How many at most.
        limit: Limit<100, MAX_PAGE>,
        /// `paging.cursors.after` of the page before.
        after: Option<Cursor>,
    }
}

query! {
    /// Which page of ids to list.
    struct IdsQuery {
        /// How many at most.
        limit: Limit<MAX_PAGE, MAX_PAGE>,
        /// `paging.cursors.after` of the page before.
        after: Option<Cursor>,
    }
}

fn shown(status: StatusCode, view: TenantView) -> Response {
    let version = view.tenant.version;
    output::versioned(output::json(status, &convert::tenant(view)), version)
}

async fn list(call: Call, query: TenantsQuery) -> Answer {
    let whole = || "tenants".to_owned();
    let (parent, root) = (query.parent_id, query.subtree_root_id);
    let (wanted, name) = match (query.uuids, query.v1_id, parent, root) {
        (Some(List(ids)), None, None, None) => (TenantQuery::Ids(ids), whole()),
        (None, Some(List(ids)), None, None) => (TenantQuery::V1Ids(ids), whole()),
        (None, None, Some(id), None) => (TenantQuery::ChildrenOf(id), format!("children/{id}")),
        (None, None, None, Some(id)) => (TenantQuery::Subtree(id), format!("subtree/{id}")),
        _ => {
            let why = "give one of uuids, v1_id, parent_id, subtree_root_id";
            return Err(ApiError::malformed("query", why));
        }
    };
    let request = page_request(query.limit.0, query.after, &name)?;
    let page = usecase::list(call.context(), &wanted, request).await?;
    let list = list_of(page, &name, call.now(), convert::tenant);
    Ok(output::ok(&list))
}

async fn create(call: Call, Json(body): Json<NewTenantRequest>) -> Answer {
    let (parent, kind, body) = (body.parent_id.0, body.kind()?, body.rest());
    let view = usecase::create(call.context(), parent, kind, |tenant| body.apply(tenant)).await?;
    Ok(shown(StatusCode::CREATED, view))
}

async fn read(call: Call, Path(id): Path<TenantId>) -> Answer {
    let view = usecase::read(call.context(), id).await?;
    Ok(shown(StatusCode::OK, view))
}

async fn update(call: Call, Path(id): Path<TenantId>, Json(body): Json<TenantRequest>) -> Answer {
    let expected = Precondition::required(call.head(), body.version)?;
    let (cx, change) = (call.context(), |tenant| body.apply(tenant));
    let done = usecase::update(cx, id, expected.version, change).await;
    Ok(shown(StatusCode::OK, expected.checked(done)?))
}

async fn remove(call: Call, Path(id): Path<TenantId>, query: VersionQuery) -> Answer {
    let expected = Precondition::required(call.head(), query.version)?;
    let done = delete_tenant::delete(call.context(), id, expected.version).await;
    expected.checked(done)?;
    Ok(output::no_content())
}

async fn children(call: Call, Path(id): Path<TenantId>, query: IdsQuery) -> Answer {
    let name = format!("child-ids/{id}");
    let request = page_request(query.limit.0, query.after, &name)?;
    let page = usecase::children(call.context(), id, request).await?;
    Ok(output::ok(&ids_of(page, &name)))
}

async fn users(call: Call, Path(id): Path<TenantId>, query: IdsQuery) -> Answer {
    let name = format!("user-ids/{id}");
    let request = page_request(query.limit.0, query.after, &name)?;
    let page = manage_users::ids_of_tenant(call.context(), id, request).await?;
    Ok(output::ok(&ids_of(page, &name)))
}
