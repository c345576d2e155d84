//! `/Taxes`.

use http::header::LOCATION;
use http::{HeaderValue, StatusCode};

use super::common::{Page, PageSize, Paging};
use crate::domain::billing::Tax;
use crate::domain::client::ApiScope::{BillingRead, BillingWrite};
use crate::domain::ids::{TaxId, TenantId};
use crate::http::billing::convert::tax as convert;
use crate::http::billing::examples::{self, TENANT};
use crate::http::billing::wire::tax::{TaxRequest, TaxResponse, TaxesResponse};
use crate::http::endpoint::{Answer, Call, Endpoint, Json, get, post, put, query};
use crate::http::error::ApiError;
use crate::http::message::Response;
use crate::http::openapi::schema;
use crate::http::output;
use crate::http::precondition::by_header;
use crate::usecases::field_checks::Field;
use crate::usecases::manage_taxes as usecase;
use crate::usecases::precondition::Expected;

const PATH: &str = "/api/advanced-automation/v1/Taxes";

pub(super) fn endpoints() -> [Endpoint; 3] {
    let list = get(PATH, "listTaxes", "Lists taxes, or reads one")
        .scope(BillingRead)
        .about("With `id` the answer is that tax, without it a list.")
        .answers_one_of::<TaxesResponse, TaxResponse>(200, "A page of taxes, or the tax.")
        .refuses(404)
        .to(list);
    let create = post(PATH, "createTax", "Creates a tax")
        .scope(BillingWrite)
        .example(examples::tax())
        .answers::<TaxResponse>(201, "The tax.")
        .tagged()
        .with_header("Location", schema::any_text(), "Where it is.")
        .refuses(404)
        .to(create);
    let save = put(PATH, "putTax", "Changes a tax, or creates one")
        .scope(BillingWrite)
        .about("The tax of the body's `Id`; without one it is created.")
        .example(examples::tax())
        .answers::<TaxResponse>(200, "The tax.")
        .tagged()
        .refuses(404)
        .to(save);
    [list, create, save]
}

query! {
    /// Which tax to read, or which to list.
    struct TaxesQuery {
        /// The tax.
        id: Option<TaxId>,
        /// Those that this tenant can have; missing: the caller's own.
        tenant as "Tenant": Option<TenantId> = TENANT,
        /// Only those that are active, or are not.
        active as "Active": Option<bool>,
        /// The page, counted from 1; `Page` times `PageSize` is at most 10,000.
        page as "Page": Page,
        /// How many at most.
        size as "PageSize": PageSize,
    }
}

fn shown(status: StatusCode, tax: Tax) -> Response {
    let version = tax.version;
    output::versioned(output::json(status, &convert::tax(tax)), version)
}

async fn list(call: Call, query: TaxesQuery) -> Answer {
    if let Some(id) = query.id {
        let tax = usecase::read(call.context(), id).await?;
        return Ok(shown(StatusCode::OK, tax));
    }
    let paging = Paging::of(query.page, query.size)?;
    let tenant = query.tenant.unwrap_or(call.caller.root);
    let mut taxes = usecase::list(call.context(), tenant).await?;
    taxes.retain(|tax| query.active.is_none_or(|active| tax.active == active));
    Ok(output::ok(&convert::list(taxes, paging.skip, paging.size)))
}

async fn create(call: Call, Json(body): Json<TaxRequest>) -> Answer {
    let fill = |tax, checks| body.apply(tax, checks);
    let tax = usecase::create(call.context(), &body.tenant, fill).await?;
    let location = HeaderValue::try_from(format!("{PATH}?id={}", tax.id));
    let mut response = shown(StatusCode::CREATED, tax);
    if let Ok(location) = location {
        response.headers_mut().insert(LOCATION, location);
    }
    Ok(response)
}

/// An `Id` of zeros is none, as the vendor has it.
async fn save(call: Call, expected: Expected, Json(body): Json<TaxRequest>) -> Answer {
    let id = body.id.id::<TaxId>();
    let id = id.map_err(|bad| ApiError::malformed("Id", bad))?;
    let (cx, tenant) = (call.context(), &body.tenant);
    let change = |tax, checks| body.apply(tax, checks);
    let tax = match id {
        Field::Set(id) => by_header(usecase::update(cx, (id, tenant), expected, change).await)?,
        Field::Keep | Field::Clear => {
            // What does not exist yet has no version that could match.
            by_header(expected.check(0))?;
            usecase::create(cx, tenant, change).await?
        }
    };
    Ok(shown(StatusCode::OK, tax))
}
