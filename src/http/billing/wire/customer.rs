//! The customer object, as the vendor prints it.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::http::openapi::schema::Null;

use super::{AnyList, Moment, NumberText};
use crate::usecases::field_checks::Field;

/// The billing information of a tenant: every field that the vendor's API has, in its order.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "PascalCase")]
#[schema(as = Customer)]
pub(crate) struct CustomerResponse {
    /// Its id.
    #[schema(format = Uuid)]
    pub(crate) id: String,
    /// The tenant that it is the billing information of.
    #[schema(format = Uuid)]
    pub(crate) tenant: String,
    /// The name on invoices.
    pub(crate) name: String,
    /// Its number in the partner's bookkeeping.
    #[schema(required)]
    pub(crate) debtor_code: Option<String>,
    /// What people call it; else its name.
    pub(crate) alias: String,
    /// Always 2.
    pub(crate) status: u8,
    /// A language of the configuration.
    #[schema(format = Uuid)]
    pub(crate) language: String,
    /// Whether no sales tax is charged.
    pub(crate) tax_exempt: bool,
    /// A tax of `/Taxes`; required unless `TaxExempt`.
    #[schema(required, format = Uuid)]
    pub(crate) tax: Option<String>,
    /// A country of the configuration.
    #[schema(required, format = Uuid)]
    pub(crate) country: Option<String>,
    /// Kept for the service desk.
    #[schema(required)]
    pub(crate) ticket_update_mandatory: Option<bool>,
    /// A state of the country, of the configuration.
    #[schema(required, format = Uuid)]
    pub(crate) state_country: Option<String>,
    /// Street.
    pub(crate) street: String,
    /// House number.
    pub(crate) house_no: String,
    /// Addition to the house number.
    pub(crate) house_no_add: String,
    /// Postal code.
    pub(crate) zipcode: String,
    /// City.
    pub(crate) city: String,
    /// Its domain on the internet.
    pub(crate) domain: String,
    /// E-mail address.
    pub(crate) email: String,
    /// Where invoices go that have no recipient.
    pub(crate) fallback_invoice_email_address: String,
    /// Phone number.
    pub(crate) phone_number: String,
    /// Fax number.
    pub(crate) fax: String,
    /// Number for value added tax: 4 to 20 characters.
    #[serde(rename = "VATNumber")]
    pub(crate) vat_number: String,
    /// IBAN; its checksum must hold.
    pub(crate) bank_account: String,
    /// Made once, for the directory.
    #[serde(rename = "ADSyncID")]
    #[schema(format = Uuid)]
    pub(crate) ad_sync_id: String,
    /// The same for all.
    #[serde(rename = "DefaultSLA")]
    #[schema(format = Uuid)]
    pub(crate) default_sla: &'static str,
    /// One for all customers of a partner.
    #[schema(format = Uuid)]
    pub(crate) support_group: String,
    /// The group of its own people.
    #[schema(format = Uuid)]
    pub(crate) default_business_unit: String,
    /// One for all customers of a partner.
    #[schema(format = Uuid)]
    pub(crate) support_user: String,
    /// Kind of company; `-` where nothing is said.
    pub(crate) company_type: String,
    /// Whether invoices go out by e-mail.
    pub(crate) send_invoice_by_email: bool,
    /// Always empty.
    #[schema(value_type = Vec<Null>, max_items = 0)]
    pub(crate) addresses: [(); 0],
    /// Always empty.
    #[schema(value_type = Vec<Null>, max_items = 0)]
    pub(crate) invoice_recipients: [(); 0],
    /// To how many minutes times are rounded up. A text in answers, as the vendor has it; read as a number too.
    pub(crate) time_registration_roundup_time: NumberText,
    /// The same for all.
    #[schema(format = Uuid)]
    pub(crate) category: &'static str,
    /// The same for all.
    #[schema(format = Uuid)]
    pub(crate) priority: &'static str,
    /// Days off per year.
    pub(crate) days_off_per_year: u16,
    /// Always true.
    pub(crate) is_tier4: bool,
    /// Always `Tier 4`.
    pub(crate) tier: &'static str,
    /// Kept for the service desk.
    pub(crate) show_persons: bool,
    /// Always null.
    #[schema(value_type = Null)]
    pub(crate) tenant_data: (),
    /// Always null.
    #[schema(value_type = Null)]
    pub(crate) parent_customer: (),
    /// Always null.
    #[schema(value_type = Null)]
    pub(crate) default_billing_entity: (),
    /// Notes for the service desk.
    pub(crate) client_documentation: String,
    /// Kept for the service desk.
    #[schema(required)]
    pub(crate) auto_pause: Option<bool>,
    /// Name of the building.
    #[schema(required)]
    pub(crate) building_name: Option<String>,
    /// Whether it pays.
    pub(crate) paid_account: bool,
    /// Whether it is on trial.
    pub(crate) trial_account: bool,
    /// When the trial ends, in UTC.
    #[schema(required)]
    pub(crate) trial_expiration_date: Option<Moment>,
    /// Always null.
    #[schema(value_type = Null)]
    pub(crate) creation_date: (),
    /// Whether the trial is over.
    pub(crate) trial_account_expired: bool,
    /// Always zeros.
    #[serde(rename = "Tier3Id")]
    #[schema(format = Uuid)]
    pub(crate) tier3_id: &'static str,
    /// In how many days invoices are due.
    pub(crate) payment_terms: u16,
    /// Stands on invoices.
    pub(crate) invoice_notes: String,
    /// The culture of its language.
    pub(crate) tier_culture: String,
    /// Whether invoices are collected.
    pub(crate) direct_debit: bool,
    /// Whether everything stands on one invoice.
    pub(crate) consolidate_billing: bool,
    /// Always false.
    pub(crate) is_set_as_main_customer: bool,
    /// Always zeros.
    #[schema(format = Uuid)]
    pub(crate) old_parent_id: &'static str,
    /// Whether invoices have subtotals.
    pub(crate) subtotals_on_invoice: bool,
    /// Always false.
    pub(crate) group_linked_to_customer: bool,
    /// The API v1 id of the tenant, as a text.
    pub(crate) external_tenant_id: String,
    /// The tenant again.
    #[serde(rename = "ExternalTenantUUID")]
    #[schema(format = Uuid)]
    pub(crate) external_tenant_uuid: String,
    /// Always null.
    #[schema(value_type = Null)]
    pub(crate) acronis_tenant_id: (),
    /// Login of its first user.
    pub(crate) login_user_name: String,
    /// Always null.
    #[schema(value_type = Null)]
    pub(crate) group_id: (),
    /// The name of the state.
    #[schema(required)]
    pub(crate) state_country_description: Option<String>,
    /// The name of the country.
    #[schema(required)]
    pub(crate) country_description: Option<String>,
    /// Always null.
    #[schema(value_type = Null)]
    pub(crate) external_parent_id: (),
    /// In per cent.
    pub(crate) occupancy_rate_notification_threshold: u16,
    /// Always empty.
    #[schema(value_type = Vec<Null>, max_items = 0)]
    pub(crate) custom_fields: [(); 0],
}

/// A page of customers.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "PascalCase")]
#[schema(as = CustomerListOut)]
pub(crate) struct CustomersResponse {
    /// The customers.
    pub(crate) customers: Vec<CustomerResponse>,
    /// What the next page begins after; null on the last one.
    #[schema(required)]
    pub(crate) after: Option<String>,
}

/// What to enter or change of a customer. What is missing is kept; null and empty texts clear. The rest of what callers
/// send back is read over.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "PascalCase")]
#[schema(as = CustomerChange)]
pub(crate) struct CustomerRequest {
    /// The tenant whose billing information it is.
    #[schema(value_type = String, required, format = Uuid)]
    #[serde(default)]
    pub(crate) tenant: Field<String>,
    /// The name on invoices.
    #[schema(value_type = Option<String>, max_length = 255)]
    #[serde(default)]
    pub(crate) name: Field<String>,
    /// Its number in the partner's bookkeeping.
    #[schema(value_type = Option<String>, max_length = 50)]
    #[serde(default)]
    pub(crate) debtor_code: Field<String>,
    /// What people call it; else its name.
    #[schema(value_type = Option<String>, max_length = 255)]
    #[serde(default)]
    pub(crate) alias: Field<String>,
    /// A language of the configuration.
    #[schema(value_type = Option<String>)]
    #[serde(default)]
    pub(crate) language: Field<String>,
    /// Whether no sales tax is charged.
    #[schema(value_type = Option<bool>)]
    #[serde(default)]
    pub(crate) tax_exempt: Field<bool>,
    /// A tax of `/Taxes`; required unless `TaxExempt`.
    #[schema(value_type = Option<String>)]
    #[serde(default)]
    pub(crate) tax: Field<String>,
    /// A country of the configuration.
    #[schema(value_type = Option<String>)]
    #[serde(default)]
    pub(crate) country: Field<String>,
    /// Kept for the service desk.
    #[schema(value_type = Option<bool>)]
    #[serde(default)]
    pub(crate) ticket_update_mandatory: Field<bool>,
    /// A state of the country, of the configuration.
    #[schema(value_type = Option<String>)]
    #[serde(default)]
    pub(crate) state_country: Field<String>,
    /// Street.
    #[schema(value_type = Option<String>, max_length = 200)]
    #[serde(default)]
    pub(crate) street: Field<String>,
    /// House number.
    #[schema(value_type = Option<String>, max_length = 50)]
    #[serde(default)]
    pub(crate) house_no: Field<String>,
    /// Addition to the house number.
    #[schema(value_type = Option<String>, max_length = 50)]
    #[serde(default)]
    pub(crate) house_no_add: Field<String>,
    /// Postal code.
    #[schema(value_type = Option<String>, max_length = 50)]
    #[serde(default)]
    pub(crate) zipcode: Field<String>,
    /// City.
    #[schema(value_type = Option<String>, max_length = 200)]
    #[serde(default)]
    pub(crate) city: Field<String>,
    /// Its domain on the internet.
    #[schema(value_type = Option<String>, max_length = 253)]
    #[serde(default)]
    pub(crate) domain: Field<String>,
    /// E-mail address.
    #[schema(value_type = Option<String>, max_length = 254)]
    #[serde(default)]
    pub(crate) email: Field<String>,
    /// Where invoices go that have no recipient.
    #[schema(value_type = Option<String>, max_length = 254)]
    #[serde(default)]
    pub(crate) fallback_invoice_email_address: Field<String>,
    /// Phone number.
    #[schema(value_type = Option<String>, max_length = 50)]
    #[serde(default)]
    pub(crate) phone_number: Field<String>,
    /// Fax number.
    #[schema(value_type = Option<String>, max_length = 50)]
    #[serde(default)]
    pub(crate) fax: Field<String>,
    /// Number for value added tax: 4 to 20 characters.
    #[serde(rename = "VATNumber", default)]
    #[schema(value_type = Option<String>, max_length = 20)]
    pub(crate) vat_number: Field<String>,
    /// IBAN; its checksum must hold.
    #[schema(value_type = Option<String>, max_length = 42)]
    #[serde(default)]
    pub(crate) bank_account: Field<String>,
    /// Kind of company; `-` where nothing is said.
    #[schema(value_type = Option<String>, max_length = 50)]
    #[serde(default)]
    pub(crate) company_type: Field<String>,
    /// Whether invoices go out by e-mail.
    #[schema(value_type = Option<bool>)]
    #[serde(default)]
    pub(crate) send_invoice_by_email: Field<bool>,
    /// Not kept: leave it out, or send `[]`.
    #[schema(value_type = Option<Vec<Null>>, max_items = 0)]
    #[serde(default)]
    pub(crate) addresses: AnyList,
    /// Not kept: leave it out, or send `[]`.
    #[schema(value_type = Option<Vec<Null>>, max_items = 0)]
    #[serde(default)]
    pub(crate) invoice_recipients: AnyList,
    /// To how many minutes times are rounded up. A text in answers, as the vendor has it; read as a number too.
    #[schema(value_type = Option<NumberText>)]
    #[serde(default)]
    pub(crate) time_registration_roundup_time: Field<NumberText>,
    /// Days off per year.
    #[schema(value_type = Option<u16>, maximum = 366)]
    #[serde(default)]
    pub(crate) days_off_per_year: Field<i64>,
    /// Kept for the service desk.
    #[schema(value_type = Option<bool>)]
    #[serde(default)]
    pub(crate) show_persons: Field<bool>,
    /// Notes for the service desk.
    #[schema(value_type = Option<String>, max_length = 2000)]
    #[serde(default)]
    pub(crate) client_documentation: Field<String>,
    /// Kept for the service desk.
    #[schema(value_type = Option<bool>)]
    #[serde(default)]
    pub(crate) auto_pause: Field<bool>,
    /// Name of the building.
    #[schema(value_type = Option<String>, max_length = 200)]
    #[serde(default)]
    pub(crate) building_name: Field<String>,
    /// Whether it pays.
    #[schema(value_type = Option<bool>)]
    #[serde(default)]
    pub(crate) paid_account: Field<bool>,
    /// Whether it is on trial.
    #[schema(value_type = Option<bool>)]
    #[serde(default)]
    pub(crate) trial_account: Field<bool>,
    /// When the trial ends, in UTC.
    #[schema(value_type = Option<Moment>)]
    #[serde(default)]
    pub(crate) trial_expiration_date: Field<Moment>,
    /// In how many days invoices are due.
    #[schema(value_type = Option<u16>, maximum = 365)]
    #[serde(default)]
    pub(crate) payment_terms: Field<i64>,
    /// Stands on invoices.
    #[schema(value_type = Option<String>, max_length = 2000)]
    #[serde(default)]
    pub(crate) invoice_notes: Field<String>,
    /// Whether invoices are collected.
    #[schema(value_type = Option<bool>)]
    #[serde(default)]
    pub(crate) direct_debit: Field<bool>,
    /// Whether everything stands on one invoice.
    #[schema(value_type = Option<bool>)]
    #[serde(default)]
    pub(crate) consolidate_billing: Field<bool>,
    /// Whether invoices have subtotals.
    #[schema(value_type = Option<bool>)]
    #[serde(default)]
    pub(crate) subtotals_on_invoice: Field<bool>,
    /// Login of its first user.
    #[schema(value_type = Option<String>, max_length = 128)]
    #[serde(default)]
    pub(crate) login_user_name: Field<String>,
    /// In per cent.
    #[schema(value_type = Option<u16>, maximum = 100)]
    #[serde(default)]
    pub(crate) occupancy_rate_notification_threshold: Field<i64>,
    /// Not kept: leave it out, or send `[]`.
    #[schema(value_type = Option<Vec<Null>>, max_items = 0)]
    #[serde(default)]
    pub(crate) custom_fields: AnyList,
}
