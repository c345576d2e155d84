//! The tree of tenants: create, read, change, delete.

use std::collections::HashSet;

use futures_util::{StreamExt, TryStreamExt};
use uuid::Uuid;

use super::Env;
use super::access::Context;
use super::audit::Act;
use super::error::{Error, retrying};
use super::page::{self, Page, PageRequest};
use super::precondition::check_version;
use crate::domain::ids::{TenantId, V1Id};
use crate::domain::tenant::{MAX_TENANT_DEPTH, Tenant, TenantKind};
use crate::store::engine::Changes;
use crate::store::keys;

/// Tenants of a list that are looked at at once.
const CONCURRENT_LOOKS: usize = 32;

/// A tenant as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TenantView {
    /// The tenant.
    pub tenant: Tenant,
    /// Whether there are tenants below it.
    pub has_children: bool,
}

/// Which tenants to list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TenantQuery {
    /// These, as far as they are within reach.
    Ids(Vec<TenantId>),
    /// Those with these API v1 ids, as far as they are within reach.
    V1Ids(Vec<V1Id>),
    /// The children of one.
    ChildrenOf(TenantId),
    /// One and all below it.
    Subtree(TenantId),
}

/// Creates a tenant below another. `fill` gives it a name, and says what else it is other than a
/// blank one.
///
/// # Errors
/// The parent is out of reach or may not hold it, a sibling has the name, or as `fill` says.
pub async fn create(
    cx: Context<'_>,
    parent: TenantId,
    kind: TenantKind,
    fill: impl Fn(Tenant) -> Result<Tenant, Error>,
) -> Result<TenantView, Error> {
    retrying(|| create_once(cx, parent, kind, &fill)).await
}

async fn create_once(
    cx: Context<'_>,
    parent: TenantId,
    kind: TenantKind,
    fill: impl Fn(Tenant) -> Result<Tenant, Error>,
) -> Result<TenantView, Error> {
    let parent = cx.tenant(parent).await?;
    check_parent(&parent, kind)?;
    let mut ancestors = parent.ancestors.clone();
    ancestors.push(parent.id);
    let v1_id = cx.env.store.next_v1_id().await?;
    let tenant = fill(Tenant {
        ancestors,
        ..Tenant::new(v1_id, kind, cx.now)
    })?;
    let mut changes = Changes::new();
    // A parent that is disabled and deleted meanwhile takes no child.
    changes.expect_tenant(&parent);
    changes.create_tenant(tenant.clone());
    let act = Act::on_tenant("tenant.create", &tenant);
    cx.commit(changes, act, None, Some(&tenant)).await?;
    Ok(TenantView {
        tenant,
        has_children: false,
    })
}

fn check_parent(parent: &Tenant, kind: TenantKind) -> Result<(), Error> {
    if !parent.kind.may_hold(kind) {
        return Err(Error::Refused(format!(
            "a {} cannot hold a {}",
            parent.kind.name(),
            kind.name()
        )));
    }
    if parent.ancestors.len() + 2 > MAX_TENANT_DEPTH {
        return Err(Error::Refused(format!(
            "the tree of tenants is at most {MAX_TENANT_DEPTH} deep"
        )));
    }
    takes_accounts(parent)
}

/// A disabled tenant takes nothing new, so that what is deleted with it is all there is.
///
/// # Errors
/// [`Error::Refused`] where it is disabled.
pub(super) fn takes_accounts(tenant: &Tenant) -> Result<(), Error> {
    if tenant.enabled {
        return Ok(());
    }
    Err(Error::Refused(
        "the tenant is disabled; enable it first".to_owned(),
    ))
}

/// One tenant.
///
/// # Errors
/// It is unknown or out of reach.
pub async fn read(cx: Context<'_>, id: TenantId) -> Result<TenantView, Error> {
    view(cx.env, cx.tenant(id).await?.value).await
}

async fn view(env: &Env, tenant: Tenant) -> Result<TenantView, Error> {
    Ok(TenantView {
        has_children: has_children(env, tenant.id).await?,
        tenant,
    })
}

pub(super) async fn has_children(env: &Env, id: TenantId) -> Result<bool, Error> {
    let first = env.store.ids_under(&keys::children(id), None, 1).await?;
    Ok(!first.is_empty())
}

/// Several tenants.
///
/// # Errors
/// The tenant whose children or subtree is asked for is unknown or out of reach. Ids of a list
/// that are unknown or out of reach are silently left out.
pub async fn list(
    cx: Context<'_>,
    query: &TenantQuery,
    request: PageRequest,
) -> Result<Page<TenantView>, Error> {
    let Context { env, caller, .. } = cx;
    let page = match query {
        TenantQuery::Ids(ids) => Page::whole(each_once(ids.iter().map(|id| id.uuid()).collect())),
        TenantQuery::V1Ids(ids) => Page::whole(each_once(by_v1_ids(env, ids).await?)),
        TenantQuery::ChildrenOf(parent) => children(cx, *parent, request).await?,
        TenantQuery::Subtree(root) => {
            cx.tenant(*root).await?;
            page::ids(env, &keys::subtree_tenants(*root), request).await?
        }
    };
    let mut reached: Vec<Tenant> = env.store.values(page.items.iter().copied()).await?;
    reached.retain(|tenant| caller.reaches(tenant));
    let views = futures_util::stream::iter(reached)
        .map(|tenant| view(env, tenant))
        .buffered(CONCURRENT_LOOKS)
        .try_collect()
        .await?;
    Ok(page.with(views))
}

fn each_once(mut ids: Vec<Uuid>) -> Vec<Uuid> {
    let mut seen = HashSet::new();
    ids.retain(|id| seen.insert(*id));
    ids
}

/// The tenants and users with these API v1 ids, in their order, wherever they are.
pub(super) async fn by_v1_ids(env: &Env, ids: &[V1Id]) -> Result<Vec<Uuid>, Error> {
    let found = env.store.numbered(ids).await?;
    Ok(found.iter().map(|one| one.account().uuid()).collect())
}

/// The ids of the children of a tenant.
///
/// # Errors
/// It is unknown or out of reach.
pub async fn children(
    cx: Context<'_>,
    parent: TenantId,
    request: PageRequest,
) -> Result<Page<Uuid>, Error> {
    cx.tenant(parent).await?;
    page::ids(cx.env, &keys::children(parent), request).await
}

/// Changes a tenant. `change` is asked again where the tenant changed meanwhile.
///
/// # Errors
/// It is out of reach, `expected` is stale, a sibling has the name, a client of the tenant itself
/// enables or disables it, or as `change` says.
pub async fn update(
    cx: Context<'_>,
    id: TenantId,
    expected: Option<u64>,
    change: impl Fn(Tenant) -> Result<Tenant, Error>,
) -> Result<TenantView, Error> {
    retrying(|| async {
        let old = cx.tenant(id).await?;
        check_version(expected, old.version)?;
        let mut tenant = change(old.value.clone())?;
        if tenant.enabled != old.enabled {
            cx.caller
                .require_above(&old, "enable or disable a tenant")?;
        }
        tenant.version += 1;
        tenant.updated_at = cx.now;
        let mut changes = Changes::new();
        changes.update_tenant(&old, tenant.clone());
        let act = Act::on_tenant("tenant.update", &tenant);
        cx.commit(changes, act, Some(&old.value), Some(&tenant))
            .await?;
        view(cx.env, tenant).await
    })
    .await
}
