//! Explains why a user sees a proposal, gets mail and learns what to buy, or why not: every rule
//! that was checked, with its outcome. It has no rule of its own: it calls `quota_proposal` and
//! `edition_proposal`, as `view` does, and `quota_mail`, as `compose` does, with a [`Trail`].

use super::Env;
use super::access::Context;
use super::error::Error;
use super::fan_out::{Audience, audience_of, latest_mail_of};
use super::messages::language;
use super::view::{self, UserView, shop_of};
use super::what_to_buy::ToBuy;
use crate::domain::evaluate::{Arming, QuotaPolicy, arming};
use crate::domain::ids::UserId;
use crate::domain::mail::{Mail, Recipient};
use crate::domain::meter::{ItemStatus, Meter};
use crate::domain::plan::NothingToBuy;
use crate::domain::proposal::{Facts, Proposal, edition_proposal, quota_proposal};
use crate::domain::quota::{Percent, Scope};
use crate::domain::rules::{Checked, Trail, quota_mail};
use crate::domain::snooze::{AlertId, Snoozes};
use crate::domain::time::Timestamp;
use crate::render::Lang;

/// What was decided, and by which rules: the last one decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision<T> {
    /// What was decided.
    pub outcome: T,
    /// In the order in which they were looked at.
    pub rules: Vec<Checked>,
}

/// What one user is shown and sent, and why.
#[derive(Debug, Clone)]
pub struct Explanation {
    /// What is true for the user; its proposal is the one that is shown.
    pub view: UserView,
    /// When this was true.
    pub generated_at: Timestamp,
    /// The brand has a Buy URL, whether today's rules allow it or not.
    pub has_buy_url: bool,
    /// The brand's Buy URL is one that today's rules allow.
    pub has_usable_buy_url: bool,
    /// What quota messages offer.
    pub proposal: Decision<Option<Proposal>>,
    /// What edition messages offer.
    pub edition_proposal: Decision<Option<Proposal>>,
    /// Whether quota mail goes to the user.
    pub mail: Decision<bool>,
    /// The quota mail that was last opened for the user.
    pub latest_mail: Option<Mail>,
    /// Who of the tenant gets mail about its quotas; not for callers who speak for one user.
    pub audience: Option<Audience>,
    /// When mail was last sent, and when the next reminder is due.
    pub recipient: Option<Recipient>,
    /// The items of both scopes, user's first, in item order.
    pub items: Vec<ExplainedItem>,
}

/// How one item stands, and why the user is told of it or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExplainedItem {
    /// The alert that it is or would be.
    pub alert: AlertId,
    /// How it stands.
    pub status: ItemStatus,
    /// Whether an alert is shown.
    pub is_shown: bool,
    /// From which share of the quota on it is "soon"; `None`: there is no such level.
    pub soon: Option<Percent>,
    /// The tenant set that; else the deployment did.
    pub soon_is_tenants: bool,
    /// Where each level begins, and whether entering it tells.
    pub levels: Vec<Arming>,
    /// Until when the user does not want to see it.
    pub snoozed_until: Option<Timestamp>,
    /// What covers the overage, or why nothing is said of that.
    pub to_buy: Result<ToBuy, NothingToBuy>,
}

/// Explains what `user` is shown and sent. What to buy is said in the language `lang`, else in the
/// user's.
///
/// # Errors
/// The user is unknown or out of reach; the store failed.
pub async fn explain(
    cx: Context<'_>,
    user: UserId,
    lang: Option<&str>,
) -> Result<Explanation, Error> {
    let Context { env, caller, now } = cx;
    let (found, tenant) = cx.user(user).await?;
    let mut view = view::of(env, found, tenant).await?;
    let meters = Meters::load(env, &view).await?;
    view.user_items = meters.status(env, &meters.user);
    view.tenant_items = meters.status(env, &meters.tenant);
    let (proposal, edition_proposal) = proposals(env, &view);
    let view = view.with_what_to_buy(env).await?;
    let mut trail = Trail::kept();
    let is_sent = quota_mail(&view.user, &view.tenant, &mut trail).is_ok();
    let snoozes = env.store.load::<Snoozes>(user).await?;
    let snoozes = snoozes.map(|found| found.value).unwrap_or_default();
    let recipient = env.store.load::<Recipient>(user).await?;
    let audience = match caller.user {
        None => Some(audience_of(env, view.tenant.id).await?),
        Some(_) => None,
    };
    let brand = view.brand.as_ref();
    Ok(Explanation {
        audience,
        generated_at: now,
        has_buy_url: brand.is_some_and(|brand| brand.buy_url.is_some()),
        has_usable_buy_url: shop_of(env, brand).buy_url_set,
        proposal,
        edition_proposal,
        mail: Decision {
            outcome: is_sent,
            rules: trail.into_rules(),
        },
        latest_mail: latest_mail_of(env, user).await?,
        recipient: recipient.map(|found| found.value),
        items: items_of(env, &view, &meters, (&snoozes, lang), now)?,
        view,
    })
}

/// What quota messages and edition messages offer.
fn proposals(
    env: &Env,
    view: &UserView,
) -> (Decision<Option<Proposal>>, Decision<Option<Proposal>>) {
    let facts = view::facts(env, (&view.user, &view.tenant), view.brand.as_ref());
    let explained = |decide: fn(&Facts, &mut Trail) -> Option<Proposal>| {
        let mut trail = Trail::kept();
        Decision {
            outcome: decide(&facts, &mut trail),
            rules: trail.into_rules(),
        }
    };
    (explained(quota_proposal), explained(edition_proposal))
}

/// The meters of a user and the user's tenant, read once, so that how an item stands and how it is
/// armed are of the same moment.
struct Meters {
    user: Meter,
    tenant: Meter,
    policy: QuotaPolicy,
}

impl Meters {
    async fn load(env: &Env, view: &UserView) -> Result<Self, Error> {
        let (user, _) = env.store.meter(view.user.account()).await?;
        let (tenant, _) = env.store.meter(view.tenant.account()).await?;
        Ok(Self {
            user,
            tenant,
            policy: env.settings.quota_policy(&view.tenant),
        })
    }

    fn status(&self, env: &Env, meter: &Meter) -> Vec<ItemStatus> {
        meter.status(&env.settings.usage_names, &self.policy)
    }
}

#[expect(clippy::indexing_slicing, reason = "one setting for each item")]
fn items_of(
    env: &Env,
    view: &UserView,
    meters: &Meters,
    (snoozes, lang): (&Snoozes, Option<&str>),
    now: Timestamp,
) -> Result<Vec<ExplainedItem>, Error> {
    let lang = language(env, view, lang);
    let shown = view.standing();
    let explained = view.all_items().map(|(scope, status)| {
        let meter = match scope {
            Scope::User => &meters.user,
            Scope::Tenant => &meters.tenant,
        };
        let item = status.item;
        let alert = AlertId {
            account: meter.account,
            item,
        };
        let measured = meter.measured(item, &env.settings.usage_names);
        let standing = meter.standings.get(item);
        Ok(ExplainedItem {
            alert,
            is_shown: shown.contains(&(scope, status)),
            soon: meters.policy.soon_percent(item),
            soon_is_tenants: view.tenant.settings.soon_percent[item.index()].is_own(),
            levels: arming(item, &measured, standing, &meters.policy),
            snoozed_until: snoozes.until(alert, now),
            to_buy: to_buy(env, view, (scope, status), &lang)?,
            status,
        })
    });
    explained.collect()
}

fn to_buy(
    env: &Env,
    view: &UserView,
    (scope, status): (Scope, ItemStatus),
    lang: &Lang,
) -> Result<Result<ToBuy, NothingToBuy>, Error> {
    Ok(match view.what_to_buy.of(scope, status.item) {
        Ok(purchase) => Ok(ToBuy {
            purchase,
            text: env.renderer.to_buy(&purchase, lang)?,
        }),
        Err(why) => Err(why),
    })
}
