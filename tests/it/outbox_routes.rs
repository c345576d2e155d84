//! The queue of due mails: what waits for one server hides nothing that is due elsewhere, what cannot be
//! sent costs nothing, and what was sent is recorded though the store fails for a moment.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::Ordering;
use std::time::Duration;

use upsell::domain::brand::{Brand, BrandEncryption};
use upsell::domain::ids::{AccountId, MailId, TenantId, UserId};
use upsell::domain::mail::{Mail, MailKind, MailState};
use upsell::domain::quota::{Item, Quota};
use upsell::domain::rules::Rule;
use upsell::outbox::smtp::{Encryption, Mailer};
use upsell::store::engine::Changes;
use upsell::store::keys;
use upsell::store::record::Stored;
use upsell::usecases::view;

use crate::outbox_rules::later;
use crate::outbox_together::{fan_out, told, until_none_is_queued};
use crate::support::app::eventually;
use crate::support::nodes::Shared;
use crate::support::outbox::Running;
use crate::support::smtp_client::{mailer, settings, target};
use crate::support::smtp_script::{Act, At, Setup, SmtpScript};
use crate::support::world::{START, World};

const STORAGE: Item = Item::StorageSize;

/// A loopback address for this run alone: tenants' servers have one of a few fixed ports.
fn own_address(number: u8) -> SocketAddr {
    let [_, high, middle, low] = std::process::id().to_be_bytes();
    let address = Ipv4Addr::new(127, number | (high & 0x0f), middle, low.max(2));
    (address, 2525).into()
}

/// Gives a tenant a brand with a mail server of its own, or without.
async fn set_brand(world: &World, tenant: TenantId, server: Option<SocketAddr>) {
    let mut brand = Brand::unset(tenant);
    brand.enabled = true;
    if let Some(server) = server {
        brand.smtp.override_enabled = true;
        brand.smtp.server = server.ip().to_string();
        brand.smtp.port = server.port();
        brand.smtp.encryption = BrandEncryption::None;
    }
    let mut changes = Changes::new();
    changes.put(keys::brand(tenant), brand.encode());
    world.env.store.commit(changes).await.unwrap();
}

/// Settings that let brands have servers on this machine.
fn mailer_for_brands(server: &SmtpScript) -> Mailer {
    let mut settings = settings(server);
    settings.allow_cidrs = vec!["127.0.0.0/8".parse().unwrap()];
    Mailer::new(settings).unwrap()
}

/// A customer beside the world's own, one user of whom is told of a quota.
async fn told_elsewhere(world: &mut World) -> (TenantId, String) {
    let id = world.add_stranger().await;
    let tenant = world.env.store.tenant(id).await.unwrap().unwrap().value;
    let own = std::mem::replace(&mut world.customer, tenant);
    world.add_user("elsewhere", false).await;
    world.customer = own;
    let account = AccountId::Tenant(id);
    world
        .set_quotas(account, &[(STORAGE, Quota::soft(100))])
        .await;
    world.report(account, STORAGE, 100, START).await;
    (id, "elsewhere@example.com".to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_thousand_mails_for_a_dead_server_hide_none_for_another() {
    const WAITING: usize = 100_000;
    let (mut world, users) = told(1).await;
    fan_out(&world).await;
    let recipient = (world.customer.id, users[0]);
    for _ in 0..WAITING / 5000 {
        let mut changes = Changes::new();
        for _ in 0..5000 {
            changes.create_mail(Mail::new(
                MailId::random(),
                MailKind::Quota,
                recipient,
                START,
                START,
            ));
        }
        world.env.store.commit(changes).await.unwrap();
    }
    let dead = SmtpScript::start().await;
    dead.always(At::Greeting, Act::Stall);
    let live = SmtpScript::at(own_address(192), Setup::default()).await;
    let (tenant, address) = told_elsewhere(&mut world).await;
    set_brand(&world, tenant, Some(live.address)).await;
    fan_out(&world).await;

    let started = std::time::Instant::now();
    let mailer = mailer_for_brands(&dead);
    let dead_target = Some(target(&dead, Encryption::None));
    let running = Running::start(&world.env, mailer, dead_target, 30);
    let sent = live.until_taken(|taken| taken.iter().any(|mail| mail.to == address));
    let sent = tokio::time::timeout(Duration::from_secs(15), sent).await;
    assert!(sent.is_ok(), "the mail for the live server is not sent");
    let took = started.elapsed();
    println!("sent after {took:?}");
    // A second, and room for a machine that is busy with other tests.
    assert!(took < Duration::from_secs(5), "{took:?}");
    running.task.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn mails_without_a_server_are_written_once() {
    let (mut world, _) = told(20).await;
    fan_out(&world).await;
    let (store, commits) = Shared::alone(&world.env.store);
    world.env.store = store;
    let server = SmtpScript::start().await;
    let running = Running::start(&world.env, mailer(&server), None, 30);
    eventually("the reason is noted", async || {
        let mails = world.mails(MailState::Queued).await;
        let why = "no SMTP server is set up";
        let is_noted = |mail: &Mail| mail.last_error.as_ref().is_some_and(|e| e.contains(why));
        mails.iter().all(is_noted).then_some(())
    })
    .await;
    let counted = world.env.metrics.encode().unwrap();
    let series = "upsell_people_not_told_total{reason=\"no_mail_server\"} 20";
    assert!(counted.contains(series), "{counted}");

    // Ten minutes, in each of which the outbox looks: it has looked when it has handled a reminder.
    let before = commits.made.load(Ordering::SeqCst);
    let mut written = 0;
    for minute in 1..=10 {
        running.clock.turn_to(30 + 61 * minute);
        for _ in 0..2 {
            let mut changes = Changes::new();
            let gone = UserId::random();
            let mark = keys::reminder_due(START, gone);
            changes.put(mark.clone(), Vec::new());
            world.env.store.commit(changes).await.unwrap();
            // It and the one with which the outbox removes it.
            written += 2;
            world.env.outbox_wake.notify_one();
            eventually("the outbox has looked", async || {
                let found = world.env.store.engine().get(&mark).await.unwrap();
                found.is_none().then_some(())
            })
            .await;
        }
    }
    let made = commits.made.load(Ordering::SeqCst) - before;
    assert_eq!(made - written, 0, "commits in ten minutes of waiting");
    running.stop().await;
    // The next start has a server.
    let own = Some(target(&server, Encryption::None));
    let running = Running::start(&world.env, mailer(&server), own, 1000);
    until_none_is_queued(&world).await;
    assert_eq!(world.mails(MailState::Sent).await.len(), 20);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn mails_are_sent_through_the_server_that_a_brand_got_meanwhile() {
    let (mut world, _) = told(1).await;
    fan_out(&world).await;
    let (tenant, address) = told_elsewhere(&mut world).await;
    fan_out(&world).await;
    let late = SmtpScript::at(own_address(208), Setup::default()).await;
    let running = Running::start(&world.env, mailer_for_brands(&late), None, 30);
    eventually("there is no server", async || {
        let mails = world.mails(MailState::Queued).await;
        mails
            .iter()
            .all(|mail| mail.last_error.is_some())
            .then_some(())
    })
    .await;
    set_brand(&world, tenant, Some(late.address)).await;
    let sent = late.until_taken(|taken| taken.iter().any(|mail| mail.to == address));
    let sent = tokio::time::timeout(Duration::from_secs(30), sent).await;
    assert!(sent.is_ok(), "the mail does not go through the new server");
    // Without it the mail waits with the others again.
    world
        .report(AccountId::Tenant(tenant), STORAGE, 1, later(31))
        .await;
    world
        .report(AccountId::Tenant(tenant), STORAGE, 100, later(32))
        .await;
    set_brand(&world, tenant, None).await;
    running.clock.turn_to(120);
    world.env.outbox_wake.notify_one();
    eventually("the next mail waits", async || {
        running.clock.seconds.fetch_add(1, Ordering::Relaxed);
        world.env.outbox_wake.notify_one();
        let mails = world.mails(MailState::Queued).await;
        (mails.len() == 2 && mails.iter().all(|mail| mail.last_error.is_some())).then_some(())
    })
    .await;
    assert_eq!(late.taken().len(), 1);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_sent_is_recorded_though_the_store_fails_for_a_moment() {
    for is_stopped in [false, true] {
        let (mut world, _) = told(1).await;
        fan_out(&world).await;
        let (store, commits) = Shared::alone(&world.env.store);
        world.env.store = store;
        let server = SmtpScript::start().await;
        server.always(At::FinalDot, Act::TakeAndWithhold);
        let own = Some(target(&server, Encryption::None));
        let running = Running::start(&world.env, mailer(&server), own, 30);
        server.until_withheld("upsell@cloud.example").await;
        commits.to_fail.store(4, Ordering::SeqCst);
        server.relent();
        if !is_stopped {
            until_none_is_queued(&world).await;
        }
        // A stop waits for the store, as long as it may.
        running.stop().await;
        assert_eq!(world.mails(MailState::Sent).await.len(), 1);
        assert_eq!(commits.to_fail.load(Ordering::SeqCst), 0);
        assert_eq!(server.taken().len(), 1, "it is not sent twice");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_mails_of_one_tenant_share_is_read_for_many_at_once() {
    const PEOPLE: usize = 200;
    let (mut world, users) = told(PEOPLE).await;
    fan_out(&world).await;
    let (store, commits) = Shared::alone(&world.env.store);
    world.env.store = store;
    // Together they are what they are one by one.
    let together = view::load_many(&world.env, &users).await.unwrap();
    for (user, view) in users.iter().zip(&together) {
        let alone = view::load(&world.env, *user).await.unwrap();
        assert_eq!(format!("{alone:?}"), format!("{view:?}"));
    }
    let gone = [UserId::random(), users[0]];
    let views = view::load_many(&world.env, &gone).await.unwrap();
    let found: Vec<Option<UserId>> = views
        .iter()
        .map(|view| Some(view.as_ref()?.user.id))
        .collect();
    assert_eq!(found, [None, Some(users[0])]);

    commits.tenant_reads.store(0, Ordering::SeqCst);
    let server = SmtpScript::start().await;
    let own = Some(target(&server, Encryption::None));
    let running = Running::start(&world.env, mailer(&server), own, 30);
    until_none_is_queued(&world).await;
    let reads = commits.tenant_reads.load(Ordering::SeqCst);
    println!("the tenant was read {reads} times for {PEOPLE} mails");
    assert!(reads < PEOPLE / 2, "{reads}");
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_that_is_disabled_when_the_mail_is_due_is_the_reason() {
    let (world, _) = told(1).await;
    fan_out(&world).await;
    let found = world.env.store.tenant(world.customer.id).await;
    let found = found.unwrap().unwrap();
    let mut tenant = found.value.clone();
    tenant.enabled = false;
    let mut changes = Changes::new();
    changes.update_tenant(&found, tenant);
    world.env.store.commit(changes).await.unwrap();
    let server = SmtpScript::start().await;
    let own = Some(target(&server, Encryption::None));
    let running = Running::start(&world.env, mailer(&server), own, 30);
    until_none_is_queued(&world).await;
    running.stop().await;
    let cancelled = world.mails(MailState::Cancelled).await;
    let why = cancelled[0].last_error.as_deref();
    assert_eq!(why, Some(Rule::TenantEnabled.says(false)));
    let counted = world.env.metrics.encode().unwrap();
    let series = "upsell_people_not_told_total{reason=\"tenant_disabled\"} 1";
    assert!(counted.contains(series), "{counted}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_not_told_any_more_when_the_mail_is_due_is_counted() {
    let (world, users) = told(2).await;
    fan_out(&world).await;
    world
        .change_user(users[0], |user| user.enabled = false)
        .await;
    let server = SmtpScript::start().await;
    let own = Some(target(&server, Encryption::None));
    let running = Running::start(&world.env, mailer(&server), own, 30);
    until_none_is_queued(&world).await;
    let cancelled = world.mails(MailState::Cancelled).await;
    let why = cancelled[0].last_error.as_deref();
    assert_eq!(why, Some("the account is disabled"));
    let counted = world.env.metrics.encode().unwrap();
    for series in [
        "upsell_people_not_told_total{reason=\"user_disabled\"} 1",
        "upsell_mails_total{outcome=\"withdrawn\"} 1",
        "upsell_mails_unsent_total{reason=\"not_told\"} 1",
        "upsell_mails_total{outcome=\"sent\"} 1",
    ] {
        assert!(counted.contains(series), "{series}");
    }
    running.stop().await;
}
