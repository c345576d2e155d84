//! Changes of branding options and the rules that each option follows.

use super::error::Error;
use crate::domain::brand::{Brand, BrandEncryption, BrandSmtp, BrandUrls, COLOR_SCHEMES, Sealed};
use crate::domain::link::{BuyUrl, BuyUrlRules, LinkProfile};
use crate::domain::text::{BadText, check_color, check_host, check_line, check_web_address};
use crate::domain::user::known_name;

/// The web addresses of a brand, as the wire names them (seed 001).
pub const URL_NAMES: [&str; 13] = [
    "account_server_url",
    "backup_console_url",
    "help_url",
    "home_url",
    "knowledgebase_url",
    "mobile_app_android_download_url",
    "mobile_app_ios_download_url",
    "platform_terms_url",
    "privacy_policy_url",
    "router_url",
    "support_url",
    "terms_url",
    "user_guide_url",
];

/// Longest text option, in characters.
const MAX_CHARS: usize = 256;

/// What to change of a brand; `None` is kept. Texts are as the caller wrote them.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct BrandPatch {
    /// Empty: no buy links are shown (seed 001).
    pub upsell_url: Option<String>,
    /// Parameter names of Buy links; empty: as the deployment has it.
    pub upsell_link_profile: Option<String>,
    /// Name of the service.
    pub service_name: Option<String>,
    /// Name of the company.
    pub company_name: Option<String>,
    /// Six hexadecimal digits.
    pub color: Option<String>,
    /// A name.
    pub color_scheme: Option<String>,
    /// Kept for the portal.
    pub hide_predefined: Option<bool>,
    /// Kept for the portal.
    pub owns_custom_legal_docs: Option<bool>,
    /// Shown to those who are to contact sales.
    pub support_phone: Option<String>,
    /// Web addresses by their names on the wire (`help_url`, …).
    pub urls: Vec<(&'static str, String)>,
    /// The own mail server.
    pub smtp: SmtpPatch,
}

/// What to change of a brand's mail server; `None` is kept.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct SmtpPatch {
    /// Whether mail of the brand goes through it.
    pub override_enabled: Option<bool>,
    /// Host; empty: none, and the password goes with it.
    pub server: Option<String>,
    /// TCP port, 1 to 65535.
    pub port: Option<u64>,
    /// `NONE`, `SSL` or `TLS`.
    pub encryption: Option<String>,
    /// Empty: no login.
    pub user: Option<String>,
    /// The password in the clear. Empty counts as not given: that is what answers show.
    pub password: Option<String>,
    /// An address; empty: none.
    pub reply_address: Option<String>,
}

/// What a change needs besides the brand.
pub struct Rules<'a> {
    /// What Buy URLs may be.
    pub buy_url: &'a BuyUrlRules,
    /// Whether a mail server at this host and port can ever be used.
    pub smtp_server: &'a dyn Fn(&str, u16) -> Result<(), Error>,
    /// Seals a password.
    pub seal: &'a dyn Fn(&str) -> Result<String, Error>,
}

impl BrandPatch {
    /// The brand with the change made.
    ///
    /// # Errors
    /// [`Error::Invalid`] naming the option as the wire names it.
    pub fn apply(&self, mut brand: Brand, rules: &Rules<'_>) -> Result<Brand, Error> {
        let line = |text: &str| check_line(text, MAX_CHARS);
        set(
            "service_name",
            &self.service_name,
            &mut brand.service_name,
            line,
        )?;
        set(
            "company_name",
            &self.company_name,
            &mut brand.company_name,
            line,
        )?;
        set(
            "support_phone",
            &self.support_phone,
            &mut brand.support_phone,
            line,
        )?;
        if let Some(name) = &self.color_scheme {
            brand.color_scheme = color_scheme(name)?.to_owned();
        }
        set("color", &self.color, &mut brand.color, check_color)?;
        for (name, url) in &self.urls {
            check_web_address(url).map_err(|bad| Error::invalid(*name, bad))?;
            let slot = url_slot(&mut brand.urls, name)
                .ok_or_else(|| Error::Internal(format!("no web address is called {name}")))?;
            slot.clone_from(url);
        }
        if let Some(text) = &self.upsell_url {
            brand.buy_url = buy_url(text, rules.buy_url)?;
        }
        if let Some(name) = &self.upsell_link_profile {
            brand.link_profile = link_profile(name)?;
        }
        brand.hide_predefined = self.hide_predefined.unwrap_or(brand.hide_predefined);
        let owns = self.owns_custom_legal_docs;
        brand.owns_custom_legal_docs = owns.unwrap_or(brand.owns_custom_legal_docs);
        brand.smtp = self.smtp.apply(brand.smtp, rules)?;
        Ok(brand)
    }
}

fn set(
    field: &str,
    change: &Option<String>,
    slot: &mut String,
    check: impl Fn(&str) -> Result<(), BadText>,
) -> Result<(), Error> {
    if let Some(text) = change {
        check(text).map_err(|bad| Error::invalid(field, bad))?;
        slot.clone_from(text);
    }
    Ok(())
}

/// Seed 001: empty means that no buttons or links are shown.
fn buy_url(text: &str, rules: &BuyUrlRules) -> Result<Option<BuyUrl>, Error> {
    if text.is_empty() {
        return Ok(None);
    }
    let parsed = BuyUrl::parse(text, *rules);
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

/// The web address that the wire calls `name`.
fn url_slot<'a>(urls: &'a mut BrandUrls, name: &str) -> Option<&'a mut String> {
    Some(match name {
        "account_server_url" => &mut urls.account_server,
        "backup_console_url" => &mut urls.backup_console,
        "help_url" => &mut urls.help,
        "home_url" => &mut urls.home,
        "knowledgebase_url" => &mut urls.knowledgebase,
        "mobile_app_android_download_url" => &mut urls.mobile_app_android_download,
        "mobile_app_ios_download_url" => &mut urls.mobile_app_ios_download,
        "platform_terms_url" => &mut urls.platform_terms,
        "privacy_policy_url" => &mut urls.privacy_policy,
        "router_url" => &mut urls.router,
        "support_url" => &mut urls.support,
        "terms_url" => &mut urls.terms,
        "user_guide_url" => &mut urls.user_guide,
        _ => return None,
    })
}

impl SmtpPatch {
    fn apply(&self, mut smtp: BrandSmtp, rules: &Rules<'_>) -> Result<BrandSmtp, Error> {
        let (server_before, port_before) = (smtp.server.clone(), smtp.port);
        set("smtp_server", &self.server, &mut smtp.server, check_host)?;
        set("smtp_user", &self.user, &mut smtp.user, |text| {
            check_line(text, MAX_CHARS)
        })?;
        if let Some(port) = self.port {
            let port = u16::try_from(port).ok().filter(|port| *port > 0);
            smtp.port = port.ok_or_else(|| {
                Error::invalid("smtp_port", "must be a whole number from 1 to 65535")
            })?;
        }
        // What stays as it was may have been written under other rules.
        let is_other = smtp.server != server_before || smtp.port != port_before;
        if is_other && !smtp.server.is_empty() {
            (rules.smtp_server)(&smtp.server, smtp.port)?;
        }
        if let Some(name) = &self.encryption {
            smtp.encryption = BrandEncryption::from_name(name).ok_or_else(|| {
                Error::invalid("smtp_encryption", "must be \"NONE\", \"SSL\" or \"TLS\"")
            })?;
        }
        if let Some(address) = &self.reply_address {
            let parsed = (!address.is_empty()).then(|| address.parse()).transpose();
            smtp.reply_address = parsed.map_err(|bad| Error::invalid("smtp_reply_address", bad))?;
        }
        smtp.override_enabled = self.override_enabled.unwrap_or(smtp.override_enabled);
        let password = self.password.as_deref().filter(|text| !text.is_empty());
        if let Some(password) = password {
            check_line(password, MAX_CHARS).map_err(|bad| Error::invalid("smtp_password", bad))?;
            smtp.password = Sealed((rules.seal)(password)?);
            return Ok(smtp);
        }
        if smtp.server == server_before || smtp.password.0.is_empty() {
            return Ok(smtp);
        }
        if smtp.server.is_empty() {
            smtp.password = Sealed::default();
            return Ok(smtp);
        }
        // Else whoever may write the brand could have the password sent to a server of their own.
        Err(Error::invalid(
            "smtp_password",
            "give the password again when smtp_server changes",
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::TenantId;

    const RULES: BuyUrlRules = BuyUrlRules {
        allow_http: false,
        allow_ip_hosts: false,
    };

    fn apply(patch: BrandPatch, brand: &Brand) -> Result<Brand, Error> {
        let seal = |password: &str| Ok(format!("sealed:{password}"));
        let rules = Rules {
            buy_url: &RULES,
            smtp_server: &|_, _| Ok(()),
            seal: &seal,
        };
        patch.apply(brand.clone(), &rules)
    }

    fn smtp(patch: SmtpPatch) -> BrandPatch {
        BrandPatch {
            smtp: patch,
            ..BrandPatch::default()
        }
    }

    fn text(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    #[test]
    fn a_new_mail_server_needs_the_password_again() {
        let brand = Brand::unset(TenantId::random());
        let first = SmtpPatch {
            server: text("smtp.example.com"),
            password: text("secret"),
            ..SmtpPatch::default()
        };
        let brand = apply(smtp(first), &brand).unwrap();
        assert_eq!(brand.smtp.password.0, "sealed:secret");

        let mut moved = SmtpPatch {
            server: text("smtp.evil.example"),
            password: text(""),
            ..SmtpPatch::default()
        };
        let Err(Error::Invalid { field, .. }) = apply(smtp(moved.clone()), &brand) else {
            panic!("the password would go to another server");
        };
        assert_eq!(field, "smtp_password");
        moved.password = text("other");
        let after = apply(smtp(moved), &brand).unwrap();
        assert_eq!(after.smtp.password.0, "sealed:other");

        let same = SmtpPatch {
            server: text("smtp.example.com"),
            user: text("smtpuser"),
            password: text(""),
            ..SmtpPatch::default()
        };
        assert_eq!(
            apply(smtp(same), &brand).unwrap().smtp.password.0,
            "sealed:secret"
        );
        let none = SmtpPatch {
            server: text(""),
            ..SmtpPatch::default()
        };
        assert_eq!(apply(smtp(none), &brand).unwrap().smtp.password.0, "");
    }

    #[test]
    fn options_that_make_no_sense_are_named() {
        let brand = Brand::unset(TenantId::random());
        let line = |name: &'static str, value: &str| match name {
            "company_name" => BrandPatch {
                company_name: text(value),
                ..BrandPatch::default()
            },
            "service_name" => BrandPatch {
                service_name: text(value),
                ..BrandPatch::default()
            },
            "color" => BrandPatch {
                color: text(value),
                ..BrandPatch::default()
            },
            "upsell_link_profile" => BrandPatch {
                upsell_link_profile: text(value),
                ..BrandPatch::default()
            },
            "smtp_server" => smtp(SmtpPatch {
                server: text(value),
                ..SmtpPatch::default()
            }),
            "smtp_encryption" => smtp(SmtpPatch {
                encryption: text(value),
                ..SmtpPatch::default()
            }),
            "smtp_reply_address" => smtp(SmtpPatch {
                reply_address: text(value),
                ..SmtpPatch::default()
            }),
            "smtp_port" => smtp(SmtpPatch {
                port: value.parse().ok(),
                ..SmtpPatch::default()
            }),
            url => BrandPatch {
                urls: vec![(url, value.to_owned())],
                ..BrandPatch::default()
            },
        };
        for (name, value) in [
            ("company_name", "Foo\r\nBcc: all@example.com"),
            ("service_name", &"x".repeat(257)),
            ("color", "red"),
            ("upsell_link_profile", "nobody"),
            ("help_url", "javascript:alert(1)"),
            ("terms_url", "data:text/html,x"),
            ("smtp_server", "smtp.example.com:25"),
            ("smtp_encryption", "STARTTLS"),
            ("smtp_reply_address", "a@b\r\nc"),
            ("smtp_port", "0"),
            ("smtp_port", "65536"),
        ] {
            let Err(Error::Invalid { field, .. }) = apply(line(name, value), &brand) else {
                panic!("{name} took {value:?}");
            };
            assert_eq!(field, name);
        }
    }

    #[test]
    fn every_web_address_of_the_wire_has_its_place() {
        let mut urls = BrandUrls::default();
        for name in URL_NAMES {
            let slot = url_slot(&mut urls, name).unwrap();
            assert!(slot.is_empty(), "{name} shares its place");
            slot.push('x');
        }
    }
}
