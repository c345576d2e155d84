//! Branding options, as the vendor prints them.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Flag;
use super::names::Encryption;

/// The branding options of a tenant.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Brand)]
pub(crate) struct BrandResponse {
    /// Web address of the management portal; empty: none.
    pub(crate) account_server_url: String,
    /// Web address of the backup console; empty: none.
    pub(crate) backup_console_url: String,
    /// The main colour: six hexadecimal digits.
    pub(crate) color: String,
    /// The name of a colour scheme.
    pub(crate) color_scheme: String,
    /// What the company is called.
    pub(crate) company_name: String,
    /// Web address of the help; empty: none.
    pub(crate) help_url: String,
    /// Whether the portal hides its own texts.
    pub(crate) hide_predefined: Flag,
    /// Web address of the company; empty: none.
    pub(crate) home_url: String,
    /// Web address of the knowledge base; empty: none.
    pub(crate) knowledgebase_url: String,
    /// Names the logo; empty where there is none.
    pub(crate) logotype: String,
    /// Web address of the app for Android; empty: none.
    pub(crate) mobile_app_android_download_url: String,
    /// Web address of the app for iOS; empty: none.
    pub(crate) mobile_app_ios_download_url: String,
    /// Whether the legal documents are the company's own.
    pub(crate) owns_custom_legal_docs: bool,
    /// Web address of the platform's terms; empty: none.
    pub(crate) platform_terms_url: String,
    /// Web address of the privacy policy; empty: none.
    pub(crate) privacy_policy_url: String,
    /// Web address that is kept for the portal; empty: none.
    pub(crate) router_url: String,
    /// What the service is called.
    pub(crate) service_name: String,
    /// How the connection to the mail server is protected.
    #[schema(value_type = Encryption)]
    pub(crate) smtp_encryption: &'static str,
    /// Whether mail of the brand goes through its own server.
    pub(crate) smtp_override: Flag,
    /// Always empty: the password never leaves again.
    pub(crate) smtp_password: &'static str,
    /// TCP port of the mail server.
    pub(crate) smtp_port: u16,
    /// Where answers to mails go; empty: where the deployment has them go.
    pub(crate) smtp_reply_address: String,
    /// Host name of the mail server; empty: none.
    pub(crate) smtp_server: String,
    /// Login at the mail server; empty: none.
    pub(crate) smtp_user: String,
    /// Shown to those who are to contact sales.
    pub(crate) support_phone: String,
    /// Web address of the support; empty: none.
    pub(crate) support_url: String,
    /// Web address of the service's terms; empty: none.
    pub(crate) terms_url: String,
    /// Ours, shown where it is set: which parameter names Buy links have.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) upsell_link_profile: Option<&'static str>,
    /// The Buy URL. Empty: no buttons or links are shown to users.
    pub(crate) upsell_url: String,
    /// Web address of the user guide; empty: none.
    pub(crate) user_guide_url: String,
}

/// What to change of the branding options; what is missing is kept. No `Debug`: it holds a
/// password.
#[derive(Default, Deserialize, ToSchema)]
#[schema(as = BrandChange)]
pub(crate) struct BrandRequest {
    /// The tenant's version; it may stand in the query instead.
    pub(crate) version: Option<u64>,
    /// Web address of the management portal; empty: none.
    #[schema(max_length = 2048)]
    pub(crate) account_server_url: Option<String>,
    /// Web address of the backup console; empty: none.
    #[schema(max_length = 2048)]
    pub(crate) backup_console_url: Option<String>,
    /// The main colour: six hexadecimal digits.
    #[schema(pattern = "^[0-9a-fA-F]{6}$")]
    pub(crate) color: Option<String>,
    /// The name of a colour scheme.
    #[schema(max_length = 256)]
    pub(crate) color_scheme: Option<String>,
    /// What the company is called.
    #[schema(max_length = 256)]
    pub(crate) company_name: Option<String>,
    /// Web address of the help; empty: none.
    #[schema(max_length = 2048)]
    pub(crate) help_url: Option<String>,
    /// Whether the portal hides its own texts.
    pub(crate) hide_predefined: Option<Flag>,
    /// Web address of the company; empty: none.
    #[schema(max_length = 2048)]
    pub(crate) home_url: Option<String>,
    /// Web address of the knowledge base; empty: none.
    #[schema(max_length = 2048)]
    pub(crate) knowledgebase_url: Option<String>,
    /// Web address of the app for Android; empty: none.
    #[schema(max_length = 2048)]
    pub(crate) mobile_app_android_download_url: Option<String>,
    /// Web address of the app for iOS; empty: none.
    #[schema(max_length = 2048)]
    pub(crate) mobile_app_ios_download_url: Option<String>,
    /// Whether the legal documents are the company's own.
    pub(crate) owns_custom_legal_docs: Option<Flag>,
    /// Web address of the platform's terms; empty: none.
    #[schema(max_length = 2048)]
    pub(crate) platform_terms_url: Option<String>,
    /// Web address of the privacy policy; empty: none.
    #[schema(max_length = 2048)]
    pub(crate) privacy_policy_url: Option<String>,
    /// Web address that is kept for the portal; empty: none.
    #[schema(max_length = 2048)]
    pub(crate) router_url: Option<String>,
    /// What the service is called.
    #[schema(max_length = 256)]
    pub(crate) service_name: Option<String>,
    /// How the connection to the mail server is protected.
    #[schema(value_type = Option<Encryption>)]
    pub(crate) smtp_encryption: Option<String>,
    /// Whether mail of the brand goes through its own server.
    pub(crate) smtp_override: Option<Flag>,
    /// Kept sealed, and never shown again. Empty counts as not given: that is what answers show.
    #[schema(write_only)]
    pub(crate) smtp_password: Option<String>,
    /// TCP port of the mail server.
    #[schema(minimum = 1, maximum = 65535)]
    pub(crate) smtp_port: Option<u64>,
    /// Where answers to mails go; empty: where the deployment has them go.
    pub(crate) smtp_reply_address: Option<String>,
    /// Host name of the mail server; empty: none.
    pub(crate) smtp_server: Option<String>,
    /// Login at the mail server; empty: none.
    #[schema(max_length = 256)]
    pub(crate) smtp_user: Option<String>,
    /// Shown to those who are to contact sales.
    #[schema(max_length = 256)]
    pub(crate) support_phone: Option<String>,
    /// Web address of the support; empty: none.
    #[schema(max_length = 2048)]
    pub(crate) support_url: Option<String>,
    /// Web address of the service's terms; empty: none.
    #[schema(max_length = 2048)]
    pub(crate) terms_url: Option<String>,
    /// Ours: which parameter names Buy links have. Empty: as the deployment has it.
    #[schema(pattern = "^(default|acronis)?$")]
    pub(crate) upsell_link_profile: Option<String>,
    /// The Buy URL. Empty: no buttons or links are shown to users.
    #[schema(max_length = 2048)]
    pub(crate) upsell_url: Option<String>,
    /// Web address of the user guide; empty: none.
    #[schema(max_length = 2048)]
    pub(crate) user_guide_url: Option<String>,
}
