//! `/tenants`.

use http::StatusCode;

use super::convert::accounts as convert;
use super::request::{MAX_IDS, default_page, list_of, page_request, write_cursor};
use super::wire::list::{Cursors, Ids, Paging};
use super::wire::tenant::{NewTenantIn, TenantIn};
use crate::domain::ids::{TenantId, V1Id};
use crate::http::error::ApiError;
use crate::http::input::{self, Params};
use crate::http::message::Response;
use crate::http::output;
use crate::http::precondition::Precondition;
use crate::http::router::{Answer, Call};
use crate::usecases::access::Caller;
use crate::usecases::delete_tenant;
use crate::usecases::error::{Error, What};
use crate::usecases::manage_tenants::{self as usecase, TenantQuery, TenantView};
use crate::usecases::page::{MAX_PAGE, Page};

/// The tenant of the path; what is no id names no tenant.
pub(super) fn tenant_of(call: &Call) -> Result<TenantId, ApiError> {
    call.path.id("id", Error::NotFound(What::Tenant).into())
}

fn shown(status: StatusCode, view: TenantView) -> Response {
    let version = view.tenant.version;
    output::versioned(output::json(status, &convert::tenant(view)), version)
}

pub(super) async fn create(call: Call, caller: Caller) -> Answer {
    let new = convert::new_tenant(input::json::<NewTenantIn>(&call.request)?)?;
    let now = call.request.head.received_at;
    let view = usecase::create(&call.env, &caller, new, now).await?;
    Ok(shown(StatusCode::CREATED, view))
}

pub(super) async fn read(call: Call, caller: Caller) -> Answer {
    let view = usecase::read(&call.env, &caller, tenant_of(&call)?).await?;
    Ok(shown(StatusCode::OK, view))
}

pub(super) async fn update(call: Call, caller: Caller) -> Answer {
    let id = tenant_of(&call)?;
    let body = input::json::<TenantIn>(&call.request)?;
    let head = &call.request.head;
    let expected = Precondition::required(head, body.version)?;
    let patch = convert::tenant_patch(body)?;
    let done = usecase::update(
        &call.env,
        &caller,
        id,
        &patch,
        expected.version,
        head.received_at,
    );
    Ok(shown(StatusCode::OK, expected.checked(done.await)?))
}

pub(super) async fn delete(call: Call, caller: Caller) -> Answer {
    let id = tenant_of(&call)?;
    let params = Params::of_query(&call.request.head)?;
    let expected = Precondition::required(&call.request.head, params.version()?)?;
    let now = call.request.head.received_at;
    let done = delete_tenant::delete(&call.env, &caller, id, expected.version, now).await;
    expected.checked(done)?;
    Ok(output::no_content())
}

pub(super) async fn list(call: Call, caller: Caller) -> Answer {
    let params = Params::of_query(&call.request.head)?;
    let (query, name) = query_of(&params)?;
    let request = default_page(&params, &name)?;
    let page = usecase::list(&call.env, &caller, &query, request).await?;
    let now = call.request.head.received_at;
    Ok(output::ok(&list_of(page, &name, now, convert::tenant)))
}

/// Which tenants are asked for, and the name of that list for its cursors.
fn query_of(params: &Params) -> Result<(TenantQuery, String), ApiError> {
    let ids = params.parsed_list::<TenantId>("uuids", MAX_IDS)?;
    let v1_ids = params.parsed_list::<V1Id>("v1_id", MAX_IDS)?;
    let parent = params.parsed::<TenantId>("parent_id")?;
    let root = params.parsed::<TenantId>("subtree_root_id")?;
    let whole = "tenants".to_owned();
    match (ids, v1_ids, parent, root) {
        (Some(ids), None, None, None) => Ok((TenantQuery::Ids(ids), whole)),
        (None, Some(ids), None, None) => Ok((TenantQuery::V1Ids(ids), whole)),
        (None, None, Some(id), None) => Ok((TenantQuery::ChildrenOf(id), format!("children/{id}"))),
        (None, None, None, Some(id)) => Ok((TenantQuery::Subtree(id), format!("subtree/{id}"))),
        _ => Err(ApiError::malformed(
            "query",
            "give one of uuids, v1_id, parent_id, subtree_root_id",
        )),
    }
}

pub(super) async fn children(call: Call, caller: Caller) -> Answer {
    let id = tenant_of(&call)?;
    let params = Params::of_query(&call.request.head)?;
    let name = format!("child-ids/{id}");
    let request = page_request(&params, &name, MAX_PAGE)?;
    let page = usecase::children(&call.env, &caller, id, request).await?;
    Ok(output::ok(&ids(page, &name)))
}

/// Ids as the vendor lists them; what does not fit on one page is not kept quiet about.
pub(super) fn ids(page: Page<uuid::Uuid>, list: &str) -> Ids {
    Ids {
        paging: page.next.map(|id| Paging {
            cursors: Cursors {
                after: Some(write_cursor(id, list)),
            },
        }),
        items: page
            .items
            .iter()
            .map(|id| id.hyphenated().to_string())
            .collect(),
    }
}
