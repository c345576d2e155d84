//! Stored form of brands.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Stored, known, need};
use crate::domain::brand::{Brand, BrandEncryption, BrandSmtp, BrandUrls, Sealed};
use crate::domain::ids::TenantId;
use crate::domain::link::{BuyUrl, BuyUrlRules, LinkProfile};

const LOOSEST: BuyUrlRules = BuyUrlRules {
    allow_http: true,
    allow_ip_hosts: true,
};

#[derive(Serialize, Deserialize)]
pub struct BrandForm {
    tenant_id: Uuid,
    enabled: bool,
    buy_url: Option<String>,
    link_profile: Option<String>,
    service_name: String,
    company_name: String,
    color: String,
    color_scheme: String,
    logotype: String,
    hide_predefined: bool,
    owns_custom_legal_docs: bool,
    support_phone: String,
    urls: UrlsForm,
    smtp: SmtpForm,
}

#[derive(Serialize, Deserialize)]
struct UrlsForm {
    account_server: String,
    backup_console: String,
    help: String,
    home: String,
    knowledgebase: String,
    mobile_app_android_download: String,
    mobile_app_ios_download: String,
    platform_terms: String,
    privacy_policy: String,
    router: String,
    support: String,
    terms: String,
    user_guide: String,
}

#[derive(Serialize, Deserialize)]
struct SmtpForm {
    override_enabled: bool,
    server: String,
    port: u16,
    encryption: String,
    user: String,
    sealed_password: String,
    reply_address: Option<String>,
}

impl From<BrandUrls> for UrlsForm {
    fn from(urls: BrandUrls) -> Self {
        Self {
            account_server: urls.account_server,
            backup_console: urls.backup_console,
            help: urls.help,
            home: urls.home,
            knowledgebase: urls.knowledgebase,
            mobile_app_android_download: urls.mobile_app_android_download,
            mobile_app_ios_download: urls.mobile_app_ios_download,
            platform_terms: urls.platform_terms,
            privacy_policy: urls.privacy_policy,
            router: urls.router,
            support: urls.support,
            terms: urls.terms,
            user_guide: urls.user_guide,
        }
    }
}

impl From<UrlsForm> for BrandUrls {
    fn from(urls: UrlsForm) -> Self {
        Self {
            account_server: urls.account_server,
            backup_console: urls.backup_console,
            help: urls.help,
            home: urls.home,
            knowledgebase: urls.knowledgebase,
            mobile_app_android_download: urls.mobile_app_android_download,
            mobile_app_ios_download: urls.mobile_app_ios_download,
            platform_terms: urls.platform_terms,
            privacy_policy: urls.privacy_policy,
            router: urls.router,
            support: urls.support,
            terms: urls.terms,
            user_guide: urls.user_guide,
        }
    }
}

impl From<BrandSmtp> for SmtpForm {
    fn from(smtp: BrandSmtp) -> Self {
        Self {
            override_enabled: smtp.override_enabled,
            server: smtp.server,
            port: smtp.port,
            encryption: smtp.encryption.name().to_owned(),
            user: smtp.user,
            sealed_password: smtp.password.0,
            reply_address: smtp
                .reply_address
                .map(|address| address.as_str().to_owned()),
        }
    }
}

impl SmtpForm {
    fn into_smtp(self) -> Result<BrandSmtp, String> {
        let encryption = BrandEncryption::from_name(&self.encryption);
        let reply = self
            .reply_address
            .map(|text| need("reply address", text.parse()));
        Ok(BrandSmtp {
            override_enabled: self.override_enabled,
            server: self.server,
            port: self.port,
            encryption: known("encryption", &self.encryption, encryption)?,
            user: self.user,
            password: Sealed(self.sealed_password),
            reply_address: reply.transpose()?,
        })
    }
}

impl From<Brand> for BrandForm {
    fn from(brand: Brand) -> Self {
        Self {
            tenant_id: brand.tenant_id.uuid(),
            enabled: brand.enabled,
            buy_url: brand.buy_url.map(|url| url.as_str().to_owned()),
            link_profile: brand.link_profile.map(|profile| profile.name().to_owned()),
            service_name: brand.service_name,
            company_name: brand.company_name,
            color: brand.color,
            color_scheme: brand.color_scheme,
            logotype: brand.logotype,
            hide_predefined: brand.hide_predefined,
            owns_custom_legal_docs: brand.owns_custom_legal_docs,
            support_phone: brand.support_phone,
            urls: brand.urls.into(),
            smtp: brand.smtp.into(),
        }
    }
}

impl Stored for Brand {
    const NAME: &'static str = "brand";
    const SECRETS: &'static [&'static str] = &["smtp.sealed_password"];
    type Form = BrandForm;

    fn from_form(form: BrandForm) -> Result<Self, String> {
        let profile = form
            .link_profile
            .map(|name| known("link profile", &name, LinkProfile::from_name(&name)))
            .transpose()?;
        Ok(Self {
            tenant_id: TenantId::new(form.tenant_id),
            enabled: form.enabled,
            // What even the loosest rules refuse is no URL; the deployment's are asked at use.
            buy_url: form
                .buy_url
                .and_then(|text| BuyUrl::parse(&text, LOOSEST).ok()),
            link_profile: profile,
            service_name: form.service_name,
            company_name: form.company_name,
            color: form.color,
            color_scheme: form.color_scheme,
            logotype: form.logotype,
            hide_predefined: form.hide_predefined,
            owns_custom_legal_docs: form.owns_custom_legal_docs,
            support_phone: form.support_phone,
            urls: form.urls.into(),
            smtp: form.smtp.into_smtp()?,
        })
    }
}
