//! Branding options.

use super::super::wire::Flag;
use super::super::wire::brand::{BrandRequest, BrandResponse};
use crate::domain::brand::Brand;
use crate::usecases::brand_patch::{BrandPatch, SmtpPatch, URL_NAMES};

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
        smtp_encryption: smtp.encryption.name(),
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

pub(crate) fn brand_patch(body: BrandRequest) -> BrandPatch {
    let flag = |given: Option<Flag>| given.map(|flag| flag.0);
    // In the order of URL_NAMES.
    let urls = [
        body.account_server_url,
        body.backup_console_url,
        body.help_url,
        body.home_url,
        body.knowledgebase_url,
        body.mobile_app_android_download_url,
        body.mobile_app_ios_download_url,
        body.platform_terms_url,
        body.privacy_policy_url,
        body.router_url,
        body.support_url,
        body.terms_url,
        body.user_guide_url,
    ];
    let given = URL_NAMES.into_iter().zip(urls);
    BrandPatch {
        upsell_url: body.upsell_url,
        upsell_link_profile: body.upsell_link_profile,
        service_name: body.service_name,
        company_name: body.company_name,
        color: body.color,
        color_scheme: body.color_scheme,
        hide_predefined: flag(body.hide_predefined),
        owns_custom_legal_docs: flag(body.owns_custom_legal_docs),
        support_phone: body.support_phone,
        urls: given.filter_map(|(name, url)| Some((name, url?))).collect(),
        smtp: SmtpPatch {
            override_enabled: flag(body.smtp_override),
            server: body.smtp_server,
            port: body.smtp_port,
            encryption: body.smtp_encryption,
            user: body.smtp_user,
            password: body.smtp_password,
            reply_address: body.smtp_reply_address,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::TenantId;
    use crate::domain::link::BuyUrlRules;
    use crate::http::account::examples;
    use crate::usecases::brand_patch::Rules;
    use serde_json::json;

    /// The whole object goes in and comes out as printed. The password goes in only.
    #[test]
    fn a_brand_looks_as_the_vendor_prints_it() {
        let printed = examples::brand();
        let mut sent = printed.clone();
        sent["smtp_password"] = json!("secret");
        let body: BrandRequest = serde_json::from_value(sent).unwrap();
        let rules = BuyUrlRules::default();
        let seal = |_: &str| Ok("sealed".to_owned());
        let rules = Rules {
            smtp_server: &|_, _| Ok(()),
            buy_url: &rules,
            seal: &seal,
        };
        let mut unset = Brand::unset(TenantId::random());
        unset.logotype = "2f8ad2e2-28f2-11e7-aad1-5ffe2ad47151".into();
        let stored = brand_patch(body).apply(unset, &rules).unwrap();
        assert_eq!(stored.smtp.password.0, "sealed");
        assert_eq!(serde_json::to_value(brand(stored)).unwrap(), printed);
    }

    #[test]
    fn each_web_address_goes_where_its_name_says() {
        for name in URL_NAMES {
            let body: BrandRequest =
                serde_json::from_value(json!({ name: "https://a.example" })).unwrap();
            let rules = BuyUrlRules::default();
            let rules = Rules {
                smtp_server: &|_, _| Ok(()),
                buy_url: &rules,
                seal: &|_| Ok(String::new()),
            };
            let stored = brand_patch(body)
                .apply(Brand::unset(TenantId::random()), &rules)
                .unwrap();
            let shown = serde_json::to_value(brand(stored)).unwrap();
            assert_eq!(shown[name], "https://a.example", "{name}");
            let set = shown.as_object().unwrap().values();
            assert_eq!(set.filter(|value| *value == "https://a.example").count(), 1);
        }
    }
}
