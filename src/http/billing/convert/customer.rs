//! Customers.

use uuid::{Uuid, uuid};

use crate::domain::billing::{Address, Customer, Invoicing, Reach, Service, Tax};
use crate::domain::contact::EmailAddress;
use crate::domain::ids::{CountryId, LanguageId, StateId, TaxId};
use crate::domain::text::{check_host, check_login, check_name};
use crate::domain::time::Timestamp;
use crate::http::billing::wire::customer::{CustomerRequest, CustomerResponse};
use crate::http::billing::wire::{Moment, NumberText};
use crate::http::openapi::schema::Null;
use crate::reference::{countries, iban, languages};
use crate::usecases::error::Error;
use crate::usecases::field_checks::{Checks, Field, flag, optional};
use crate::usecases::manage_customers::CustomerView;

/// What the vendor prints of things that this service has one of: the same for everybody.
const DEFAULT_SLA: Uuid = uuid!("63b75905-10d4-44e9-ba1e-7aa2eff4100b");
const CATEGORY: Uuid = uuid!("7f8320eb-d653-40ae-9d57-1257bead1a29");
const PRIORITY: Uuid = uuid!("683a47ec-e57c-43a5-ba10-2ccdc03fd331");

/// A customer, as opposed to somebody who may become one.
const STATUS: u8 = 2;

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

/// Takes fields of a request, one a line: `check "Name" field (bound or default) => place;`.
macro_rules! take {
    ($request:ident, $checks:ident: $(
        $check:ident $name:literal $field:ident $(($bound:expr))? => $slot:expr;
    )+) => {$(
        $checks.$check($name, &$request.$field, $($bound,)? &mut $slot);
    )+};
}

/// Takes yes and no fields of a request; one that is cleared goes back to its default.
macro_rules! take_flags {
    ($request:ident, $usual:ident => $new:ident: $($field:ident => $slot:ident;)+) => {$(
        flag(&$request.$field, $usual.$slot, &mut $new.$slot);
    )+};
}

impl CustomerRequest {
    /// The tax that is asked for, if it is an id at all.
    pub(crate) fn tax_id(&self) -> Option<TaxId> {
        match self.tax.id::<TaxId>() {
            Ok(Field::Set(id)) => Some(id),
            _ => None,
        }
    }

    /// The customer with the change made. `given_tax` is the tax of [`CustomerRequest::tax_id`],
    /// where the customer can have it.
    pub(crate) fn apply(
        &self,
        mut new: Customer,
        given_tax: Option<&Tax>,
    ) -> Result<Customer, Error> {
        let mut checks = Checks::default();
        self.apply_names(&mut new, &mut checks);
        self.apply_address(&mut new.address, &mut checks);
        self.apply_reach(&mut new.reach, &mut checks);
        self.apply_tax(&mut new.invoicing, given_tax, &mut checks);
        self.apply_invoicing(&mut new.invoicing, &mut checks);
        self.apply_service(&mut new.service, &mut checks);
        flag(&self.trial_account, false, &mut new.account.trial);
        let expires_at = &mut new.account.trial_expires_at;
        let given = self.trial_expiration_date.map(|Moment(at)| at);
        optional(&given, expires_at);
        optional(&self.paid_account, &mut new.account.paid);
        for (name, list) in [
            ("Addresses", &self.addresses),
            ("InvoiceRecipients", &self.invoice_recipients),
            ("CustomFields", &self.custom_fields),
        ] {
            if list.as_ref().is_some_and(|list| !list.is_empty()) {
                checks.fail(name, NOT_KEPT);
            }
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
        take! { self, checks:
            line "Street" street (LINE_CHARS) => new.street;
            line "HouseNo" house_no (CODE_CHARS) => new.house_no;
            line "HouseNoAdd" house_no_add (CODE_CHARS) => new.house_no_add;
            optional_line "BuildingName" building_name (LINE_CHARS) => new.building_name;
            line "Zipcode" zipcode (CODE_CHARS) => new.zipcode;
            line "City" city (LINE_CHARS) => new.city;
        }
    }

    fn apply_reach(&self, new: &mut Reach, checks: &mut Checks) {
        checks.text("Domain", &self.domain, &mut new.domain, check_host);
        take! { self, checks:
            from_text "Email" email => new.email;
            line "PhoneNumber" phone_number (CODE_CHARS) => new.phone;
            line "Fax" fax (CODE_CHARS) => new.fax;
        }
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
        take! { self, checks:
            optional_line "DebtorCode" debtor_code (CODE_CHARS) => new.debtor_code;
            from_text "VATNumber" vat_number => new.vat_number;
        }
        let account = &mut new.bank_account;
        checks.parsed("BankAccount", &self.bank_account, account, iban::parse);
        take! { self, checks:
            number "PaymentTerms" payment_terms (usual.payment_terms) => new.payment_terms;
            from_text "FallbackInvoiceEmailAddress" fallback_invoice_email_address
                => new.fallback_email;
            line "InvoiceNotes" invoice_notes (NOTE_CHARS) => new.notes;
        }
        take_flags! { self, usual => new:
            direct_debit => direct_debit;
            send_invoice_by_email => send_by_email;
            subtotals_on_invoice => subtotals;
            consolidate_billing => consolidate;
        }
    }

    fn apply_service(&self, new: &mut Service, checks: &mut Checks) {
        let usual = Service::default();
        take! { self, checks:
            line "CompanyType" company_type (CODE_CHARS) => new.company_type;
        }
        if new.company_type.is_empty() {
            new.company_type = usual.company_type;
        }
        let minutes = self
            .time_registration_roundup_time
            .map(|NumberText(minutes)| minutes);
        let roundup = &mut new.roundup;
        checks.number(
            "TimeRegistrationRoundupTime",
            &minutes,
            usual.roundup,
            roundup,
        );
        take! { self, checks:
            number "DaysOffPerYear" days_off_per_year (usual.days_off) => new.days_off;
            number "OccupancyRateNotificationThreshold" occupancy_rate_notification_threshold
                (usual.occupancy_threshold) => new.occupancy_threshold;
            line "ClientDocumentation" client_documentation (NOTE_CHARS) => new.documentation;
        }
        let mandatory = &mut new.ticket_update_mandatory;
        optional(&self.ticket_update_mandatory, mandatory);
        optional(&self.auto_pause, &mut new.auto_pause);
        take_flags! { self, usual => new: show_persons => show_persons; }
    }
}

fn text(email: Option<EmailAddress>) -> String {
    email.map_or_else(String::new, |email| email.as_str().to_owned())
}

/// The whole object.
#[allow(
    clippy::too_many_lines,
    reason = "one line per field of the vendor's answer, in its order; a part of it says nothing"
)]
pub(crate) fn customer(view: CustomerView, now: Timestamp) -> CustomerResponse {
    let customer = view.customer;
    let (address, reach) = (customer.address, customer.reach);
    let (invoicing, service) = (customer.invoicing, customer.service);
    let account = customer.account;
    let vat_number = invoicing.vat_number.map(|vat| vat.as_str().to_owned());
    let bank_account = invoicing.bank_account.map(|bank| bank.as_str().to_owned());
    CustomerResponse {
        id: customer.id.uuid(),
        tenant: customer.tenant_id.uuid(),
        name: customer.name,
        debtor_code: invoicing.debtor_code,
        alias: customer.alias,
        status: STATUS,
        language: customer.language.uuid(),
        tax_exempt: invoicing.tax_exempt,
        tax: invoicing.tax.map(|id| id.uuid()),
        country: address.country.map(|id| id.uuid()),
        ticket_update_mandatory: service.ticket_update_mandatory,
        state_country: address.state.map(|id| id.uuid()),
        street: address.street,
        house_no: address.house_no,
        house_no_add: address.house_no_add,
        zipcode: address.zipcode,
        city: address.city,
        domain: reach.domain,
        email: text(reach.email),
        fallback_invoice_email_address: text(invoicing.fallback_email),
        phone_number: reach.phone,
        fax: reach.fax,
        vat_number: vat_number.unwrap_or_default(),
        bank_account: bank_account.unwrap_or_default(),
        ad_sync_id: customer.directory_sync_id,
        default_sla: DEFAULT_SLA,
        support_group: view.support_group,
        default_business_unit: view.business_unit,
        support_user: view.support_user,
        company_type: service.company_type,
        send_invoice_by_email: invoicing.send_by_email,
        addresses: [],
        invoice_recipients: [],
        time_registration_roundup_time: NumberText(service.roundup.get().into()),
        category: CATEGORY,
        priority: PRIORITY,
        days_off_per_year: service.days_off.get(),
        is_tier4: true,
        tier: "Tier 4",
        show_persons: service.show_persons,
        tenant_data: Null,
        parent_customer: Null,
        default_billing_entity: Null,
        client_documentation: service.documentation,
        auto_pause: service.auto_pause,
        building_name: address.building_name,
        paid_account: account.is_paid(),
        trial_account: account.trial,
        trial_expiration_date: account.trial_expires_at.map(Moment),
        creation_date: Null,
        trial_account_expired: account.is_trial_over(now),
        tier3_id: Uuid::nil(),
        payment_terms: invoicing.payment_terms.get(),
        invoice_notes: invoicing.notes,
        tier_culture: view.culture,
        direct_debit: invoicing.direct_debit,
        consolidate_billing: invoicing.consolidate,
        is_set_as_main_customer: false,
        old_parent_id: Uuid::nil(),
        subtotals_on_invoice: invoicing.subtotals,
        group_linked_to_customer: false,
        external_tenant_id: view.v1_id.to_string(),
        external_tenant_uuid: customer.tenant_id.uuid(),
        acronis_tenant_id: Null,
        login_user_name: reach.login,
        group_id: Null,
        state_country_description: view.state_name,
        country_description: view.country_name,
        external_parent_id: Null,
        occupancy_rate_notification_threshold: service.occupancy_threshold.get(),
        custom_fields: [],
    }
}
