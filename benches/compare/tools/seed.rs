//! Makes a data directory, or fills a server, through the library: what a portal's calls would leave
//! behind, without waiting for hundreds of thousands of requests.

mod accounts;
mod lists;

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use serde_json::json;
use upsell::app::data::{self, Place};
use upsell::app::system_clock;
use upsell::config::{Config, Override, Sources};
use upsell::domain::ids::TenantId;
use upsell::domain::time::Timestamp;
use upsell::store::Store;
use upsell::store::engine::{Changes, Expect};
use upsell::usecases::initialize::FirstClient;

use crate::args::Args;
use crate::fleet::{Fleet, Standing};
use accounts::Maker;
use lists::Lists;

/// The store in the data directory.
pub(crate) const EMBEDDED: &str = "embedded";

/// Tenants with their users in one commit.
const TENANTS_PER_COMMIT: u64 = 250;

/// Commits under way: the next is made ready while these are written.
const COMMITS_UNDER_WAY: usize = 4;

/// What to write beside the data.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted {
    /// Tracked links with where they lead.
    pub(crate) tokens: u64,
    /// Users with exactly five alerts.
    pub(crate) readers: u64,
    /// What a script would keep in Redis.
    pub(crate) peer_state: bool,
    /// In the outbox, due: a mail to each user of a tenant about what stands there.
    pub(crate) mails: bool,
}

pub(crate) fn command(args: &mut Args) -> Result<(), String> {
    let dir: String = args.need("dir")?;
    let fleet = Fleet {
        tenants: args.or("tenants", 1_000)?,
        users_per_tenant: args.or("users", 1)?,
        standing: args.or("standing", Standing::Half)?,
    };
    let wanted = Wanted {
        tokens: args.or("tokens", 0)?,
        readers: args.or("readers", 0)?,
        peer_state: args.or("peer-state", false)?,
        mails: args.or("mails", false)?,
    };
    let store: String = args.or("store", EMBEDDED.to_owned())?;
    args.finish()?;
    seed(Path::new(&dir), &store, fleet, wanted)
}

/// Fills `dir/data`, or the servers that `store` names with the keys in `dir/data`, and writes lists
/// beside it.
pub(crate) fn seed(dir: &Path, store: &str, fleet: Fleet, wanted: Wanted) -> Result<(), String> {
    let place = place(&dir.join("data"), store)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|why| why.to_string())?;
    let started = Instant::now();
    let figures = runtime.block_on(seed_within(dir, &place, fleet, wanted))?;
    let seconds = started.elapsed().as_secs_f64();
    println!(
        "{}",
        crate::stats::merged(figures, json!({ "seconds": seconds }))
    );
    Ok(())
}

/// Where a service with these settings has its data.
pub(crate) fn place(data: &Path, store: &str) -> Result<Place, String> {
    let sources = Sources {
        flags: vec![
            Override::set("data", &data.to_string_lossy()),
            Override::set("store", store),
            // The largest of all changes, on a machine that may do something else.
            Override::set("redis.command_timeout", "30s"),
        ],
        environment: Vec::new(),
        file: None,
        read_file: &|_| Err(std::io::Error::other("no secret is in a file")),
    };
    let loaded = Config::load(sources).map_err(|why| why.to_string())?;
    Ok(Place::of(&loaded.config))
}

async fn seed_within(
    dir: &Path,
    place: &Place,
    fleet: Fleet,
    wanted: Wanted,
) -> Result<serde_json::Value, String> {
    let now = system_clock();
    let data = data::open_or_init(place, now).await;
    let data = data.map_err(|why| why.to_string())?;
    let first = data.first_client.ok_or("the store has data already")?;
    let (key_id, key) = data.keyring.link_signer();
    let mut lists = Lists::create(dir, fleet, wanted, (key_id, *key), now)?;
    let maker = Maker::new(fleet, wanted.mails, first.tenant_id, now);
    let bytes = fill(&data.store, &maker, &mut lists, first.tenant_id).await?;
    lists.finish(&first)?;
    data::close(&data.store)
        .await
        .map_err(|why| why.to_string())?;
    Ok(json!({
        "tenants": fleet.tenants,
        "accounts": fleet.accounts(),
        "meter_bytes": bytes / fleet.accounts().max(1),
    }))
}

/// Writes everything; returns how many bytes the meters have together.
async fn fill(
    store: &Store,
    maker: &Maker,
    lists: &mut Lists,
    root: TenantId,
) -> Result<u64, String> {
    let mut changes = Changes::new();
    for partner in 0..maker.fleet.partners() {
        let v1_id = store.next_v1_id().await.map_err(|why| why.to_string())?;
        let (tenant, brand) = maker.partner(partner, v1_id, root)?;
        changes.create_tenant(tenant);
        changes.put_brand(Expect::Absent, brand);
    }
    let failed = |why: upsell::store::engine::CommitError| why.to_string();
    store.commit(changes).await.map_err(failed)?;
    let mut meter_bytes = 0;
    let mut under_way = FuturesUnordered::new();
    let mut next = 0;
    while next < maker.fleet.tenants {
        let end = (next + TENANTS_PER_COMMIT).min(maker.fleet.tenants);
        let mut changes = Changes::new();
        for tenant in next..end {
            meter_bytes += maker.customer(store, tenant, &mut changes, lists).await?;
        }
        next = end;
        let store = store.clone();
        under_way.push(tokio::spawn(async move { store.commit(changes).await }));
        while under_way.len() >= COMMITS_UNDER_WAY {
            settle(under_way.next().await)?;
        }
    }
    while !under_way.is_empty() {
        settle(under_way.next().await)?;
    }
    Ok(meter_bytes)
}

type Committed = Result<Result<(), upsell::store::engine::CommitError>, tokio::task::JoinError>;

fn settle(done: Option<Committed>) -> Result<(), String> {
    match done {
        None | Some(Ok(Ok(()))) => Ok(()),
        Some(Ok(Err(why))) => Err(format!("a commit failed: {why}")),
        Some(Err(why)) => Err(format!("a commit was cut: {why}")),
    }
}

/// What a client needs to get a token.
fn credentials(first: &FirstClient) -> serde_json::Value {
    json!({
        "client_id": first.client_id.to_string(),
        "client_secret": first.client_secret,
        "tenant_id": first.tenant_id.to_string(),
    })
}

/// Shared by what is made: nothing is as old as its measurement.
type Now = Timestamp;

/// The rules by which meters are evaluated: those of a service without configuration.
fn usage_names() -> Arc<upsell::domain::meter::UsageNames> {
    let names = crate::fleet::USAGE_NAMES.into_iter().map(Into::into);
    Arc::new(names.zip(upsell::domain::quota::Item::ALL).collect())
}
