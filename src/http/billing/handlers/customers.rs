//! `/Customers`.

use serde_json::Value;

use super::common::{Page, PageSize, Paging};
use crate::domain::client::ApiScope::{BillingRead, BillingWrite};
use crate::domain::ids::{CustomerId, TenantId};
use crate::domain::time::Timestamp;
use crate::http::billing::convert::customer as convert;
use crate::http::billing::examples::{TENANT, billing_info};
use crate::http::billing::wire::customer::{CustomerRequest, CustomerResponse, CustomersResponse};
use crate::http::cursor::{self, Cursor};
use crate::http::endpoint::{Answer, Call, Endpoint, Json, Path, Segment, get, put, query};
use crate::http::error::ApiError;
use crate::http::message::Response;
use crate::http::openapi::schema;
use crate::http::output;
use crate::http::precondition::by_header;
use crate::usecases::error::{Error, What};
use crate::usecases::field_checks::Field;
use crate::usecases::manage_customers::{self as usecase, CustomerView};
use crate::usecases::page::PageRequest;
use crate::usecases::precondition::Expected;

pub(super) fn endpoints() -> [Endpoint; 3] {
    let path = "/api/advanced-automation/v1/Customers";
    let list = get(path, "listCustomers", "Lists customers")
        .scope(BillingRead)
        .answers::<CustomersResponse>(200, "A page of customers.")
        .refuses(404)
        .to(list);
    let enters = "Enters or changes the billing information of a tenant";
    let save = put(path, "putCustomer", enters)
        .scope(BillingWrite)
        .about("By the tenant in the body. Everything that is wrong is told at once.")
        .example(billing_info())
        .answers::<CustomerResponse>(200, "The customer.")
        .tagged()
        .refuses(404)
        .to(save);
    let path = "/api/advanced-automation/v1/Customers/{Id}";
    let show = get(path, "readCustomer", "Reads a customer")
        .scope(BillingRead)
        .answers::<CustomerResponse>(200, "The customer.")
        .tagged()
        .to(show);
    [list, save, show]
}

query! {
    /// Which customers to list.
    struct CustomersQuery {
        /// This tenant and all below it; missing: all within reach.
        tenant as "Tenant": Option<TenantId> = TENANT,
        /// `After` of the page before; goes not together with `Page`.
        after as "After": Option<Cursor>,
        /// The page, counted from 1; `Page` times `PageSize` is at most 10,000.
        page as "Page": Page,
        /// How many at most.
        size as "PageSize": PageSize,
    }
}

impl Segment for CustomerId {
    const ABOUT: &'static str = "The customer's id.";

    fn schema() -> Value {
        schema::id()
    }

    fn parse(text: &str) -> Result<Self, ApiError> {
        let missing = |_| Error::NotFound(What::Customer).into();
        text.parse().map_err(missing)
    }
}

fn shown(view: CustomerView, now: Timestamp) -> Response {
    let version = view.customer.version;
    output::versioned(output::ok(&convert::customer(view, now)), version)
}

async fn list(call: Call, query: CustomersQuery) -> Answer {
    let root = query.tenant.unwrap_or(call.caller.root);
    let paging = Paging::of(query.page, query.size)?;
    let list = format!("customers/{root}");
    let after = query.after.map(|after| after.read("After", &list));
    let after = after.transpose()?;
    if after.is_some() && paging.skip > 0 {
        return Err(ApiError::malformed("Page", "goes not together with After"));
    }
    let request = PageRequest {
        limit: paging.size,
        after,
    };
    let page = usecase::list(call.context(), root, request, paging.skip).await?;
    let (customers, now) = (page.items.into_iter(), call.now());
    Ok(output::ok(&CustomersResponse {
        customers: customers.map(|view| convert::customer(view, now)).collect(),
        after: page.next.map(|id| cursor::write(&id, &list)),
    }))
}

/// Creates or updates, and answers 200 either way, as the vendor has it.
async fn save(call: Call, expected: Expected, Json(body): Json<CustomerRequest>) -> Answer {
    let tenant = match body.tenant.id::<TenantId>() {
        Ok(Field::Set(tenant)) => tenant,
        Ok(Field::Keep | Field::Clear) => {
            return Err(ApiError::malformed(
                "Tenant",
                "give the id of the tenant whose billing information this is",
            ));
        }
        Err(bad) => return Err(ApiError::malformed("Tenant", bad)),
    };
    let (cx, tax) = (call.context(), body.tax_id());
    let done = usecase::put(cx, tenant, tax, expected, |old, tax| body.apply(old, tax)).await;
    Ok(shown(by_header(done)?, call.now()))
}

async fn show(call: Call, Path(id): Path<CustomerId>) -> Answer {
    let view = usecase::read(call.context(), id).await?;
    Ok(shown(view, call.now()))
}
