//! STUB: replaced when the tracked links arrive.
use super::Env;
use super::view::UserView;
use crate::domain::link::Placement;
use crate::domain::time::Timestamp;
/// x
#[must_use]
pub fn tracked_url(env: &Env, _view: &UserView, _placement: Placement, _now: Timestamp) -> String {
    format!("{}/r/x", env.settings.public_url)
}
/// x
#[must_use]
pub fn unsubscribe_url(env: &Env, _view: &UserView, _now: Timestamp) -> String {
    format!("{}/u/x", env.settings.public_url)
}
