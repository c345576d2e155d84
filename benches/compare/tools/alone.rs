//! The service's store with nothing before it: what usage reports read and write, without HTTP, JSON,
//! access and evaluation.

use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use upsell::app::{data, system_clock};
use upsell::domain::ids::{AccountId, AccountRef};
use upsell::domain::meter::{HotMeter, Observed, UsageKey};
use upsell::domain::quota::Item;
use upsell::domain::tenant::Tenant;
use upsell::domain::user::User;
use upsell::store::engine::{Key, StoreError, Update, Updated};
use upsell::store::record::hot_meter;
use upsell::store::{Store, keys};

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
            let accounts = self.accounts(&data.store).await?;
            let warm_up = self.all(&data.store, &accounts, 0, self.warm_up).await?;
            println!("started");
            std::io::stdout().flush().map_err(|why| why.to_string())?;
            let start = Instant::now();
            // Other accounts than before.
            let (units, latency) = self
                .all(&data.store, &accounts, 1_000, self.measured)
                .await?;
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
        accounts: &Arc<[AccountRef]>,
        seed: u64,
        time: Duration,
    ) -> Result<(u64, Histogram), String> {
        let end = Instant::now() + time;
        let tasks: Vec<_> = (0..self.tasks)
            .map(|task| {
                let rng = Rng::new(self.seed * 100_000 + seed + task);
                tokio::spawn(self.one(store.clone(), Arc::clone(accounts), rng, end))
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
        accounts: Arc<[AccountRef]>,
        mut rng: Rng,
        end: Instant,
    ) -> Result<(u64, Histogram), String> {
        let (mut units, mut latency) = (0, Histogram::new());
        while Instant::now() < end {
            let begin = Instant::now();
            units += self.batch(&store, &accounts, &mut rng).await?;
            latency.add(begin.elapsed());
        }
        Ok((units, latency))
    }

    async fn batch(
        self,
        store: &Store,
        accounts: &[AccountRef],
        rng: &mut Rng,
    ) -> Result<u64, String> {
        let random = |_| accounts[rng.below(accounts.len() as u64) as usize];
        let mut ids: Vec<AccountRef> = (0..self.batch).map(random).collect();
        ids.sort_unstable();
        ids.dedup();
        let count = ids.len() as u64;
        let reports = ids.into_iter().map(|account| (account, rng.next()));
        let update = Arc::new(Reports::new(reports.collect()));
        for outcome in store.update(update).await {
            outcome.map_err(|why| why.to_string())?;
        }
        Ok(count)
    }

    /// All accounts that have meters, with their numbers.
    async fn accounts(self, store: &Store) -> Result<Arc<[AccountRef]>, String> {
        const TOGETHER: usize = 1_000;
        let (mut tenants, mut users) = (Vec::new(), Vec::new());
        for number in 0..self.fleet.accounts() {
            match self.fleet.account(number) {
                Account::Tenant(tenant) => {
                    tenants.push(Fleet::tenant_id(tenant));
                }
                Account::User(tenant, user) => {
                    users.push(self.fleet.user_id(tenant, user));
                }
            }
        }
        let mut accounts = Vec::with_capacity(tenants.len() + users.len());
        for ids in tenants.chunks(TOGETHER) {
            let found = store.load_many::<Tenant>(ids.iter().copied()).await;
            let found = found.map_err(|why| why.to_string())?;
            accounts.extend(found.into_iter().flatten().map(|tenant| tenant.account()));
        }
        for ids in users.chunks(TOGETHER) {
            let found = store.load_many::<User>(ids.iter().copied()).await;
            let found = found.map_err(|why| why.to_string())?;
            accounts.extend(found.into_iter().flatten().map(|user| user.account()));
        }
        Ok(accounts.into())
    }
}

/// A report of a random value for each account, which is not evaluated.
struct Reports {
    keys: Vec<Key>,
    of: Vec<(AccountRef, u64)>,
}

impl Reports {
    fn new(of: Vec<(AccountRef, u64)>) -> Self {
        let keys = of.iter().map(|(account, _)| keys::meter(*account));
        Self {
            keys: keys.collect(),
            of,
        }
    }
}

impl Update for Reports {
    fn keys(&self) -> &[Key] {
        &self.keys
    }

    fn parent(&self, n: usize) -> Key {
        match self.of[n].0.id {
            AccountId::Tenant(id) => keys::tenant(id),
            AccountId::User(id) => keys::user(id),
        }
    }

    fn apply(&self, n: usize, body: Option<&[u8]>) -> Result<Option<Updated>, StoreError> {
        let (account, random) = self.of[n];
        let mut meter = match body {
            Some(body) => hot_meter::decode(account.id, body)?,
            None => HotMeter::empty(account.id),
        };
        let number = (random % 5) as usize;
        let key = UsageKey {
            usage_name: USAGE_NAMES[number].into(),
            edition: None,
            infra_id: None,
        };
        let value = quiet_usage(Item::ALL[number], random / 5);
        // The only refusal is an ambiguous name; each is there once.
        let _taken = meter
            .report(&key, value, Observed::OnArrival(system_clock()))
            .is_ok();
        Ok(Some(Updated {
            body: hot_meter::encode(&meter),
            others: Vec::new(),
        }))
    }
}
