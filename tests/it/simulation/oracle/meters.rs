//! A simple model of quota levels, beside each change of a meter: the states that are stored are those that follow,
//! and there is a notice where a level was entered, and no other.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::Instant;
use upsell::domain::evaluate::QuotaPolicy;
use upsell::domain::ids::{AccountId, TenantId};
use upsell::domain::mail::Notice;
use upsell::domain::meter::HotMeter;
use upsell::domain::quota::{Item, Level, Quota, State as QuotaState};
use upsell::domain::tenant::Tenant;
use upsell::store::engine::Key;
use upsell::store::keys::{self, Subject};
use upsell::store::record::hot_meter;

use super::super::disk::Records;
use super::super::{MESSAGE_DELAY, item_of};
use super::{LATE, State, Written};

#[derive(Default)]
pub(super) struct Meters {
    standings: BTreeMap<(AccountId, Item), Standing>,
    /// What is allowed and used.
    measured: BTreeMap<(AccountId, Item), (Quota, u64)>,
    /// Since when there is an alert.
    stands_since: BTreeMap<(AccountId, Item), Instant>,
}

/// How an item stands, and the highest level that was told.
type Standing = (QuotaState, Option<Level>);

/// The level that usage is at.
fn level_of(quota: Quota, usage: u64, soon: Option<u8>) -> Option<Level> {
    let at = |level| threshold(quota, level, soon).is_some_and(|from| usage >= from);
    let levels = [Level::HardExceeded, Level::Exceeded, Level::Soon];
    levels.into_iter().find(|level| at(*level))
}

fn threshold(quota: Quota, level: Level, soon: Option<u8>) -> Option<u64> {
    let value = quota.value?;
    match level {
        Level::Soon => {
            let from = (value * u64::from(soon?)).div_ceil(100);
            (from < value).then_some(from)
        }
        Level::Exceeded => Some(value),
        Level::HardExceeded => Some(value + quota.overage?),
    }
}

/// What follows from what was, and the level that is told.
fn next(
    item: Item,
    measured: Option<(Quota, u64)>,
    fired: Option<Level>,
    soon: Option<u8>,
) -> (Standing, Option<Level>) {
    let Some((quota, usage)) = measured else {
        return ((QuotaState::Unlimited, None), None);
    };
    let margin = if item == Item::StorageSize { 95 } else { 100 };
    let keeps = |level: &Level| {
        let from = threshold(quota, *level, soon);
        from.is_some_and(|from| usage >= from * margin / 100)
    };
    let levels = [Level::HardExceeded, Level::Exceeded, Level::Soon];
    let fired = levels
        .into_iter()
        .find(|level| fired >= Some(*level) && keeps(level));
    let level = level_of(quota, usage, soon);
    let state = match level {
        _ if quota.value.is_none() => QuotaState::Unlimited,
        None => QuotaState::Ok,
        Some(Level::Soon) => QuotaState::Soon,
        Some(Level::Exceeded) => QuotaState::Exceeded,
        Some(Level::HardExceeded) => QuotaState::HardExceeded,
    };
    let told = level.filter(|level| fired < Some(*level));
    ((state, fired.max(level)), told)
}

fn soon_of(tenant: &Tenant, item: Item) -> Option<u8> {
    let policy = QuotaPolicy::default().for_tenant(&tenant.settings.soon_percent);
    policy.soon_percent(item).map(|percent| percent.get())
}

fn measured_of(meter: &HotMeter) -> BTreeMap<Item, (Quota, u64)> {
    let items = meter.offering_items.iter().filter_map(|limit| {
        let item = item_of(&limit.key.usage_name);
        let usage = meter.usages.get(&limit.key);
        Some((
            item,
            (limit.quota?, usage.map_or(0, |value| value.absolute)),
        ))
    });
    items.collect()
}

/// The numbers that a meter holds, each of which was said once.
fn numbers_of(meter: &HotMeter) -> Vec<u64> {
    let usages = meter.usages.iter().map(|(_, value)| value.absolute);
    let quotas = meter.offering_items.iter();
    let quotas = quotas.filter_map(|limit| limit.quota?.value);
    usages.chain(quotas).collect()
}

impl State {
    pub(super) fn look_at_meters(&mut self, before: &Records, written: &Written<'_>) {
        let mut notices: Vec<Notice> = Vec::new();
        for (key, body) in written {
            if key.0.starts_with(&keys::notices().0) && body.is_some() {
                notices.extend(keys::notice_of(key));
            }
        }
        for (key, body) in written {
            let Subject::Meter(account) = key.subject() else {
                continue;
            };
            let notice = notices
                .iter()
                .position(|notice| notice.account == account.id);
            let notice = notice.map(|at| notices.remove(at));
            let Some(body) = body else {
                self.meters.standings.retain(|(id, _), _| *id != account.id);
                self.meters.measured.retain(|(id, _), _| *id != account.id);
                self.meters
                    .stands_since
                    .retain(|(id, _), _| *id != account.id);
                continue;
            };
            let new = hot_meter::decode(account.id, body).unwrap();
            let old = before
                .get(*key)
                .map(|record| hot_meter::decode(account.id, &record.body).unwrap());
            let since = self.look_at_numbers(old.as_ref(), &new);
            self.look_at_standings(&new, notice, since, written);
        }
        for notice in notices {
            self.fault(format!(
                "a notice without a change of its meter: {notice:?}"
            ));
        }
    }

    /// Only what was said is stored, and never again what was replaced. Since when it was on its way.
    fn look_at_numbers(&mut self, old: Option<&HotMeter>, new: &HotMeter) -> Instant {
        let mut since = None;
        let old = old.map_or_else(Vec::new, numbers_of);
        for number in numbers_of(new) {
            if old.contains(&number) {
                continue;
            }
            match self.attempted.get(&number) {
                None => self.fault(format!("{number} is stored and nobody said it")),
                Some(at) => since = since.min(Some(*at)).or(Some(*at)),
            }
            if !self.stored.insert(number) {
                self.fault(format!("{number} is stored again, after others"));
            }
        }
        // Where only a policy changed, that is in the same change.
        since.unwrap_or_else(|| Instant::now() - LATE)
    }

    fn look_at_standings(
        &mut self,
        new: &HotMeter,
        notice: Option<Notice>,
        since: Instant,
        written: &Written<'_>,
    ) {
        let account = new.account;
        let Some(tenant) = self.tenant_of(account) else {
            return self.fault(format!("a meter of an account that is gone: {account:?}"));
        };
        let measured = measured_of(new);
        let is_tenant_too = written.contains_key(&keys::tenant(tenant));
        let since = match is_tenant_too {
            true => Instant::now(),
            false => since
                .checked_sub(MESSAGE_DELAY + Duration::from_millis(1))
                .unwrap(),
        };
        let found = |item| {
            new.standings
                .get(item)
                .map(|found| (found.state, found.fired))
        };
        let follows = |tenant: &Tenant| {
            let mut told = Vec::new();
            for item in Item::ALL {
                let before = self.meters.standings.get(&(account, item));
                let measured = measured.get(&item).copied();
                if measured.is_none() && before.is_none() {
                    continue;
                }
                let fired = before.and_then(|(_, fired)| *fired);
                let (standing, level) = next(item, measured, fired, soon_of(tenant, item));
                if found(item) != Some(standing) {
                    return false;
                }
                told.extend(level.map(|level| (item, level)));
            }
            told.retain(|_| tenant.enabled);
            notice.as_ref().map_or(&[][..], |notice| &notice.entered) == told
        };
        let is_right = self.tenant_since(tenant, since).any(follows);
        if !is_right {
            let before = &self.meters.standings;
            let before: Vec<_> = before
                .iter()
                .filter(|((id, _), _)| *id == account)
                .collect();
            let what = format!(
                "what is stored of {account:?} does not follow: {measured:?}, {:?}, {notice:?}, before {before:?}",
                new.standings
            );
            self.fault(what);
        }
        for item in Item::ALL {
            let place = (account, item);
            match found(item) {
                Some(standing) => self.meters.standings.insert(place, standing),
                None => self.meters.standings.remove(&place),
            };
            match measured.get(&item) {
                Some(measured) => self.meters.measured.insert(place, *measured),
                None => self.meters.measured.remove(&place),
            };
            self.see_alert(tenant, account, item);
        }
    }

    /// Notes whether there is an alert now.
    fn see_alert(&mut self, tenant: TenantId, account: AccountId, item: Item) {
        let latest = self.tenants.get(&tenant).and_then(|history| history.last());
        let soon = latest.and_then(|(_, tenant)| soon_of(tenant, item));
        let place = (account, item);
        let measured = self.meters.measured.get(&place);
        let level = measured.and_then(|(quota, usage)| level_of(*quota, *usage, soon));
        match level {
            Some(_) => {
                self.meters
                    .stands_since
                    .entry(place)
                    .or_insert_with(Instant::now);
            }
            None => drop(self.meters.stands_since.remove(&place)),
        }
    }

    /// A tenant has another policy, perhaps.
    pub(super) fn meters_of_tenant(&mut self, tenant: TenantId) {
        let places: Vec<_> = self.meters.measured.keys().copied().collect();
        for (account, item) in places {
            if self.tenant_of(account) == Some(tenant) {
                self.see_alert(tenant, account, item);
            }
        }
    }

    /// Whether there has been an alert for so long.
    pub(super) fn has_stood(&self, account: AccountId, item: Item, time: Duration) -> bool {
        let since = self.meters.stands_since.get(&(account, item));
        since.is_some_and(|since| since.elapsed() >= time)
    }
}

/// Whether it is the key of a notice.
pub(super) fn is_notice(key: &Key) -> bool {
    key.0.starts_with(&keys::notices().0)
}
