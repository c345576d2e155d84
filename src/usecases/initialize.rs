//! The first start: creates the root tenant and the first client, which has all scopes.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::audit::{self, Act, By};
use super::error::Error;
use super::tokens::hash_secret;
use crate::domain::client::{ApiScopes, Client};
use crate::domain::ids::{ClientId, TenantId};
use crate::domain::tenant::{Tenant, TenantKind};
use crate::domain::time::Timestamp;
use crate::store::engine::{Changes, Expect};
use crate::store::{Store, format, keys};

/// The name of the root tenant until somebody renames it.
const ROOT_NAME: &str = "Root";

/// A client with the only copy of its secret.
#[derive(Clone, PartialEq, Eq)]
pub struct FirstClient {
    /// The root tenant.
    pub tenant_id: TenantId,
    /// The client.
    pub client_id: ClientId,
    /// Its secret, shown once.
    pub client_secret: String,
}

/// Fills an empty store.
///
/// # Errors
/// The store is not empty ([`Error::Conflict`]), or failed.
pub async fn initialize(store: &Store, now: Timestamp) -> Result<FirstClient, Error> {
    if store.root().await?.is_some() {
        return Err(Error::Conflict(
            "the store has a root tenant already".to_owned(),
        ));
    }
    let tenant = Tenant {
        name: ROOT_NAME.to_owned(),
        ..Tenant::new(store.next_v1_id().await?, TenantKind::Partner, now)
    };
    let tenant_id = tenant.id;
    let (client, client_secret) = new_client(tenant_id, "first client", ApiScopes::all(), now)?;
    let client_id = client.id;
    let mut changes = Changes::new();
    changes.expect(keys::root(), Expect::Absent);
    // An import may have begun since somebody looked.
    changes.expect(keys::import_progress(), Expect::Absent);
    changes.put(keys::format(), format::body());
    changes.put(keys::root(), tenant_id.bytes().to_vec());
    let (by, created) = (By::OPERATOR, Act::on_tenant("tenant.create", &tenant));
    audit::record(&mut changes, by, now, created, None, Some(&tenant));
    record_client(&mut changes, &client, &tenant, now);
    changes.create_tenant(tenant);
    changes.put_client(Expect::Absent, client);
    store.commit(changes).await?;
    Ok(FirstClient {
        tenant_id,
        client_id,
        client_secret,
    })
}

/// Adds the entry of a client that an operator made.
pub fn record_client(changes: &mut Changes, client: &Client, tenant: &Tenant, now: Timestamp) {
    let act = Act::new("client.create", tenant, client.id);
    audit::record(changes, By::OPERATOR, now, act, None, Some(client));
}

/// A client with a fresh random id and secret; not stored yet.
///
/// # Errors
/// The system gave no randomness.
pub fn new_client(
    tenant_id: TenantId,
    name: &str,
    scopes: ApiScopes,
    now: Timestamp,
) -> Result<(Client, String), Error> {
    let mut random = [0; 32];
    getrandom::fill(&mut random)
        .map_err(|error| Error::Internal(format!("no randomness for a secret: {error}")))?;
    let secret = URL_SAFE_NO_PAD.encode(random);
    let client = Client {
        id: ClientId::random(),
        tenant_id,
        name: name.to_owned(),
        secret_hash: hash_secret(&secret),
        scopes,
        enabled: true,
        created_at: now,
        version: 1,
    };
    Ok((client, secret))
}
