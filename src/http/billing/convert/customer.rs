//! Customers.

use super::super::wire::customer::{CustomerRequest, CustomerResponse};
use super::super::wire::{Maybe, Moment, NumberText};
use crate::domain::contact::EmailAddress;
use crate::domain::time::Timestamp;
use crate::usecases::customer_patch::CustomerPatch;
use crate::usecases::field_checks::Field;
use crate::usecases::manage_customers::CustomerView;

/// What the vendor prints of things that this service has one of: the same for everybody.
const DEFAULT_SLA: &str = "63b75905-10d4-44e9-ba1e-7aa2eff4100b";
const CATEGORY: &str = "7f8320eb-d653-40ae-9d57-1257bead1a29";
const PRIORITY: &str = "683a47ec-e57c-43a5-ba10-2ccdc03fd331";
const NO_ID: &str = "00000000-0000-0000-0000-000000000000";

/// A customer, as opposed to somebody who may become one.
const STATUS: u8 = 2;

fn map<T, U>(given: Maybe<T>, change: impl FnOnce(T) -> U) -> Field<U> {
    match given.0 {
        Field::Keep => Field::Keep,
        Field::Clear => Field::Clear,
        Field::Set(value) => Field::Set(change(value)),
    }
}

pub(crate) fn patch(body: CustomerRequest) -> CustomerPatch {
    let lists = [
        ("Addresses", body.addresses),
        ("InvoiceRecipients", body.invoice_recipients),
        ("CustomFields", body.custom_fields),
    ];
    let filled = lists
        .into_iter()
        .filter(|(_, list)| list.as_ref().is_some_and(|list| !list.is_empty()));
    CustomerPatch {
        name: body.name.0,
        alias: body.alias.0,
        language: body.language.0,
        country: body.country.0,
        state_country: body.state_country.0,
        street: body.street.0,
        house_no: body.house_no.0,
        house_no_add: body.house_no_add.0,
        building_name: body.building_name.0,
        zipcode: body.zipcode.0,
        city: body.city.0,
        domain: body.domain.0,
        email: body.email.0,
        phone_number: body.phone_number.0,
        fax: body.fax.0,
        login_user_name: body.login_user_name.0,
        debtor_code: body.debtor_code.0,
        tax_exempt: body.tax_exempt.0,
        tax: body.tax.0,
        vat_number: body.vat_number.0,
        bank_account: body.bank_account.0,
        payment_terms: body.payment_terms.0,
        direct_debit: body.direct_debit.0,
        send_invoice_by_email: body.send_invoice_by_email.0,
        fallback_invoice_email_address: body.fallback_invoice_email_address.0,
        subtotals_on_invoice: body.subtotals_on_invoice.0,
        consolidate_billing: body.consolidate_billing.0,
        invoice_notes: body.invoice_notes.0,
        company_type: body.company_type.0,
        time_registration_roundup_time: map(
            body.time_registration_roundup_time,
            |NumberText(minutes)| minutes,
        ),
        days_off_per_year: body.days_off_per_year.0,
        ticket_update_mandatory: body.ticket_update_mandatory.0,
        auto_pause: body.auto_pause.0,
        show_persons: body.show_persons.0,
        client_documentation: body.client_documentation.0,
        occupancy_rate_notification_threshold: body.occupancy_rate_notification_threshold.0,
        trial_account: body.trial_account.0,
        trial_expiration_date: map(body.trial_expiration_date, |Moment(at)| at),
        paid_account: body.paid_account.0,
        filled_lists: filled.map(|(name, _)| name).collect(),
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
        id: customer.id.to_string(),
        tenant: customer.tenant_id.to_string(),
        name: customer.name,
        debtor_code: invoicing.debtor_code,
        alias: customer.alias,
        status: STATUS,
        language: customer.language.to_string(),
        tax_exempt: invoicing.tax_exempt,
        tax: invoicing.tax.map(|id| id.to_string()),
        country: address.country.map(|id| id.to_string()),
        ticket_update_mandatory: service.ticket_update_mandatory,
        state_country: address.state.map(|id| id.to_string()),
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
        ad_sync_id: customer.directory_sync_id.to_string(),
        default_sla: DEFAULT_SLA,
        support_group: view.support_group.to_string(),
        default_business_unit: view.business_unit.to_string(),
        support_user: view.support_user.to_string(),
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
        tenant_data: (),
        parent_customer: (),
        default_billing_entity: (),
        client_documentation: service.documentation,
        auto_pause: service.auto_pause,
        building_name: address.building_name,
        paid_account: account.is_paid(),
        trial_account: account.trial,
        trial_expiration_date: account.trial_expires_at.map(Moment),
        creation_date: (),
        trial_account_expired: account.is_trial_over(now),
        tier3_id: NO_ID,
        payment_terms: invoicing.payment_terms.get(),
        invoice_notes: invoicing.notes,
        tier_culture: view.culture,
        direct_debit: invoicing.direct_debit,
        consolidate_billing: invoicing.consolidate,
        is_set_as_main_customer: false,
        old_parent_id: NO_ID,
        subtotals_on_invoice: invoicing.subtotals,
        group_linked_to_customer: false,
        external_tenant_id: view.v1_id.to_string(),
        external_tenant_uuid: customer.tenant_id.to_string(),
        acronis_tenant_id: (),
        login_user_name: reach.login,
        group_id: (),
        state_country_description: view.state_name,
        country_description: view.country_name,
        external_parent_id: (),
        occupancy_rate_notification_threshold: service.occupancy_threshold.get(),
        custom_fields: [],
    }
}
