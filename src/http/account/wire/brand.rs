//! Branding options, as the vendor prints them.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Flag;
use super::names::Encryption;
use crate::http::wire::resource;

resource! {
    /// The branding options of a tenant.
    #[derive(Debug, Serialize, ToSchema)]
    #[schema(as = Brand)]
    response BrandResponse;

    /// What to change of the branding options; what is missing is kept. No `Debug`: it holds a
    /// password.
    #[derive(Default, Deserialize, ToSchema)]
    #[schema(as = BrandChange)]
    request BrandRequest;

    /// Web address of the management portal; empty: none.
    account_server_url: String => #[schema(max_length = 2048)] Option<String>;
    /// Web address of the backup console; empty: none.
    backup_console_url: String => #[schema(max_length = 2048)] Option<String>;
    /// The main colour: six hexadecimal digits.
    color: String => #[schema(pattern = "^[0-9a-fA-F]{6}$")] Option<String>;
    /// The name of a colour scheme.
    color_scheme: String => #[schema(max_length = 256)] Option<String>;
    /// What the company is called.
    company_name: String => #[schema(max_length = 256)] Option<String>;
    /// Web address of the help; empty: none.
    help_url: String => #[schema(max_length = 2048)] Option<String>;
    /// Whether the portal hides its own texts.
    hide_predefined: Flag => Option<Flag>;
    /// Web address of the company; empty: none.
    home_url: String => #[schema(max_length = 2048)] Option<String>;
    /// Web address of the knowledge base; empty: none.
    knowledgebase_url: String => #[schema(max_length = 2048)] Option<String>;
    /// Names the logo; empty where there is none.
    logotype: String;
    /// Web address of the app for Android; empty: none.
    mobile_app_android_download_url: String => #[schema(max_length = 2048)] Option<String>;
    /// Web address of the app for iOS; empty: none.
    mobile_app_ios_download_url: String => #[schema(max_length = 2048)] Option<String>;
    /// Whether the legal documents are the company's own.
    owns_custom_legal_docs: bool => Option<Flag>;
    /// Web address of the platform's terms; empty: none.
    platform_terms_url: String => #[schema(max_length = 2048)] Option<String>;
    /// Web address of the privacy policy; empty: none.
    privacy_policy_url: String => #[schema(max_length = 2048)] Option<String>;
    /// Web address that is kept for the portal; empty: none.
    router_url: String => #[schema(max_length = 2048)] Option<String>;
    /// What the service is called.
    service_name: String => #[schema(max_length = 256)] Option<String>;
    /// How the connection to the mail server is protected.
    smtp_encryption: Encryption => #[schema(value_type = Option<Encryption>)] Option<String>;
    /// Whether mail of the brand goes through its own server.
    smtp_override: Flag => Option<Flag>;
    /// Always empty: the password never leaves again.
    smtp_password: &'static str;
    /// TCP port of the mail server.
    smtp_port: u16 => #[schema(minimum = 1, maximum = 65535)] Option<u64>;
    /// Where answers to mails go; empty: where the deployment has them go.
    smtp_reply_address: String => Option<String>;
    /// Host name of the mail server; empty: none.
    smtp_server: String => Option<String>;
    /// Login at the mail server; empty: none.
    smtp_user: String => #[schema(max_length = 256)] Option<String>;
    /// Shown to those who are to contact sales.
    support_phone: String => #[schema(max_length = 256)] Option<String>;
    /// Web address of the support; empty: none.
    support_url: String => #[schema(max_length = 2048)] Option<String>;
    /// Web address of the service's terms; empty: none.
    terms_url: String => #[schema(max_length = 2048)] Option<String>;
    /// Ours, shown where it is set: which parameter names Buy links have.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    upsell_link_profile: Option<&'static str>;
    /// The Buy URL. Empty: no buttons or links are shown to users.
    upsell_url: String => #[schema(max_length = 2048)] Option<String>;
    /// Web address of the user guide; empty: none.
    user_guide_url: String => #[schema(max_length = 2048)] Option<String>;

    only {
        /// The tenant's version; it may stand in the query instead.
        pub(crate) version: Option<u64>,
        /// Kept sealed, and never shown again. Empty counts as not given: that is what answers show.
        #[schema(write_only)]
        pub(crate) smtp_password: Option<String>,
        /// Ours: which parameter names Buy links have. Empty: as the deployment has it.
        #[schema(pattern = "^(default|acronis)?$")]
        pub(crate) upsell_link_profile: Option<String>,
    }
}
