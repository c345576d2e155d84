//! The core's own costs, each alone: `cargo bench`. `cargo test` runs each once, so that none rots.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    reason = "a benchmark that cannot be set up is to fail loudly"
)]

use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use upsell::domain::evaluate::{Measured, QuotaPolicy, evaluate};
use upsell::domain::ids::{AccountId, AccountRef, TenantId, V1Id};
use upsell::domain::item_set::ItemSet;
use upsell::domain::link::{
    BuyLink, BuyUrl, BuyUrlRules, LinkProfile, LinkTemplate, ListStyle, Placement,
};
use upsell::domain::meter::{HotMeter, Limit, Observed, UsageKey, UsageNames};
use upsell::domain::quota::{Item, Quota, Scope, State};
use upsell::domain::time::Timestamp;
use upsell::render::{BrandView, Lang, QuotaLine, QuotaMailView, Renderer};
use upsell::store::embedded::{EmbeddedEngine, Options};
use upsell::store::engine::{Changes, Engine as _, Expect, Key};
use upsell::store::keys;
use upsell::store::record::hot_meter;
use upsell::tracked_link::{Purpose, TrackedLink};

const NOW: Timestamp = Timestamp::from_secs(1_700_000_000);
const KEY: [u8; 32] = [7; 32];

fn evaluation(c: &mut Criterion) {
    let policy = QuotaPolicy::default();
    let measured = [Measured {
        quota: Quota::hard(1 << 40, 1 << 30),
        usage: 1 << 39,
    }];
    c.bench_function("evaluate one item", |b| {
        b.iter(|| evaluate(Item::StorageSize, black_box(&measured), None, &policy, NOW));
    });
}

fn buy_link(c: &mut Criterion) {
    let url = "https://shop.example.com/buy?campaign=7#plans";
    let url = BuyUrl::parse(url, BuyUrlRules::default()).unwrap();
    let link = BuyLink {
        placement: Placement::Email,
        user_quota: ItemSet::from([Item::StorageSize]),
        tenant_quota: ItemSet::from([Item::StorageSize, Item::VirtualMachines]),
        user_id: Some(V1Id(1234)),
        tenant_id: Some(V1Id(56)),
        page: Some("/plans/overview"),
    };
    let template = LinkTemplate::new(&url, LinkProfile::Default, ListStyle::Comma);
    c.bench_function("build a Buy link", |b| {
        b.iter(|| template.build(black_box(&link)))
    });
}

fn tracked_link(c: &mut Criterion) {
    let purpose = Purpose::Quota(Placement::Email);
    let ttl = Duration::from_secs(3600);
    let link = TrackedLink::new(purpose, V1Id(1234), NOW, ttl);
    let token = link.sign(1, &KEY);
    c.bench_function("sign a tracked link", |b| {
        b.iter(|| black_box(&link).sign(1, &KEY))
    });
    c.bench_function("verify a tracked link", |b| {
        b.iter(|| TrackedLink::verify(black_box(&token), |_| Some(&KEY), NOW).unwrap());
    });
}

fn mail(c: &mut Criterion) {
    let renderer = Renderer::new().unwrap();
    let line = |scope, item| QuotaLine {
        scope,
        item,
        state: State::Exceeded,
        usage: 1042,
        quota: Some(1000),
        overage: None,
        to_buy: None,
    };
    let lines = [
        line(Scope::Tenant, Item::StorageSize),
        line(Scope::Tenant, Item::VirtualMachines),
        line(Scope::User, Item::StorageSize),
    ];
    let view = QuotaMailView {
        others: &[],
        recipient_name: "John Doe",
        tenant_name: "Foobar",
        lines: &lines,
        proposal: None,
        brand: &BrandView::default(),
        unsubscribe_url: None,
        reminder: false,
        as_of: Some(NOW),
    };
    let lang = Lang::default();
    c.bench_function("render a mail", |b| {
        b.iter(|| renderer.quota_mail(black_box(&view), &lang).unwrap());
    });
}

/// A meter with two quotas that was measured and evaluated.
fn measured_meter(account: AccountId) -> HotMeter {
    let keys = ["storage", "vms"].map(|name| UsageKey {
        usage_name: name.into(),
        edition: None,
        infra_id: None,
    });
    let mut meter = HotMeter::empty(account);
    let limits = keys.iter().map(|key| Limit {
        key: key.clone(),
        quota: Some(Quota::hard(1 << 40, 1 << 30)),
    });
    meter.offering_items = limits.collect();
    for key in &keys {
        meter
            .report(key, 1 << 39, Observed::OnArrival(NOW))
            .unwrap();
    }
    meter.evaluate(&usage_names(), &QuotaPolicy::default(), NOW);
    meter
}

fn usage_names() -> UsageNames {
    let names = [
        ("storage".into(), Item::StorageSize),
        ("vms".into(), Item::VirtualMachines),
    ];
    names.into()
}

fn meter(c: &mut Criterion) {
    let account = AccountId::Tenant(TenantId::random());
    let meter = measured_meter(account);
    let (names, policy) = (usage_names(), QuotaPolicy::default());
    let stored = hot_meter::encode(&meter);
    c.bench_function("read a hot meter", |b| {
        b.iter(|| hot_meter::decode(account, black_box(&stored)).unwrap());
    });
    c.bench_function("write a hot meter", |b| {
        b.iter(|| hot_meter::encode(black_box(&meter)));
    });
    let key = &meter.offering_items[0].key;
    c.bench_function("report to a meter and evaluate it", |b| {
        let mut meter = meter.clone();
        b.iter(|| {
            meter
                .report(black_box(key), 1 << 39, Observed::OnArrival(NOW))
                .unwrap();
            meter.evaluate(&names, &policy, NOW)
        });
    });
}

/// Commits of many changes, each with its expectation and its record.
fn store_commit(c: &mut Criterion) {
    const CHANGES: u32 = 1_000;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    let dir = tempfile::tempdir().unwrap();
    EmbeddedEngine::create(dir.path()).unwrap();
    let engine = EmbeddedEngine::open(dir.path(), Options::default()).unwrap();
    let numbers = 1000..1000 + 10 * CHANGES;
    let accounts = numbers.map(|number| AccountRef {
        id: AccountId::Tenant(TenantId::random()),
        number: V1Id(number),
    });
    let accounts: Vec<AccountRef> = accounts.collect();
    let body = hot_meter::encode(&measured_meter(accounts[0].id));
    let mut round = 0;
    c.bench_function("store commit of 1000 meters", |b| {
        b.iter(|| {
            round += 1;
            let some = accounts.iter().skip(round % 10).step_by(10);
            let meters: Vec<Key> = some.map(|account| keys::meter(*account)).collect();
            runtime.block_on(async {
                let seen = engine.get_each(&meters).await;
                let pairs = meters.iter().zip(seen);
                let changes = pairs.map(|(key, seen)| {
                    let seen = seen.unwrap();
                    let expect =
                        seen.map_or(Expect::Absent, |seen| Expect::Revision(seen.revision));
                    let mut change = Changes::new();
                    change.expect(key.clone(), expect);
                    change.put(key.clone(), body.clone());
                    change
                });
                let done = engine.commit_each(changes.collect()).await;
                assert!(done.iter().all(Result::is_ok));
            });
        });
    });
    runtime.block_on(engine.close()).unwrap();
}

criterion_group!(
    benches,
    evaluation,
    buy_link,
    tracked_link,
    mail,
    meter,
    store_commit
);
criterion_main!(benches);
