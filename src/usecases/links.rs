//! The links that messages carry, signed with the newest link key.

use std::time::Duration;

use url::form_urlencoded::byte_serialize;

use super::Env;
use super::view::UserView;
use crate::domain::time::Timestamp;
use crate::tracked_link::{Purpose, TrackedLink};

/// The link that stops mail works at least this long: mails are found again after months, and
/// the wish to get no more is to be followed then too.
const MIN_UNSUBSCRIBE_TTL: Duration = Duration::from_secs(180 * 86_400);

/// A tracked link, `…/r/<token>`, with the page it stands on.
#[must_use]
pub fn redirect_url(
    env: &Env,
    view: &UserView,
    purpose: Purpose,
    page: Option<&str>,
    now: Timestamp,
) -> String {
    let token = token(env, view, purpose, env.settings.link_ttl, now);
    let mut url = format!("{}/r/{token}", env.settings.public_url);
    if let Some(page) = page.filter(|page| !page.is_empty()) {
        url.push_str("?page=");
        url.extend(byte_serialize(page.as_bytes()));
    }
    url
}

/// The link that stops mail about quotas: `…/u/<token>` (RFC 8058).
#[must_use]
pub fn unsubscribe_url(env: &Env, view: &UserView, now: Timestamp) -> String {
    let ttl = longest_ttl(env.settings.link_ttl);
    let token = token(env, view, Purpose::Unsubscribe, ttl, now);
    format!("{}/u/{token}", env.settings.public_url)
}

/// How long links live at most, where tracked links live for `link_ttl`: those that stop mail outlive
/// them.
#[must_use]
pub fn longest_ttl(link_ttl: Duration) -> Duration {
    link_ttl.max(MIN_UNSUBSCRIBE_TTL)
}

fn token(env: &Env, view: &UserView, purpose: Purpose, ttl: Duration, now: Timestamp) -> String {
    let keyring = env.keyring.load();
    let (key_id, key) = keyring.link_signer();
    TrackedLink::new(purpose, view.user.v1_id, now, ttl).sign(key_id, key)
}
