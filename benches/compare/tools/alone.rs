//! The service's store with nothing before it: what usage reports read and write, without HTTP, JSON,
//! access and evaluation.

use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use upsell::app::{data, system_clock};
use upsell::domain::ids::{AccountId, TenantId, UserId};
use upsell::domain::meter::{Observed, UsageKey};
use upsell::domain::quota::Item;
use upsell::store::Store;
use upsell::store::engine::Changes;

use crate::args::Args;
use crate::fleet::{Account, Fleet, Standing, USAGE_NAMES, quiet_usage};
use crate::rng::Rng;
use crate::seed::{EMBEDDED, place};
use crate::stats::{Histogram, merged};

#[derive(Debug, Clone, Copy)]
pub(crate) struct StoreAlone {
    pub(crate) fleet: Fleet,
    /// Accounts in a batch.
    pub(crate) batch: u64,
    /// Batches under way.
    pub(crate) tasks: u64,
    pub(crate) warm_up: Duration,
    pub(crate) measured: Duration,
    pub(crate) seed: u64,
}

pub(crate) fn command(args: &mut Args) -> Result<(), String> {
    let dir: String = args.need("dir")?;
    let store: String = args.or("store", EMBEDDED.to_owned())?;
    let seconds = |value: f64| Duration::try_from_secs_f64(value).map_err(|e| e.to_string());
    let alone = StoreAlone {
        fleet: Fleet {
            tenants: args.need("tenants")?,
            users_per_tenant: args.need("users")?,
            standing: Standing::Quiet,
        },
        batch: args.or("batch", 1_000)?,
        tasks: args.or("tasks", 8)?,
        warm_up: seconds(args.or("warm-up", 0.3)?)?,
        measured: seconds(args.or("seconds", 5.0)?)?,
        seed: args.or("seed", 1)?,
    };
    args.finish()?;
    println!("{}", alone.run(Path::new(&dir), &store)?);
    Ok(())
}

impl StoreAlone {
    /// Changes meters at random, for a warm-up and for the measured time.
    pub(crate) fn run(self, dir: &Path, store: &str) -> Result<Value, String> {
        let place = place(&dir.join("data"), store)?;
        let runtime = tokio::runtime::Runtime::new().map_err(|why| why.to_string())?;
        runtime.block_on(async {
            let data = data::open(&place, system_clock()).await;
            let data = data.map_err(|why| why.to_string())?;
            let warm_up = self.all(&data.store, 0, self.warm_up).await?;
            println!("started");
            std::io::stdout().flush().map_err(|why| why.to_string())?;
            let start = Instant::now();
            // Other accounts than before.
            let (units, latency) = self.all(&data.store, 1_000, self.measured).await?;
            let seconds = start.elapsed().as_secs_f64();
            let closed = data::close(&data.store).await;
            closed.map_err(|why| why.to_string())?;
            let rate = json!({
                "units": units,
                "units_per_s": units as f64 / seconds,
                "warm_up_units": warm_up.0,
            });
            Ok(merged(rate, latency.to_json()))
        })
    }

    /// As many batches at once as there are tasks.
    async fn all(
        self,
        store: &Store,
        seed: u64,
        time: Duration,
    ) -> Result<(u64, Histogram), String> {
        let end = Instant::now() + time;
        let tasks: Vec<_> = (0..self.tasks)
            .map(|task| {
                let rng = Rng::new(self.seed * 100_000 + seed + task);
                tokio::spawn(self.one(store.clone(), rng, end))
            })
            .collect();
        let (mut units, mut latency) = (0, Histogram::new());
        for task in tasks {
            let (more, times) = task.await.map_err(|why| why.to_string())??;
            units += more;
            latency.merge(&times);
        }
        Ok((units, latency))
    }

    /// One batch after the other.
    async fn one(
        self,
        store: Store,
        mut rng: Rng,
        end: Instant,
    ) -> Result<(u64, Histogram), String> {
        let (mut units, mut latency) = (0, Histogram::new());
        while Instant::now() < end {
            let begin = Instant::now();
            units += self.batch(&store, &mut rng).await?;
            latency.add(begin.elapsed());
        }
        Ok((units, latency))
    }

    async fn batch(self, store: &Store, rng: &mut Rng) -> Result<u64, String> {
        let random = |_| self.account(rng.below(self.fleet.accounts()));
        let mut ids: Vec<AccountId> = (0..self.batch).map(random).collect();
        ids.sort_unstable();
        ids.dedup();
        let turns = store.turns(&ids).await;
        let mut is_mine = turns.is_mine.iter();
        // What another batch works on is left to it.
        ids.retain(|_| is_mine.next() == Some(&true));
        let mut changes = Vec::with_capacity(ids.len());
        for seen in store.hot_meters(&ids).await {
            let (mut meter, expect) = seen.map_err(|why| why.to_string())?;
            let number = rng.below(5) as usize;
            let key = UsageKey {
                usage_name: USAGE_NAMES[number].into(),
                edition: None,
                infra_id: None,
            };
            let value = quiet_usage(Item::ALL[number], rng.next());
            let taken = meter
                .hot
                .report(&key, value, Observed::OnArrival(system_clock()));
            taken.map_err(|why| why.to_string())?;
            let mut change = Changes::new();
            change.put_stored_meter(expect, meter);
            changes.push(change);
        }
        let count = changes.len() as u64;
        for outcome in store.commit_each(changes).await {
            outcome.map_err(|why| why.to_string())?;
        }
        Ok(count)
    }

    fn account(self, number: u64) -> AccountId {
        match self.fleet.account(number) {
            Account::Tenant(tenant) => AccountId::Tenant(TenantId::new(Fleet::tenant_id(tenant))),
            Account::User(tenant, user) => {
                AccountId::User(UserId::new(self.fleet.user_id(tenant, user)))
            }
        }
    }
}
