//! The customer object, as the vendor prints it.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{AnyList, Moment, NumberText};
use crate::http::openapi::schema::Null;
use crate::http::wire::resource;
use crate::usecases::field_checks::Field;

resource! {
    /// The billing information of a tenant: every field that the vendor's API has, in its order.
    #[derive(Debug, Serialize, ToSchema)]
    #[serde(rename_all = "PascalCase")]
    #[schema(as = Customer)]
    response CustomerResponse;

    /// What to enter or change of a customer. What is missing is kept; null and empty texts clear. What else callers
    /// send back is ignored.
    #[derive(Debug, Default, Deserialize, ToSchema)]
    #[serde(rename_all = "PascalCase")]
    #[schema(as = CustomerChange)]
    request CustomerRequest;

    /// Its id.
    id: Uuid;
    /// The tenant that it is the billing information of.
    tenant: Uuid;
    /// The name on invoices.
    name: String => #[schema(value_type = Option<String>, max_length = 255)] Field<String>;
    /// Its number in the partner's bookkeeping.
    #[schema(required)]
    debtor_code: Option<String>
        => #[schema(value_type = Option<String>, max_length = 50)] Field<String>;
    /// What people call it; else its name.
    alias: String => #[schema(value_type = Option<String>, max_length = 255)] Field<String>;
    /// Always 2.
    status: u8;
    /// A language of the configuration.
    language: Uuid => #[schema(value_type = Option<String>)] Field<String>;
    /// Whether no sales tax is charged.
    tax_exempt: bool => #[schema(value_type = Option<bool>)] Field<bool>;
    /// A tax of `/Taxes`; required unless `TaxExempt`.
    #[schema(required)]
    tax: Option<Uuid> => #[schema(value_type = Option<String>)] Field<String>;
    /// A country of the configuration.
    #[schema(required)]
    country: Option<Uuid> => #[schema(value_type = Option<String>)] Field<String>;
    /// Kept for the service desk.
    #[schema(required)]
    ticket_update_mandatory: Option<bool> => #[schema(value_type = Option<bool>)] Field<bool>;
    /// A state of the country, of the configuration.
    #[schema(required)]
    state_country: Option<Uuid> => #[schema(value_type = Option<String>)] Field<String>;
    /// Street.
    street: String => #[schema(value_type = Option<String>, max_length = 200)] Field<String>;
    /// House number.
    house_no: String => #[schema(value_type = Option<String>, max_length = 50)] Field<String>;
    /// Addition to the house number.
    house_no_add: String => #[schema(value_type = Option<String>, max_length = 50)] Field<String>;
    /// Postal code.
    zipcode: String => #[schema(value_type = Option<String>, max_length = 50)] Field<String>;
    /// City.
    city: String => #[schema(value_type = Option<String>, max_length = 200)] Field<String>;
    /// Its domain on the internet.
    domain: String => #[schema(value_type = Option<String>, max_length = 253)] Field<String>;
    /// E-mail address.
    email: String => #[schema(value_type = Option<String>, max_length = 254)] Field<String>;
    /// Where invoices go that have no recipient.
    fallback_invoice_email_address: String
        => #[schema(value_type = Option<String>, max_length = 254)] Field<String>;
    /// Phone number.
    phone_number: String => #[schema(value_type = Option<String>, max_length = 50)] Field<String>;
    /// Fax number.
    fax: String => #[schema(value_type = Option<String>, max_length = 50)] Field<String>;
    /// Number for value added tax: 4 to 20 characters.
    #[serde(rename = "VATNumber")]
    vat_number: String
        => #[serde(rename = "VATNumber")]
        #[schema(value_type = Option<String>, max_length = 20)] Field<String>;
    /// IBAN; its checksum must hold.
    bank_account: String => #[schema(value_type = Option<String>, max_length = 42)] Field<String>;
    /// Made once, for the directory.
    #[serde(rename = "ADSyncID")]
    ad_sync_id: Uuid;
    /// The same for all.
    #[serde(rename = "DefaultSLA")]
    default_sla: Uuid;
    /// One for all customers of a partner.
    support_group: Uuid;
    /// The group of its own people.
    default_business_unit: Uuid;
    /// One for all customers of a partner.
    support_user: Uuid;
    /// Kind of company; `-` where nothing is said.
    company_type: String => #[schema(value_type = Option<String>, max_length = 50)] Field<String>;
    /// Whether invoices go out by e-mail.
    send_invoice_by_email: bool => #[schema(value_type = Option<bool>)] Field<bool>;
    /// Always empty.
    #[schema(value_type = Vec<Null>, max_items = 0)]
    addresses: [(); 0];
    /// Always empty.
    #[schema(value_type = Vec<Null>, max_items = 0)]
    invoice_recipients: [(); 0];
    /// To how many minutes times are rounded up. A text in answers, as the vendor has it; read as a number too.
    time_registration_roundup_time: NumberText
        => #[schema(value_type = Option<NumberText>)] Field<NumberText>;
    /// The same for all.
    category: Uuid;
    /// The same for all.
    priority: Uuid;
    /// Days off per year.
    days_off_per_year: u16 => #[schema(value_type = Option<u16>, maximum = 366)] Field<i64>;
    /// Always true.
    is_tier4: bool;
    /// Always `Tier 4`.
    tier: &'static str;
    /// Kept for the service desk.
    show_persons: bool => #[schema(value_type = Option<bool>)] Field<bool>;
    /// Always null.
    tenant_data: Null;
    /// Always null.
    parent_customer: Null;
    /// Always null.
    default_billing_entity: Null;
    /// Notes for the service desk.
    client_documentation: String
        => #[schema(value_type = Option<String>, max_length = 2000)] Field<String>;
    /// Kept for the service desk.
    #[schema(required)]
    auto_pause: Option<bool> => #[schema(value_type = Option<bool>)] Field<bool>;
    /// Name of the building.
    #[schema(required)]
    building_name: Option<String>
        => #[schema(value_type = Option<String>, max_length = 200)] Field<String>;
    /// Whether it pays.
    paid_account: bool => #[schema(value_type = Option<bool>)] Field<bool>;
    /// Whether it is on trial.
    trial_account: bool => #[schema(value_type = Option<bool>)] Field<bool>;
    /// When the trial ends, in UTC.
    #[schema(required)]
    trial_expiration_date: Option<Moment> => #[schema(value_type = Option<Moment>)] Field<Moment>;
    /// Always null.
    creation_date: Null;
    /// Whether the trial is over.
    trial_account_expired: bool;
    /// Always zeros.
    #[serde(rename = "Tier3Id")]
    tier3_id: Uuid;
    /// In how many days invoices are due.
    payment_terms: u16 => #[schema(value_type = Option<u16>, maximum = 365)] Field<i64>;
    /// Stands on invoices.
    invoice_notes: String
        => #[schema(value_type = Option<String>, max_length = 2000)] Field<String>;
    /// The culture of its language.
    tier_culture: String;
    /// Whether invoices are collected.
    direct_debit: bool => #[schema(value_type = Option<bool>)] Field<bool>;
    /// Whether everything stands on one invoice.
    consolidate_billing: bool => #[schema(value_type = Option<bool>)] Field<bool>;
    /// Always false.
    is_set_as_main_customer: bool;
    /// Always zeros.
    old_parent_id: Uuid;
    /// Whether invoices have subtotals.
    subtotals_on_invoice: bool => #[schema(value_type = Option<bool>)] Field<bool>;
    /// Always false.
    group_linked_to_customer: bool;
    /// The API v1 id of the tenant, as a text.
    external_tenant_id: String;
    /// The tenant again.
    #[serde(rename = "ExternalTenantUUID")]
    external_tenant_uuid: Uuid;
    /// Always null.
    acronis_tenant_id: Null;
    /// Login of its first user.
    login_user_name: String
        => #[schema(value_type = Option<String>, max_length = 128)] Field<String>;
    /// Always null.
    group_id: Null;
    /// The name of the state.
    #[schema(required)]
    state_country_description: Option<String>;
    /// The name of the country.
    #[schema(required)]
    country_description: Option<String>;
    /// Always null.
    external_parent_id: Null;
    /// In per cent.
    occupancy_rate_notification_threshold: u16
        => #[schema(value_type = Option<u16>, maximum = 100)] Field<i64>;
    /// Always empty.
    #[schema(value_type = Vec<Null>, max_items = 0)]
    custom_fields: [(); 0];

    only {
        /// The tenant whose billing information it is.
        #[schema(value_type = String, required, format = Uuid)]
        #[serde(default)]
        pub(crate) tenant: Field<String>,
        /// Not kept: leave it out, or send `[]`.
        #[schema(value_type = Option<Vec<Null>>, max_items = 0)]
        #[serde(default)]
        pub(crate) addresses: AnyList,
        /// Not kept: leave it out, or send `[]`.
        #[schema(value_type = Option<Vec<Null>>, max_items = 0)]
        #[serde(default)]
        pub(crate) invoice_recipients: AnyList,
        /// Not kept: leave it out, or send `[]`.
        #[schema(value_type = Option<Vec<Null>>, max_items = 0)]
        #[serde(default)]
        pub(crate) custom_fields: AnyList,
    }
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
