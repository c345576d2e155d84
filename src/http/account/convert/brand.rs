//! Branding options.

use super::set;
use crate::domain::brand::{Brand, BrandEncryption, BrandSmtp, BrandUrls, COLOR_SCHEMES, Sealed};
use crate::domain::link::{BuyUrl, BuyUrlRules, LinkProfile};
use crate::domain::text::{BadText, check_color, check_host, check_line, check_web_address};
use crate::domain::user::known_name;
use crate::http::account::wire::Flag;
use crate::http::account::wire::brand::{BrandRequest, BrandResponse};
use crate::http::account::wire::names::Encryption;
use crate::usecases::error::Error;
use crate::usecases::manage_brand::Rules;

/// Longest text option, in characters.
const MAX_CHARS: usize = 256;

/// Sets the texts that a request gives: `request, check: field => place;`.
macro_rules! set_texts {
    ($request:ident, $check:ident: $($field:ident => $slot:expr;)+) => {$(
        set(stringify!($field), &$request.$field, &mut $slot, $check)?;
    )+};
}

fn line(text: &str) -> Result<(), BadText> {
    check_line(text, MAX_CHARS)
}

pub(crate) fn brand(brand: Brand) -> BrandResponse {
    let (urls, smtp) = (brand.urls, brand.smtp);
    let reply = smtp
        .reply_address
        .as_ref()
        .map(|address| address.as_str().to_owned());
    let buy_url = brand.buy_url.as_ref().map(|url| url.as_str().to_owned());
    BrandResponse {
        account_server_url: urls.account_server,
        backup_console_url: urls.backup_console,
        color: brand.color,
        color_scheme: brand.color_scheme,
        company_name: brand.company_name,
        help_url: urls.help,
        hide_predefined: Flag(brand.hide_predefined),
        home_url: urls.home,
        knowledgebase_url: urls.knowledgebase,
        logotype: brand.logotype,
        mobile_app_android_download_url: urls.mobile_app_android_download,
        mobile_app_ios_download_url: urls.mobile_app_ios_download,
        owns_custom_legal_docs: brand.owns_custom_legal_docs,
        platform_terms_url: urls.platform_terms,
        privacy_policy_url: urls.privacy_policy,
        router_url: urls.router,
        service_name: brand.service_name,
        smtp_encryption: Encryption(smtp.encryption.name()),
        smtp_override: Flag(smtp.override_enabled),
        smtp_password: "",
        smtp_port: smtp.port,
        smtp_reply_address: reply.unwrap_or_default(),
        smtp_server: smtp.server,
        smtp_user: smtp.user,
        support_phone: brand.support_phone,
        support_url: urls.support,
        terms_url: urls.terms,
        upsell_link_profile: brand.link_profile.map(|profile| profile.name()),
        upsell_url: buy_url.unwrap_or_default(),
        user_guide_url: urls.user_guide,
    }
}

impl BrandRequest {
    /// The brand with the change made.
    pub(crate) fn apply(&self, mut brand: Brand, rules: &Rules<'_>) -> Result<Brand, Error> {
        set_texts! { self, line:
            service_name => brand.service_name;
            company_name => brand.company_name;
            support_phone => brand.support_phone;
        }
        set_texts! { self, check_color: color => brand.color; }
        if let Some(name) = &self.color_scheme {
            color_scheme(name)?.clone_into(&mut brand.color_scheme);
        }
        self.apply_urls(&mut brand.urls)?;
        if let Some(text) = &self.upsell_url {
            brand.buy_url = buy_url(text, rules.buy_url)?;
        }
        if let Some(name) = &self.upsell_link_profile {
            brand.link_profile = link_profile(name)?;
        }
        if let Some(Flag(hide)) = self.hide_predefined {
            brand.hide_predefined = hide;
        }
        if let Some(Flag(owns)) = self.owns_custom_legal_docs {
            brand.owns_custom_legal_docs = owns;
        }
        self.apply_smtp(&mut brand.smtp, rules)?;
        Ok(brand)
    }

    fn apply_urls(&self, urls: &mut BrandUrls) -> Result<(), Error> {
        set_texts! { self, check_web_address:
            account_server_url => urls.account_server;
            backup_console_url => urls.backup_console;
            help_url => urls.help;
            home_url => urls.home;
            knowledgebase_url => urls.knowledgebase;
            mobile_app_android_download_url => urls.mobile_app_android_download;
            mobile_app_ios_download_url => urls.mobile_app_ios_download;
            platform_terms_url => urls.platform_terms;
            privacy_policy_url => urls.privacy_policy;
            router_url => urls.router;
            support_url => urls.support;
            terms_url => urls.terms;
            user_guide_url => urls.user_guide;
        }
        Ok(())
    }

    fn apply_smtp(&self, smtp: &mut BrandSmtp, rules: &Rules<'_>) -> Result<(), Error> {
        set_texts! { self, check_host: smtp_server => smtp.server; }
        set_texts! { self, line: smtp_user => smtp.user; }
        if let Some(port) = self.smtp_port {
            let port = u16::try_from(port).ok().filter(|port| *port > 0);
            smtp.port = port.ok_or_else(|| {
                Error::invalid("smtp_port", "must be a whole number from 1 to 65535")
            })?;
        }
        if let Some(name) = &self.smtp_encryption {
            smtp.encryption =
                BrandEncryption::from_name(&name.to_ascii_uppercase()).ok_or_else(|| {
                    Error::invalid("smtp_encryption", "must be \"NONE\", \"SSL\" or \"TLS\"")
                })?;
        }
        if let Some(address) = &self.smtp_reply_address {
            let parsed = (!address.is_empty()).then(|| address.parse()).transpose();
            smtp.reply_address = parsed.map_err(|bad| Error::invalid("smtp_reply_address", bad))?;
        }
        if let Some(Flag(enabled)) = self.smtp_override {
            smtp.override_enabled = enabled;
        }
        if let Some(password) = self
            .smtp_password
            .as_deref()
            .filter(|text| !text.is_empty())
        {
            line(password).map_err(|bad| Error::invalid("smtp_password", bad))?;
            smtp.password = Sealed((rules.seal)(password)?);
        }
        Ok(())
    }
}

/// Empty means that no buttons or links are shown (rule `buy-url`).
fn buy_url(text: &str, rules: BuyUrlRules) -> Result<Option<BuyUrl>, Error> {
    if text.is_empty() {
        return Ok(None);
    }
    let parsed = BuyUrl::parse(text, rules);
    parsed
        .map(Some)
        .map_err(|problem| Error::invalid("upsell_url", problem))
}

fn link_profile(name: &str) -> Result<Option<LinkProfile>, Error> {
    if name.is_empty() {
        return Ok(None);
    }
    let found = LinkProfile::from_name(name);
    found.map(Some).ok_or_else(|| {
        Error::invalid(
            "upsell_link_profile",
            "must be empty, \"default\" or \"acronis\"",
        )
    })
}

fn color_scheme(name: &str) -> Result<&'static str, Error> {
    known_name(&COLOR_SCHEMES, name).ok_or_else(|| {
        let known = COLOR_SCHEMES.join("\" or \"");
        Error::invalid("color_scheme", format!("must be \"{known}\""))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::TenantId;
    use crate::http::account::examples;
    use serde_json::{Value, json};

    fn apply(body: Value, brand: Brand) -> Result<Brand, Error> {
        let body: BrandRequest = serde_json::from_value(body).unwrap();
        let rules = Rules {
            buy_url: BuyUrlRules::default(),
            seal: &|password| Ok(format!("sealed:{password}")),
        };
        body.apply(brand, &rules)
    }

    fn unset() -> Brand {
        Brand::unset(TenantId::random())
    }

    /// The whole object goes in and comes out as printed. The password goes in only.
    #[test]
    fn a_brand_looks_as_the_vendor_prints_it() {
        let printed = examples::brand();
        let mut sent = printed.clone();
        sent["smtp_password"] = json!("secret");
        let mut blank = unset();
        blank.logotype = "2f8ad2e2-28f2-11e7-aad1-5ffe2ad47151".into();
        let stored = apply(sent, blank).unwrap();
        assert_eq!(stored.smtp.password.0, "sealed:secret");
        assert_eq!(serde_json::to_value(brand(stored)).unwrap(), printed);
    }

    #[test]
    fn each_web_address_goes_where_its_name_says() {
        let printed = examples::brand();
        let names = printed.as_object().unwrap().keys();
        let names = names.filter(|name| name.ends_with("_url") && *name != "upsell_url");
        assert_eq!(names.clone().count(), 13);
        for name in names {
            let stored = apply(json!({ name: "https://a.example" }), unset()).unwrap();
            let shown = serde_json::to_value(brand(stored)).unwrap();
            assert_eq!(shown[name], "https://a.example", "{name}");
            let set = shown.as_object().unwrap().values();
            assert_eq!(set.filter(|value| *value == "https://a.example").count(), 1);
        }
    }

    #[test]
    fn options_that_make_no_sense_are_named() {
        for (name, value) in [
            ("company_name", json!("Foo\r\nBcc: all@example.com")),
            ("service_name", json!("x".repeat(257))),
            ("color", json!("red")),
            ("upsell_link_profile", json!("nobody")),
            ("help_url", json!("javascript:alert(1)")),
            ("terms_url", json!("data:text/html,x")),
            ("smtp_server", json!("smtp.example.com:25")),
            ("smtp_encryption", json!("STARTTLS")),
            ("smtp_reply_address", json!("a@b\r\nc")),
            ("smtp_port", json!(0)),
            ("smtp_port", json!(65536)),
        ] {
            let Err(Error::Invalid { field, .. }) = apply(json!({ name: value }), unset()) else {
                panic!("{name} took {value}");
            };
            assert_eq!(field, name);
        }
    }

    /// Empty is what answers show.
    #[test]
    fn an_empty_password_is_not_given() {
        let mut set = unset();
        set.smtp.password = Sealed("sealed:secret".into());
        let kept = apply(json!({ "smtp_password": "", "smtp_user": "me" }), set).unwrap();
        assert_eq!(kept.smtp.password.0, "sealed:secret");
    }
}
