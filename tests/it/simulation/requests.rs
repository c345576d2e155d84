//! What callers ask of a node, and what their answers must mean.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use tokio::time::Instant;
use upsell::account_table::AccountTable;
use upsell::domain::ids::{AccountId, TenantId, UserId};
use upsell::domain::meter::Report;
use upsell::domain::quota::{Item, Percent, Quota};
use upsell::domain::tenant::{SoonSetting, Tenant};
use upsell::domain::time::Timestamp;
use upsell::domain::user::User;
use upsell::store::engine::StoreError;
use upsell::tracked_link::{Purpose, TrackedLink};
use upsell::usecases::access::Caller;
use upsell::usecases::count_clicks::ClickSink;
use upsell::usecases::error::Error;
use upsell::usecases::follow_link::{Followed, follow_link};
use upsell::usecases::offering_patch::OfferingPatch;
use upsell::usecases::report_usage::{Mode, UsageReport, report_usages};
use upsell::usecases::{
    Env, destination, holder, manage_offering_items, manage_tenants, manage_users, show_quotas,
};

use super::oracle::{Oracle, places_of};
use super::schedule::Sim;
use crate::support::world::{cx, key, usage_name};

/// What is asked for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    Report,
    Click,
    Admin,
}

type Request = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Draws a request to a node.
pub(super) fn draw(
    sim: &mut Sim,
    kind: Kind,
    (env, clicks, place): (Env, ClickSink, usize),
    now: Timestamp,
) -> Request {
    match kind {
        Kind::Report => report(sim, env, now),
        Kind::Click => click(sim, env, clicks, place, now),
        Kind::Admin => admin(sim, env, now),
    }
}

/// An error that a caller may be told at any time: the store was away.
fn is_away(error: &Error) -> bool {
    matches!(error, Error::Store(StoreError::Unavailable(_)))
}

fn check_error(oracle: &Oracle, account: AccountId, error: &Error) {
    let is_gone = |id| oracle.user(id).is_none();
    let may_be = match (error, account) {
        (Error::NotFound(_), AccountId::User(id)) => is_gone(id),
        _ => is_away(error),
    };
    if !may_be {
        oracle.fault(format!("{account:?}: {error:?}"));
    }
}

fn report(sim: &mut Sim, env: Env, now: Timestamp) -> Request {
    let mut lines: Vec<(AccountId, Item, u64)> = Vec::new();
    for _ in 0..=sim.dice.roll(3) {
        let percents = [10, 60, 84, 86, 91, 96, 101, 121, 150];
        let percent = percents[sim.dice.roll(percents.len())];
        let (account, item) = (sim.account(), sim.item());
        let is_new = |line: &&(AccountId, Item, u64)| (line.0, line.1) == (account, item);
        if !lines.iter().any(|line| is_new(&line)) {
            lines.push((account, item, sim.number(percent)));
        }
    }
    let (oracle, caller) = (Arc::clone(&sim.oracle), sim.root.clone());
    sim.note(|| format!("reports {lines:?}"));
    Box::pin(async move {
        let reports = lines.iter().map(|(account, item, absolute)| UsageReport {
            account: *account,
            key: key(*item),
            absolute: *absolute,
            observed_at: None,
        });
        let outcome = report_usages(cx(&env, &caller, now), reports.collect(), Mode::Commit).await;
        for ((account, _, number), line) in lines.into_iter().zip(outcome.lines) {
            oracle.note(|| format!("answer to {number}: {line:?}"));
            match line {
                Ok(Report::Accepted) => oracle.acknowledged(number),
                Ok(outcome) => oracle.fault(format!("{number} was {outcome:?}")),
                Err(error) => check_error(&oracle, account, &error),
            }
        }
    })
}

fn click(sim: &mut Sim, env: Env, clicks: ClickSink, node: usize, now: Timestamp) -> Request {
    let (_, user) = sim.users[sim.dice.roll(sim.users.len())];
    let places: Vec<_> = places_of(node).collect();
    let place = places[sim.dice.roll(places.len())];
    let times = 1 + sim.dice.roll(3);
    let link = TrackedLink::new(Purpose::Quota(place), user, now, env.settings.link_ttl);
    let keyring = env.keyring.load();
    let (key_id, link_key) = keyring.link_signer();
    let token = link.sign(key_id, link_key);
    let oracle = Arc::clone(&sim.oracle);
    sim.note(|| format!("{times} clicks of {user:?} at {place} on node {node}"));
    Box::pin(async move {
        for _ in 0..times {
            match follow_link(&env, &token, None, true, now).await {
                Ok(Followed::Redirect { click, .. } | Followed::ContactSales { click, .. }) => {
                    oracle.clicked(node);
                    clicks.count(click.unwrap());
                }
                Ok(Followed::Unknown) => {}
                Ok(other) => oracle.fault(format!("a link leads to {other:?}")),
                Err(error) if is_away(&error) => {}
                Err(error) => oracle.fault(format!("a link: {error:?}")),
            }
        }
    })
}

/// A change that an admin wants.
#[derive(Debug, Clone)]
pub(super) enum Change {
    Quota(AccountId, Item, Quota),
    Soon(TenantId, SoonSetting),
    EnableTenant(TenantId, bool),
    EnableUser(UserId, bool),
    DeleteUser(UserId),
}

fn admin(sim: &mut Sim, env: Env, now: Timestamp) -> Request {
    let tenant = sim.tenants[sim.dice.roll(sim.tenants.len())];
    let (user, _) = sim.users[sim.dice.roll(sim.users.len())];
    let change = match sim.dice.roll(20) {
        0..10 => {
            let (account, item) = (sim.account(), sim.item());
            quota(sim, account, item)
        }
        10..14 => {
            let soon = [Some(85), Some(95), Some(50), None][sim.dice.roll(4)];
            let soon = soon.map(|percent| SoonSetting::At(Percent::new(percent).unwrap()));
            let other = [SoonSetting::Inherit, SoonSetting::Off][sim.dice.roll(2)];
            Change::Soon(tenant, soon.unwrap_or(other))
        }
        14..16 => Change::EnableTenant(tenant, sim.dice.roll(3) > 0),
        16..19 => Change::EnableUser(user, sim.dice.roll(3) > 0),
        _ => Change::DeleteUser(user),
    };
    change_by(sim, env, change, now)
}

/// A quota of an account.
pub(super) fn quota(sim: &mut Sim, account: AccountId, item: Item) -> Change {
    let percent = [0, 100, 100, 100, 200][sim.dice.roll(5)];
    let value = Some(percent).filter(|of| *of > 0);
    let value = value.map(|of| sim.number(of));
    let overage = [None, None, Some(0), Some(200_000)][sim.dice.roll(4)];
    let overage = overage.filter(|_| value.is_some());
    Change::Quota(account, item, Quota { value, overage })
}

/// An admin changes something.
pub(super) fn change_by(sim: &Sim, env: Env, change: Change, now: Timestamp) -> Request {
    sim.note(|| format!("admin: {change:?}"));
    let (oracle, caller) = (Arc::clone(&sim.oracle), sim.root.clone());
    Box::pin(async move {
        let since = Instant::now();
        let done = make(&env, &caller, &change, now).await;
        oracle.note(|| format!("answer to {change:?}: {done:?}"));
        match (&done, &change) {
            (Ok(()), change) => check_made(&oracle, change, since),
            (Err(error), Change::Quota(account, ..)) => check_error(&oracle, *account, error),
            (Err(error), Change::EnableUser(user, _) | Change::DeleteUser(user)) => {
                check_error(&oracle, AccountId::User(*user), error);
            }
            (Err(error), Change::Soon(tenant, _) | Change::EnableTenant(tenant, _)) => {
                check_error(&oracle, AccountId::Tenant(*tenant), error);
            }
        }
    })
}

async fn make(env: &Env, caller: &Caller, change: &Change, now: Timestamp) -> Result<(), Error> {
    match change {
        Change::Quota(account, item, quota) => {
            let patch = OfferingPatch::quota(usage_name(*item), *quota);
            let patches = [patch];
            manage_offering_items::update(cx(env, caller, now), *account, &patches, None).await?;
        }
        Change::Soon(tenant, soon) => {
            let soon = [(Item::StorageSize, *soon)];
            show_quotas::change_settings(cx(env, caller, now), *tenant, &soon, None).await?;
        }
        Change::EnableTenant(tenant, enabled) => {
            let (cx, enabled) = (cx(env, caller, now), *enabled);
            let change = |tenant| Ok(Tenant { enabled, ..tenant });
            manage_tenants::update(cx, *tenant, None, change).await?;
        }
        Change::EnableUser(user, enabled) => {
            let (cx, enabled) = (cx(env, caller, now), *enabled);
            let change = |user| Ok(User { enabled, ..user });
            manage_users::update(cx, *user, None, change).await?;
        }
        Change::DeleteUser(user) => manage_users::delete(cx(env, caller, now), *user, None).await?,
    }
    Ok(())
}

fn check_made(oracle: &Oracle, change: &Change, since: Instant) {
    let was =
        |tenant: &TenantId, like: &dyn Fn(&Tenant) -> bool| oracle.tenant_was(*tenant, since, like);
    let is_made = match change {
        Change::Quota(_, _, Quota { value, .. }) => {
            value.iter().for_each(|number| oracle.acknowledged(*number));
            true
        }
        Change::Soon(tenant, soon) => {
            was(tenant, &|tenant| tenant.settings.soon_percent[0] == *soon)
        }
        Change::EnableTenant(tenant, enabled) => was(tenant, &|tenant| tenant.enabled == *enabled),
        Change::EnableUser(user, enabled) => oracle.user_was(*user, since, *enabled),
        Change::DeleteUser(user) => oracle.user(*user).is_none(),
    };
    if !is_made {
        oracle.fault(format!("{change:?} was acknowledged and is not made"));
    }
}

/// Whether what a node remembers is what is stored, while nobody changes anything.
pub(super) async fn compare(sim: &Sim, env: &Env) {
    let cold = Env {
        accounts: AccountTable::watching(&env.store, 1),
        ..env.clone()
    };
    let ttl = env.settings.link_ttl;
    for tenant in &sim.tenants {
        let stored = sim.oracle.tenant(*tenant).unwrap();
        let stored = holder::Holder::of(&env.settings, &stored);
        let known = holder::try_cached(env, AccountId::Tenant(*tenant), sim.root.root);
        if known.is_some_and(|(_, known)| known != stored) {
            sim.oracle.fault(format!(
                "{tenant:?} is taken for {known:?}, and is {stored:?}"
            ));
        }
    }
    for (id, number) in &sim.users {
        let link = TrackedLink::new(Purpose::Quota(super::PLACE), *number, super::START, ttl);
        let known = destination::try_cached(env, &link, None);
        let stored = destination::find(&cold, &link, None).await;
        let is_same = match (&known, &stored) {
            (None, Ok(_)) => true,
            (known, Ok(stored)) => known == stored,
            (_, Err(_)) => false,
        };
        if !is_same {
            sim.oracle.fault(format!(
                "a link of {id:?} leads to {known:?}, and should to {stored:?}"
            ));
        }
    }
}
