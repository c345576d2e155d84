//! Fills the account table at the start of a process that has the store for itself, so that
//! nothing has to be read later.

use std::collections::HashMap;

use super::{take_in_tenant, take_in_user};
use crate::domain::brand::Brand;
use crate::domain::ids::{AccountId, TenantId, V1Id};
use crate::store::engine::StoreError;
use crate::store::keys;
use crate::store::record::{Numbered, Stored as _};
use crate::usecases::Env;
use crate::usecases::error::Error;

/// Accounts that are read at once.
const BATCH: usize = 4096;

type Brands = HashMap<TenantId, Brand>;

/// Fills the table with all accounts of a store that nobody changes meanwhile. How many.
///
/// # Errors
/// The store failed, or what stands under a number cannot be read.
pub async fn load_accounts(env: &Env) -> Result<usize, Error> {
    let brands = brands(env).await?;
    let (mut count, mut after, mut left) = (0, None, Vec::new());
    loop {
        let mut found = env.store.numbered_after(after, BATCH).await?;
        let Some((last, _)) = found.last() else {
            break;
        };
        after = Some(*last);
        count += found.len();
        found.retain(|one| !take_in(env, &brands, one));
        left.append(&mut found);
    }
    // Who is above has the lower number, but where nodes with numbers of their own made them.
    let mut before = usize::MAX;
    while left.len() < before {
        before = left.len();
        left.retain(|one| !take_in(env, &brands, one));
    }
    Ok(count)
}

async fn brands(env: &Env) -> Result<Brands, StoreError> {
    let (mut brands, mut after) = (Brands::new(), None);
    loop {
        let engine = env.store.engine();
        let found = engine.scan(&keys::brands(), after.as_ref(), BATCH).await?;
        for (_, record) in &found {
            let brand = Brand::decode(&record.body)?;
            brands.insert(brand.tenant_id, brand);
        }
        match found.into_iter().last() {
            Some((last, _)) => after = Some(last),
            None => return Ok(brands),
        }
    }
}

/// Whether the account is in the table now: it needs the number of the tenant above.
fn take_in(env: &Env, brands: &Brands, (number, account): &(V1Id, Numbered)) -> bool {
    let number_of = |tenant| env.accounts.number(AccountId::Tenant(tenant));
    let token = env.accounts.begin_read(account.account());
    match account {
        Numbered::User(user) => number_of(user.tenant).is_some_and(|tenant| {
            take_in_user(env, (*number, user), tenant, token);
            true
        }),
        Numbered::Tenant(tenant) => {
            let parent = tenant.parent.map(number_of);
            parent.is_none_or(|found| found.is_some()) && {
                let brand = brands.get(&tenant.id);
                take_in_tenant(env, (*number, tenant), parent.flatten(), brand, token);
                true
            }
        }
    }
}
