//! The message that proposes an edition: its link is the Buy URL with nothing added (rule `buy-url`).

use super::access::Context;
use super::error::Error;
use super::messages::{LinkedProposal, MessageContext};
use super::view;
use crate::domain::ids::UserId;
use crate::domain::text::check_name;

/// The longest name of an edition, in characters.
const MAX_EDITION_CHARS: usize = 128;

/// The proposal of an edition to one user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EditionMessage {
    /// Which edition.
    pub edition: String,
    /// In the reader's language.
    pub title: String,
    /// In the reader's language.
    pub body: String,
    /// What the reader can do.
    pub proposal: Option<LinkedProposal>,
}

/// What `user` is told where a feature belongs to `edition`.
///
/// # Errors
/// The user is unknown or out of reach; the edition has no name; the store failed.
pub async fn edition_proposal(
    cx: Context<'_>,
    user: UserId,
    edition: &str,
    lang: Option<&str>,
) -> Result<EditionMessage, Error> {
    let Context { env, now, .. } = cx;
    check_name(edition, MAX_EDITION_CHARS).map_err(|bad| Error::invalid("edition", bad))?;
    let (found, tenant) = cx.user(user).await?;
    let view = view::of(env, found, tenant).await?;
    let message = MessageContext::new(env, &view, lang, None, now);
    let proposal = view.edition_proposal;
    let text = env.renderer.edition(edition, proposal, &message.lang)?;
    Ok(EditionMessage {
        edition: edition.to_owned(),
        title: text.title,
        body: text.body,
        proposal: message.edition_proposal(env, text.label),
    })
}
