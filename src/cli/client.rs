//! `upsell client`: API clients of a stopped service. While it runs, use the API.

use std::io::Write;

use serde_json::json;

use super::args::{ClientAction, ClientArgs, OutputFormat};
use super::{CliError, runtime};
use crate::app::{data, system_clock};
use crate::config;
use crate::domain::client::{ApiScopes, Client};
use crate::domain::ids::{ClientId, TenantId};
use crate::store::engine::{Changes, Expect};
use crate::store::{Store, keys};
use crate::usecases::audit::{self, Act, By};
use crate::usecases::error::{Error, What};
use crate::usecases::initialize::{self, new_client};

/// Clients read from the store at once.
const PAGE: usize = 500;

pub(super) fn run(args: &ClientArgs, out: &mut dyn Write) -> Result<(), CliError> {
    let loaded = config::from_process(args.config.config.clone(), args.config.flags())?;
    runtime()?.block_on(async {
        let data = data::open(&data::Place::of(&loaded.config), system_clock()).await?;
        let done = act(args, &data.store, out).await;
        data::close(&data.store).await?;
        done
    })
}

async fn act(args: &ClientArgs, store: &Store, out: &mut dyn Write) -> Result<(), CliError> {
    match &args.action {
        ClientAction::Create { tenant, scope } => {
            let (client, secret) = create(store, *tenant, scope).await?;
            write_created(&client, &secret, args.format, out)
        }
        ClientAction::List => {
            for client in all(store).await? {
                write_listed(&client, args.format, out)?;
            }
            Ok(())
        }
        ClientAction::Delete { client } => delete(store, *client).await,
    }
}

async fn create(
    store: &Store,
    tenant: TenantId,
    scope: &str,
) -> Result<(Client, String), CliError> {
    let scopes =
        ApiScopes::parse(scope).map_err(|error| CliError::Argument(format!("--scope: {error}")))?;
    let found = store.tenant(tenant).await.map_err(Error::from)?;
    let tenant = found.ok_or(Error::NotFound(What::Tenant))?;
    let now = system_clock();
    let (client, secret) = new_client(tenant.id, "made on the command line", scopes, now)?;
    let mut changes = Changes::new();
    changes.put_client(Expect::Absent, client.clone());
    initialize::record_client(&mut changes, &client, &tenant, now);
    store.commit(changes).await.map_err(Error::from)?;
    Ok((client, secret))
}

async fn delete(store: &Store, id: ClientId) -> Result<(), CliError> {
    let found = store.client(id).await.map_err(Error::from)?;
    let client = found.ok_or(Error::NotFound(What::Client))?;
    let mut changes = Changes::new();
    changes.delete_client(&client);
    let tenant = store.tenant(client.tenant_id).await.map_err(Error::from)?;
    // Clients go with their tenant, so there is one.
    if let Some(tenant) = tenant {
        let act = Act::new("client.delete", &tenant, client.id);
        let (by, now) = (By::OPERATOR, system_clock());
        audit::record(&mut changes, by, now, act, Some(&client.value), None);
    }
    store.commit(changes).await.map_err(Error::from)?;
    Ok(())
}

/// All clients of the deployment: those of the tenants at or below the root.
async fn all(store: &Store) -> Result<Vec<Client>, Error> {
    let Some(root) = store.root().await? else {
        return Ok(Vec::new());
    };
    let (mut clients, mut after) = (Vec::new(), None);
    loop {
        let tenants = store
            .ids_under(&keys::subtree_tenants(root), after, PAGE)
            .await?;
        for tenant in &tenants {
            let prefix = keys::tenant_clients(TenantId::new(*tenant));
            let ids = store.ids_under(&prefix, None, PAGE).await?;
            clients.append(&mut store.values(ids).await?);
        }
        if tenants.len() < PAGE {
            return Ok(clients);
        }
        after = tenants.last().copied();
    }
}

fn write_created(
    client: &Client,
    secret: &str,
    format: OutputFormat,
    out: &mut dyn Write,
) -> Result<(), CliError> {
    match format {
        OutputFormat::Json => {
            let line = json!({
                "tenant_id": client.tenant_id.to_string(),
                "client_id": client.id.to_string(),
                "client_secret": secret,
                "scope": client.scopes.to_string(),
            });
            writeln!(out, "{line}")?;
        }
        OutputFormat::Text => {
            writeln!(out, "client id      {}", client.id)?;
            writeln!(out, "client secret  {secret}   (shown only this once)")?;
            writeln!(out, "scope          {}", client.scopes)?;
        }
    }
    Ok(())
}

fn write_listed(
    client: &Client,
    format: OutputFormat,
    out: &mut dyn Write,
) -> Result<(), CliError> {
    match format {
        OutputFormat::Json => {
            let line = json!({
                "client_id": client.id.to_string(),
                "tenant_id": client.tenant_id.to_string(),
                "name": client.name,
                "enabled": client.enabled,
                "scope": client.scopes.to_string(),
            });
            writeln!(out, "{line}")?;
        }
        OutputFormat::Text => {
            let state = if client.enabled {
                "enabled"
            } else {
                "disabled"
            };
            writeln!(
                out,
                "{}  {}  {state}  {}",
                client.id, client.tenant_id, client.scopes
            )?;
        }
    }
    Ok(())
}
