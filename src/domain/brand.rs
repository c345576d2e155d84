//! Brands: the look, the addresses, the shop and the mail server that a partner sets for its
//! tenants.

use serde::{Deserialize, Deserializer, Serialize};

use super::contact::EmailAddress;
use super::ids::TenantId;
use super::link::{BuyUrl, BuyUrlRules, LinkProfile};
use super::named::named;

/// The values of `color_scheme`.
pub const COLOR_SCHEMES: [&str; 2] = ["default", "orange"];

named! {
    /// How the brand's own mail server is spoken to (`smtp_encryption`, rule `brand-options`).
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
    #[serde(rename_all = "UPPERCASE")]
    pub enum BrandEncryption {
        /// Plain text.
        None = "NONE",
        /// TLS from the first byte, on any port.
        Ssl = "SSL",
        /// TLS from the first byte on port 465, else STARTTLS, which must then succeed.
        #[default]
        Tls = "TLS",
    }
}

/// A secret in its sealed form. The domain carries it and cannot open it.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Sealed(pub String);

impl std::fmt::Debug for Sealed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sealed(…)")
    }
}

/// The brand's own mail server.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct BrandSmtp {
    /// Whether mail of the brand goes through it.
    pub override_enabled: bool,
    /// Host name or address; empty where none is set.
    pub server: String,
    /// TCP port.
    pub port: u16,
    /// How it is spoken to.
    pub encryption: BrandEncryption,
    /// Empty: no login.
    pub user: String,
    /// Empty where none is set.
    #[serde(rename = "sealed_password")]
    pub password: Sealed,
    /// `Reply-To` of the brand's mail, and its sender where the brand's server is used.
    pub reply_address: Option<EmailAddress>,
}

/// The web addresses of a brand. Empty where not set. Checked when written: http or https.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[allow(missing_docs)] // the names are the wire's, and their meaning
pub struct BrandUrls {
    pub account_server: String,
    pub backup_console: String,
    pub help: String,
    pub home: String,
    pub knowledgebase: String,
    pub mobile_app_android_download: String,
    pub mobile_app_ios_download: String,
    pub platform_terms: String,
    pub privacy_policy: String,
    pub router: String,
    pub support: String,
    pub terms: String,
    pub user_guide: String,
}

/// The branding options of one tenant (rule `brand-options`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Brand {
    /// Whose brand it is.
    pub tenant_id: TenantId,
    /// Only an enabled brand is shown, to the tenant and to all below it that have none.
    pub enabled: bool,
    /// The Buy URL; `None` where empty: no buy links are shown.
    #[serde(deserialize_with = "stored_buy_url")]
    pub buy_url: Option<BuyUrl>,
    /// The parameter names of Buy links; `None`: as the deployment has it.
    pub link_profile: Option<LinkProfile>,
    /// Name of the service, in headings and subjects.
    pub service_name: String,
    /// Name of the company.
    pub company_name: String,
    /// Six hexadecimal digits.
    pub color: String,
    /// A name; kept for the portal.
    pub color_scheme: String,
    /// Names the uploaded logo; empty where there is none.
    pub logotype: String,
    /// Kept for the portal.
    pub hide_predefined: bool,
    /// Kept for the portal.
    pub owns_custom_legal_docs: bool,
    /// Shown to those who are to contact sales.
    pub support_phone: String,
    /// Web addresses.
    pub urls: BrandUrls,
    /// The own mail server.
    pub smtp: BrandSmtp,
}

impl Brand {
    /// The options of a tenant that never set any.
    #[must_use]
    pub fn unset(tenant_id: TenantId) -> Self {
        Self {
            tenant_id,
            enabled: false,
            buy_url: None,
            link_profile: None,
            service_name: String::new(),
            company_name: String::new(),
            color: "000000".to_owned(),
            color_scheme: "default".to_owned(),
            logotype: String::new(),
            hide_predefined: false,
            owns_custom_legal_docs: false,
            support_phone: String::new(),
            urls: BrandUrls::default(),
            smtp: BrandSmtp {
                port: 465,
                ..BrandSmtp::default()
            },
        }
    }

    /// Whether mail of the brand goes through a server of its own.
    #[must_use]
    pub fn has_own_server(&self) -> bool {
        self.smtp.override_enabled && !self.smtp.server.is_empty()
    }
}

/// What even the loosest rules refuse is no Buy URL; the deployment's are asked at use.
fn stored_buy_url<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<BuyUrl>, D::Error> {
    const LOOSEST: BuyUrlRules = BuyUrlRules {
        allow_http: true,
        allow_ip_hosts: true,
    };
    let text = Option::<String>::deserialize(deserializer)?;
    Ok(text.and_then(|text| BuyUrl::parse(&text, LOOSEST).ok()))
}
