//! Where a tracked link leads: decided from the fields of its reader and of the tenants above.

use super::account_fields::{self, FoundTenant, ItemsOf, cached_tenant};
use super::error::Error;
use super::{Env, Settings};
use crate::account_table::{ReadyShop, UserFields};
use crate::domain::ids::{AccountId, AccountRef};
use crate::domain::item_set::ItemSet;
use crate::domain::link::BuyLink;
use crate::domain::proposal::{Facts, Proposal, edition_proposal, quota_proposal};
use crate::domain::rules::Trail;
use crate::tracked_link::{Purpose, TrackedLink};

/// Where a good link leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Destination {
    /// To the shop.
    Shop(String),
    /// The reader is not to buy now: to sales.
    Sales,
}

/// A decision, and about whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decided {
    /// Where the link leads.
    pub to: Destination,
    /// Its reader.
    pub reader: Reader,
}

/// Who follows a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reader {
    /// The user of the link.
    pub user: AccountRef,
    /// The tenant that the user has now.
    pub tenant: AccountRef,
}

/// Where a link that was checked leads, if all that decides it is in memory. Waits for nobody.
#[must_use]
pub fn try_cached(env: &Env, link: &TrackedLink, page: Option<&str>) -> Option<Decided> {
    let user = env.accounts.user(link.user)?;
    let tenant = cached_tenant(env, user.tenant)?;
    let user_items = ItemsOf::user(&user, &tenant).cached(env, &tenant)?;
    let tenant_items = ItemsOf::tenant(&tenant).cached(env, &tenant)?;
    let items = (user_items, tenant_items);
    let by_shop =
        |shop: &ReadyShop| decide(&env.settings, (&user, &tenant), shop, items, link, page);
    env.accounts.with_shop(&tenant.fields, by_shop)
}

/// Where a link that was checked leads, read from the store as far as the table does not have it;
/// `None` where its reader is gone.
///
/// # Errors
/// The store failed.
pub async fn find(
    env: &Env,
    link: &TrackedLink,
    page: Option<&str>,
) -> Result<Option<Decided>, Error> {
    let Some(user) = account_fields::user(env, link.user).await? else {
        return Ok(None);
    };
    let Some(tenant) = account_fields::tenant(env, user.tenant).await? else {
        return Ok(None);
    };
    let user_items = ItemsOf::user(&user, &tenant).find(env, &tenant).await?;
    let tenant_items = ItemsOf::tenant(&tenant).find(env, &tenant).await?;
    let shop = account_fields::shop(env, &tenant.fields).await?;
    let shop = shop.as_deref().unwrap_or(&ReadyShop::NONE);
    let items = (user_items, tenant_items);
    let decided = decide(&env.settings, (&user, &tenant), shop, items, link, page);
    Ok(Some(decided))
}

/// What the reader is offered now, in the place where the link stands.
fn decide(
    settings: &Settings,
    (user, tenant): (&UserFields, &FoundTenant),
    shop: &ReadyShop,
    (user_quota, tenant_quota): (ItemSet, ItemSet),
    link: &TrackedLink,
    page: Option<&str>,
) -> Decided {
    let facts = Facts {
        user_enabled: user.enabled,
        tenant_enabled: tenant.fields.enabled,
        reader: user.reader,
        shop: shop.shop,
        without_buy_url: settings.without_buy_url,
    };
    let trail = &mut Trail::silent();
    let proposal = match link.purpose {
        Purpose::Quota(_) => quota_proposal(&facts, trail),
        Purpose::Edition => edition_proposal(&facts, trail),
        Purpose::Unsubscribe => None,
    };
    let to = match (proposal, &shop.link, link.purpose) {
        (Some(Proposal::BuyNow), Some((_, template)), Purpose::Quota(placement)) => {
            Destination::Shop(template.build(&BuyLink {
                placement,
                user_quota,
                tenant_quota,
                user_id: Some(user.number),
                tenant_id: Some(tenant.fields.number),
                page,
            }))
        }
        (Some(Proposal::BuyNow), Some((url, _)), _) => Destination::Shop(url.wire().to_owned()),
        _ => Destination::Sales,
    };
    Decided {
        to,
        reader: Reader {
            user: AccountRef {
                id: AccountId::User(user.id),
                number: user.number,
            },
            tenant: AccountRef {
                id: AccountId::Tenant(tenant.fields.id),
                number: tenant.fields.number,
            },
        },
    }
}
