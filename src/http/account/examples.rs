//! Examples that the vendor prints.

use serde_json::{Value, json};

/// A customer tenant.
pub(super) const TENANT: &str = "ede9f834-70b3-476c-83d9-736f9f8c7dae";
/// A user of [`TENANT`].
pub(super) const USER: &str = "1c234e69-5469-424a-a6d1-ff5658b387a6";

/// A user who has become a buyer.
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

/// All branding options, none of the web addresses set but one.
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
