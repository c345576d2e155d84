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
use upsell::domain::ids::{TenantId, UserId, V1Id};
use upsell::domain::item_set::ItemSet;
use upsell::domain::link::{
    BuyLink, BuyUrl, BuyUrlRules, LinkProfile, LinkTemplate, ListStyle, Placement,
};
use upsell::domain::quota::{Item, Quota, Scope, State};
use upsell::domain::time::Timestamp;
use upsell::render::{BrandView, Lang, QuotaLine, QuotaMailView, Renderer};
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
    let link = TrackedLink::new(purpose, TenantId::random(), UserId::random(), NOW, ttl);
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
        full_in_days: None,
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

criterion_group!(benches, evaluation, buy_link, tracked_link, mail);
criterion_main!(benches);
