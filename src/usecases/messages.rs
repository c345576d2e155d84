//! From what is true for a reader to what the reader is told: language, brand, figures and the
//! one offer, the same in console, header, pages and previews.

use std::time::Duration;

use url::form_urlencoded::byte_serialize;

use super::Env;
use super::error::Error;
use super::view::{UserView, usable_buy_url};
use crate::domain::brand::Brand;
use crate::domain::ids::{TenantId, UserId};
use crate::domain::link::Placement;
use crate::domain::meter::ItemStatus;
use crate::domain::proposal::Proposal;
use crate::domain::quota::Scope;
use crate::domain::time::Timestamp;
use crate::render::{BrandView, Color, Href, Lang, ProposalView, QuotaLine, RenderError};
use crate::tracked_link::{Purpose, TrackedLink};

/// The link that stops mail works at least this long: mails are found again after months, and
/// the wish to get no more is to be followed then too.
const MIN_UNSUBSCRIBE_TTL: Duration = Duration::from_secs(180 * 86_400);

/// The templates and texts are built in: that one fails is a defect, whatever the data.
impl From<RenderError> for Error {
    fn from(error: RenderError) -> Self {
        Self::Internal(error.to_string())
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
pub struct Telling<'a> {
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
pub struct Offer {
    /// What is proposed.
    pub kind: Proposal,
    /// In the reader's language.
    pub label: String,
    /// The tracked link; only with [`Proposal::BuyNow`].
    pub href: Option<String>,
    /// The direct link; only with [`Proposal::BuyNow`].
    pub buy_url: Option<String>,
}

impl Offer {
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

impl<'a> Telling<'a> {
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

    /// The offer of a quota message that stands in `placement`; `label` is the renderer's.
    #[must_use]
    pub fn offer(&self, env: &Env, placement: Placement, label: Option<String>) -> Option<Offer> {
        let kind = self.view.proposal?;
        let buy_url = self.view.buy_link(env, placement, self.page);
        Some(self.offer_to(env, kind, Purpose::Quota(placement), buy_url, label))
    }

    /// The offer of an edition message: the bare Buy URL (seed 001).
    #[must_use]
    pub fn edition_offer(&self, env: &Env, label: Option<String>) -> Option<Offer> {
        let kind = self.view.edition_proposal?;
        let buy_url = self.view.edition_link(env);
        Some(self.offer_to(env, kind, Purpose::Edition, buy_url, label))
    }

    fn offer_to(
        &self,
        env: &Env,
        kind: Proposal,
        purpose: Purpose,
        buy_url: Option<String>,
        label: Option<String>,
    ) -> Offer {
        let href = buy_url.as_ref().map(|direct| match self.hrefs {
            Hrefs::Tracked => redirect_url(env, purpose, self.view, self.page, self.now),
            Hrefs::Direct => direct.clone(),
        });
        Offer {
            kind,
            label: label.unwrap_or_default(),
            href,
            buy_url,
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

/// What a message shows of how an item stands.
#[must_use]
pub const fn line(scope: Scope, status: &ItemStatus) -> QuotaLine {
    QuotaLine {
        scope,
        item: status.item,
        state: status.state,
        usage: status.usage,
        quota: status.quota.value,
        overage: status.quota.overage,
        full_in_days: None,
    }
}

/// The look of a brand; the neutral one where there is none.
#[must_use]
pub fn brand_view(env: &Env, brand: Option<&Brand>) -> BrandView {
    let Some(brand) = brand else {
        return BrandView::default();
    };
    let logo = (!brand.logotype.is_empty())
        .then(|| format!("{}/brand/{}/logo", env.settings.public_url, brand.tenant_id));
    BrandView {
        service_name: brand.service_name.clone(),
        company_name: brand.company_name.clone(),
        color: Color::parse(&brand.color).unwrap_or_default(),
        logo_url: logo.as_deref().and_then(Href::parse),
        support_phone: brand.support_phone.clone(),
        support_url: Href::parse(&brand.urls.support),
        terms_url: Href::parse(&brand.urls.terms),
        privacy_policy_url: Href::parse(&brand.urls.privacy_policy),
        home_url: Href::parse(&brand.urls.home),
    }
}

/// The tracked link to the shop: `…/r/<token>`, with the page it stands on.
#[must_use]
pub fn redirect_url(
    env: &Env,
    purpose: Purpose,
    view: &UserView,
    page: Option<&str>,
    now: Timestamp,
) -> String {
    let ids = (view.tenant.id, view.user.id);
    let token = token(env, purpose, ids, now, env.settings.link_ttl);
    let mut url = format!("{}/r/{token}", env.settings.public_url);
    if let Some(page) = page.filter(|page| !page.is_empty()) {
        url.push_str("?page=");
        url.extend(byte_serialize(page.as_bytes()));
    }
    url
}

/// The link that stops mail about quotas: `…/u/<token>` (RFC 8058).
#[must_use]
pub fn unsubscribe_url(env: &Env, tenant: TenantId, user: UserId, now: Timestamp) -> String {
    let ttl = env.settings.link_ttl.max(MIN_UNSUBSCRIBE_TTL);
    let token = token(env, Purpose::Unsubscribe, (tenant, user), now, ttl);
    format!("{}/u/{token}", env.settings.public_url)
}

fn token(
    env: &Env,
    purpose: Purpose,
    (tenant, user): (TenantId, UserId),
    now: Timestamp,
    ttl: Duration,
) -> String {
    let keyring = env.keyring.load();
    let (key_id, key) = keyring.link_signer();
    TrackedLink::new(purpose, tenant, user, now, ttl).sign(key_id, key)
}

impl UserView {
    /// The bare Buy URL, as edition messages link it; `None` where the reader is not to buy.
    #[must_use]
    pub fn edition_link(&self, env: &Env) -> Option<String> {
        if self.edition_proposal != Some(Proposal::BuyNow) {
            return None;
        }
        let url = usable_buy_url(env, self.brand.as_ref())?;
        Some(url.wire().to_owned())
    }
}
