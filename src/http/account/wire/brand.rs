//! Branding options, as seed 001 prints them.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Flag;
use super::names::Encryption;

/// The branding options of a tenant.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Brand)]
pub(in super::super) struct BrandOut {
    /// Web address of the management portal; empty: none.
    pub(in super::super) account_server_url: String,
    /// Web address of the backup console; empty: none.
    pub(in super::super) backup_console_url: String,
    /// The main colour: six hexadecimal digits.
    pub(in super::super) color: String,
    /// The name of a colour scheme.
    pub(in super::super) color_scheme: String,
    /// What the company is called.
    pub(in super::super) company_name: String,
    /// Web address of the help; empty: none.
    pub(in super::super) help_url: String,
    /// Whether the portal hides its own texts.
    pub(in super::super) hide_predefined: Flag,
    /// Web address of the company; empty: none.
    pub(in super::super) home_url: String,
    /// Web address of the knowledge base; empty: none.
    pub(in super::super) knowledgebase_url: String,
    /// Names the logo; empty where there is none.
    pub(in super::super) logotype: String,
    /// Web address of the app for Android; empty: none.
    pub(in super::super) mobile_app_android_download_url: String,
    /// Web address of the app for iOS; empty: none.
    pub(in super::super) mobile_app_ios_download_url: String,
    /// Whether the legal documents are the company's own.
    pub(in super::super) owns_custom_legal_docs: bool,
    /// Web address of the platform's terms; empty: none.
    pub(in super::super) platform_terms_url: String,
    /// Web address of the privacy policy; empty: none.
    pub(in super::super) privacy_policy_url: String,
    /// Web address that is kept for the portal; empty: none.
    pub(in super::super) router_url: String,
    /// What the service is called.
    pub(in super::super) service_name: String,
    /// How the connection to the mail server is protected.
    #[schema(value_type = Encryption)]
    pub(in super::super) smtp_encryption: &'static str,
    /// Whether mail of the brand goes through its own server.
    pub(in super::super) smtp_override: Flag,
    /// Always empty: the password never leaves again.
    pub(in super::super) smtp_password: &'static str,
    /// TCP port of the mail server.
    pub(in super::super) smtp_port: u16,
    /// Where answers to mails go; empty: where the deployment has them go.
    pub(in super::super) smtp_reply_address: String,
    /// Host name of the mail server; empty: none.
    pub(in super::super) smtp_server: String,
    /// Login at the mail server; empty: none.
    pub(in super::super) smtp_user: String,
    /// Shown to those who are to contact sales.
    pub(in super::super) support_phone: String,
    /// Web address of the support; empty: none.
    pub(in super::super) support_url: String,
    /// Web address of the service's terms; empty: none.
    pub(in super::super) terms_url: String,
    /// Ours, shown where it is set: which parameter names Buy links have.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(in super::super) upsell_link_profile: Option<&'static str>,
    /// The Buy URL. Empty: no buttons or links are shown to users.
    pub(in super::super) upsell_url: String,
    /// Web address of the user guide; empty: none.
    pub(in super::super) user_guide_url: String,
}

/// What to change of the branding options; what is missing is kept. No `Debug`: it holds a
/// password.
#[derive(Default, Deserialize, ToSchema)]
#[schema(as = BrandChange)]
pub(in super::super) struct BrandIn {
    /// The tenant's version; it may stand in the query instead.
    pub(in super::super) version: Option<u64>,
    /// Web address of the management portal; empty: none.
    #[schema(max_length = 2048)]
    pub(in super::super) account_server_url: Option<String>,
    /// Web address of the backup console; empty: none.
    #[schema(max_length = 2048)]
    pub(in super::super) backup_console_url: Option<String>,
    /// The main colour: six hexadecimal digits.
    #[schema(pattern = "^[0-9a-fA-F]{6}$")]
    pub(in super::super) color: Option<String>,
    /// The name of a colour scheme.
    #[schema(
        max_length = 256,
        pattern = "^[^\\u0000-\\u001f\\u007f-\\u009f\\u2028-\\u202e\\u2066-\\u2069]*$"
    )]
    pub(in super::super) color_scheme: Option<String>,
    /// What the company is called.
    #[schema(
        max_length = 256,
        pattern = "^[^\\u0000-\\u001f\\u007f-\\u009f\\u2028-\\u202e\\u2066-\\u2069]*$"
    )]
    pub(in super::super) company_name: Option<String>,
    /// Web address of the help; empty: none.
    #[schema(max_length = 2048)]
    pub(in super::super) help_url: Option<String>,
    /// Whether the portal hides its own texts.
    pub(in super::super) hide_predefined: Option<Flag>,
    /// Web address of the company; empty: none.
    #[schema(max_length = 2048)]
    pub(in super::super) home_url: Option<String>,
    /// Web address of the knowledge base; empty: none.
    #[schema(max_length = 2048)]
    pub(in super::super) knowledgebase_url: Option<String>,
    /// Web address of the app for Android; empty: none.
    #[schema(max_length = 2048)]
    pub(in super::super) mobile_app_android_download_url: Option<String>,
    /// Web address of the app for iOS; empty: none.
    #[schema(max_length = 2048)]
    pub(in super::super) mobile_app_ios_download_url: Option<String>,
    /// Whether the legal documents are the company's own.
    pub(in super::super) owns_custom_legal_docs: Option<Flag>,
    /// Web address of the platform's terms; empty: none.
    #[schema(max_length = 2048)]
    pub(in super::super) platform_terms_url: Option<String>,
    /// Web address of the privacy policy; empty: none.
    #[schema(max_length = 2048)]
    pub(in super::super) privacy_policy_url: Option<String>,
    /// Web address that is kept for the portal; empty: none.
    #[schema(max_length = 2048)]
    pub(in super::super) router_url: Option<String>,
    /// What the service is called.
    #[schema(
        max_length = 256,
        pattern = "^[^\\u0000-\\u001f\\u007f-\\u009f\\u2028-\\u202e\\u2066-\\u2069]*$"
    )]
    pub(in super::super) service_name: Option<String>,
    /// How the connection to the mail server is protected.
    #[schema(value_type = Option<Encryption>)]
    pub(in super::super) smtp_encryption: Option<String>,
    /// Whether mail of the brand goes through its own server.
    pub(in super::super) smtp_override: Option<Flag>,
    /// Kept sealed, and never shown again. Empty counts as not given: that is what answers show.
    #[schema(write_only)]
    pub(in super::super) smtp_password: Option<String>,
    /// TCP port of the mail server.
    #[schema(minimum = 1, maximum = 65535)]
    pub(in super::super) smtp_port: Option<u64>,
    /// Where answers to mails go; empty: where the deployment has them go.
    pub(in super::super) smtp_reply_address: Option<String>,
    /// Host name of the mail server; empty: none.
    pub(in super::super) smtp_server: Option<String>,
    /// Login at the mail server; empty: none.
    #[schema(
        max_length = 256,
        pattern = "^[^\\u0000-\\u001f\\u007f-\\u009f\\u2028-\\u202e\\u2066-\\u2069]*$"
    )]
    pub(in super::super) smtp_user: Option<String>,
    /// Shown to those who are to contact sales.
    #[schema(
        max_length = 256,
        pattern = "^[^\\u0000-\\u001f\\u007f-\\u009f\\u2028-\\u202e\\u2066-\\u2069]*$"
    )]
    pub(in super::super) support_phone: Option<String>,
    /// Web address of the support; empty: none.
    #[schema(max_length = 2048)]
    pub(in super::super) support_url: Option<String>,
    /// Web address of the service's terms; empty: none.
    #[schema(max_length = 2048)]
    pub(in super::super) terms_url: Option<String>,
    /// Ours: which parameter names Buy links have. Empty: as the deployment has it.
    #[schema(pattern = "^(default|acronis)?$")]
    pub(in super::super) upsell_link_profile: Option<String>,
    /// The Buy URL. Empty: no buttons or links are shown to users.
    #[schema(max_length = 2048)]
    pub(in super::super) upsell_url: Option<String>,
    /// Web address of the user guide; empty: none.
    #[schema(max_length = 2048)]
    pub(in super::super) user_guide_url: Option<String>,
}
