//! `/Customers`: the steps of seed 002.

use super::convert::customer as convert;
use super::request::{checked, object, paging, read_cursor, write_cursor};
use super::wire::customer::{CustomerIn, CustomerListOut};
use crate::domain::ids::TenantId;
use crate::domain::time::Timestamp;
use crate::http::error::ApiError;
use crate::http::input::Params;
use crate::http::message::Response;
use crate::http::output;
use crate::http::precondition;
use crate::http::router::{Answer, Call};
use crate::usecases::access::Caller;
use crate::usecases::error::{Error, What};
use crate::usecases::field_checks::Field;
use crate::usecases::manage_customers::{self as usecase, CustomerView};
use crate::usecases::page::PageRequest;

fn shown(view: CustomerView, now: Timestamp) -> Response {
    let version = view.customer.version;
    output::versioned(output::ok(&convert::customer(view, now)), version)
}

/// Seed 002: creates or updates, by the tenant in the body, and answers 200 either way.
pub(super) async fn put(call: Call, caller: Caller) -> Answer {
    let head = &call.request.head;
    let expected = precondition::expected(head)?;
    let body = object::<CustomerIn>(&call.request)?;
    let tenant = match body.tenant.0.id::<TenantId>() {
        Ok(Field::Set(tenant)) => tenant,
        Ok(Field::Keep | Field::Clear) => {
            return Err(ApiError::malformed(
                "Tenant",
                "give the id of the tenant whose billing information this is",
            ));
        }
        Err(bad) => return Err(ApiError::malformed("Tenant", bad)),
    };
    let patch = convert::patch(body);
    let now = head.received_at;
    let done = usecase::put(&call.env, &caller, tenant, &patch, expected, now).await;
    Ok(shown(checked(done)?, now))
}

pub(super) async fn read(call: Call, caller: Caller) -> Answer {
    let id = call.path.id("Id", Error::NotFound(What::Customer).into())?;
    let view = usecase::read(&call.env, &caller, id).await?;
    Ok(shown(view, call.request.head.received_at))
}

/// `Tenant` is the top of the subtree that is listed; without it, the caller's own tenant is.
pub(super) async fn list(call: Call, caller: Caller) -> Answer {
    let params = Params::of_query(&call.request.head)?;
    let root = params.parsed::<TenantId>("Tenant")?.unwrap_or(caller.root);
    let paging = paging(&params)?;
    let after = read_cursor(&params, root)?;
    if after.is_some() && paging.skip > 0 {
        return Err(ApiError::malformed("Page", "goes not together with After"));
    }
    let request = PageRequest {
        limit: paging.size,
        after,
    };
    let page = usecase::list(&call.env, &caller, root, request, paging.skip).await?;
    let now = call.request.head.received_at;
    let customers = page.items.into_iter();
    Ok(output::ok(&CustomerListOut {
        customers: customers.map(|view| convert::customer(view, now)).collect(),
        after: page.next.map(|id| write_cursor(root, id)),
    }))
}
