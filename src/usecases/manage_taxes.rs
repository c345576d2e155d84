//! The sales taxes of partners. A tax is seen at and below its partner, by callers there too; only
//! callers whose subtree holds the partner change it.

use super::Env;
use super::access::Context;
use super::audit::Act;
use super::error::{Error, What, retrying};
use super::field_checks::{Checks, Field};
use super::manage_tenants::takes_accounts;
use super::precondition::Expected;
use crate::domain::billing::{Tax, TaxRate};
use crate::domain::ids::{TaxId, TenantId};
use crate::domain::tenant::{Tenant, TenantKind};
use crate::store::engine::Changes;
use crate::store::{Found, keys};

/// A partner has no more taxes than this; they are listed and deleted in one go.
const MAX_TAXES: usize = 200;

const MOVED: &str = "is another tenant than the tax has; a tax cannot be moved";

/// Creates a tax of a tenant; where none is said, of the caller's own. `fill` says what it is other
/// than a blank one, and tells the faults of its own with those that it is given.
///
/// # Errors
/// The tenant is out of reach, disabled, no partner, or has as many taxes as there can be; or as
/// `fill` says.
pub async fn create(
    cx: Context<'_>,
    tenant: &Field<String>,
    fill: impl Fn(Tax, Checks) -> Result<Tax, Error>,
) -> Result<Tax, Error> {
    retrying(|| create_once(cx, tenant, &fill)).await
}

async fn create_once(
    cx: Context<'_>,
    tenant: &Field<String>,
    fill: impl Fn(Tax, Checks) -> Result<Tax, Error>,
) -> Result<Tax, Error> {
    let mut checks = Checks::default();
    let tenant_id = match tenant.id::<TenantId>() {
        Ok(Field::Set(id)) => id,
        Ok(Field::Keep | Field::Clear) => cx.caller.root,
        Err(bad) => {
            checks.fail("Tenant", bad);
            cx.caller.root
        }
    };
    let tenant = cx.tenant(tenant_id).await?;
    if tenant.kind != TenantKind::Partner {
        checks.fail("Tenant", "must be a partner: taxes are theirs");
    }
    let blank = Tax {
        id: TaxId::random(),
        tenant_id,
        name: String::new(),
        code: String::new(),
        rate: TaxRate::ZERO,
        active: true,
        allow_inactive: false,
        is_default: false,
        version: 1,
    };
    let tax = fill(blank, checks)?;
    takes_accounts(&tenant)?;
    if own(cx.env, tenant_id).await?.len() >= MAX_TAXES {
        return Err(Error::Refused(format!(
            "the partner has {MAX_TAXES} taxes, which is as many as there can be; change one instead"
        )));
    }
    let mut changes = Changes::new();
    // A tenant that is disabled and deleted meanwhile takes no tax.
    changes.expect_tenant(&tenant);
    changes.put_tax(None, tax.clone());
    let act = Act::new("tax.create", &tenant, tax.id);
    cx.commit(changes, act, None, Some(&tax)).await?;
    Ok(tax)
}

/// Changes a tax, which must be of the tenant that is said, if any. `change` is asked again where the tax
/// changed meanwhile, and tells the faults of its own with those that it is given.
///
/// # Errors
/// It is unknown or out of sight, or belongs to a tenant above the caller's; `expected` is stale; or
/// as `change` says.
pub async fn update(
    cx: Context<'_>,
    (id, said): (TaxId, &Field<String>),
    expected: Expected,
    change: impl Fn(Tax, Checks) -> Result<Tax, Error>,
) -> Result<Tax, Error> {
    retrying(|| async {
        let (old, tenant) = seen(cx, id).await?;
        if !cx.caller.reaches(&tenant) {
            return Err(Error::Forbidden(
                "the tax belongs to a tenant above yours; only its own partner changes it"
                    .to_owned(),
            ));
        }
        expected.check(old.version)?;
        let mut checks = Checks::default();
        match said.id::<TenantId>() {
            Ok(Field::Set(given)) if given != tenant.id => checks.fail("Tenant", MOVED),
            Ok(_) => {}
            Err(bad) => checks.fail("Tenant", bad),
        }
        let mut tax = change(old.value.clone(), checks)?;
        tax.version += 1;
        let mut changes = Changes::new();
        changes.put_tax(Some(&old), tax.clone());
        let act = Act::new("tax.update", &tenant, tax.id);
        cx.commit(changes, act, Some(&old.value), Some(&tax))
            .await?;
        Ok(tax)
    })
    .await
}

/// One tax.
///
/// # Errors
/// It is unknown or out of sight.
pub async fn read(cx: Context<'_>, id: TaxId) -> Result<Tax, Error> {
    Ok(seen(cx, id).await?.0.value)
}

/// The taxes that a tenant can have: its own and those of the tenants above it, the nearest first,
/// each tenant's by name.
///
/// # Errors
/// The tenant is unknown or out of reach.
pub async fn list(cx: Context<'_>, tenant: TenantId) -> Result<Vec<Tax>, Error> {
    let tenant = cx.tenant(tenant).await?;
    let mut taxes = Vec::new();
    for id in tenant.lineage() {
        let found = own(cx.env, id).await?.into_iter().map(|found| found.value);
        let mut own: Vec<Tax> = found.collect();
        own.sort_by(|a, b| (&a.name, a.id).cmp(&(&b.name, b.id)));
        taxes.append(&mut own);
    }
    Ok(taxes)
}

/// The taxes of a tenant itself.
pub(super) async fn own(env: &Env, tenant: TenantId) -> Result<Vec<Found<Tax>>, Error> {
    // Some more than there can be: two that are created at once may both be let in.
    const LIMIT: usize = MAX_TAXES * 2;
    let index = keys::billing::tenant_taxes(tenant);
    let ids = env.store.ids_under(&index, None, LIMIT).await?;
    let found = env.store.load_many::<Tax>(ids).await?;
    Ok(found.into_iter().flatten().collect())
}

/// The tax of that id, where `tenant` can have it.
pub(super) async fn tax_of_lineage(
    env: &Env,
    tenant: &Tenant,
    id: TaxId,
) -> Result<Option<Tax>, Error> {
    let found = env.store.load::<Tax>(id).await?;
    let tax = found.map(|found| found.value);
    Ok(tax.filter(|tax| tenant.is_within(tax.tenant_id)))
}

/// A tax that the caller sees, and whose it is.
async fn seen(cx: Context<'_>, id: TaxId) -> Result<(Found<Tax>, Found<Tenant>), Error> {
    let Context { env, caller, .. } = cx;
    let missing = || Error::NotFound(What::Tax);
    let found = env.store.load::<Tax>(id).await?;
    let tax = found.ok_or_else(missing)?;
    let owner = env.store.tenant(tax.tenant_id).await?;
    let owner = owner.ok_or_else(missing)?;
    if caller.reaches(&owner) {
        return Ok((tax, owner));
    }
    // A user's token reaches no tenant, so it sees no tax either.
    let root = cx.tenant_of(What::Tax, caller.root).await?;
    match root.is_within(owner.id) {
        true => Ok((tax, owner)),
        false => Err(missing()),
    }
}
