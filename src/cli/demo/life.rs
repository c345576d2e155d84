//! Usage that moves: backups grow, sometimes old ones are cleaned up. The same in every run, so
//! that a presenter knows what comes.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval};

use super::feed::{Kind, Who};
use super::fleet::{Fleet, item_word, usage_name};
use super::site::Site;
use crate::app::system_clock;
use crate::domain::ids::AccountRef;
use crate::domain::meter::UsageKey;
use crate::domain::quota::{Item, State};
use crate::usecases::Env;
use crate::usecases::access::Context;
use crate::usecases::error::Error;
use crate::usecases::report_usage::{AccountTransition, Mode, UsageReport, report_usages};

/// How often usage moves.
pub(super) const TICK: Duration = Duration::from_secs(3);

/// Parts of the first quota that usage is counted in.
const PARTS: u64 = 100_000;

/// How the usage of one item goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pace {
    /// How much is added at each tick, in parts of 100,000 of the first quota.
    step: u64,
    /// Where it stops growing, in percent of today's quota.
    high: u64,
    /// To where it is then cleaned up, in percent of today's quota; 0: it just stays.
    low: u64,
}

impl Pace {
    /// `step` a tick up to `high`, then down to `low`.
    pub(super) const fn new(step: u64, high: u64, low: u64) -> Self {
        Self { step, high, low }
    }

    /// It never moves.
    pub(super) const STILL: Self = Self::new(0, 100, 0);
}

/// Ticks that usage stays high before somebody cleans up.
const REST: u32 = 25;

/// While cleaning up, usage falls by this many parts at each tick.
const CLEAN_UP: u64 = PARTS / 20;

/// The usage of one item of one account.
#[derive(Debug, Clone)]
pub(super) struct Track {
    pub(super) account: AccountRef,
    /// Whose it is, for the feed.
    pub(super) owner: String,
    pub(super) item: Item,
    /// The quota of the start.
    base: u64,
    pace: Pace,
    /// Usage in parts of `base`.
    level: u64,
    mood: Mood,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mood {
    Growing,
    Resting(u32),
    CleaningUp,
}

impl Track {
    pub(super) fn new(
        account: AccountRef,
        owner: String,
        item: Item,
        (quota, usage): (u64, u64),
        pace: Pace,
    ) -> Self {
        let level = u128::from(usage) * u128::from(PARTS) / u128::from(quota.max(1));
        Self {
            account,
            owner,
            item,
            base: quota,
            pace,
            level: u64::try_from(level).unwrap_or(u64::MAX),
            mood: Mood::Growing,
        }
    }

    /// Usage in bytes or pieces.
    pub(super) fn usage(&self) -> u64 {
        // Rounded up, as `level` was rounded down: what is still keeps its figure.
        let usage = (u128::from(self.base) * u128::from(self.level)).div_ceil(u128::from(PARTS));
        u64::try_from(usage).unwrap_or(u64::MAX)
    }

    /// Goes on by one tick against today's quota. `noise` is 0 to 99. Answers whether a clean-up
    /// begins.
    fn step(&mut self, quota: u64, noise: u64) -> bool {
        let percent_of_today = |percent: u64| {
            let parts = u128::from(quota) * u128::from(PARTS) / u128::from(self.base.max(1));
            u64::try_from(parts * u128::from(percent) / 100).unwrap_or(u64::MAX)
        };
        let (low, high) = (
            percent_of_today(self.pace.low),
            percent_of_today(self.pace.high),
        );
        match self.mood {
            Mood::Growing if self.level < high => {
                // Between half and one and a half times the pace.
                self.level += self.pace.step * (50 + noise) / 100;
            }
            Mood::Growing if self.pace.low > 0 => self.mood = Mood::Resting(REST),
            Mood::Growing => {}
            // A raised quota is a reason to go on growing, not to clean up.
            Mood::Resting(_) | Mood::CleaningUp if self.level < low => self.mood = Mood::Growing,
            Mood::Resting(_) if self.level < high.saturating_sub(CLEAN_UP) => {
                self.mood = Mood::Growing;
            }
            Mood::Resting(0) => {
                self.mood = Mood::CleaningUp;
                return true;
            }
            Mood::Resting(left) => self.mood = Mood::Resting(left - 1),
            Mood::CleaningUp => self.level = self.level.saturating_sub(CLEAN_UP),
        }
        false
    }
}

/// What moves the fleet.
pub(super) struct Life {
    env: Env,
    fleet: Arc<Fleet>,
    site: Arc<Site>,
    tracks: Vec<Track>,
    noise: Noise,
}

impl Life {
    pub(super) fn new(env: Env, fleet: Arc<Fleet>, site: Arc<Site>, tracks: Vec<Track>) -> Self {
        Self {
            env,
            fleet,
            site,
            tracks,
            noise: Noise(2026),
        }
    }

    /// Moves the fleet until `stopping`.
    pub(super) async fn run(mut self, mut stopping: watch::Receiver<bool>) {
        let mut ticks = interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = stopping.wait_for(|stop| *stop) => return,
                _ = ticks.tick() => {}
            }
            if let Err(error) = self.tick().await {
                tracing::warn!(%error, "the demo's usage did not move");
            }
        }
    }

    async fn tick(&mut self) -> Result<(), Error> {
        let now = system_clock();
        let mut reports = Vec::with_capacity(self.tracks.len());
        for track in &mut self.tracks {
            let noise = self.noise.next();
            let (meter, _) = self.env.store.meter(track.account).await?;
            let status = meter.status(&self.env.settings.usage_names, &self.env.settings.quota);
            let quota = status.iter().find(|status| status.item == track.item);
            let quota = quota
                .and_then(|status| status.quota.value)
                .unwrap_or(track.base);
            if track.step(quota, noise) {
                let text = "old backups are being cleaned up".to_owned();
                self.site
                    .feed
                    .tell(Kind::Usage, Who::Named(&track.owner), text, now);
            }
            reports.push(report_of(track));
        }
        let cx = Context {
            env: &self.env,
            caller: &self.fleet.caller,
            now,
        };
        let outcome = report_usages(cx, reports, Mode::Commit).await;
        for change in &outcome.transitions {
            self.tell(change);
        }
        outcome
            .lines
            .into_iter()
            .try_for_each(|line| line.map(|_| ()))
    }

    fn tell(&self, change: &AccountTransition) {
        let owner = self
            .tracks
            .iter()
            .find(|track| track.account.id == change.account);
        let owner = owner.map_or("", |track| track.owner.as_str());
        let item = item_word(change.transition.item);
        let (kind, text) = match change.transition.to {
            State::Soon => (Kind::Alert, format!("{item} will be exceeded soon")),
            State::Exceeded => (Kind::Alert, format!("{item} has been exceeded")),
            State::HardExceeded => (Kind::Alert, format!("{item} is over its overage allowance")),
            State::Ok | State::Unlimited => (Kind::Resolved, format!("{item} is fine again")),
        };
        self.site
            .feed
            .tell(kind, Who::Named(owner), text, system_clock());
    }
}

/// What a track reports.
pub(super) fn report_of(track: &Track) -> UsageReport {
    UsageReport {
        account: track.account.id,
        key: UsageKey {
            usage_name: usage_name(track.item).into(),
            edition: None,
            infra_id: None,
        },
        absolute: track.usage(),
        observed_at: None,
    }
}

/// Numbers 0 to 99, the same in every run (an xorshift generator).
struct Noise(u64);

impl Noise {
    const fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % 100
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::{AccountId, TenantId, V1Id};

    fn track(usage: u64, pace: Pace) -> Track {
        let account = AccountRef {
            id: AccountId::Tenant(TenantId::random()),
            number: V1Id(1000),
        };
        Track::new(
            account,
            String::new(),
            Item::StorageSize,
            (1000, usage),
            pace,
        )
    }

    #[test]
    fn usage_grows_rests_is_cleaned_up_and_grows_again() {
        let mut track = track(880, Pace::new(1000, 104, 80));
        let mut highest = 0;
        let mut cleaned_up_at = None;
        for tick in 0..200 {
            if track.step(1000, 50) {
                cleaned_up_at = cleaned_up_at.or(Some(tick));
            }
            highest = highest.max(track.usage());
        }
        assert!((1040..=1050).contains(&highest), "{highest}");
        assert!(cleaned_up_at.is_some_and(|tick| tick > REST));
        assert!(track.usage() > 740 && track.usage() < 1050);
    }

    #[test]
    fn a_raised_quota_lets_it_grow_on() {
        let mut track = track(1040, Pace::new(1000, 104, 80));
        for _ in 0..3 {
            track.step(1000, 0);
        }
        assert!(matches!(track.mood, Mood::Resting(_)));
        for _ in 0..3 {
            assert!(!track.step(1500, 0));
        }
        assert_eq!(track.mood, Mood::Growing);
        assert!(track.usage() > 1040);
    }

    #[test]
    fn what_is_still_stays() {
        let mut track = track(1034, Pace::STILL);
        for noise in 0..99 {
            track.step(1000, noise);
        }
        assert_eq!(track.usage(), 1034);
    }
}
