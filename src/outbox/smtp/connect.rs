//! Opens a connection to a target, under the address policy.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};

use super::error::{Cause, SendError, Stage};
use super::settings::{Connection, InvalidSettings, Roots, Settings};
use super::target::{Host, Target, Trust};
use super::wire::within;
use crate::smtp_host::{check_address, is_port_allowed};

/// Most addresses of a host that are tried.
const MAX_ADDRESSES: usize = 8;

/// Opens a connection to `target`.
///
/// The host is looked up once; the addresses that were judged are the ones connected to, so that a
/// second look-up cannot smuggle in another.
pub(super) async fn connect(
    target: &Target,
    settings: &Settings,
) -> Result<Box<dyn Connection>, SendError> {
    let resolving = |cause| SendError::new(Stage::Resolve, cause);
    let addresses = resolve(target, settings).await.map_err(resolving)?;
    if target.trust == Trust::Tenant {
        judge(&addresses, target.port, settings).map_err(resolving)?;
    }
    let connecting = |cause| SendError::new(Stage::Connect, cause);
    first_reachable(&addresses, target.port, settings)
        .await
        .map_err(connecting)
}

async fn resolve(target: &Target, settings: &Settings) -> Result<Vec<IpAddr>, Cause> {
    let name = match &target.host {
        Host::Address(address) => return Ok(vec![*address]),
        Host::Name(name) => name.as_str(),
    };
    let lookup = async { settings.network.lookup(name).await.map_err(Cause::Lookup) };
    let mut addresses = within(settings.timeouts.resolve, lookup).await?;
    if addresses.is_empty() {
        return Err(Cause::NoAddress);
    }
    // A name may have no more addresses judged than are tried, and none tried unjudged.
    addresses.truncate(MAX_ADDRESSES);
    Ok(addresses)
}

/// One bad address spoils the name: nobody's public mail server also lives on a private network.
fn judge(addresses: &[IpAddr], port: u16, settings: &Settings) -> Result<(), Cause> {
    for address in addresses {
        check_address(*address, &settings.allow_cidrs).map_err(Cause::Refused)?;
    }
    let is_allowed = |address: &IpAddr| is_port_allowed(port, *address, &settings.allow_cidrs);
    if addresses.iter().all(is_allowed) {
        Ok(())
    } else {
        Err(Cause::PortRefused(port))
    }
}

/// Tries the addresses in turn; each gets an equal share of the time, so that a dead first one
/// leaves time for the others.
async fn first_reachable(
    addresses: &[IpAddr],
    port: u16,
    settings: &Settings,
) -> Result<Box<dyn Connection>, Cause> {
    let count = u32::try_from(addresses.len()).unwrap_or(u32::MAX).max(1);
    let share = settings.timeouts.connect / count;
    let mut last = Cause::NoAddress;
    for address in addresses {
        let socket = SocketAddr::new(*address, port);
        let attempt = async { settings.network.connect(socket).await.map_err(Cause::Io) };
        match within(share, attempt).await {
            Ok(connection) => return Ok(connection),
            Err(cause) => last = cause,
        }
    }
    Err(last)
}

/// The name that the server's certificate must bear.
pub(super) fn server_name(host: &Host) -> Result<ServerName<'static>, Cause> {
    match host {
        Host::Address(address) => Ok(ServerName::IpAddress((*address).into())),
        Host::Name(name) => ServerName::try_from(name.as_str().to_owned())
            .map_err(|_| Cause::Protocol("the host cannot be a name in a certificate")),
    }
}

/// The TLS settings of all connections: TLS 1.2 and 1.3, certificates verified.
pub(super) fn tls_config(roots: &Roots) -> Result<Arc<ClientConfig>, InvalidSettings> {
    let mut store = RootCertStore::empty();
    if !roots.without_native {
        let found = rustls_native_certs::load_native_certs();
        for error in &found.errors {
            tracing::warn!(%error, "a certificate authority of the system cannot be read");
        }
        store.add_parsable_certificates(found.certs);
    }
    for certificate in CertificateDer::pem_slice_iter(&roots.extra_pem) {
        let invalid = |error: &dyn std::fmt::Display| InvalidSettings::Roots(error.to_string());
        let certificate = certificate.map_err(|error| invalid(&error))?;
        store.add(certificate).map_err(|error| invalid(&error))?;
    }
    if store.is_empty() {
        tracing::warn!("no certificate authority is known: no TLS server will be believed");
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(store)
        .with_no_client_auth();
    Ok(Arc::new(config))
}
