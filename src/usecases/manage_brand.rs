//! The branding options of a tenant (rule `brand-options`) and its logo: read, change, switch on
//! and off.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::Env;
use super::access::Context;
use super::audit::{self, Act};
use super::error::{Error, What, retrying};
use super::precondition::check_version;
use crate::domain::brand::{Brand, BrandSmtp, Sealed};
use crate::domain::ids::TenantId;
use crate::domain::link::BuyUrlRules;
use crate::domain::tenant::Tenant;
use crate::domain::time::Timestamp;
use crate::keyring::Keyring;
use crate::smtp_host::check_tenant_server;
use crate::store::engine::{Changes, Expect};
use crate::store::record::first_64_bits;
use crate::store::{Found, unchanged};

/// The field under which a brand's SMTP password is sealed.
const SEALED_FIELD: &str = "smtp_password";

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
    let tenant = cx.tenant(id).await?;
    let found = cx.env.store.brand(id).await?;
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

/// The SMTP password of a brand; `None` where there is none, or the key that sealed it is gone.
#[must_use]
pub fn smtp_password(brand: &Brand, keyring: &Keyring) -> Option<String> {
    let tenant = brand.tenant_id.bytes().as_slice();
    let opened = keyring.open(tenant, SEALED_FIELD, &brand.smtp.password.0);
    String::from_utf8(opened.ok()?.to_vec()).ok()
}

/// A new mail server needs the password again. Otherwise a writer of the brand could send the stored
/// password to a server of their own. Without a server there is no password.
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
    retrying(|| async {
        let tenant = cx.tenant(id).await?;
        check_version(expected, tenant.version)?;
        let found = cx.env.store.brand(id).await?;
        let expect = unchanged(found.as_ref());
        let old = found.map(|found| found.value);
        let brand = with(old.clone().unwrap_or_else(|| Brand::unset(id)))?;
        let mut changes = Changes::new();
        let done = add(&mut changes, &tenant, (expect, brand), cx.now);
        let act = Act::on_tenant(action, &tenant);
        cx.commit(changes, act, old.as_ref(), Some(&done.brand))
            .await?;
        Ok(done)
    })
    .await
}

/// Adds a changed brand and the tenant's new version.
fn add(
    changes: &mut Changes,
    tenant: &Found<Tenant>,
    (expect, brand): (Expect, Brand),
    now: Timestamp,
) -> BrandView {
    let mut next = tenant.value.clone();
    next.version += 1;
    next.updated_at = now;
    let tenant_version = next.version;
    changes.update_tenant(tenant, next);
    changes.put_brand(expect, brand.clone());
    BrandView {
        brand,
        tenant_version,
    }
}

/// The media type of a logo by its first bytes: PNG or JPEG. No SVG, which can carry scripts.
#[must_use]
pub fn logo_media_type(image: &[u8]) -> Option<&'static str> {
    if image.starts_with(b"\x89PNG\r\n\x1a\n") {
        Some("image/png")
    } else if image.starts_with(b"\xff\xd8\xff") {
        Some("image/jpeg")
    } else {
        None
    }
}

/// A logo as it was uploaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logo {
    /// By its first bytes.
    pub media_type: &'static str,
    /// The image, unchanged.
    pub image: Vec<u8>,
}

/// The logo of a tenant's own brand and the tenant's version, for whoever may see the tenant.
///
/// # Errors
/// The tenant is out of reach, or has no logo.
pub async fn read_logo(cx: Context<'_>, id: TenantId) -> Result<(Logo, u64), Error> {
    let tenant = cx.tenant(id).await?;
    Ok((logo_of(cx.env, id).await?, tenant.version))
}

/// The logo of an enabled brand, which its mails and pages show to everybody, and the version of its
/// content: the same image has the same version in every store.
///
/// # Errors
/// There is no such tenant, its brand is not enabled, or it has no logo; the store failed.
pub async fn public_logo(env: &Env, id: TenantId) -> Result<(Logo, u64), Error> {
    let brand = env.store.brand(id).await?;
    if !brand.is_some_and(|brand| brand.enabled) {
        return Err(Error::NotFound(What::Logo));
    }
    let logo = logo_of(env, id).await?;
    let version = first_64_bits(Sha256::digest(&logo.image).into());
    Ok((logo, version))
}

/// The media type is looked at again: what is neither PNG nor JPEG could be a page of its own.
async fn logo_of(env: &Env, id: TenantId) -> Result<Logo, Error> {
    let image = env.store.logo(id).await?;
    let logo = image.and_then(|image| {
        let media_type = logo_media_type(&image)?;
        Some(Logo { media_type, image })
    });
    logo.ok_or(Error::NotFound(What::Logo))
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
    if logo_media_type(image).is_none() {
        return Err(Error::invalid("body", "must be a PNG or JPEG image"));
    }
    retrying(|| async {
        let tenant = cx.tenant(id).await?;
        check_version(expected, tenant.version)?;
        let found = env.store.brand(id).await?;
        let expect = unchanged(found.as_ref());
        let mut brand = found.map_or_else(|| Brand::unset(id), |found| found.value);
        let old = env.store.logo(id).await?;
        let old = old.map(|image| shown(&brand.logotype, &image));
        brand.logotype = Uuid::new_v4().to_string();
        let mut changes = Changes::new();
        let new = Some(shown(&brand.logotype, image));
        let act = Act::on_tenant("brand.logo", &tenant);
        audit::record_values(&mut changes, caller, now, act, old, new);
        let done = add(&mut changes, &tenant, (expect, brand), now);
        changes.put_logo(id, image.to_vec());
        env.store.commit(changes).await?;
        Ok(done)
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
        let images: [(&[u8], Option<&str>); 7] = [
            (b"\x89PNG\r\n\x1a\n...", Some("image/png")),
            (b"\xff\xd8\xff\xe0", Some("image/jpeg")),
            (b"", None),
            (b"<svg onload=alert(1)>", None),
            (b"GIF89a", None),
            (b"\x89PNG", None),
            (b"\xff\xd8", None),
        ];
        for (image, expected) in images {
            assert_eq!(logo_media_type(image), expected);
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
