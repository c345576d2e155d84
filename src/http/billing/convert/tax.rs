//! Taxes.

use super::super::request::Paging;
use super::super::wire::tax::{TaxRequest, TaxResponse, TaxesResponse};
use crate::domain::billing::Tax;
use crate::http::decimal::Number;
use crate::usecases::field_checks::Field;
use crate::usecases::manage_taxes::TaxPatch;

pub(crate) fn patch(body: TaxRequest) -> TaxPatch {
    TaxPatch {
        tenant: body.tenant.0,
        name: body.name.0,
        code: body.code.0,
        value: match body.value.0 {
            Field::Keep => Field::Keep,
            Field::Clear => Field::Clear,
            Field::Set(Number(decimal)) => Field::Set(decimal),
        },
        active: body.active.0,
        allow_inactive: body.allow_inactive.0,
        is_default: body.is_default.0,
    }
}

pub(crate) fn tax(tax: Tax) -> TaxResponse {
    TaxResponse {
        id: tax.id.to_string(),
        tenant: tax.tenant_id.to_string(),
        name: tax.name,
        value: tax.rate.percent().into(),
        active: tax.active,
        code: tax.code,
        allow_inactive: tax.allow_inactive,
        is_default: tax.is_default,
        custom_fields: (),
    }
}

/// One page of `all`.
pub(crate) fn list(all: Vec<Tax>, paging: Paging) -> TaxesResponse {
    let found = all.len();
    let page = all.into_iter().skip(paging.skip).take(paging.size);
    TaxesResponse {
        taxes: page.map(tax).collect(),
        amount_records_found: found,
        amount_of_pages: found.div_ceil(paging.size),
    }
}
