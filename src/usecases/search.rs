//! Finds tenants and users of a subtree by the beginning of a name, login or e-mail address, or by
//! API v1 id.

use std::collections::{HashMap, HashSet};

use super::Env;
use super::access::Context;
use super::error::Error;
use crate::domain::ids::{AccountId, TenantId, V1Id};
use crate::domain::tenant::Tenant;
use crate::domain::text::check_name;
use crate::domain::user::User;
use crate::store::engine::Key;
use crate::store::keys;
use crate::store::record::Numbered;

/// Index entries looked at by one search.
const MAX_LOOKED_AT: usize = 5_000;

/// Index entries read at once.
const CHUNK: usize = 500;

/// Longest text to search for, in characters.
const MAX_TEXT_CHARS: usize = 128;

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// The tenant or user.
    pub found: HitKind,
    /// The names of the tenants above, from the searched one down.
    pub path: Vec<String>,
}

/// A tenant or a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HitKind {
    /// A tenant.
    Tenant(Box<Tenant>),
    /// A user.
    User(Box<User>),
}

/// Looks for accounts at or below `root`, at most `limit` of them.
///
/// The work is bounded: of a prefix that very many accounts of the deployment share, only the first
/// 5,000 are looked at; a subtree with fewer accounts than that is searched completely.
///
/// # Errors
/// `root` is unknown or out of reach, or the text makes no sense.
pub async fn search(
    cx: Context<'_>,
    root: TenantId,
    text: &str,
    limit: usize,
) -> Result<Vec<Hit>, Error> {
    let env = cx.env;
    check_name(text, MAX_TEXT_CHARS).map_err(|bad| Error::invalid("text", bad))?;
    let root = cx.tenant(root).await?;
    let named = by_v1_id(env, root.id, text).await?;
    let (mut accounts, is_complete) = by_index(env, root.id, text, limit).await?;
    if !is_complete && let Some(all) = by_subtree(env, root.id, text, limit).await? {
        accounts = all;
    }
    if let Some(named) = named {
        accounts.retain(|account| *account != named);
        accounts.insert(0, named);
        accounts.truncate(limit);
    }
    hits(env, &root, &accounts).await
}

/// The account with this API v1 id, if the text is one and the account lies within the subtree.
async fn by_v1_id(env: &Env, root: TenantId, text: &str) -> Result<Option<AccountId>, Error> {
    let Ok(id) = text.trim().parse::<V1Id>() else {
        return Ok(None);
    };
    let found = env.store.numbered(&[id]).await?;
    let Some(account) = found.first().map(Numbered::account) else {
        return Ok(None);
    };
    let within = env.store.engine().get(&mark(root, account)).await?;
    Ok(within.map(|_| account))
}

/// Walks the index of texts and keeps what lies within the subtree. `true`: there is nothing more to
/// find, or no room for it.
async fn by_index(
    env: &Env,
    root: TenantId,
    text: &str,
    limit: usize,
) -> Result<(Vec<AccountId>, bool), Error> {
    let prefix = keys::search_prefix(text);
    let (mut accounts, mut seen) = (Vec::new(), HashSet::new());
    let mut after: Option<Key> = None;
    let mut looked_at = 0;
    while looked_at < MAX_LOOKED_AT {
        let entries = env
            .store
            .engine()
            .scan(&prefix, after.as_ref(), CHUNK)
            .await?;
        let read = entries.len();
        looked_at += read;
        after = entries.last().map(|(key, _)| key.clone());
        let candidates: Vec<AccountId> = entries
            .iter()
            .filter_map(|(key, _)| key.trailing_account())
            .filter(|account| seen.insert(*account))
            .collect();
        let marks: Vec<Key> = candidates.iter().map(|id| mark(root, *id)).collect();
        let within = env.store.engine().get_many(&marks).await?;
        let inside = candidates
            .iter()
            .zip(within)
            .filter(|(_, mark)| mark.is_some());
        accounts.extend(inside.map(|(account, _)| *account));
        if accounts.len() >= limit || read < CHUNK {
            accounts.truncate(limit);
            return Ok((accounts, true));
        }
    }
    Ok((accounts, false))
}

/// The entry that says that an account lies at or below `root`.
fn mark(root: TenantId, account: AccountId) -> Key {
    match account {
        AccountId::Tenant(id) => keys::subtree_tenant(root, id),
        AccountId::User(id) => keys::subtree_user(root, id),
    }
}

/// Walks a small subtree itself; `None` where it is not small.
async fn by_subtree(
    env: &Env,
    root: TenantId,
    text: &str,
    limit: usize,
) -> Result<Option<Vec<AccountId>>, Error> {
    let ids = |index: Key| async move { env.store.ids_under(&index, None, MAX_LOOKED_AT).await };
    let tenants = ids(keys::subtree_tenants(root)).await?;
    let users = ids(keys::subtree_users(root)).await?;
    if tenants.len() + users.len() >= MAX_LOOKED_AT {
        return Ok(None);
    }
    let wanted = keys::folded(text);
    let begins = |text: &str| keys::folded(text).starts_with(&wanted);
    let mut accounts = Vec::new();
    for tenant in env.store.values::<Tenant>(tenants).await? {
        if begins(&tenant.name) {
            accounts.push(AccountId::Tenant(tenant.id));
        }
    }
    for user in env.store.values::<User>(users).await? {
        let email = user
            .contact
            .email
            .as_ref()
            .map_or("", |email| email.as_str());
        if begins(&user.login) || begins(&user.contact.full_name()) || begins(email) {
            accounts.push(AccountId::User(user.id));
        }
    }
    accounts.truncate(limit);
    Ok(Some(accounts))
}

/// Loads what was found, with the names of the tenants above.
async fn hits(env: &Env, root: &Tenant, accounts: &[AccountId]) -> Result<Vec<Hit>, Error> {
    let (mut tenant_ids, mut user_ids) = (Vec::new(), Vec::new());
    for account in accounts {
        match account {
            AccountId::Tenant(id) => tenant_ids.push(*id),
            AccountId::User(id) => user_ids.push(*id),
        }
    }
    let tenants: Vec<Tenant> = env.store.values(tenant_ids).await?;
    let users: Vec<User> = env.store.values(user_ids).await?;
    let mut known: HashMap<TenantId, Tenant> = HashMap::new();
    let homes: HashSet<TenantId> = users.iter().map(|user| user.tenant_id).collect();
    let homes = env.store.values::<Tenant>(homes).await?;
    let both = homes.into_iter().chain(tenants.iter().cloned());
    known.extend(both.map(|tenant| (tenant.id, tenant)));
    let above = known
        .values()
        .flat_map(|tenant| below(root, &tenant.ancestors));
    let above: HashSet<TenantId> = above.copied().collect();
    let above = env.store.values::<Tenant>(above).await?;
    known.extend(above.into_iter().map(|tenant| (tenant.id, tenant)));
    let names = |ids: &[TenantId]| -> Vec<String> {
        let found = ids.iter().filter_map(|id| known.get(id));
        found.map(|tenant| tenant.name.clone()).collect()
    };
    let of_tenants = tenants.iter().map(|tenant| Hit {
        path: names(below(root, &tenant.ancestors)),
        found: HitKind::Tenant(Box::new(tenant.clone())),
    });
    let of_users = users.iter().filter_map(|user| {
        let home = known.get(&user.tenant_id)?;
        let mut path = names(below(root, &home.ancestors));
        path.push(home.name.clone());
        Some(Hit {
            path,
            found: HitKind::User(Box::new(user.clone())),
        })
    });
    Ok(of_tenants.chain(of_users).collect())
}

/// The part of `ancestors` that begins with `root`: the rest is not the searcher's business.
fn below<'a>(root: &Tenant, ancestors: &'a [TenantId]) -> &'a [TenantId] {
    let start = ancestors.iter().position(|id| *id == root.id);
    ancestors
        .get(start.unwrap_or(ancestors.len())..)
        .unwrap_or(&[])
}
