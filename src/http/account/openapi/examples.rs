//! What the seeds print, and examples in their manner.

use serde_json::{Value, json};

/// The customer tenant of seed 000.
pub(super) const TENANT: &str = "ede9f834-70b3-476c-83d9-736f9f8c7dae";
/// The user of seed 000.
pub(super) const USER: &str = "1c234e69-5469-424a-a6d1-ff5658b387a6";

/// Seed 000, step 4.
pub(super) fn becomes_buyer() -> Value {
    json!({ "business_types": ["buyer"], "version": 1 })
}

/// Seed 000, step 8.
pub(super) fn user() -> Value {
    json!({
        "activated": true,
        "business_types": ["buyer"],
        "contact": {
            "address1": "", "address2": "", "city": "", "country": "",
            "email": "johndoe@mysite.com", "firstname": "John", "lastname": "Doe",
            "phone": "", "state": "", "zipcode": "",
        },
        "created_at": "2019-07-25T07:11:02.807354+00:00",
        "enabled": false,
        "id": USER,
        "idp_id": "11111111-1111-1111-1111-111111111111",
        "language": "en",
        "login": "JohnDoe",
        "mfa_status": "disabled",
        "notifications": ["quota", "reports", "backup_daily_report"],
        "personal_tenant_id": null,
        "tenant_id": TENANT,
        "terms_accepted": false,
        "version": 2,
    })
}

/// The user that seed 000 begins with.
pub(super) fn new_user() -> Value {
    json!({
        "tenant_id": TENANT,
        "login": "JohnDoe",
        "contact": { "email": "johndoe@mysite.com", "firstname": "John", "lastname": "Doe" },
    })
}

/// Seed 001, step 5, with a Buy URL.
pub(super) fn buy_url() -> Value {
    json!({ "upsell_url": "https://shop.example.com/buy?campaign=7" })
}

/// Seed 001, step 8.
pub(super) fn brand() -> Value {
    json!({
        "account_server_url": "",
        "backup_console_url": "",
        "color": "000000",
        "color_scheme": "default",
        "company_name": "FooBar",
        "help_url": "api/ams/links/help",
        "hide_predefined": 1,
        "home_url": "",
        "knowledgebase_url": "",
        "logotype": "2f8ad2e2-28f2-11e7-aad1-5ffe2ad47151",
        "mobile_app_android_download_url": "",
        "mobile_app_ios_download_url": "",
        "owns_custom_legal_docs": true,
        "platform_terms_url": "",
        "privacy_policy_url": "",
        "router_url": "",
        "service_name": "myservice",
        "smtp_encryption": "TLS",
        "smtp_override": 1,
        "smtp_password": "",
        "smtp_port": 465,
        "smtp_reply_address": "",
        "smtp_server": "",
        "smtp_user": "smtpuser",
        "support_phone": "+1 1111 1111111",
        "support_url": "",
        "terms_url": "",
        "upsell_url": "",
        "user_guide_url": "",
    })
}

/// A quota of 100 GiB that may be exceeded by 10.
pub(super) fn offering_items() -> Value {
    json!({
        "offering_items": [{
            "name": "storage",
            "usage_name": "storage",
            "measurement_unit": "bytes",
            "quota": { "value": 107_374_182_400_u64, "overage": 10_737_418_240_u64, "version": 0 },
        }],
    })
}

/// A report of 104 GiB.
pub(super) fn usage_reports() -> Value {
    json!({
        "items": [{
            "tenant_id": TENANT,
            "usage_name": "storage",
            "absolute_value": 111_669_149_696_u64,
        }],
    })
}
