//! A clock that jumps, on a real store: nothing that it decided while it was ahead waits until real
//! time has caught up.

use std::time::Duration;

use proptest::prelude::RngExt;
use proptest::test_runner::{RngAlgorithm, TestRng};
use upsell::domain::mail::{MailState, Recipient};
use upsell::domain::meter::Report;
use upsell::domain::quota::{Item, Quota};
use upsell::usecases::deliver::{self, Look, Remind};

use crate::outbox_rules::{fan_out_all, later, queued_for, send};
use crate::outbox_together::{fan_out, mail, server, told, until_none_is_queued};
use crate::support::member::Member;
use crate::support::world::World;

const STORAGE: Item = Item::StorageSize;
const DAY: u64 = 86_400;

#[tokio::test]
async fn whatever_the_clock_does_reports_are_taken_and_mails_are_due_soon() {
    let world = World::new().await;
    let admin = world.add_user("admin", true).await;
    let tenant = world.tenant_account();
    world
        .set_quotas(tenant, &[(STORAGE, Quota::soft(100))])
        .await;
    let mut random = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    for round in 0..60 {
        let now = later(random.random_range(0..30 * DAY));
        let value = if round % 2 == 0 { 100 } else { 1 };
        let outcome = world.report_all(&[(tenant, STORAGE, value)], now).await;
        let report = *outcome.lines[0].as_ref().unwrap();
        assert_eq!(report, Report::Accepted, "{round} at {now:?}");
        assert_eq!(outcome.transitions.len(), 1, "{round} at {now:?}");
        fan_out_all(&world, now).await;
        if value == 100 {
            let mails = queued_for(&world, admin).await;
            assert_eq!(mails.len(), 1);
            assert!(
                mails[0].due_at <= now.plus(Duration::from_secs(30)),
                "{now:?}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_outbox_sends_what_is_due_too_late_when_its_clock_goes_back() {
    let (world, _) = told(3).await;
    let server = server().await;
    let node = Member::new(&world, 8 * DAY).await;
    let running = node.run(&server);
    until_none_is_queued(&world).await;
    // Its clock is still ahead when the next level is entered.
    let ahead = later(8 * DAY);
    let account = world.tenant_account();
    world
        .report(account, Item::VirtualMachines, 10, ahead)
        .await;
    fan_out_all(&world, ahead).await;
    let waiting = world.mails(MailState::Queued).await;
    assert!(waiting.iter().all(|mail| mail.due_at > ahead));
    node.turn_to(60);
    node.beat().await;
    node.env.outbox_wake.notify_one();
    until_none_is_queued(&world).await;
    running.stop().await;
}

#[tokio::test]
async fn reminders_of_a_clock_ahead_are_brought_forward_and_never_all_at_once() {
    let (world, users) = told(1).await;
    let ids = fan_out(&world).await;
    send(&world, ids[0], later(8 * DAY)).await;
    let now = later(100);
    let week = later(100 + 7 * DAY);
    let reminder = async || {
        let found = world.env.store.load::<Recipient>(users[0]).await;
        found.unwrap().unwrap().reminder_due_at.unwrap()
    };
    assert_eq!(reminder().await, later(15 * DAY));
    for expected in [1, 0] {
        let count = deliver::pull_in(&world.env, Look::AtTheLast, now).await;
        assert_eq!(count, Ok(expected));
        assert_eq!(reminder().await, week);
    }
    let next = deliver::remind_next(&world.env, &mut None, now).await;
    assert_eq!(next, Ok(Remind::NotBefore(week)));
}

#[tokio::test]
async fn what_was_put_off_as_it_should_be_stays_put_off() {
    let (world, _) = told(1).await;
    let ids = fan_out(&world).await;
    let due_at = mail(&world, ids[0]).await.due_at;
    for look in [Look::AtAll, Look::AtTheLast] {
        assert_eq!(deliver::pull_in(&world.env, look, later(0)).await, Ok(0));
    }
    assert_eq!(mail(&world, ids[0]).await.due_at, due_at);
}

#[tokio::test]
async fn a_dead_node_whose_clock_ran_ahead_is_not_waited_for() {
    let (world, _) = told(2).await;
    let ids = fan_out(&world).await;
    let dead = Member::new(&world, 8 * DAY).await;
    dead.take(ids[0]).await.unwrap();
    let other = Member::new(&world, 100).await;
    // It may be alive: its clock only differs.
    assert_eq!(other.beat().await, 0);
    other.turn_to(124);
    assert_eq!(other.beat().await, 0);
    other.turn_to(126);
    assert_eq!(other.beat().await, 1);
    assert_eq!(mail(&world, ids[0]).await.due_at, later(126));
    assert!(other.env.node.members().is_alone());
}
