//! Usage ingest at the limit, in one process and durable: `cargo bench --bench ingest --
//! accounts=1000000`. Prints records per second of fjall alone and of the use case in turn, what
//! single reports reach against the disk's own fsyncs, and the memory that accounts take.
//! Without `--bench`, as `cargo test` runs it, a short run that only shows that all of it works.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "a benchmark that cannot be set up is to fail loudly, and prints figures"
)]

mod measure;
mod world;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use measure::{Cost, fjall_alone, fsync, resident_bytes};
use upsell::domain::ids::AccountId;
use upsell::usecases::report_usage::{Mode, UsageReport, report_usages};
use world::{QUOTA_BYTES, START, World, storage};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What a run does.
struct Plan {
    accounts: usize,
    /// Offering items of each account.
    items: usize,
    /// Records of one batch.
    batch: usize,
    /// Batches of one round.
    batches: usize,
    /// Batches under way at once.
    callers: usize,
    rounds: usize,
    /// Threads of the runtime, beside the store's own.
    threads: usize,
    /// Single reports per client.
    singles: usize,
    dir: PathBuf,
}

impl Plan {
    /// From `name=value` arguments; small without `--bench`.
    fn of_arguments() -> Self {
        let arguments: Vec<String> = std::env::args().skip(1).collect();
        let long = arguments.iter().any(|argument| argument == "--bench");
        let pick = |name: &str, big: usize, small: usize| {
            let given = arguments.iter().find_map(|argument| {
                let value = argument.strip_prefix(name)?.strip_prefix('=')?;
                Some(value.parse().unwrap())
            });
            given.unwrap_or(if long { big } else { small })
        };
        let dir = arguments.iter().find_map(|a| a.strip_prefix("dir="));
        Self {
            accounts: pick("accounts", 100_000, 1_000),
            items: pick("items", 2, 2),
            batch: pick("batch", 1_000, 100),
            batches: pick("batches", 1_000, 4),
            callers: pick("callers", 8, 2),
            rounds: pick("rounds", 3, 1),
            threads: pick("threads", 1, 1),
            singles: pick("singles", 1_000, 4),
            dir: dir.map_or_else(std::env::temp_dir, PathBuf::from),
        }
    }
}

/// A cheap generator: the same accounts in every run.
struct Random(u64);

impl Random {
    const fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }
}

fn report(account: AccountId, random: &mut Random) -> UsageReport {
    let beyond = random.next().is_multiple_of(4096);
    UsageReport {
        account,
        key: storage(),
        absolute: random.next() % (QUOTA_BYTES * 8 / 10) + if beyond { QUOTA_BYTES } else { 0 },
        observed_at: None,
    }
}

fn batch(world: &World, size: usize, random: &mut Random) -> Vec<UsageReport> {
    let accounts = &world.accounts;
    let picked = (0..size).map(|_| accounts[random.below(accounts.len())]);
    let picked: Vec<AccountId> = picked.collect();
    let made = picked.into_iter().map(|account| report(account, random));
    made.collect()
}

/// Reports batches from several callers until all are in.
async fn bulk(world: &Arc<World>, plan: &Plan, seed: u64) -> Cost {
    let left = Arc::new(AtomicUsize::new(plan.batches));
    let cost = Cost::start();
    let mut callers = Vec::new();
    for number in 0..plan.callers {
        let (world, left, size) = (Arc::clone(world), Arc::clone(&left), plan.batch);
        let mut random = Random(seed * 1000 + number as u64 + 1);
        callers.push(tokio::spawn(async move {
            let (env, caller) = (&world.env, &world.caller);
            while left
                .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
                    left.checked_sub(1)
                })
                .is_ok()
            {
                let reports = batch(&world, size, &mut random);
                let now = START.plus(Duration::from_secs(60 * seed));
                let done = report_usages(env, caller, reports, Mode::Commit, now).await;
                assert_eq!(done.lines.len(), size);
                assert!(done.lines.iter().all(Result::is_ok), "{:?}", done.lines[0]);
            }
        }));
    }
    for caller in callers {
        caller.await.unwrap();
    }
    cost.of(plan.batches * plan.batch)
}

/// Reports one record at a time from 64 clients; the costs, and the slowest of a hundred.
async fn singles(world: &Arc<World>, each: usize) -> (Cost, Duration) {
    const CLIENTS: usize = 64;
    let cost = Cost::start();
    let mut clients = Vec::new();
    for number in 0..CLIENTS {
        let world = Arc::clone(world);
        clients.push(tokio::spawn(async move {
            let mut random = Random(number as u64 + 77);
            let mut times = Vec::with_capacity(each);
            for _ in 0..each {
                let reports = batch(&world, 1, &mut random);
                let started = Instant::now();
                let now = START.plus(Duration::from_secs(86_400));
                let done =
                    report_usages(&world.env, &world.caller, reports, Mode::Commit, now).await;
                times.push(started.elapsed());
                assert!(done.lines.iter().all(Result::is_ok));
            }
            times
        }));
    }
    let mut times = Vec::new();
    for client in clients {
        times.extend(client.await.unwrap());
    }
    let cost = cost.of(times.len());
    times.sort_unstable();
    (cost, times[times.len() * 99 / 100])
}

async fn run(plan: &Plan, dir: &Path) {
    let store = dir.join("upsell");
    let before = resident_bytes();
    let started = Instant::now();
    let world = Arc::new(World::fill(&store, plan.accounts, plan.items).await);
    println!(
        "{} accounts with {} items in {:.1} s, resident {} MB more",
        plan.accounts,
        plan.items,
        started.elapsed().as_secs_f64(),
        resident_bytes().saturating_sub(before) >> 20
    );
    let records = plan.batches * plan.batch;
    for round in 1..=plan.rounds {
        for value_bytes in [64, 200] {
            let alone = fjall_alone(&dir.join("alone"), records, plan.batch, value_bytes);
            println!("round {round}: fjall alone, {value_bytes} B: {alone}");
        }
        let ours = bulk(&world, plan, round as u64).await;
        println!("round {round}: report_usages: {ours}");
        println!("{}", measure::threads());
        let disk = fsync(&dir.join("fsync"), plan.singles.min(2_000));
        let (one, slow) = singles(&world, plan.singles).await;
        println!(
            "round {round}: singles of 64 clients: {one}; p99 {slow:?}; the disk: {disk}, one fsync {:?}",
            Duration::from_secs_f64(1.0 / disk.per_second())
        );
    }
    println!("resident {} MB", resident_bytes() >> 20);
    upsell::app::data::close(&world.env.store).await.unwrap();
    let accounts = Arc::clone(&world.accounts);
    drop(world);
    let started = Instant::now();
    let (env, root) = world::open(&store).await;
    println!("opened again in {:?}", started.elapsed());
    let world = Arc::new(World::of(env, root, accounts.to_vec()));
    let cold = bulk(&world, plan, 1_000).await;
    println!(
        "after a restart: {cold}; resident {} MB",
        resident_bytes() >> 20
    );
    upsell::app::data::close(&world.env.store).await.unwrap();
}

fn main() {
    let plan = Plan::of_arguments();
    let dir = tempfile::tempdir_in(&plan.dir).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(plan.threads)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async { run(&plan, dir.path()).await });
}
