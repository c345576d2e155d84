//! The customer object of seed 002.

use serde::{Deserialize, Serialize};

use super::{AnyList, Maybe, Moment, NumberText};

/// A customer in an answer: every field of the seed, in its order. What is `()` is always `null`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(in super::super) struct CustomerOut {
    pub(in super::super) id: String,
    pub(in super::super) tenant: String,
    pub(in super::super) name: String,
    pub(in super::super) debtor_code: Option<String>,
    pub(in super::super) alias: String,
    pub(in super::super) status: u8,
    pub(in super::super) language: String,
    pub(in super::super) tax_exempt: bool,
    pub(in super::super) tax: Option<String>,
    pub(in super::super) country: Option<String>,
    pub(in super::super) ticket_update_mandatory: Option<bool>,
    pub(in super::super) state_country: Option<String>,
    pub(in super::super) street: String,
    pub(in super::super) house_no: String,
    pub(in super::super) house_no_add: String,
    pub(in super::super) zipcode: String,
    pub(in super::super) city: String,
    pub(in super::super) domain: String,
    pub(in super::super) email: String,
    pub(in super::super) fallback_invoice_email_address: String,
    pub(in super::super) phone_number: String,
    pub(in super::super) fax: String,
    #[serde(rename = "VATNumber")]
    pub(in super::super) vat_number: String,
    pub(in super::super) bank_account: String,
    #[serde(rename = "ADSyncID")]
    pub(in super::super) ad_sync_id: String,
    #[serde(rename = "DefaultSLA")]
    pub(in super::super) default_sla: &'static str,
    pub(in super::super) support_group: String,
    pub(in super::super) default_business_unit: String,
    pub(in super::super) support_user: String,
    pub(in super::super) company_type: String,
    pub(in super::super) send_invoice_by_email: bool,
    pub(in super::super) addresses: [(); 0],
    pub(in super::super) invoice_recipients: [(); 0],
    /// Minutes.
    pub(in super::super) time_registration_roundup_time: NumberText,
    pub(in super::super) category: &'static str,
    pub(in super::super) priority: &'static str,
    pub(in super::super) days_off_per_year: u16,
    pub(in super::super) is_tier4: bool,
    pub(in super::super) tier: &'static str,
    pub(in super::super) show_persons: bool,
    pub(in super::super) tenant_data: (),
    pub(in super::super) parent_customer: (),
    pub(in super::super) default_billing_entity: (),
    pub(in super::super) client_documentation: String,
    pub(in super::super) auto_pause: Option<bool>,
    pub(in super::super) building_name: Option<String>,
    pub(in super::super) paid_account: bool,
    pub(in super::super) trial_account: bool,
    pub(in super::super) trial_expiration_date: Option<Moment>,
    pub(in super::super) creation_date: (),
    pub(in super::super) trial_account_expired: bool,
    #[serde(rename = "Tier3Id")]
    pub(in super::super) tier3_id: &'static str,
    /// Days.
    pub(in super::super) payment_terms: u16,
    pub(in super::super) invoice_notes: String,
    pub(in super::super) tier_culture: String,
    pub(in super::super) direct_debit: bool,
    pub(in super::super) consolidate_billing: bool,
    pub(in super::super) is_set_as_main_customer: bool,
    pub(in super::super) old_parent_id: &'static str,
    pub(in super::super) subtotals_on_invoice: bool,
    pub(in super::super) group_linked_to_customer: bool,
    /// The tenant's API v1 id.
    pub(in super::super) external_tenant_id: String,
    #[serde(rename = "ExternalTenantUUID")]
    pub(in super::super) external_tenant_uuid: String,
    pub(in super::super) acronis_tenant_id: (),
    pub(in super::super) login_user_name: String,
    pub(in super::super) group_id: (),
    pub(in super::super) state_country_description: Option<String>,
    pub(in super::super) country_description: Option<String>,
    pub(in super::super) external_parent_id: (),
    /// Per cent.
    pub(in super::super) occupancy_rate_notification_threshold: u16,
    pub(in super::super) custom_fields: [(); 0],
}

/// `GET /Customers`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(in super::super) struct CustomerListOut {
    pub(in super::super) customers: Vec<CustomerOut>,
    /// What the next page begins after; `null` on the last one.
    pub(in super::super) after: Option<String>,
}

/// A customer in a request: what the seed's answer has and callers may change. The rest of what
/// they send back is read over.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(in super::super) struct CustomerIn {
    pub(in super::super) tenant: Maybe<String>,
    pub(in super::super) name: Maybe<String>,
    pub(in super::super) debtor_code: Maybe<String>,
    pub(in super::super) alias: Maybe<String>,
    pub(in super::super) language: Maybe<String>,
    pub(in super::super) tax_exempt: Maybe<bool>,
    pub(in super::super) tax: Maybe<String>,
    pub(in super::super) country: Maybe<String>,
    pub(in super::super) ticket_update_mandatory: Maybe<bool>,
    pub(in super::super) state_country: Maybe<String>,
    pub(in super::super) street: Maybe<String>,
    pub(in super::super) house_no: Maybe<String>,
    pub(in super::super) house_no_add: Maybe<String>,
    pub(in super::super) zipcode: Maybe<String>,
    pub(in super::super) city: Maybe<String>,
    pub(in super::super) domain: Maybe<String>,
    pub(in super::super) email: Maybe<String>,
    pub(in super::super) fallback_invoice_email_address: Maybe<String>,
    pub(in super::super) phone_number: Maybe<String>,
    pub(in super::super) fax: Maybe<String>,
    #[serde(rename = "VATNumber")]
    pub(in super::super) vat_number: Maybe<String>,
    pub(in super::super) bank_account: Maybe<String>,
    pub(in super::super) company_type: Maybe<String>,
    pub(in super::super) send_invoice_by_email: Maybe<bool>,
    pub(in super::super) addresses: AnyList,
    pub(in super::super) invoice_recipients: AnyList,
    /// Minutes.
    pub(in super::super) time_registration_roundup_time: Maybe<NumberText>,
    pub(in super::super) days_off_per_year: Maybe<i64>,
    pub(in super::super) show_persons: Maybe<bool>,
    pub(in super::super) client_documentation: Maybe<String>,
    pub(in super::super) auto_pause: Maybe<bool>,
    pub(in super::super) building_name: Maybe<String>,
    pub(in super::super) paid_account: Maybe<bool>,
    pub(in super::super) trial_account: Maybe<bool>,
    pub(in super::super) trial_expiration_date: Maybe<Moment>,
    /// Days.
    pub(in super::super) payment_terms: Maybe<i64>,
    pub(in super::super) invoice_notes: Maybe<String>,
    pub(in super::super) direct_debit: Maybe<bool>,
    pub(in super::super) consolidate_billing: Maybe<bool>,
    pub(in super::super) subtotals_on_invoice: Maybe<bool>,
    pub(in super::super) login_user_name: Maybe<String>,
    /// Per cent.
    pub(in super::super) occupancy_rate_notification_threshold: Maybe<i64>,
    pub(in super::super) custom_fields: AnyList,
}
