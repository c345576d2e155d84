//! Reloads the keyring, and the TLS certificate with its key, on SIGHUP (`upsell serve`). A file that
//! cannot be used changes nothing: what is in use stays, and the log says why.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::data::DataError;
use super::{AppError, Running};
use crate::config::Config;
use crate::http::tls::Tls;
use crate::keyring::Keyring;

/// The certificate that the service shows, and the files it comes from.
#[derive(Debug)]
pub(super) struct Certificate {
    pub(super) tls: Tls,
    cert_file: PathBuf,
    key_file: PathBuf,
}

impl Certificate {
    /// What the configuration names; `None` for plain HTTP.
    pub(super) fn load(config: &Config) -> Result<Option<Self>, AppError> {
        let (cert_file, key_file) = match (&config.tls.cert_file, &config.tls.key_file) {
            (None, None) => return Ok(None),
            (Some(cert_file), Some(key_file)) => (cert_file.clone(), key_file.clone()),
            _ => return Err(AppError::HalfTls),
        };
        let tls = Tls::from_pem(&read(&cert_file)?, &read(&key_file)?)?;
        Ok(Some(Self {
            tls,
            cert_file,
            key_file,
        }))
    }

    fn reload(&self) -> Result<(), AppError> {
        let (chain, key) = (read(&self.cert_file)?, read(&self.key_file)?);
        Ok(self.tls.replace(&chain, &key)?)
    }
}

/// A file that the configuration names.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, AppError> {
    std::fs::read(path).map_err(|source| AppError::File {
        path: path.to_owned(),
        source,
    })
}

impl Running {
    /// Reloads the keyring and the certificate, after keys were rotated or the certificate was renewed.
    pub fn reload(&self) {
        match Keyring::load(&self.keys_path).map_err(DataError::from) {
            Ok(keyring) => {
                self.env.keyring.store(Arc::new(keyring));
                tracing::info!("keys reloaded");
            }
            Err(error) => tracing::error!(%error, "cannot reload the keys; those in use stay"),
        }
        let Some(certificate) = &self.certificate else {
            return;
        };
        let cert_file = certificate.cert_file.display();
        match certificate.reload() {
            Ok(()) => {
                tracing::info!(%cert_file, "certificate reloaded; new connections use it");
            }
            Err(error) => tracing::error!(%cert_file, %error, "the certificate in use stays"),
        }
    }
}
