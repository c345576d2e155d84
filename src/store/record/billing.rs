//! Stored forms of customers and taxes.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Stored, need};
use crate::domain::billing::{
    Account, Address, BankAccount, Bounded, Customer, Invoicing, Reach, Service, Tax,
};
use crate::domain::contact::EmailAddress;
use crate::domain::ids::{CountryId, CustomerId, LanguageId, StateId, TaxId, TenantId};
use crate::domain::time::Timestamp;

#[derive(Serialize, Deserialize)]
pub struct CustomerForm {
    id: Uuid,
    tenant_id: Uuid,
    name: String,
    alias: String,
    language: Uuid,
    address: AddressForm,
    reach: ReachForm,
    invoicing: InvoicingForm,
    service: ServiceForm,
    account: AccountForm,
    directory_sync_id: Uuid,
    version: u64,
}

#[derive(Serialize, Deserialize)]
struct AddressForm {
    country: Option<Uuid>,
    state: Option<Uuid>,
    street: String,
    house_no: String,
    house_no_add: String,
    building_name: Option<String>,
    zipcode: String,
    city: String,
}

#[derive(Serialize, Deserialize)]
struct ReachForm {
    domain: String,
    email: Option<String>,
    phone: String,
    fax: String,
    login: String,
}

#[derive(Serialize, Deserialize)]
struct InvoicingForm {
    debtor_code: Option<String>,
    tax_exempt: bool,
    tax: Option<Uuid>,
    vat_number: Option<String>,
    bank_account: Option<String>,
    payment_terms_days: u16,
    direct_debit: bool,
    send_by_email: bool,
    fallback_email: Option<String>,
    subtotals: bool,
    consolidate: bool,
    notes: String,
}

#[derive(Serialize, Deserialize)]
struct ServiceForm {
    company_type: String,
    roundup_minutes: u16,
    days_off: u16,
    ticket_update_mandatory: Option<bool>,
    auto_pause: Option<bool>,
    show_persons: bool,
    documentation: String,
    occupancy_threshold_percent: u16,
}

#[derive(Serialize, Deserialize)]
struct AccountForm {
    trial: bool,
    trial_expires_us: Option<i64>,
    paid: Option<bool>,
}

fn text_of(email: Option<EmailAddress>) -> Option<String> {
    email.map(|email| email.as_str().to_owned())
}

fn email_of(text: Option<String>) -> Result<Option<EmailAddress>, String> {
    text.map(|text| need("email", text.parse())).transpose()
}

fn bounded<const MAX: u16>(what: &str, number: u16) -> Result<Bounded<MAX>, String> {
    need(what, i64::from(number).try_into())
}

impl From<Address> for AddressForm {
    fn from(address: Address) -> Self {
        Self {
            country: address.country.map(CountryId::uuid),
            state: address.state.map(StateId::uuid),
            street: address.street,
            house_no: address.house_no,
            house_no_add: address.house_no_add,
            building_name: address.building_name,
            zipcode: address.zipcode,
            city: address.city,
        }
    }
}

impl From<AddressForm> for Address {
    fn from(form: AddressForm) -> Self {
        Self {
            country: form.country.map(CountryId::new),
            state: form.state.map(StateId::new),
            street: form.street,
            house_no: form.house_no,
            house_no_add: form.house_no_add,
            building_name: form.building_name,
            zipcode: form.zipcode,
            city: form.city,
        }
    }
}

impl From<Reach> for ReachForm {
    fn from(reach: Reach) -> Self {
        Self {
            domain: reach.domain,
            email: text_of(reach.email),
            phone: reach.phone,
            fax: reach.fax,
            login: reach.login,
        }
    }
}

impl ReachForm {
    fn into_reach(self) -> Result<Reach, String> {
        Ok(Reach {
            domain: self.domain,
            email: email_of(self.email)?,
            phone: self.phone,
            fax: self.fax,
            login: self.login,
        })
    }
}

impl From<Invoicing> for InvoicingForm {
    fn from(invoicing: Invoicing) -> Self {
        Self {
            debtor_code: invoicing.debtor_code,
            tax_exempt: invoicing.tax_exempt,
            tax: invoicing.tax.map(TaxId::uuid),
            vat_number: invoicing.vat_number.map(|vat| vat.as_str().to_owned()),
            bank_account: invoicing.bank_account.map(|bank| bank.as_str().to_owned()),
            payment_terms_days: invoicing.payment_terms.get(),
            direct_debit: invoicing.direct_debit,
            send_by_email: invoicing.send_by_email,
            fallback_email: text_of(invoicing.fallback_email),
            subtotals: invoicing.subtotals,
            consolidate: invoicing.consolidate,
            notes: invoicing.notes,
        }
    }
}

impl InvoicingForm {
    fn into_invoicing(self) -> Result<Invoicing, String> {
        let vat_number = self.vat_number.map(|text| need("VAT number", text.parse()));
        Ok(Invoicing {
            debtor_code: self.debtor_code,
            tax_exempt: self.tax_exempt,
            tax: self.tax.map(TaxId::new),
            vat_number: vat_number.transpose()?,
            bank_account: self.bank_account.map(BankAccount::of_checked_iban),
            payment_terms: bounded("payment terms", self.payment_terms_days)?,
            direct_debit: self.direct_debit,
            send_by_email: self.send_by_email,
            fallback_email: email_of(self.fallback_email)?,
            subtotals: self.subtotals,
            consolidate: self.consolidate,
            notes: self.notes,
        })
    }
}

impl From<Service> for ServiceForm {
    fn from(service: Service) -> Self {
        Self {
            company_type: service.company_type,
            roundup_minutes: service.roundup.get(),
            days_off: service.days_off.get(),
            ticket_update_mandatory: service.ticket_update_mandatory,
            auto_pause: service.auto_pause,
            show_persons: service.show_persons,
            documentation: service.documentation,
            occupancy_threshold_percent: service.occupancy_threshold.get(),
        }
    }
}

impl ServiceForm {
    fn into_service(self) -> Result<Service, String> {
        let threshold = self.occupancy_threshold_percent;
        Ok(Service {
            company_type: self.company_type,
            roundup: bounded("roundup", self.roundup_minutes)?,
            days_off: bounded("days off", self.days_off)?,
            ticket_update_mandatory: self.ticket_update_mandatory,
            auto_pause: self.auto_pause,
            show_persons: self.show_persons,
            documentation: self.documentation,
            occupancy_threshold: bounded("occupancy threshold", threshold)?,
        })
    }
}

impl From<Customer> for CustomerForm {
    fn from(customer: Customer) -> Self {
        let account = customer.account;
        Self {
            id: customer.id.uuid(),
            tenant_id: customer.tenant_id.uuid(),
            name: customer.name,
            alias: customer.alias,
            language: customer.language.uuid(),
            address: customer.address.into(),
            reach: customer.reach.into(),
            invoicing: customer.invoicing.into(),
            service: customer.service.into(),
            account: AccountForm {
                trial: account.trial,
                trial_expires_us: account.trial_expires_at.map(Timestamp::micros),
                paid: account.paid,
            },
            directory_sync_id: customer.directory_sync_id,
            version: customer.version,
        }
    }
}

impl Stored for Customer {
    const NAME: &'static str = "billing customer";
    type Form = CustomerForm;

    fn from_form(form: CustomerForm) -> Result<Self, String> {
        let trial_expires_at = form.account.trial_expires_us;
        Ok(Self {
            id: CustomerId::new(form.id),
            tenant_id: TenantId::new(form.tenant_id),
            name: form.name,
            alias: form.alias,
            language: LanguageId::new(form.language),
            address: form.address.into(),
            reach: form.reach.into_reach()?,
            invoicing: form.invoicing.into_invoicing()?,
            service: form.service.into_service()?,
            account: Account {
                trial: form.account.trial,
                trial_expires_at: trial_expires_at.map(Timestamp::from_micros),
                paid: form.account.paid,
            },
            directory_sync_id: form.directory_sync_id,
            version: form.version,
        })
    }
}

#[derive(Serialize, Deserialize)]
pub struct TaxForm {
    id: Uuid,
    tenant_id: Uuid,
    name: String,
    code: String,
    rate_percent: String,
    active: bool,
    allow_inactive: bool,
    is_default: bool,
    version: u64,
}

impl From<Tax> for TaxForm {
    fn from(tax: Tax) -> Self {
        Self {
            id: tax.id.uuid(),
            tenant_id: tax.tenant_id.uuid(),
            name: tax.name,
            code: tax.code,
            rate_percent: tax.rate.percent().to_string(),
            active: tax.active,
            allow_inactive: tax.allow_inactive,
            is_default: tax.is_default,
            version: tax.version,
        }
    }
}

impl Stored for Tax {
    const NAME: &'static str = "tax";
    type Form = TaxForm;

    fn from_form(form: TaxForm) -> Result<Self, String> {
        Ok(Self {
            id: TaxId::new(form.id),
            tenant_id: TenantId::new(form.tenant_id),
            name: form.name,
            code: form.code,
            rate: need("rate", form.rate_percent.parse())?,
            active: form.active,
            allow_inactive: form.allow_inactive,
            is_default: form.is_default,
            version: form.version,
        })
    }
}
