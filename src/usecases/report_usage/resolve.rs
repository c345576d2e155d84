//! Resolves the account that a report names, if the caller reaches it.

use futures_util::future::join_all;

use crate::domain::ids::{AccountId, AccountRef};
use crate::usecases::access::{Caller, Context};
use crate::usecases::error::{Error, What, all_away};
use crate::usecases::holder::{self, Holder};

/// Accounts that the store is asked for together. Where it answers for none of them, it is not asked
/// for the others: each would wait for it in vain.
const RESOLVED_AT_ONCE: usize = 256;

/// The account that is meant, and the tenant that holds it.
pub(super) type Resolved = (AccountRef, Holder);

/// The accounts that are meant by `named`, in their order.
pub(super) async fn resolve_many(
    cx: Context<'_>,
    named: &[AccountId],
) -> Vec<Result<Resolved, Error>> {
    let Context { env, caller, .. } = cx;
    let mut resolved = Vec::with_capacity(named.len());
    let mut unknown = Vec::new();
    for (place, account) in named.iter().enumerate() {
        let known = holder::try_cached(env, *account, caller.root);
        let known = known.filter(|_| may_name(caller, *account));
        resolved.push(match known {
            Some(known) => Ok(known),
            None => {
                unknown.push((place, *account));
                Err(Error::NotFound(What::Tenant))
            }
        });
    }
    let mut away = None;
    for wave in unknown.chunks(RESOLVED_AT_ONCE) {
        let found = match away {
            Some(error) => vec![Err(error); wave.len()],
            None => join_all(wave.iter().map(|(_, one)| resolve(cx, *one))).await,
        };
        away = all_away(&found);
        for ((place, _), found) in wave.iter().zip(found) {
            if let Some(place) = resolved.get_mut(*place) {
                *place = found;
            }
        }
    }
    resolved
}

async fn resolve(cx: Context<'_>, account: AccountId) -> Result<Resolved, Error> {
    let Context { env, caller, .. } = cx;
    if may_name(caller, account)
        && let Some(found) = holder::find(env, account, caller.root).await?
    {
        return Ok(found);
    }
    // Unknown or out of reach: said by the one who says it everywhere. Or a personal tenant's id.
    let meant = cx.account(account).await?.account();
    let found = holder::find(env, meant.id, caller.root).await?;
    found.ok_or(Error::NotFound(What::Tenant))
}

/// Whether the caller may report of it, if it is below the caller's root: the same as the caller's
/// reach says of the loaded profiles.
fn may_name(caller: &Caller, account: AccountId) -> bool {
    match account {
        AccountId::Tenant(_) => caller.user.is_none(),
        AccountId::User(id) => caller.user.is_none_or(|own| own == id),
    }
}
