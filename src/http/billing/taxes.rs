//! `/Taxes`.

use http::header::LOCATION;
use http::{HeaderValue, StatusCode};

use super::convert::tax as convert;
use super::request::{checked, object, paging, yes_or_no};
use super::wire::tax::TaxIn;
use crate::domain::billing::Tax;
use crate::domain::ids::{TaxId, TenantId};
use crate::http::error::ApiError;
use crate::http::input::Params;
use crate::http::message::Response;
use crate::http::output;
use crate::http::precondition;
use crate::http::router::{Answer, Call};
use crate::usecases::access::Caller;
use crate::usecases::field_checks::Field;
use crate::usecases::manage_taxes as usecase;

fn shown(status: StatusCode, tax: Tax) -> Response {
    let version = tax.version;
    output::versioned(output::json(status, &convert::tax(tax)), version)
}

/// `id` asks for one tax, as the vendor has it; without it there is a list.
pub(super) async fn read(call: Call, caller: Caller) -> Answer {
    let params = Params::of_query(&call.request.head)?;
    if let Some(id) = params.parsed::<TaxId>("id")? {
        let tax = usecase::read(&call.env, &caller, id).await?;
        return Ok(shown(StatusCode::OK, tax));
    }
    let tenant = params.parsed::<TenantId>("Tenant")?.unwrap_or(caller.root);
    let active = yes_or_no(&params, "Active")?;
    let paging = paging(&params)?;
    let mut taxes = usecase::list(&call.env, &caller, tenant).await?;
    taxes.retain(|tax| active.is_none_or(|active| tax.active == active));
    Ok(output::ok(&convert::list(taxes, paging)))
}

pub(super) async fn create(call: Call, caller: Caller) -> Answer {
    let patch = convert::patch(object::<TaxIn>(&call.request)?);
    let now = call.request.head.received_at;
    let tax = usecase::create(&call.env, &caller, &patch, now).await?;
    let location = format!("/api/advanced-automation/v1/Taxes?id={}", tax.id);
    let mut response = shown(StatusCode::CREATED, tax);
    if let Ok(location) = HeaderValue::from_str(&location) {
        response.headers_mut().insert(LOCATION, location);
    }
    Ok(response)
}

/// Updates the tax of the body's `Id`; without one, or with zeros, creates, as the vendor has it.
pub(super) async fn put(call: Call, caller: Caller) -> Answer {
    let expected = precondition::expected(&call.request.head)?;
    let body = object::<TaxIn>(&call.request)?;
    let id = body.id.0.id::<TaxId>();
    let id = id.map_err(|bad| ApiError::malformed("Id", bad))?;
    let patch = convert::patch(body);
    let now = call.request.head.received_at;
    let tax = match id {
        Field::Set(id) => {
            checked(usecase::update(&call.env, &caller, id, &patch, expected, now).await)?
        }
        Field::Keep | Field::Clear => {
            // What does not exist yet has no version that could match.
            checked(expected.check(0))?;
            usecase::create(&call.env, &caller, &patch, now).await?
        }
    };
    Ok(shown(StatusCode::OK, tax))
}
