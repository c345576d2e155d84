//! Picks the mail server and the sender of a mail.

use crate::domain::brand::{Brand, BrandEncryption};
use crate::domain::contact::EmailAddress;
use crate::keyring::Keyring;
use crate::usecases::manage_brand::smtp_password;

use super::smtp::{Credentials, Encryption, Host, Target, Trust};

/// The deployment's own mail server.
#[derive(Debug, Clone)]
pub struct Deployment {
    /// Its mail server; `None` where none is set up yet.
    pub target: Option<Target>,
    /// The sender of mail that goes through it.
    pub from: EmailAddress,
}

/// A mail server, and the sender's address there.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Route {
    /// The server.
    pub target: Target,
    /// `MAIL FROM` and the `From` header.
    pub from: EmailAddress,
}

/// Why there is no mail server at the moment. Nothing was tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoRoute {
    /// Neither the brand nor the deployment has a server.
    #[error("no SMTP server is set up: set smtp.server (UPSELL_SMTP_SERVER)")]
    NotSetUp,
    /// The brand's settings make no target.
    #[error("the brand's SMTP settings cannot be used; set smtp_server and smtp_port again")]
    BadBrand,
    /// The password was sealed with a key that is gone.
    #[error("the brand's SMTP password cannot be read any more; set smtp_password again")]
    LostPassword,
}

/// The route of mail of `brand`.
///
/// # Errors
/// [`NoRoute`].
pub fn route(
    brand: Option<&Brand>,
    deployment: &Deployment,
    keyring: &Keyring,
) -> Result<Route, NoRoute> {
    let own = brand.filter(|brand| brand.has_own_server());
    match own {
        Some(brand) => brand_route(brand, deployment, keyring),
        None => {
            let target = deployment.target.clone().ok_or(NoRoute::NotSetUp)?;
            Ok(Route {
                target,
                from: deployment.from.clone(),
            })
        }
    }
}

fn brand_route(
    brand: &Brand,
    deployment: &Deployment,
    keyring: &Keyring,
) -> Result<Route, NoRoute> {
    let smtp = &brand.smtp;
    let encryption = match (smtp.encryption, smtp.port) {
        (BrandEncryption::None, _) => Encryption::None,
        (BrandEncryption::Ssl, _) | (BrandEncryption::Tls, 465) => Encryption::Tls,
        (BrandEncryption::Tls, _) => Encryption::StartTls,
    };
    let credentials = match smtp.user.as_str() {
        "" => None,
        user => Some(credentials(brand, user, keyring)?),
    };
    let host = Host::parse(&smtp.server).ok_or(NoRoute::BadBrand)?;
    let target = Target::new(host, smtp.port, encryption, credentials, Trust::Tenant);
    let target = target.map_err(|_| NoRoute::BadBrand)?;
    let from = smtp
        .reply_address
        .clone()
        .unwrap_or_else(|| deployment.from.clone());
    Ok(Route { target, from })
}

fn credentials(brand: &Brand, user: &str, keyring: &Keyring) -> Result<Credentials, NoRoute> {
    let password = match smtp_password(brand, keyring) {
        Some(password) => password,
        None if brand.smtp.password.0.is_empty() => String::new(),
        None => return Err(NoRoute::LostPassword),
    };
    Credentials::new(user.to_owned(), password).map_err(|_| NoRoute::BadBrand)
}
