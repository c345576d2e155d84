//! Taxes.

use crate::domain::billing::{Tax, TaxRate};
use crate::domain::text::check_name;
use crate::http::billing::wire::tax::{TaxRequest, TaxResponse, TaxesResponse};
use crate::http::decimal::Number;
use crate::http::openapi::schema::Null;
use crate::usecases::error::Error;
use crate::usecases::field_checks::{Checks, Field, flag};

/// Longest name, in characters.
const NAME_CHARS: usize = 100;
/// Longest code, in characters.
const CODE_CHARS: usize = 50;

impl TaxRequest {
    /// The tax with the change made, where neither this finds a fault nor `checks` has one. Whose
    /// it is was looked at.
    pub(crate) fn apply(&self, mut tax: Tax, mut checks: Checks) -> Result<Tax, Error> {
        let name = |text: &str| check_name(text, NAME_CHARS);
        checks.text("Name", &self.name, &mut tax.name, name);
        if tax.name.is_empty() {
            checks.fail("Name", "must not be empty");
        }
        checks.line("Code", &self.code, CODE_CHARS, &mut tax.code);
        match self.value.map(|Number(percent)| percent) {
            Field::Keep => {}
            Field::Clear => tax.rate = TaxRate::ZERO,
            Field::Set(percent) => match TaxRate::try_from(percent) {
                Ok(rate) => tax.rate = rate,
                Err(bad) => checks.fail("Value", bad),
            },
        }
        flag(&self.active, true, &mut tax.active);
        flag(&self.allow_inactive, false, &mut tax.allow_inactive);
        flag(&self.is_default, false, &mut tax.is_default);
        checks.done()?;
        Ok(tax)
    }
}

pub(crate) fn tax(tax: Tax) -> TaxResponse {
    TaxResponse {
        id: tax.id.uuid(),
        tenant: tax.tenant_id.uuid(),
        name: tax.name,
        value: tax.rate.percent().into(),
        active: tax.active,
        code: tax.code,
        allow_inactive: tax.allow_inactive,
        is_default: tax.is_default,
        custom_fields: Null,
    }
}

/// The page of `all` that has `size` taxes and comes after `skip`.
pub(crate) fn list(all: Vec<Tax>, skip: usize, size: usize) -> TaxesResponse {
    let found = all.len();
    let page = all.into_iter().skip(skip).take(size);
    TaxesResponse {
        taxes: page.map(tax).collect(),
        amount_records_found: found,
        amount_of_pages: found.div_ceil(size),
    }
}
