//! What alerts, portal header, edition messages and previews have in common, built from a reader's
//! view: language, page and the proposal with its links. Mails build theirs in `compose`.

use super::error::Error;
use super::view::{UserView, brand_view, usable_buy_url};
use super::{Env, links};
use crate::domain::link::Placement;
use crate::domain::proposal::Proposal;
use crate::domain::time::Timestamp;
use crate::render::{Href, Lang, ProposalView, RenderError, SalesContact};
use crate::tracked_link::Purpose;

/// The templates and texts are built in: that one fails is a defect, whatever the data.
impl From<RenderError> for Error {
    fn from(error: RenderError) -> Self {
        Self::Internal(format!("a template failed: {error}"))
    }
}

/// Where a tracked link leads to; a preview has nobody to track.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hrefs {
    /// Over this service, which counts and decides again.
    Tracked,
    /// Straight to the shop.
    Direct,
}

/// A message in the making: who reads it, in which language, on which page.
#[derive(Debug)]
pub struct MessageContext<'a> {
    /// What is true for the reader.
    pub view: &'a UserView,
    /// The language of the message.
    pub lang: Lang,
    /// The page it stands on, as its caller names it.
    pub page: Option<&'a str>,
    /// Where its links lead to.
    pub hrefs: Hrefs,
    /// When.
    pub now: Timestamp,
}

/// The proposal of a message, with its links.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkedProposal {
    /// What is proposed.
    pub kind: Proposal,
    /// In the reader's language.
    pub label: String,
    /// The tracked link; only with [`Proposal::BuyNow`].
    pub href: Option<String>,
    /// The direct link; only with [`Proposal::BuyNow`].
    pub buy_url: Option<String>,
    /// Where the sales representative is reached; only with [`Proposal::ContactSales`].
    pub contact: Option<SalesContact>,
}

impl LinkedProposal {
    /// What the renderer is given. A link that cannot stand in HTML becomes the advice to contact
    /// sales: it is never dropped in silence.
    #[must_use]
    pub fn to_view(&self) -> ProposalView {
        let href = self.href.as_deref().and_then(Href::parse);
        match (self.kind, href) {
            (Proposal::BuyNow, Some(href)) => ProposalView::BuyNow { href },
            _ => ProposalView::ContactSales,
        }
    }
}

impl<'a> MessageContext<'a> {
    /// A message to the reader of `view` in the language they want.
    #[must_use]
    pub fn new(
        env: &Env,
        view: &'a UserView,
        lang: Option<&str>,
        page: Option<&'a str>,
        now: Timestamp,
    ) -> Self {
        Self {
            view,
            lang: language(env, view, lang),
            page,
            hrefs: Hrefs::Tracked,
            now,
        }
    }

    /// The proposal of a quota message that stands in `placement`; `label` is the renderer's.
    #[must_use]
    pub fn proposal(
        &self,
        env: &Env,
        placement: Placement,
        label: Option<String>,
    ) -> Option<LinkedProposal> {
        let kind = self.view.proposal?;
        let buy_url = self.view.buy_link(env, placement, self.page);
        Some(self.linked(env, kind, Purpose::Quota(placement), buy_url, label))
    }

    /// The proposal of an edition message: the bare Buy URL (rule `buy-url`).
    #[must_use]
    pub fn edition_proposal(&self, env: &Env, label: Option<String>) -> Option<LinkedProposal> {
        let kind = self.view.edition_proposal?;
        let url = usable_buy_url(&env.settings, self.view.brand.as_ref());
        let url = url.filter(|_| kind == Proposal::BuyNow);
        let buy_url = url.map(|url| url.wire().to_owned());
        Some(self.linked(env, kind, Purpose::Edition, buy_url, label))
    }

    fn linked(
        &self,
        env: &Env,
        kind: Proposal,
        purpose: Purpose,
        buy_url: Option<String>,
        label: Option<String>,
    ) -> LinkedProposal {
        let href = buy_url.as_ref().map(|direct| match self.hrefs {
            Hrefs::Tracked => links::redirect_url(env, self.view, purpose, self.page, self.now),
            Hrefs::Direct => direct.clone(),
        });
        let contact = match kind {
            Proposal::ContactSales => brand_view(env, self.view.brand.as_ref()).sales_contact(),
            Proposal::BuyNow => None,
        };
        LinkedProposal {
            kind,
            label: label.unwrap_or_default(),
            href,
            buy_url,
            contact,
        }
    }
}

/// The first of these languages that is spoken here: what was asked for, the user's, the tenant's.
#[must_use]
pub fn language(env: &Env, view: &UserView, asked: Option<&str>) -> Lang {
    let own = [view.user.language.as_str(), view.tenant.language.as_str()];
    let wanted: Vec<&str> = asked.into_iter().chain(own).collect();
    env.renderer.negotiate(&wanted.join(","))
}
