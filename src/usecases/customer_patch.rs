//! Changes of a tenant's billing information, and the rules that each field follows. Fields are
//! called as seed 002 calls them.

use super::error::Error;
use super::field_checks::{Checks, Field, flag, optional};
use crate::domain::billing::{Address, Customer, Invoicing, Reach, Service, Tax};
use crate::domain::ids::{CountryId, LanguageId, StateId, TaxId};
use crate::domain::text::{check_host, check_login, check_name};
use crate::domain::time::Timestamp;
use crate::reference::{countries, iban, languages};

/// Longest name, in characters.
const NAME_CHARS: usize = 255;
/// Longest line of an address, in characters.
const LINE_CHARS: usize = 200;
/// Longest number or code of any kind, in characters.
const CODE_CHARS: usize = 50;
/// Longest note, in characters.
const NOTE_CHARS: usize = 2000;

const NO_TAX: &str = "is required unless TaxExempt is true; GET /Taxes lists what there is";
const UNKNOWN_TAX: &str = "is no tax that this tenant can have; GET /Taxes lists what there is";
const UNKNOWN_COUNTRY: &str = "is no country of GET /ServiceDesk/Configuration";
const UNKNOWN_LANGUAGE: &str = "is no language of GET /ServiceDesk/Configuration";
const UNKNOWN_STATE: &str =
    "is no state of the customer's Country; GET /ServiceDesk/Configuration lists them";
const NOT_KEPT: &str = "is not kept here: leave it out, or send []";

/// What a request says of a customer. Texts are as the caller wrote them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[allow(missing_docs)] // the names are the seed's
pub struct CustomerPatch {
    pub name: Field<String>,
    pub alias: Field<String>,
    pub language: Field<String>,
    pub country: Field<String>,
    pub state_country: Field<String>,
    pub street: Field<String>,
    pub house_no: Field<String>,
    pub house_no_add: Field<String>,
    pub building_name: Field<String>,
    pub zipcode: Field<String>,
    pub city: Field<String>,
    pub domain: Field<String>,
    pub email: Field<String>,
    pub phone_number: Field<String>,
    pub fax: Field<String>,
    pub login_user_name: Field<String>,
    pub debtor_code: Field<String>,
    pub tax_exempt: Field<bool>,
    pub tax: Field<String>,
    pub vat_number: Field<String>,
    pub bank_account: Field<String>,
    pub payment_terms: Field<i64>,
    pub direct_debit: Field<bool>,
    pub send_invoice_by_email: Field<bool>,
    pub fallback_invoice_email_address: Field<String>,
    pub subtotals_on_invoice: Field<bool>,
    pub consolidate_billing: Field<bool>,
    pub invoice_notes: Field<String>,
    pub company_type: Field<String>,
    pub time_registration_roundup_time: Field<i64>,
    pub days_off_per_year: Field<i64>,
    pub ticket_update_mandatory: Field<bool>,
    pub auto_pause: Field<bool>,
    pub show_persons: Field<bool>,
    pub client_documentation: Field<String>,
    pub occupancy_rate_notification_threshold: Field<i64>,
    pub trial_account: Field<bool>,
    pub trial_expiration_date: Field<Timestamp>,
    pub paid_account: Field<bool>,
    /// Lists that have something in them, of those that are not kept here.
    pub filled_lists: Vec<&'static str>,
}

impl CustomerPatch {
    /// The tax that is asked for, if it is an id at all.
    #[must_use]
    pub fn tax_id(&self) -> Option<TaxId> {
        match self.tax.id::<TaxId>() {
            Ok(Field::Set(id)) => Some(id),
            _ => None,
        }
    }

    /// The customer with the change made. `given_tax` is the tax of [`CustomerPatch::tax_id`],
    /// where the customer can have it.
    ///
    /// # Errors
    /// [`Error::InvalidFields`] with all that is wrong.
    pub fn apply(&self, mut new: Customer, given_tax: Option<&Tax>) -> Result<Customer, Error> {
        let mut checks = Checks::default();
        self.apply_names(&mut new, &mut checks);
        self.apply_address(&mut new.address, &mut checks);
        self.apply_reach(&mut new.reach, &mut checks);
        self.apply_tax(&mut new.invoicing, given_tax, &mut checks);
        self.apply_invoicing(&mut new.invoicing, &mut checks);
        self.apply_service(&mut new.service, &mut checks);
        flag(&self.trial_account, false, &mut new.account.trial);
        let expires_at = &mut new.account.trial_expires_at;
        optional(&self.trial_expiration_date, expires_at);
        optional(&self.paid_account, &mut new.account.paid);
        for list in &self.filled_lists {
            checks.fail(list, NOT_KEPT);
        }
        checks.done()?;
        Ok(new)
    }

    fn apply_names(&self, new: &mut Customer, checks: &mut Checks) {
        let name = |text: &str| check_name(text, NAME_CHARS);
        checks.text("Name", &self.name, &mut new.name, name);
        if new.name.is_empty() {
            checks.fail("Name", "must not be empty");
        }
        checks.line("Alias", &self.alias, NAME_CHARS, &mut new.alias);
        if new.alias.is_empty() {
            new.alias.clone_from(&new.name);
        }
        match self.language.id::<LanguageId>() {
            Ok(Field::Keep) => {}
            Ok(Field::Clear) => new.language = languages::of_tag("en"),
            Ok(Field::Set(id)) if languages::find(id).is_some() => new.language = id,
            Ok(Field::Set(_)) => checks.fail("Language", UNKNOWN_LANGUAGE),
            Err(bad) => checks.fail("Language", bad),
        }
    }

    fn apply_address(&self, new: &mut Address, checks: &mut Checks) {
        match self.country.id::<CountryId>() {
            Ok(Field::Keep) => {}
            Ok(Field::Clear) => new.country = None,
            Ok(Field::Set(id)) if countries::find(id).is_some() => new.country = Some(id),
            Ok(Field::Set(_)) => checks.fail("Country", UNKNOWN_COUNTRY),
            Err(bad) => checks.fail("Country", bad),
        }
        match self.state_country.id::<StateId>() {
            Ok(Field::Keep) => {}
            Ok(Field::Clear) => new.state = None,
            Ok(Field::Set(id)) => new.state = Some(id),
            Err(bad) => checks.fail("StateCountry", bad),
        }
        // A state is looked at against its country, whichever of the two the request changes.
        let country = new.country.and_then(countries::find);
        let known = |state| country.is_some_and(|country| country.state(state).is_some());
        if !checks.failed("Country") && new.state.is_some_and(|state| !known(state)) {
            checks.fail("StateCountry", UNKNOWN_STATE);
        }
        checks.line("Street", &self.street, LINE_CHARS, &mut new.street);
        checks.line("HouseNo", &self.house_no, CODE_CHARS, &mut new.house_no);
        let addition = &mut new.house_no_add;
        checks.line("HouseNoAdd", &self.house_no_add, CODE_CHARS, addition);
        let building = &mut new.building_name;
        checks.optional_line("BuildingName", &self.building_name, LINE_CHARS, building);
        checks.line("Zipcode", &self.zipcode, CODE_CHARS, &mut new.zipcode);
        checks.line("City", &self.city, LINE_CHARS, &mut new.city);
    }

    fn apply_reach(&self, new: &mut Reach, checks: &mut Checks) {
        checks.text("Domain", &self.domain, &mut new.domain, check_host);
        checks.from_text("Email", &self.email, &mut new.email);
        let phone = &mut new.phone;
        checks.line("PhoneNumber", &self.phone_number, CODE_CHARS, phone);
        checks.line("Fax", &self.fax, CODE_CHARS, &mut new.fax);
        let login = &mut new.login;
        checks.text("LoginUserName", &self.login_user_name, login, check_login);
    }

    fn apply_tax(&self, new: &mut Invoicing, given_tax: Option<&Tax>, checks: &mut Checks) {
        flag(&self.tax_exempt, false, &mut new.tax_exempt);
        match (self.tax.id::<TaxId>(), given_tax) {
            (Ok(Field::Keep), _) => {}
            (Ok(Field::Clear), _) => new.tax = None,
            (Ok(Field::Set(id)), Some(tax)) if tax.id == id => {
                if !tax.active && !tax.allow_inactive && new.tax != Some(id) {
                    checks.fail("Tax", "is not active; choose another, or activate it");
                }
                new.tax = Some(id);
            }
            (Ok(Field::Set(_)), _) => checks.fail("Tax", UNKNOWN_TAX),
            (Err(bad), _) => checks.fail("Tax", bad),
        }
        if !new.tax_exempt && new.tax.is_none() && !checks.failed("Tax") {
            checks.fail("Tax", NO_TAX);
        }
    }

    fn apply_invoicing(&self, new: &mut Invoicing, checks: &mut Checks) {
        let usual = Invoicing::default();
        let debtor = &mut new.debtor_code;
        checks.optional_line("DebtorCode", &self.debtor_code, CODE_CHARS, debtor);
        checks.from_text("VATNumber", &self.vat_number, &mut new.vat_number);
        let account = &mut new.bank_account;
        checks.parsed("BankAccount", &self.bank_account, account, iban::parse);
        let terms = &mut new.payment_terms;
        checks.number(
            "PaymentTerms",
            &self.payment_terms,
            usual.payment_terms,
            terms,
        );
        checks.from_text(
            "FallbackInvoiceEmailAddress",
            &self.fallback_invoice_email_address,
            &mut new.fallback_email,
        );
        flag(
            &self.direct_debit,
            usual.direct_debit,
            &mut new.direct_debit,
        );
        let by_email = &mut new.send_by_email;
        flag(&self.send_invoice_by_email, usual.send_by_email, by_email);
        flag(
            &self.subtotals_on_invoice,
            usual.subtotals,
            &mut new.subtotals,
        );
        let consolidate = &mut new.consolidate;
        flag(&self.consolidate_billing, usual.consolidate, consolidate);
        checks.line(
            "InvoiceNotes",
            &self.invoice_notes,
            NOTE_CHARS,
            &mut new.notes,
        );
    }

    fn apply_service(&self, new: &mut Service, checks: &mut Checks) {
        let usual = Service::default();
        checks.line(
            "CompanyType",
            &self.company_type,
            CODE_CHARS,
            &mut new.company_type,
        );
        if new.company_type.is_empty() {
            new.company_type = usual.company_type;
        }
        checks.number(
            "TimeRegistrationRoundupTime",
            &self.time_registration_roundup_time,
            usual.roundup,
            &mut new.roundup,
        );
        let days = &mut new.days_off;
        checks.number(
            "DaysOffPerYear",
            &self.days_off_per_year,
            usual.days_off,
            days,
        );
        checks.number(
            "OccupancyRateNotificationThreshold",
            &self.occupancy_rate_notification_threshold,
            usual.occupancy_threshold,
            &mut new.occupancy_threshold,
        );
        optional(
            &self.ticket_update_mandatory,
            &mut new.ticket_update_mandatory,
        );
        optional(&self.auto_pause, &mut new.auto_pause);
        flag(
            &self.show_persons,
            usual.show_persons,
            &mut new.show_persons,
        );
        let documentation = &mut new.documentation;
        checks.line(
            "ClientDocumentation",
            &self.client_documentation,
            NOTE_CHARS,
            documentation,
        );
    }
}
