//! What the management portal shows in its header: every quota of both scopes, and one proposal.

use super::Env;
use super::access::Context;
use super::error::Error;
use super::list_alerts::Asked;
use super::messages::{LinkedProposal, MessageContext};
use super::remembered::{Basis, Seen};
use super::view::brand_view;
use super::what_to_buy::ToBuy;
use crate::domain::ids::{TenantId, UserId};
use crate::domain::link::Placement;
use crate::domain::meter::ItemStatus;
use crate::domain::quota::Scope;
use crate::domain::time::Timestamp;
use crate::render::{HeaderLine, HeaderView, QuotaLine, Writing};

/// The header for a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// The reader.
    pub user_id: UserId,
    /// The reader's tenant.
    pub tenant_id: TenantId,
    /// The language of the texts.
    pub writing: Writing,
    /// When this was worked out.
    pub generated_at: Timestamp,
    /// The worst first.
    pub items: Vec<HeaderItem>,
    /// What the reader can do; only while something stands.
    pub proposal: Option<LinkedProposal>,
    /// The same as a fragment of HTML.
    pub html: String,
}

/// One item of a header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeaderItem {
    /// Whose quota.
    pub scope: Scope,
    /// How it stands.
    pub status: ItemStatus,
    /// In the reader's language.
    pub text: HeaderLine,
    /// What covers the overage, for a reader who may buy it.
    pub to_buy: Option<ToBuy>,
}

/// The header for `user`, and what it was made of.
///
/// # Errors
/// The user is unknown or out of reach; the store failed.
pub async fn show_header(
    cx: Context<'_>,
    user: UserId,
    asked: Asked<'_>,
) -> Result<(Header, Basis), Error> {
    let Context { env, now, .. } = cx;
    let (seen, view) = Seen::view(cx, user).await?;
    let header = header_of(
        env,
        &MessageContext::new(env, &view, asked.lang, asked.page, now),
    )?;
    Ok((header, Basis { seen, ends: None }))
}

/// The header of a view.
///
/// # Errors
/// A built-in text is faulty.
pub fn header_of(env: &Env, message: &MessageContext<'_>) -> Result<Header, Error> {
    let view = message.view;
    let mut items: Vec<_> = view.all_items().collect();
    if !view.is_notified() {
        items.clear();
    }
    items.sort_by_key(|(_, status)| std::cmp::Reverse(status.state));
    let worst = items
        .iter()
        .find(|(_, status)| status.state.level().is_some());
    let linked = match worst {
        Some((scope, status)) => {
            let line = view.line(*scope, *status);
            let text = env
                .renderer
                .alert(&line, "", view.proposal, &message.lang)?;
            message.proposal(env, Placement::PortalHeader, text.label)
        }
        None => None,
    };
    let lines: Vec<QuotaLine> = items
        .iter()
        .map(|(scope, status)| view.line(*scope, *status))
        .collect();
    let proposal = linked.as_ref().map(LinkedProposal::to_view);
    let brand = brand_view(env, view.brand.as_ref());
    let html = HeaderView {
        tenant_name: &view.tenant.name,
        lines: &lines,
        proposal: proposal.as_ref(),
        brand: &brand,
    };
    Ok(Header {
        user_id: view.user.id,
        tenant_id: view.tenant.id,
        writing: env.renderer.writing(&message.lang)?,
        generated_at: message.now,
        html: env.renderer.header_html(&html, &message.lang)?,
        items: items_of(env, message, &items)?,
        proposal: linked,
    })
}

fn items_of(
    env: &Env,
    message: &MessageContext<'_>,
    items: &[(Scope, ItemStatus)],
) -> Result<Vec<HeaderItem>, Error> {
    let shown = items.iter().map(|(scope, status)| {
        let line = message.view.line(*scope, *status);
        let (renderer, lang) = (&env.renderer, &message.lang);
        let purchase = line.to_buy;
        let text = match &purchase {
            Some(purchase) => Some(renderer.to_buy(purchase, lang)?),
            None => None,
        };
        Ok(HeaderItem {
            scope: *scope,
            status: *status,
            text: renderer.header_line(&line, &message.view.tenant.name, lang)?,
            to_buy: ToBuy::of(purchase, text),
        })
    });
    shown.collect()
}
