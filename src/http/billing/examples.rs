//! Examples that the vendor prints.

use serde_json::{Value, json};

/// A tenant.
pub(super) const TENANT: &str = "ede9f834-70b3-476c-83d9-736f9f8c7dae";

/// The billing information of a tenant.
pub(super) fn billing_info() -> Value {
    json!({
        "Tenant": TENANT,
        "Name": "New Customer",
        "TaxExempt": false,
        "Tax": "bc814c40-9114-4329-8eb5-5b1e89270afb",
        "Language": "48d06c90-f8a4-4726-a83c-a47dbb709f25",
        "Country": "b28c162b-007a-42a1-ba97-d798e9e26909",
        "BankAccount": "AL35202111090000000001234567",
        "VATNumber": "A23456789B",
        "TrialAccount": false,
        "DaysOffPerYear": 15,
        "TimeRegistrationRoundupTime": 10,
        "PaymentTerms": 14,
        "LoginUserName": "foo.bar@example.com",
        "SubtotalsOnInvoice": false,
        "DirectDebit": false,
        "SendInvoiceByEmail": false,
        "HouseNo": "24",
        "Street": "Esenni motivi",
        "Zipcode": "1330",
        "City": "Sofia",
        "PhoneNumber": "083 2222 588",
        "Email": "foo.bar@example.com",
    })
}

/// A tax of that tenant.
pub(super) fn tax() -> Value {
    json!({ "Tenant": TENANT, "Name": "VAT", "Value": 20.5, "Active": true })
}
