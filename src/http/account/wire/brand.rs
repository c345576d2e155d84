//! Branding options, as seed 001 prints them.

use serde::{Deserialize, Serialize};

use super::Flag;

#[derive(Debug, Serialize)]
pub(in super::super) struct BrandOut {
    pub(in super::super) account_server_url: String,
    pub(in super::super) backup_console_url: String,
    pub(in super::super) color: String,
    pub(in super::super) color_scheme: String,
    pub(in super::super) company_name: String,
    pub(in super::super) help_url: String,
    pub(in super::super) hide_predefined: Flag,
    pub(in super::super) home_url: String,
    pub(in super::super) knowledgebase_url: String,
    pub(in super::super) logotype: String,
    pub(in super::super) mobile_app_android_download_url: String,
    pub(in super::super) mobile_app_ios_download_url: String,
    pub(in super::super) owns_custom_legal_docs: bool,
    pub(in super::super) platform_terms_url: String,
    pub(in super::super) privacy_policy_url: String,
    pub(in super::super) router_url: String,
    pub(in super::super) service_name: String,
    pub(in super::super) smtp_encryption: &'static str,
    pub(in super::super) smtp_override: Flag,
    /// Always empty: the password never leaves again.
    pub(in super::super) smtp_password: &'static str,
    pub(in super::super) smtp_port: u16,
    pub(in super::super) smtp_reply_address: String,
    pub(in super::super) smtp_server: String,
    pub(in super::super) smtp_user: String,
    pub(in super::super) support_phone: String,
    pub(in super::super) support_url: String,
    pub(in super::super) terms_url: String,
    /// Ours; shown where it is set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in super::super) upsell_link_profile: Option<&'static str>,
    pub(in super::super) upsell_url: String,
    pub(in super::super) user_guide_url: String,
}

/// No `Debug`: it holds a password.
#[derive(Default, Deserialize)]
pub(in super::super) struct BrandIn {
    pub(in super::super) version: Option<u64>,
    pub(in super::super) account_server_url: Option<String>,
    pub(in super::super) backup_console_url: Option<String>,
    pub(in super::super) color: Option<String>,
    pub(in super::super) color_scheme: Option<String>,
    pub(in super::super) company_name: Option<String>,
    pub(in super::super) help_url: Option<String>,
    pub(in super::super) hide_predefined: Option<Flag>,
    pub(in super::super) home_url: Option<String>,
    pub(in super::super) knowledgebase_url: Option<String>,
    pub(in super::super) mobile_app_android_download_url: Option<String>,
    pub(in super::super) mobile_app_ios_download_url: Option<String>,
    pub(in super::super) owns_custom_legal_docs: Option<Flag>,
    pub(in super::super) platform_terms_url: Option<String>,
    pub(in super::super) privacy_policy_url: Option<String>,
    pub(in super::super) router_url: Option<String>,
    pub(in super::super) service_name: Option<String>,
    pub(in super::super) smtp_encryption: Option<String>,
    pub(in super::super) smtp_override: Option<Flag>,
    pub(in super::super) smtp_password: Option<String>,
    pub(in super::super) smtp_port: Option<u64>,
    pub(in super::super) smtp_reply_address: Option<String>,
    pub(in super::super) smtp_server: Option<String>,
    pub(in super::super) smtp_user: Option<String>,
    pub(in super::super) support_phone: Option<String>,
    pub(in super::super) support_url: Option<String>,
    pub(in super::super) terms_url: Option<String>,
    pub(in super::super) upsell_link_profile: Option<String>,
    pub(in super::super) upsell_url: Option<String>,
    pub(in super::super) user_guide_url: Option<String>,
}
