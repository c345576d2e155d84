//! The branding options of a tenant (rule `brand-options`): read, change, switch on and off, and the logo.

use serde_json::{Value, json};
use uuid::Uuid;

use super::Env;
use super::access::Context;
use super::audit;
use super::error::{Error, What, retrying};
use super::manage_tenants::act;
use super::precondition::check_version;
use crate::domain::brand::{Brand, BrandSmtp, Sealed};
use crate::domain::ids::TenantId;
use crate::domain::link::BuyUrlRules;
use crate::domain::tenant::Tenant;
use crate::domain::time::Timestamp;
use crate::outbox::route::SEALED_FIELD;
use crate::outbox::smtp::check_tenant_server;
use crate::store::engine::{Changes, Expect};
use crate::store::{Found, unchanged};

/// A brand and the version of its tenant, which counts the brand's changes too (rule `brand-options`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrandView {
    /// The options.
    pub brand: Brand,
    /// The tenant's version.
    pub tenant_version: u64,
}

/// The options that a tenant itself has set, enabled or not.
///
/// # Errors
/// The tenant is unknown or out of reach.
pub async fn read(cx: Context<'_>, id: TenantId) -> Result<BrandView, Error> {
    let Context { env, caller, .. } = cx;
    let tenant = caller.tenant(&env.store, id).await?;
    let found = env.store.brand(id).await?;
    Ok(BrandView {
        brand: found.map_or_else(|| Brand::unset(id), |found| found.value),
        tenant_version: tenant.version,
    })
}

/// What a change of a brand may need besides the brand.
pub struct Rules<'a> {
    /// What Buy URLs may be.
    pub buy_url: BuyUrlRules,
    /// Seals a password.
    pub seal: &'a dyn Fn(&str) -> Result<String, Error>,
}

/// Changes options. `change` is asked again where the tenant changed meanwhile. The tenant's
/// version grows by one.
///
/// # Errors
/// The tenant is out of reach, `expected` is stale, the mail server cannot be used, or as `change`
/// says.
pub async fn update(
    cx: Context<'_>,
    id: TenantId,
    expected: Option<u64>,
    change: impl Fn(Brand, &Rules<'_>) -> Result<Brand, Error>,
) -> Result<BrandView, Error> {
    put(cx, "brand.update", id, expected, |brand| {
        changed(cx.env, brand, &change)
    })
    .await
}

/// Switches branding on, with the options stored before and as `change` changes them.
///
/// # Errors
/// As [`update`].
pub async fn enable(
    cx: Context<'_>,
    id: TenantId,
    expected: Option<u64>,
    change: impl Fn(Brand, &Rules<'_>) -> Result<Brand, Error>,
) -> Result<BrandView, Error> {
    put(cx, "brand.enable", id, expected, |brand| {
        let mut brand = changed(cx.env, brand, &change)?;
        brand.enabled = true;
        Ok(brand)
    })
    .await
}

/// Switches branding off. The options are kept.
///
/// # Errors
/// The tenant is out of reach, or `expected` is stale.
pub async fn disable(
    cx: Context<'_>,
    id: TenantId,
    expected: Option<u64>,
) -> Result<BrandView, Error> {
    put(cx, "brand.disable", id, expected, |brand| {
        Ok(Brand {
            enabled: false,
            ..brand
        })
    })
    .await
}

fn changed(
    env: &Env,
    before: Brand,
    change: &impl Fn(Brand, &Rules<'_>) -> Result<Brand, Error>,
) -> Result<Brand, Error> {
    let (keyring, tenant) = (env.keyring.load(), before.tenant_id);
    let seal = |password: &str| {
        keyring
            .seal(tenant.bytes(), SEALED_FIELD, password.as_bytes())
            .map_err(|error| Error::Internal(format!("sealing smtp_password: {error}")))
    };
    let rules = Rules {
        buy_url: env.settings.buy_url_rules,
        seal: &seal,
    };
    let smtp = before.smtp.clone();
    let mut after = change(before, &rules)?;
    // What stays as it was may have been written under other rules.
    let is_other = after.smtp.server != smtp.server || after.smtp.port != smtp.port;
    if is_other && !after.smtp.server.is_empty() {
        let (server, port) = (&after.smtp.server, after.smtp.port);
        check_tenant_server(server, port, &env.settings.smtp_allow_cidrs)
            .map_err(|why| Error::invalid(why.field(), why))?;
    }
    check_password(&smtp, &mut after.smtp)?;
    Ok(after)
}

/// A new mail server needs the password again: else whoever may write the brand could have it sent
/// to a server of their own. Without a server there is no password.
fn check_password(before: &BrandSmtp, after: &mut BrandSmtp) -> Result<(), Error> {
    let is_new = after.password != before.password || after.password.0.is_empty();
    if is_new || after.server == before.server {
        return Ok(());
    }
    if after.server.is_empty() {
        after.password = Sealed::default();
        return Ok(());
    }
    Err(Error::invalid(
        "smtp_password",
        "give the password again when smtp_server changes",
    ))
}

async fn put(
    cx: Context<'_>,
    action: &'static str,
    id: TenantId,
    expected: Option<u64>,
    with: impl Fn(Brand) -> Result<Brand, Error>,
) -> Result<BrandView, Error> {
    let Context { env, caller, now } = cx;
    retrying(|| async {
        let tenant = caller.tenant(&env.store, id).await?;
        check_version(expected, tenant.version)?;
        let found = env.store.brand(id).await?;
        let expect = unchanged(found.as_ref());
        let old = found.map(|found| found.value);
        let brand = with(old.clone().unwrap_or_else(|| Brand::unset(id)))?;
        let mut changes = Changes::new();
        let act = act(action, &tenant);
        audit::record(&mut changes, caller, now, act, old.as_ref(), Some(&brand));
        let tenant_version = add(&mut changes, &tenant, (expect, brand.clone()), now);
        env.store.commit(changes).await?;
        Ok(BrandView {
            brand,
            tenant_version,
        })
    })
    .await
}

/// Adds a changed brand and the tenant's new version, which is returned.
fn add(
    changes: &mut Changes,
    tenant: &Found<Tenant>,
    brand: (Expect, Brand),
    now: Timestamp,
) -> u64 {
    let mut next = tenant.value.clone();
    next.version += 1;
    next.updated_at = now;
    let version = next.version;
    changes.update_tenant(tenant, next);
    changes.put_brand(brand.0, brand.1);
    version
}

/// The image formats that a logo may have. No SVG: it can carry scripts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogoFormat {
    /// PNG.
    Png,
    /// JPEG.
    Jpeg,
}

impl LogoFormat {
    /// The format by the first bytes of the image.
    #[must_use]
    pub fn detect(image: &[u8]) -> Option<Self> {
        if image.starts_with(b"\x89PNG\r\n\x1a\n") {
            Some(Self::Png)
        } else if image.starts_with(&[0xff, 0xd8, 0xff]) {
            Some(Self::Jpeg)
        } else {
            None
        }
    }

    /// Its media type.
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
        }
    }
}

/// A logo as it was uploaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logo {
    /// By its first bytes.
    pub format: LogoFormat,
    /// The image, unchanged.
    pub image: Vec<u8>,
}

/// The logo of a tenant's own brand and the tenant's version, for whoever may see the tenant.
///
/// # Errors
/// The tenant is out of reach, or has no logo.
pub async fn read_logo(cx: Context<'_>, id: TenantId) -> Result<(Logo, u64), Error> {
    let Context { env, caller, .. } = cx;
    let tenant = caller.tenant(&env.store, id).await?;
    let logo = logo_of(env, id).await?.ok_or(Error::NotFound(What::Logo))?;
    Ok((logo, tenant.version))
}

/// The logo of a tenant's own brand, without asking who wants it; for branded pages and mails.
///
/// # Errors
/// The store failed.
pub async fn logo_of(env: &Env, id: TenantId) -> Result<Option<Logo>, Error> {
    let image = env.store.logo(id).await?;
    Ok(image.and_then(|image| {
        let format = LogoFormat::detect(&image)?;
        Some(Logo { format, image })
    }))
}

/// Stores a logo and names it in the brand. The tenant's version grows by one.
///
/// # Errors
/// The tenant is out of reach, `expected` is stale, or it is no PNG or JPEG.
pub async fn set_logo(
    cx: Context<'_>,
    id: TenantId,
    image: &[u8],
    expected: Option<u64>,
) -> Result<BrandView, Error> {
    let Context { env, caller, now } = cx;
    if LogoFormat::detect(image).is_none() {
        return Err(Error::invalid("body", "must be a PNG or JPEG image"));
    }
    retrying(|| async {
        let tenant = caller.tenant(&env.store, id).await?;
        check_version(expected, tenant.version)?;
        let found = env.store.brand(id).await?;
        let expect = unchanged(found.as_ref());
        let mut brand = found.map_or_else(|| Brand::unset(id), |found| found.value);
        let old = env.store.logo(id).await?;
        let old = old.map(|image| shown(&brand.logotype, &image));
        brand.logotype = Uuid::new_v4().to_string();
        let mut changes = Changes::new();
        let new = Some(shown(&brand.logotype, image));
        let act = act("brand.logo", &tenant);
        audit::record_values(&mut changes, caller, now, act, old, new);
        let tenant_version = add(&mut changes, &tenant, (expect, brand.clone()), now);
        changes.put_logo(id, image.to_vec());
        env.store.commit(changes).await?;
        Ok(BrandView {
            brand,
            tenant_version,
        })
    })
    .await
}

/// A logo as the audit shows it: the image by size and hash.
fn shown(name: &str, image: &[u8]) -> Value {
    json!({ "logotype": name, "image": audit::digest(image) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logos_are_known_by_their_first_bytes() {
        assert_eq!(
            LogoFormat::detect(b"\x89PNG\r\n\x1a\n..."),
            Some(LogoFormat::Png)
        );
        assert_eq!(
            LogoFormat::detect(b"\xff\xd8\xff\xe0"),
            Some(LogoFormat::Jpeg)
        );
        for other in [
            &b""[..],
            b"<svg onload=alert(1)>",
            b"GIF89a",
            b"\x89PNG",
            b"\xff\xd8",
        ] {
            assert_eq!(LogoFormat::detect(other), None);
        }
    }

    #[test]
    fn a_new_mail_server_needs_the_password_again() {
        let smtp = |server: &str, password: &str| BrandSmtp {
            server: server.into(),
            password: Sealed(password.into()),
            ..BrandSmtp::default()
        };
        let after = |mut after: BrandSmtp| {
            let done = check_password(&smtp("smtp.example.com", "sealed:secret"), &mut after);
            done.map(|()| after.password.0)
        };
        let Err(Error::Invalid { field, .. }) = after(smtp("smtp.evil.example", "sealed:secret"))
        else {
            panic!("the password would go to another server");
        };
        assert_eq!(field, "smtp_password");
        for (server, password, kept) in [
            ("smtp.evil.example", "sealed:other", "sealed:other"),
            ("smtp.example.com", "sealed:secret", "sealed:secret"),
            ("", "sealed:secret", ""),
        ] {
            assert_eq!(after(smtp(server, password)), Ok(kept.to_owned()));
        }
    }
}
