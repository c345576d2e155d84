//! Who is told what and when: the rules of notices, windows, leases, retries and reminders, on a
//! real store, with a clock that the test turns.

use std::sync::Arc;
use std::time::Duration;

use upsell::domain::ids::{AccountId, MailId, NodeId, UserId};
use upsell::domain::mail::{AfterFailure, CancelReason, GaveUp, Mail, MailKind, MailState};
use upsell::domain::quota::{Item, Level, Quota, Scope};
use upsell::domain::time::Timestamp;
use upsell::store::engine::Changes;
use upsell::usecases::compose::{Due, compose};
use upsell::usecases::deliver::{self, Ended, Failure, LEASE, Outcome, Remind};
use upsell::usecases::fan_out::{self, FanOut};
use upsell::usecases::nodes::{Node, Patience};

use crate::support::world::{START, World};

const STORAGE: Item = Item::StorageSize;
const VMS: Item = Item::VirtualMachines;

/// So long after the world began.
pub(crate) fn later(seconds: u64) -> Timestamp {
    START.plus(Duration::from_secs(seconds))
}

/// Turns every notice into mails.
pub(crate) async fn fan_out_all(world: &World, now: Timestamp) {
    while fan_out::run_one(&world.env, now).await.unwrap() != FanOut::Idle {}
}

/// What waits to be sent to a user.
pub(crate) async fn queued_for(world: &World, user: UserId) -> Vec<Mail> {
    let mut mails = world.mails(MailState::Queued).await;
    mails.retain(|mail| mail.user_id == user);
    mails
}

/// Claims a mail for sending, whenever it is due.
pub(crate) async fn claim(world: &World, id: MailId, now: Timestamp) -> Option<Mail> {
    let found = world.env.store.mail(id).await.unwrap().unwrap();
    if !found.is_due(now) {
        let mut changes = Changes::new();
        let mut mail = found.value.clone();
        mail.due_at = now;
        changes.update_mail(&found, &mail);
        world.env.store.commit(changes).await.unwrap();
    }
    let claimed = deliver::claim(&world.env, &[id], now).await;
    claimed.unwrap().pop()
}

/// Records what became of a mail.
pub(crate) async fn end(
    world: &World,
    mail: &Mail,
    ended: Ended,
    now: Timestamp,
) -> Option<AfterFailure> {
    let outcome = Outcome::of(mail, ended);
    deliver::record_one(&world.env, &outcome, now)
        .await
        .unwrap()
}

pub(crate) fn sent() -> Ended {
    let subject = "Subject".to_owned();
    Ended::Sent { subject }
}

fn failed(why: &str, is_permanent: bool) -> Ended {
    let why = why.to_owned();
    let failure = Failure { is_permanent, why };
    Ended::Failed { failure, random: 0 }
}

/// Sends a mail as the worker does, without a server.
pub(crate) async fn send(world: &World, id: MailId, now: Timestamp) {
    let claimed = claim(world, id, now).await.unwrap();
    end(world, &claimed, sent(), now).await;
}

/// A customer whose storage quota of 100 is just exceeded, and its admin.
async fn exceeded() -> (World, UserId) {
    let world = World::new().await;
    let admin = world.add_user("admin", true).await;
    let tenant = world.tenant_account();
    world
        .set_quotas(
            tenant,
            &[(STORAGE, Quota::soft(100)), (VMS, Quota::soft(10))],
        )
        .await;
    world.report(tenant, STORAGE, 100, START).await;
    fan_out_all(&world, START).await;
    (world, admin)
}

#[tokio::test]
async fn one_mail_takes_in_everything_of_its_window() {
    let (world, admin) = exceeded().await;
    let colleague = world.add_user("colleague", false).await;
    let own = AccountId::User(colleague);
    world.set_quotas(own, &[(STORAGE, Quota::soft(10))]).await;
    world.report(own, STORAGE, 9, later(5)).await;
    fan_out_all(&world, later(5)).await;
    world
        .report(world.tenant_account(), VMS, 10, later(10))
        .await;
    fan_out_all(&world, later(10)).await;

    // The admin is told of the tenant's quotas and of the colleague's own one.
    let mails = queued_for(&world, admin).await;
    assert_eq!(mails.len(), 1);
    let mail = &mails[0];
    assert_eq!((mail.kind, mail.due_at), (MailKind::Quota, later(30)));
    let causes: Vec<_> = mail
        .causes
        .iter()
        .map(|c| (c.account.scope(), c.item, c.level))
        .collect();
    assert_eq!(
        causes,
        [
            (Scope::Tenant, STORAGE, Level::Exceeded),
            (Scope::User, STORAGE, Level::Soon),
            (Scope::Tenant, VMS, Level::Exceeded),
        ]
    );
    // The colleague came after the first; the window began with the own quota.
    let mails = queued_for(&world, colleague).await;
    assert_eq!(mails.len(), 1);
    assert_eq!((mails[0].causes.len(), mails[0].due_at), (2, later(35)));
}

#[tokio::test]
async fn nobody_is_told_who_does_not_want_to_be() {
    let world = World::new().await;
    let mut silent = Vec::new();
    for (login, change) in [
        (
            "disabled",
            (|user| user.enabled = false) as fn(&mut upsell::domain::user::User),
        ),
        ("inactive", |user| user.activated = false),
        ("no-address", |user| user.contact.email = None),
        ("unsubscribed", |user| user.notifications.clear()),
    ] {
        let user = world.add_user(login, true).await;
        world.change_user(user, change).await;
        silent.push(user);
    }
    let other = world.add_user("other", false).await;
    let own = AccountId::User(silent[0]);
    world
        .set_quotas(world.tenant_account(), &[(STORAGE, Quota::soft(100))])
        .await;
    world.set_quotas(own, &[(STORAGE, Quota::soft(100))]).await;
    // A user's own quota is not the business of a colleague who is no admin.
    world.report(own, STORAGE, 100, START).await;
    fan_out_all(&world, START).await;
    assert_eq!(world.mails(MailState::Queued).await.len(), 0);

    world
        .report(world.tenant_account(), STORAGE, 100, START)
        .await;
    fan_out_all(&world, START).await;
    let told: Vec<_> = world
        .mails(MailState::Queued)
        .await
        .iter()
        .map(|mail| mail.user_id)
        .collect();
    assert_eq!(told, [other]);
}

#[tokio::test]
async fn what_resolves_within_the_window_is_not_sent() {
    let (world, admin) = exceeded().await;
    world
        .report(world.tenant_account(), STORAGE, 10, later(20))
        .await;
    let mail = queued_for(&world, admin).await.remove(0);
    let due = compose(&world.env, &mail, later(30)).await.unwrap();
    assert!(
        matches!(due, Due::Cancel(CancelReason::Resolved)),
        "{due:?}"
    );
}

#[tokio::test]
async fn a_mail_that_is_being_sent_takes_nothing_more_in() {
    let (world, admin) = exceeded().await;
    let first = queued_for(&world, admin).await.remove(0);
    let claimed = claim(&world, first.id, later(30)).await.unwrap();
    // Who comes second gets nothing.
    assert_eq!(claim(&world, first.id, later(30)).await, None);
    world
        .report(world.tenant_account(), VMS, 10, later(31))
        .await;
    fan_out_all(&world, later(31)).await;
    let mails = queued_for(&world, admin).await;
    assert_eq!(mails.len(), 2);
    end(&world, &claimed, sent(), later(32)).await;
    let sent = world.mails(MailState::Sent).await.remove(0);
    assert_eq!(
        (sent.id, sent.sent_at, sent.causes.len()),
        (first.id, Some(later(32)), 1)
    );
}

#[tokio::test]
async fn a_crash_while_sending_gives_the_mail_back() {
    let (mut world, admin) = exceeded().await;
    let mail = queued_for(&world, admin).await.remove(0);
    claim(&world, mail.id, later(30)).await.unwrap();
    assert_eq!(claim(&world, mail.id, later(31)).await, None);
    // Nothing is stored of it, so it is due as before.
    let node = Node::new("test", START, Patience::DEFAULT);
    world.env.node = Arc::new(node);
    let queued = queued_for(&world, admin).await;
    assert_eq!(queued, std::slice::from_ref(&mail));
    let claimed = claim(&world, mail.id, later(31)).await.unwrap();
    assert_eq!(claimed.attempts, 1);
    end(&world, &claimed, Ended::Untried, later(32)).await;

    // A lease of a time when other nodes used the store too.
    let found = world.env.store.mail(mail.id).await.unwrap().unwrap();
    let mut leased = found.value.clone();
    leased.take(NodeId::random(), later(30), LEASE);
    let mut changes = Changes::new();
    changes.update_mail(&found, &leased);
    world.env.store.commit(changes).await.unwrap();
    for (now, count) in [(60, 1), (61, 0)] {
        let recovered = deliver::recover_leases(&world.env, later(now)).await;
        assert_eq!(recovered, Ok(count));
    }
    let recovered = queued_for(&world, admin).await.remove(0);
    assert_eq!((recovered.due_at, recovered.lease), (later(60), None));
}

#[tokio::test]
async fn failures_are_retried_and_then_kept_as_dead_letters() {
    let (world, admin) = exceeded().await;
    let mut now = later(30);
    let attempts = world.env.settings.retry.max_attempts;
    for attempt in 1..=attempts {
        let mail = queued_for(&world, admin).await.remove(0);
        let claimed = claim(&world, mail.id, now).await.unwrap();
        let next = end(&world, &claimed, failed("busy", false), now).await;
        let next = next.unwrap();
        let is_last = attempt == attempts;
        let gave_up = AfterFailure::GiveUp(GaveUp::Attempts);
        assert_eq!(next == gave_up, is_last, "attempt {attempt}");
        if let Some(mail) = queued_for(&world, admin).await.first() {
            assert!(mail.due_at > now);
            assert_eq!(next, AfterFailure::RetryAt(mail.due_at));
            // Not by the wait: the age would end it before the count does.
            now = now.plus(Duration::from_secs(1));
        }
    }
    let dead = world.mails(MailState::Dead).await.remove(0);
    assert_eq!(
        (dead.attempts, dead.last_error.as_deref()),
        (attempts, Some("no attempt is left; the last one: busy"))
    );
}

#[tokio::test]
async fn a_permanent_refusal_is_a_dead_letter_at_once() {
    let (world, admin) = exceeded().await;
    let mail = queued_for(&world, admin).await.remove(0);
    let claimed = claim(&world, mail.id, later(30)).await.unwrap();
    let next = end(&world, &claimed, failed("no such user", true), later(30)).await;
    assert_eq!(next, Some(AfterFailure::GiveUp(GaveUp::Refused)));
    assert_eq!(world.mails(MailState::Dead).await.len(), 1);
}

#[tokio::test]
async fn reminders_count_from_the_last_mail_sent() {
    let (world, admin) = exceeded().await;
    let week = 7 * 86_400;
    let mail = queued_for(&world, admin).await.remove(0);
    send(&world, mail.id, later(100)).await;

    let early = deliver::remind_next(&world.env, &mut None, later(99 + week))
        .await
        .unwrap();
    assert_eq!(early, Remind::NotBefore(later(100 + week)));
    let due = deliver::remind_next(&world.env, &mut None, later(100 + week))
        .await
        .unwrap();
    assert_eq!(due, Remind::Done);
    assert_eq!(
        deliver::remind_next(&world.env, &mut None, later(100 + week))
            .await
            .unwrap(),
        Remind::Idle
    );
    let reminder = queued_for(&world, admin).await.remove(0);
    assert_eq!(
        (reminder.kind, reminder.due_at),
        (MailKind::Reminder, later(100 + week))
    );

    // The next one counts from this one.
    send(&world, reminder.id, later(200 + week)).await;
    let next = deliver::remind_next(&world.env, &mut None, later(200 + week))
        .await
        .unwrap();
    assert_eq!(next, Remind::NotBefore(later(200 + 2 * week)));
}

#[tokio::test]
async fn nobody_is_reminded_of_what_is_resolved() {
    let (world, admin) = exceeded().await;
    let mail = queued_for(&world, admin).await.remove(0);
    send(&world, mail.id, later(100)).await;
    world
        .report(world.tenant_account(), STORAGE, 1, later(200))
        .await;
    let month = later(30 * 86_400);
    assert_eq!(
        deliver::remind_next(&world.env, &mut None, month)
            .await
            .unwrap(),
        Remind::Done
    );
    assert_eq!(queued_for(&world, admin).await.len(), 0);
}

#[tokio::test]
async fn a_clock_that_jumps_a_day_makes_no_storm() {
    let (world, admin) = exceeded().await;
    let mail = queued_for(&world, admin).await.remove(0);
    send(&world, mail.id, later(100)).await;
    let day = 86_400;
    // A day ahead and back again, with reports at each: the level stands, nobody is told again.
    for now in [later(day), later(50), later(day + 1), START] {
        world
            .report(world.tenant_account(), STORAGE, 100, now)
            .await;
        fan_out_all(&world, now).await;
        deliver::remind_next(&world.env, &mut None, now)
            .await
            .unwrap();
        assert_eq!(queued_for(&world, admin).await.len(), 0, "{now:?}");
    }
}

#[tokio::test]
async fn done_mails_are_forgotten_after_their_time_and_dead_letters_never() {
    let (world, admin) = exceeded().await;
    let mail = queued_for(&world, admin).await.remove(0);
    send(&world, mail.id, later(100)).await;
    world
        .report(world.tenant_account(), VMS, 10, later(200))
        .await;
    fan_out_all(&world, later(200)).await;
    let second = queued_for(&world, admin).await.remove(0);
    let second = claim(&world, second.id, later(300)).await.unwrap();
    end(&world, &second, failed("no", true), later(300)).await;

    assert_eq!(
        deliver::forget_done(&world.env, START, 100).await.unwrap(),
        0
    );
    assert_eq!(
        deliver::forget_done(&world.env, later(1000), 100)
            .await
            .unwrap(),
        1
    );
    assert_eq!(world.mails(MailState::Sent).await.len(), 0);
    assert_eq!(world.mails(MailState::Dead).await.len(), 1);
}
