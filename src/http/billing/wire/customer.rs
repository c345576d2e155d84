//! The customer object of seed 002.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::http::openapi::schema::Null;

use super::{AnyList, Maybe, Moment, NumberText};

/// The billing information of a tenant: every field that the vendor's API has, in its order.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "PascalCase")]
#[schema(as = Customer)]
pub(in super::super) struct CustomerOut {
    /// Its id.
    #[schema(format = Uuid)]
    pub(in super::super) id: String,
    /// The tenant that it is the billing information of.
    #[schema(format = Uuid)]
    pub(in super::super) tenant: String,
    /// The name on invoices.
    pub(in super::super) name: String,
    /// Its number in the partner's bookkeeping.
    #[schema(required)]
    pub(in super::super) debtor_code: Option<String>,
    /// What people call it; else its name.
    pub(in super::super) alias: String,
    /// Always 2.
    pub(in super::super) status: u8,
    /// A language of the configuration.
    #[schema(format = Uuid)]
    pub(in super::super) language: String,
    /// Whether no sales tax is charged.
    pub(in super::super) tax_exempt: bool,
    /// A tax of `/Taxes`; required unless `TaxExempt`.
    #[schema(required, format = Uuid)]
    pub(in super::super) tax: Option<String>,
    /// A country of the configuration.
    #[schema(required, format = Uuid)]
    pub(in super::super) country: Option<String>,
    /// Kept for the service desk.
    #[schema(required)]
    pub(in super::super) ticket_update_mandatory: Option<bool>,
    /// A state of the country, of the configuration.
    #[schema(required, format = Uuid)]
    pub(in super::super) state_country: Option<String>,
    /// Street.
    pub(in super::super) street: String,
    /// House number.
    pub(in super::super) house_no: String,
    /// Addition to the house number.
    pub(in super::super) house_no_add: String,
    /// Postal code.
    pub(in super::super) zipcode: String,
    /// City.
    pub(in super::super) city: String,
    /// Its domain on the internet.
    pub(in super::super) domain: String,
    /// E-mail address.
    pub(in super::super) email: String,
    /// Where invoices go that have no recipient.
    pub(in super::super) fallback_invoice_email_address: String,
    /// Phone number.
    pub(in super::super) phone_number: String,
    /// Fax number.
    pub(in super::super) fax: String,
    /// Number for value added tax: 4 to 20 characters.
    #[serde(rename = "VATNumber")]
    pub(in super::super) vat_number: String,
    /// IBAN; its checksum must hold.
    pub(in super::super) bank_account: String,
    /// Made once, for the directory.
    #[serde(rename = "ADSyncID")]
    #[schema(format = Uuid)]
    pub(in super::super) ad_sync_id: String,
    /// The same for all.
    #[serde(rename = "DefaultSLA")]
    #[schema(format = Uuid)]
    pub(in super::super) default_sla: &'static str,
    /// One for all customers of a partner.
    #[schema(format = Uuid)]
    pub(in super::super) support_group: String,
    /// The group of its own people.
    #[schema(format = Uuid)]
    pub(in super::super) default_business_unit: String,
    /// One for all customers of a partner.
    #[schema(format = Uuid)]
    pub(in super::super) support_user: String,
    /// Kind of company; `-` where nothing is said.
    pub(in super::super) company_type: String,
    /// Whether invoices go out by e-mail.
    pub(in super::super) send_invoice_by_email: bool,
    /// Always empty.
    #[schema(value_type = Vec<Null>, max_items = 0)]
    pub(in super::super) addresses: [(); 0],
    /// Always empty.
    #[schema(value_type = Vec<Null>, max_items = 0)]
    pub(in super::super) invoice_recipients: [(); 0],
    /// To how many minutes times are rounded up. A text in answers, as the vendor has it; read as a number too.
    pub(in super::super) time_registration_roundup_time: NumberText,
    /// The same for all.
    #[schema(format = Uuid)]
    pub(in super::super) category: &'static str,
    /// The same for all.
    #[schema(format = Uuid)]
    pub(in super::super) priority: &'static str,
    /// Days off per year.
    pub(in super::super) days_off_per_year: u16,
    /// Always true.
    pub(in super::super) is_tier4: bool,
    /// Always `Tier 4`.
    pub(in super::super) tier: &'static str,
    /// Kept for the service desk.
    pub(in super::super) show_persons: bool,
    /// Always null.
    #[schema(value_type = Null)]
    pub(in super::super) tenant_data: (),
    /// Always null.
    #[schema(value_type = Null)]
    pub(in super::super) parent_customer: (),
    /// Always null.
    #[schema(value_type = Null)]
    pub(in super::super) default_billing_entity: (),
    /// Notes for the service desk.
    pub(in super::super) client_documentation: String,
    /// Kept for the service desk.
    #[schema(required)]
    pub(in super::super) auto_pause: Option<bool>,
    /// Name of the building.
    #[schema(required)]
    pub(in super::super) building_name: Option<String>,
    /// Whether it pays.
    pub(in super::super) paid_account: bool,
    /// Whether it is on trial.
    pub(in super::super) trial_account: bool,
    /// When the trial ends, in UTC.
    #[schema(required)]
    pub(in super::super) trial_expiration_date: Option<Moment>,
    /// Always null.
    #[schema(value_type = Null)]
    pub(in super::super) creation_date: (),
    /// Whether the trial is over.
    pub(in super::super) trial_account_expired: bool,
    /// Always zeros.
    #[serde(rename = "Tier3Id")]
    #[schema(format = Uuid)]
    pub(in super::super) tier3_id: &'static str,
    /// In how many days invoices are due.
    pub(in super::super) payment_terms: u16,
    /// Stands on invoices.
    pub(in super::super) invoice_notes: String,
    /// The culture of its language.
    pub(in super::super) tier_culture: String,
    /// Whether invoices are collected.
    pub(in super::super) direct_debit: bool,
    /// Whether everything stands on one invoice.
    pub(in super::super) consolidate_billing: bool,
    /// Always false.
    pub(in super::super) is_set_as_main_customer: bool,
    /// Always zeros.
    #[schema(format = Uuid)]
    pub(in super::super) old_parent_id: &'static str,
    /// Whether invoices have subtotals.
    pub(in super::super) subtotals_on_invoice: bool,
    /// Always false.
    pub(in super::super) group_linked_to_customer: bool,
    /// The API v1 id of the tenant, as a text.
    pub(in super::super) external_tenant_id: String,
    /// The tenant again.
    #[serde(rename = "ExternalTenantUUID")]
    #[schema(format = Uuid)]
    pub(in super::super) external_tenant_uuid: String,
    /// Always null.
    #[schema(value_type = Null)]
    pub(in super::super) acronis_tenant_id: (),
    /// Login of its first user.
    pub(in super::super) login_user_name: String,
    /// Always null.
    #[schema(value_type = Null)]
    pub(in super::super) group_id: (),
    /// The name of the state.
    #[schema(required)]
    pub(in super::super) state_country_description: Option<String>,
    /// The name of the country.
    #[schema(required)]
    pub(in super::super) country_description: Option<String>,
    /// Always null.
    #[schema(value_type = Null)]
    pub(in super::super) external_parent_id: (),
    /// In per cent.
    pub(in super::super) occupancy_rate_notification_threshold: u16,
    /// Always empty.
    #[schema(value_type = Vec<Null>, max_items = 0)]
    pub(in super::super) custom_fields: [(); 0],
}

/// A page of customers.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "PascalCase")]
pub(in super::super) struct CustomerListOut {
    /// The customers.
    pub(in super::super) customers: Vec<CustomerOut>,
    /// What the next page begins after; null on the last one.
    #[schema(required)]
    pub(in super::super) after: Option<String>,
}

/// What to enter or change of a customer. What is missing is kept; null and empty texts clear. The rest of what callers
/// send back is read over.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "PascalCase")]
#[schema(as = CustomerChange)]
pub(in super::super) struct CustomerIn {
    /// The tenant whose billing information it is.
    #[schema(value_type = String, required, format = Uuid)]
    #[serde(default)]
    pub(in super::super) tenant: Maybe<String>,
    /// The name on invoices.
    #[schema(value_type = Option<String>, max_length = 255, pattern = "^[^\\u0000-\\u001f\\u007f-\\u009f\\u2028-\\u202e\\u2066-\\u2069]*$")]
    #[serde(default)]
    pub(in super::super) name: Maybe<String>,
    /// Its number in the partner's bookkeeping.
    #[schema(value_type = Option<String>, max_length = 50, pattern = "^[^\\u0000-\\u001f\\u007f-\\u009f\\u2028-\\u202e\\u2066-\\u2069]*$")]
    #[serde(default)]
    pub(in super::super) debtor_code: Maybe<String>,
    /// What people call it; else its name.
    #[schema(value_type = Option<String>, max_length = 255, pattern = "^[^\\u0000-\\u001f\\u007f-\\u009f\\u2028-\\u202e\\u2066-\\u2069]*$")]
    #[serde(default)]
    pub(in super::super) alias: Maybe<String>,
    /// A language of the configuration.
    #[schema(value_type = Option<String>)]
    #[serde(default)]
    pub(in super::super) language: Maybe<String>,
    /// Whether no sales tax is charged.
    #[schema(value_type = Option<bool>)]
    #[serde(default)]
    pub(in super::super) tax_exempt: Maybe<bool>,
    /// A tax of `/Taxes`; required unless `TaxExempt`.
    #[schema(value_type = Option<String>)]
    #[serde(default)]
    pub(in super::super) tax: Maybe<String>,
    /// A country of the configuration.
    #[schema(value_type = Option<String>)]
    #[serde(default)]
    pub(in super::super) country: Maybe<String>,
    /// Kept for the service desk.
    #[schema(value_type = Option<bool>)]
    #[serde(default)]
    pub(in super::super) ticket_update_mandatory: Maybe<bool>,
    /// A state of the country, of the configuration.
    #[schema(value_type = Option<String>)]
    #[serde(default)]
    pub(in super::super) state_country: Maybe<String>,
    /// Street.
    #[schema(value_type = Option<String>, max_length = 200, pattern = "^[^\\u0000-\\u001f\\u007f-\\u009f\\u2028-\\u202e\\u2066-\\u2069]*$")]
    #[serde(default)]
    pub(in super::super) street: Maybe<String>,
    /// House number.
    #[schema(value_type = Option<String>, max_length = 50, pattern = "^[^\\u0000-\\u001f\\u007f-\\u009f\\u2028-\\u202e\\u2066-\\u2069]*$")]
    #[serde(default)]
    pub(in super::super) house_no: Maybe<String>,
    /// Addition to the house number.
    #[schema(value_type = Option<String>, max_length = 50, pattern = "^[^\\u0000-\\u001f\\u007f-\\u009f\\u2028-\\u202e\\u2066-\\u2069]*$")]
    #[serde(default)]
    pub(in super::super) house_no_add: Maybe<String>,
    /// Postal code.
    #[schema(value_type = Option<String>, max_length = 50, pattern = "^[^\\u0000-\\u001f\\u007f-\\u009f\\u2028-\\u202e\\u2066-\\u2069]*$")]
    #[serde(default)]
    pub(in super::super) zipcode: Maybe<String>,
    /// City.
    #[schema(value_type = Option<String>, max_length = 200, pattern = "^[^\\u0000-\\u001f\\u007f-\\u009f\\u2028-\\u202e\\u2066-\\u2069]*$")]
    #[serde(default)]
    pub(in super::super) city: Maybe<String>,
    /// Its domain on the internet.
    #[schema(value_type = Option<String>, max_length = 253, pattern = "^[^\\u0000-\\u001f\\u007f-\\u009f\\u2028-\\u202e\\u2066-\\u2069]*$")]
    #[serde(default)]
    pub(in super::super) domain: Maybe<String>,
    /// E-mail address.
    #[schema(value_type = Option<String>, max_length = 254, pattern = "^[^\\u0000-\\u001f\\u007f-\\u009f\\u2028-\\u202e\\u2066-\\u2069]*$")]
    #[serde(default)]
    pub(in super::super) email: Maybe<String>,
    /// Where invoices go that have no recipient.
    #[schema(value_type = Option<String>, max_length = 254, pattern = "^[^\\u0000-\\u001f\\u007f-\\u009f\\u2028-\\u202e\\u2066-\\u2069]*$")]
    #[serde(default)]
    pub(in super::super) fallback_invoice_email_address: Maybe<String>,
    /// Phone number.
    #[schema(value_type = Option<String>, max_length = 50, pattern = "^[^\\u0000-\\u001f\\u007f-\\u009f\\u2028-\\u202e\\u2066-\\u2069]*$")]
    #[serde(default)]
    pub(in super::super) phone_number: Maybe<String>,
    /// Fax number.
    #[schema(value_type = Option<String>, max_length = 50, pattern = "^[^\\u0000-\\u001f\\u007f-\\u009f\\u2028-\\u202e\\u2066-\\u2069]*$")]
    #[serde(default)]
    pub(in super::super) fax: Maybe<String>,
    /// Number for value added tax: 4 to 20 characters.
    #[serde(rename = "VATNumber", default)]
    #[schema(value_type = Option<String>, max_length = 20, pattern = "^[^\\u0000-\\u001f\\u007f-\\u009f\\u2028-\\u202e\\u2066-\\u2069]*$")]
    pub(in super::super) vat_number: Maybe<String>,
    /// IBAN; its checksum must hold.
    #[schema(value_type = Option<String>, max_length = 42, pattern = "^[^\\u0000-\\u001f\\u007f-\\u009f\\u2028-\\u202e\\u2066-\\u2069]*$")]
    #[serde(default)]
    pub(in super::super) bank_account: Maybe<String>,
    /// Kind of company; `-` where nothing is said.
    #[schema(value_type = Option<String>, max_length = 50, pattern = "^[^\\u0000-\\u001f\\u007f-\\u009f\\u2028-\\u202e\\u2066-\\u2069]*$")]
    #[serde(default)]
    pub(in super::super) company_type: Maybe<String>,
    /// Whether invoices go out by e-mail.
    #[schema(value_type = Option<bool>)]
    #[serde(default)]
    pub(in super::super) send_invoice_by_email: Maybe<bool>,
    /// Not kept: leave it out, or send `[]`.
    #[schema(value_type = Option<Vec<Null>>, max_items = 0)]
    #[serde(default)]
    pub(in super::super) addresses: AnyList,
    /// Not kept: leave it out, or send `[]`.
    #[schema(value_type = Option<Vec<Null>>, max_items = 0)]
    #[serde(default)]
    pub(in super::super) invoice_recipients: AnyList,
    /// To how many minutes times are rounded up. A text in answers, as the vendor has it; read as a number too.
    #[schema(value_type = Option<NumberText>)]
    #[serde(default)]
    pub(in super::super) time_registration_roundup_time: Maybe<NumberText>,
    /// Days off per year.
    #[schema(value_type = Option<u16>, maximum = 366)]
    #[serde(default)]
    pub(in super::super) days_off_per_year: Maybe<i64>,
    /// Kept for the service desk.
    #[schema(value_type = Option<bool>)]
    #[serde(default)]
    pub(in super::super) show_persons: Maybe<bool>,
    /// Notes for the service desk.
    #[schema(value_type = Option<String>, max_length = 2000, pattern = "^[^\\u0000-\\u001f\\u007f-\\u009f\\u2028-\\u202e\\u2066-\\u2069]*$")]
    #[serde(default)]
    pub(in super::super) client_documentation: Maybe<String>,
    /// Kept for the service desk.
    #[schema(value_type = Option<bool>)]
    #[serde(default)]
    pub(in super::super) auto_pause: Maybe<bool>,
    /// Name of the building.
    #[schema(value_type = Option<String>, max_length = 200, pattern = "^[^\\u0000-\\u001f\\u007f-\\u009f\\u2028-\\u202e\\u2066-\\u2069]*$")]
    #[serde(default)]
    pub(in super::super) building_name: Maybe<String>,
    /// Whether it pays.
    #[schema(value_type = Option<bool>)]
    #[serde(default)]
    pub(in super::super) paid_account: Maybe<bool>,
    /// Whether it is on trial.
    #[schema(value_type = Option<bool>)]
    #[serde(default)]
    pub(in super::super) trial_account: Maybe<bool>,
    /// When the trial ends, in UTC.
    #[schema(value_type = Option<Moment>)]
    #[serde(default)]
    pub(in super::super) trial_expiration_date: Maybe<Moment>,
    /// In how many days invoices are due.
    #[schema(value_type = Option<u16>, maximum = 365)]
    #[serde(default)]
    pub(in super::super) payment_terms: Maybe<i64>,
    /// Stands on invoices.
    #[schema(value_type = Option<String>, max_length = 2000, pattern = "^[^\\u0000-\\u001f\\u007f-\\u009f\\u2028-\\u202e\\u2066-\\u2069]*$")]
    #[serde(default)]
    pub(in super::super) invoice_notes: Maybe<String>,
    /// Whether invoices are collected.
    #[schema(value_type = Option<bool>)]
    #[serde(default)]
    pub(in super::super) direct_debit: Maybe<bool>,
    /// Whether everything stands on one invoice.
    #[schema(value_type = Option<bool>)]
    #[serde(default)]
    pub(in super::super) consolidate_billing: Maybe<bool>,
    /// Whether invoices have subtotals.
    #[schema(value_type = Option<bool>)]
    #[serde(default)]
    pub(in super::super) subtotals_on_invoice: Maybe<bool>,
    /// Login of its first user.
    #[schema(value_type = Option<String>, max_length = 128, pattern = "^[^\\u0000-\\u001f\\u007f-\\u009f\\u2028-\\u202e\\u2066-\\u2069]*$")]
    #[serde(default)]
    pub(in super::super) login_user_name: Maybe<String>,
    /// In per cent.
    #[schema(value_type = Option<u16>, maximum = 100)]
    #[serde(default)]
    pub(in super::super) occupancy_rate_notification_threshold: Maybe<i64>,
    /// Not kept: leave it out, or send `[]`.
    #[schema(value_type = Option<Vec<Null>>, max_items = 0)]
    #[serde(default)]
    pub(in super::super) custom_fields: AnyList,
}
