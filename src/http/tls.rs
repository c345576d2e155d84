//! TLS for the HTTP server: one certificate, HTTP/2 and HTTP/1.1 by ALPN, replaceable while running.

use std::sync::Arc;

use arc_swap::ArcSwap;
use rustls::ServerConfig;
use rustls::pki_types::pem::{Error as PemError, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// Why a certificate and key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The certificate file is not PEM.
    #[error("the certificate chain is not valid PEM; give the leaf first, then its issuers")]
    Certificate(#[source] PemError),
    /// The certificate file has no certificate in it.
    #[error("the certificate file holds no CERTIFICATE block")]
    NoCertificate,
    /// The key file is not PEM, or has no private key in it.
    #[error("the private key is not valid PEM; give a PKCS#8, PKCS#1 or SEC1 key")]
    Key(#[source] PemError),
    /// The pair does not fit together, or uses an algorithm that is not supported.
    #[error("the certificate and the private key cannot be used together")]
    Pair(#[source] rustls::Error),
}

/// A TLS identity. Clones share it, so that a renewed certificate reaches every listener.
#[derive(Debug, Clone)]
pub struct Tls {
    current: Arc<ArcSwap<ServerConfig>>,
}

impl Tls {
    /// From a certificate chain and its private key, both PEM.
    ///
    /// # Errors
    /// When either cannot be read, or they do not belong together.
    pub fn from_pem(chain_pem: &[u8], key_pem: &[u8]) -> Result<Self, TlsError> {
        let config = server_config(chain_pem, key_pem)?;
        Ok(Self {
            current: Arc::new(ArcSwap::from_pointee(config)),
        })
    }

    /// Replaces certificate and key; connections made from now on use the new ones.
    ///
    /// # Errors
    /// As [`Tls::from_pem`]; the old pair then stays.
    pub fn replace(&self, chain_pem: &[u8], key_pem: &[u8]) -> Result<(), TlsError> {
        let config = server_config(chain_pem, key_pem)?;
        self.current.store(Arc::new(config));
        Ok(())
    }

    pub(super) fn acceptor(&self) -> tokio_rustls::TlsAcceptor {
        tokio_rustls::TlsAcceptor::from(self.current.load_full())
    }
}

fn server_config(chain_pem: &[u8], key_pem: &[u8]) -> Result<ServerConfig, TlsError> {
    let chain = CertificateDer::pem_slice_iter(chain_pem)
        .collect::<Result<Vec<_>, _>>()
        .map_err(TlsError::Certificate)?;
    if chain.is_empty() {
        return Err(TlsError::NoCertificate);
    }
    let key = PrivateKeyDer::from_pem_slice(key_pem).map_err(TlsError::Key)?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(TlsError::Pair)?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(TlsError::Pair)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}
