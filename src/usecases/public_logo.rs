//! The logo of an enabled brand, which its mails and pages show to everybody.

use sha2::{Digest, Sha256};

use super::Env;
use super::error::{Error, What};
use crate::domain::ids::TenantId;
use crate::store::record::first_64_bits;

/// A logo.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicLogo {
    /// `image/png` or `image/jpeg`, by its first bytes.
    pub media_type: &'static str,
    /// The image as it was uploaded.
    pub image: Vec<u8>,
    /// Another image has another one; the same image has the same in every store.
    pub content_version: u64,
}

/// The logo of `tenant`'s own brand.
///
/// # Errors
/// There is no such tenant, its brand is not enabled, or it has no logo; the store failed.
pub async fn public_logo(env: &Env, tenant: TenantId) -> Result<PublicLogo, Error> {
    let missing = Error::NotFound(What::Logo);
    let brand = env.store.brand(tenant).await?;
    if !brand.is_some_and(|brand| brand.enabled) {
        return Err(missing);
    }
    let Some(image) = env.store.logo(tenant).await? else {
        return Err(missing);
    };
    Ok(PublicLogo {
        media_type: media_type(&image).ok_or(missing)?,
        content_version: first_64_bits(Sha256::digest(&image).into()),
        image,
    })
}

/// Looked at again before it is served: what is neither PNG nor JPEG could be a page of its own.
fn media_type(image: &[u8]) -> Option<&'static str> {
    if image.starts_with(b"\x89PNG\r\n\x1a\n") {
        Some("image/png")
    } else if image.starts_with(b"\xff\xd8\xff") {
        Some("image/jpeg")
    } else {
        None
    }
}
