//! Follows a tracked link: to the Buy link of this moment, if its reader may still buy.

use super::Env;
use super::account_fields;
use super::destination::{self, Decided, Destination, Reader};
use super::error::Error;
use super::view::{self, UserView};
use crate::domain::click::Click;
use crate::domain::time::Timestamp;
use crate::tracked_link::{Purpose, Refused, TrackedLink};

/// Where a followed link leads.
#[derive(Debug, Clone)]
pub enum Followed {
    /// To the shop.
    Redirect {
        /// The Buy link, or the bare Buy URL of an edition message.
        url: String,
        /// To be counted.
        click: Option<Click>,
    },
    /// The link is good, but its reader is not to buy any more: to sales.
    ContactSales {
        /// For the page's brand and language.
        view: Box<UserView>,
        /// To be counted.
        click: Option<Click>,
    },
    /// The link was good once.
    Expired {
        /// For the page's brand and language, where the reader is still there.
        view: Option<Box<UserView>>,
    },
    /// No link of ours, or its reader or tenant is gone.
    Unknown,
}

/// Decides where `token` leads. `page` is where it was followed: any text of bounded length.
///
/// # Errors
/// The store failed.
pub async fn follow_link(
    env: &Env,
    token: &str,
    page: Option<&str>,
    looks_human: bool,
    now: Timestamp,
) -> Result<Followed, Error> {
    let link = match verify(env, token, now) {
        Ok(link) => link,
        Err(Refused::Unknown) => return Ok(Followed::Unknown),
        Err(Refused::Expired(link)) if link.purpose == Purpose::Unsubscribe => {
            return Ok(Followed::Unknown);
        }
        Err(Refused::Expired(link)) => {
            let view = reader_of(env, &link).await?;
            return Ok(Followed::Expired { view });
        }
    };
    if link.purpose == Purpose::Unsubscribe {
        return Ok(Followed::Unknown);
    }
    let Some(Decided { to, reader }) = destination::find(env, &link, page).await? else {
        return Ok(Followed::Unknown);
    };
    let click = click_of(&link, reader, looks_human, now);
    match to {
        Destination::Shop(url) => Ok(Followed::Redirect { url, click }),
        Destination::Sales => match reader_of(env, &link).await? {
            Some(view) => Ok(Followed::ContactSales { view, click }),
            None => Ok(Followed::Unknown),
        },
    }
}

/// The same without waiting: a link that is good, to the shop, for a reader who is known.
#[must_use]
pub fn follow_cached_link(
    env: &Env,
    token: &str,
    page: Option<&str>,
    looks_human: impl FnOnce() -> bool,
    now: Timestamp,
) -> Option<(String, Option<Click>)> {
    let link = verify(env, token, now).ok()?;
    if link.purpose == Purpose::Unsubscribe {
        return None;
    }
    let Decided { to, reader } = destination::try_cached(env, &link, page)?;
    match to {
        Destination::Shop(url) => Some((url, click_of(&link, reader, looks_human(), now))),
        Destination::Sales => None,
    }
}

/// The click to be counted; the edition message has no placement to count for.
fn click_of(
    link: &TrackedLink,
    reader: Reader,
    looks_human: bool,
    now: Timestamp,
) -> Option<Click> {
    let Purpose::Quota(placement) = link.purpose else {
        return None;
    };
    Some(Click {
        tenant: reader.tenant,
        user: reader.user,
        placement,
        at: now,
        looks_human,
    })
}

/// Checks a token of any purpose.
///
/// # Errors
/// See [`Refused`].
pub(super) fn verify(env: &Env, token: &str, now: Timestamp) -> Result<TrackedLink, Refused> {
    let keyring = env.keyring.load();
    TrackedLink::verify(token, |key_id| keyring.link_key(key_id), now)
}

/// The reader of a link; `None` where they are gone.
///
/// # Errors
/// The store failed.
pub(super) async fn reader_of(
    env: &Env,
    link: &TrackedLink,
) -> Result<Option<Box<UserView>>, Error> {
    match account_fields::user_id(env, link.user).await? {
        Some(id) => Ok(view::load(env, id).await?.map(Box::new)),
        None => Ok(None),
    }
}
