//! Taxes.

use super::super::request::Paging;
use super::super::wire::tax::{TaxIn, TaxListOut, TaxOut};
use crate::domain::billing::Tax;
use crate::http::decimal::Number;
use crate::usecases::field_checks::Field;
use crate::usecases::manage_taxes::TaxPatch;

pub(in super::super) fn patch(body: TaxIn) -> TaxPatch {
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

pub(in super::super) fn tax(tax: Tax) -> TaxOut {
    TaxOut {
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
pub(in super::super) fn list(all: Vec<Tax>, paging: Paging) -> TaxListOut {
    let found = all.len();
    let page = all.into_iter().skip(paging.skip).take(paging.size);
    TaxListOut {
        taxes: page.map(tax).collect(),
        amount_records_found: found,
        amount_of_pages: found.div_ceil(paging.size),
    }
}
