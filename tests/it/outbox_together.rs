//! Many mails in one commit: nothing is lost, sent to the wrong end or forgotten because others
//! were dealt with at the same time, nor when all of it is cut off.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures_util::future::join;
use upsell::domain::ids::{AccountId, MailId, UserId};
use upsell::domain::mail::{
    AfterFailure, CancelReason, GaveUp, Mail, MailState, Notice, Recipient,
};
use upsell::domain::quota::{Item, Level, Quota};
use upsell::store::engine::Changes;
use upsell::store::keys;
use upsell::usecases::deliver::{self, Ended, Failure, Outcome};
use upsell::usecases::fan_out::{self, FanOut};
use upsell::usecases::nodes::{Node, Patience};

use crate::outbox_rules::{later, queued_for};
use crate::support::app::eventually;
use crate::support::nodes::Shared;
use crate::support::outbox::{Running, TestClock, outbox_to};
use crate::support::smtp_script::{Act, At, Pipelining, Setup, SmtpScript};
use crate::support::world::{START, World};

const STORAGE: Item = Item::StorageSize;
const VMS: Item = Item::VirtualMachines;

/// A customer with so many people, all of whom are to be told.
pub(crate) async fn told(people: usize) -> (World, Vec<UserId>) {
    let world = World::new().await;
    let mut users = Vec::new();
    for number in 0..people {
        users.push(world.add_user(&format!("user{number}"), false).await);
    }
    let tenant = world.tenant_account();
    let quotas = [(STORAGE, Quota::soft(100)), (VMS, Quota::soft(10))];
    world.set_quotas(tenant, &quotas).await;
    world.report(tenant, STORAGE, 100, START).await;
    (world, users)
}

pub(crate) async fn fan_out(world: &World) -> Vec<MailId> {
    while fan_out::run_some(&world.env, START).await.unwrap() != FanOut::Idle {}
    let queued = world.mails(MailState::Queued).await;
    queued.iter().map(|mail| mail.id).collect()
}

pub(crate) async fn mail(world: &World, id: MailId) -> Mail {
    world.env.store.mail(id).await.unwrap().unwrap().value
}

#[tokio::test]
async fn notices_of_one_commit_become_one_mail_a_recipient() {
    let (world, users) = told(3).await;
    world
        .report(world.tenant_account(), VMS, 10, later(1))
        .await;
    let own = AccountId::User(users[0]);
    world.set_quotas(own, &[(STORAGE, Quota::soft(10))]).await;
    world.report(own, STORAGE, 10, later(2)).await;

    let done = fan_out::run_some(&world.env, later(3)).await.unwrap();
    assert_eq!(done, FanOut::Done { recipients: 7 });
    let done = fan_out::run_some(&world.env, later(3)).await.unwrap();
    assert_eq!(done, FanOut::Idle);
    for (user, causes) in [(users[0], 3), (users[1], 2), (users[2], 2)] {
        let mails = queued_for(&world, user).await;
        assert_eq!(mails.len(), 1);
        assert_eq!(mails[0].causes.len(), causes);
    }
    // What comes later joins the open mails.
    let own = AccountId::User(users[1]);
    world.set_quotas(own, &[(STORAGE, Quota::soft(10))]).await;
    world.report(own, STORAGE, 10, later(4)).await;
    fan_out::run_some(&world.env, later(5)).await.unwrap();
    let mails = queued_for(&world, users[1]).await;
    assert_eq!((mails.len(), mails[0].causes.len()), (1, 3));
}

#[tokio::test]
async fn a_mail_is_claimed_once_by_however_many_and_without_a_commit() {
    let (mut world, _) = told(20).await;
    let mut ids = fan_out(&world).await;
    let (store, commits) = Shared::alone(&world.env.store);
    world.env.store = store;
    let env = &world.env;
    let early = deliver::claim(env, &ids, later(29)).await.unwrap();
    assert_eq!(early, []);
    ids.push(MailId::random());
    let (one, two) = join(
        deliver::claim(env, &ids, later(30)),
        deliver::claim(env, &ids, later(30)),
    )
    .await;
    let (one, two) = (one.unwrap(), two.unwrap());
    let mut claimed: Vec<MailId> = one.iter().chain(&two).map(|mail| mail.id).collect();
    claimed.sort();
    claimed.dedup();
    assert_eq!(claimed.len(), 20);
    let again = deliver::claim(env, &ids, later(31)).await.unwrap();
    assert_eq!(again, [], "they are with a server");
    assert_eq!(commits.made.load(Ordering::SeqCst), 0);
    // Of those whose turn did not come nothing is stored either.
    let outcomes = one
        .iter()
        .chain(&two)
        .map(|mail| Outcome::of(mail, Ended::Untried));
    let outcomes: Vec<Outcome> = outcomes.collect();
    deliver::record(env, &outcomes, later(31)).await.unwrap();
    assert_eq!(commits.made.load(Ordering::SeqCst), 0);
    let again = deliver::claim(env, &ids, later(32)).await.unwrap();
    assert_eq!(again.len(), 20);
    assert!(again.iter().all(|mail| mail.attempts == 1));
}

#[tokio::test]
async fn a_claimed_mail_is_read_again_only_where_somebody_changed_it() {
    let (mut world, _) = told(20).await;
    let ids = fan_out(&world).await;
    let (store, commits) = Shared::alone(&world.env.store);
    world.env.store = store;
    let env = &world.env;
    let claimed = deliver::claim(env, &ids, later(30)).await.unwrap();
    let sent = |mail: &Mail| {
        let subject = "Subject".to_owned();
        Outcome::of(mail, Ended::Sent { subject })
    };
    let outcomes: Vec<Outcome> = claimed.iter().map(sent).collect();
    commits.records_read.store(0, Ordering::SeqCst);
    let (ours, changed) = outcomes.split_at(10);
    deliver::record(env, ours, later(31)).await.unwrap();
    // The recipients, and what is known of them.
    assert_eq!(commits.records_read.load(Ordering::SeqCst), 2 * ours.len());

    let found = env.store.mail(changed[0].id).await.unwrap().unwrap();
    let mut changes = Changes::new();
    let mut other = found.value.clone();
    other.due_at = later(29);
    changes.update_mail(&found, &other);
    env.store.commit(changes).await.unwrap();
    deliver::record(env, changed, later(31)).await.unwrap();
    assert_eq!(world.mails(MailState::Sent).await.len(), 20);
    assert_eq!(
        env.store.ids_under(&keys::mails_due(), None, 100).await,
        Ok(Vec::new())
    );
}

#[tokio::test]
async fn each_mail_gets_its_own_end() {
    let (world, _) = told(5).await;
    let ids = fan_out(&world).await;
    let env = &world.env;
    let taken = deliver::claim(env, &ids, later(30)).await.unwrap();
    assert_eq!(taken.len(), 5);
    let failure = |is_permanent| Failure {
        is_permanent,
        why: "no".to_owned(),
    };
    let subject = "Subject".to_owned();
    let failed = |is_permanent| Ended::Failed {
        failure: failure(is_permanent),
        random: 0,
    };
    let ends = [
        Ended::Sent { subject },
        failed(false),
        failed(true),
        Ended::Cancelled(CancelReason::Resolved),
        Ended::Untried,
    ];
    let outcomes = ids.iter().zip(ends);
    let mut outcomes: Vec<Outcome> = outcomes
        .map(|(id, ended)| Outcome {
            id: *id,
            lease: 1,
            ended,
        })
        .collect();
    outcomes.push(Outcome {
        id: MailId::random(),
        lease: 1,
        ended: failed(false),
    });
    // Somebody changes one of them at the same moment: the others lose nothing by it.
    let last = env.store.mail(ids[4]).await.unwrap().unwrap();
    let mut changes = Changes::new();
    let mut changed = last.value.clone();
    changed.last_error = Some("in between".to_owned());
    changes.update_mail(&last, &changed);
    let (next, other) = join(
        deliver::record(env, &outcomes, later(31)),
        env.store.commit(changes),
    )
    .await;
    // Whoever came second saw it.
    drop(other);
    assert_eq!(
        next.unwrap(),
        [
            None,
            Some(AfterFailure::RetryAt(later(61))),
            Some(AfterFailure::GiveUp(GaveUp::Refused)),
            None,
            None,
            None,
        ]
    );
    let mut mails = Vec::new();
    for id in &ids {
        mails.push(mail(&world, *id).await);
    }
    let states: Vec<MailState> = mails.iter().map(|mail| mail.state).collect();
    use MailState::{Cancelled, Dead, Queued, Sent};
    assert_eq!(states, [Sent, Queued, Dead, Cancelled, Queued]);
    assert_eq!(mails[0].subject.as_deref(), Some("Subject"));
    assert_eq!((mails[1].attempts, mails[1].due_at), (1, later(61)));
    assert_eq!((mails[4].attempts, mails[4].due_at), (0, later(30)));
    assert!(mails.iter().all(|mail| mail.lease.is_none()));
    // Who was told is remembered, and nobody else.
    for (number, mail) in mails.iter().enumerate() {
        let known = env.store.load::<Recipient>(mail.user_id).await;
        assert_eq!(known.unwrap().is_some(), number == 0, "{number}");
    }
}

pub(crate) async fn server() -> SmtpScript {
    let setup = Setup {
        pipelining: Pipelining::Works,
        ..Setup::default()
    };
    SmtpScript::with(setup).await
}

pub(crate) async fn until_none_is_queued(world: &World) {
    eventually("no mail is left in the queue", async || {
        let queued = world.mails(MailState::Queued).await;
        queued.is_empty().then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_loses_no_mail_and_repeats_few() {
    const PEOPLE: usize = 400;
    /// Mails that were accepted and not recorded: in the queue to the recorder, in its commit, and
    /// one for each connection.
    const MOST_REPEATED: usize = 64 + 64 + 10;
    let (mut world, _) = told(PEOPLE).await;
    assert_eq!(fan_out(&world).await.len(), PEOPLE);
    let server = server().await;
    let crashing = tokio::runtime::Runtime::new().unwrap();
    let run = outbox_to(&world.env, &server, &TestClock::at(30));
    crashing.spawn(run.run(std::future::pending(), Duration::ZERO));
    server.until_taken(|taken| taken.len() >= PEOPLE / 2).await;
    crashing.shutdown_background();

    let node = Node::new("test", START, Patience::DEFAULT);
    world.env.node = Arc::new(node);
    let again = Running::to(&world.env, &server, 32, Duration::from_secs(3));
    until_none_is_queued(&world).await;
    again.stop().await;

    let mut ids: HashMap<String, Vec<String>> = HashMap::new();
    for mail in server.taken() {
        let id = mail
            .message
            .lines()
            .find(|line| line.starts_with("Message-ID:"));
        ids.entry(mail.to).or_default().push(id.unwrap().to_owned());
    }
    assert_eq!(ids.len(), PEOPLE);
    let repeated: usize = ids.values().map(|ids| ids.len() - 1).sum();
    println!("{repeated} of {PEOPLE} mails came twice");
    assert!(repeated <= MOST_REPEATED, "{repeated}");
    for ids in ids.values() {
        assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    }
    assert_eq!(server.breaches(), Vec::<String>::new());
}

#[tokio::test]
async fn a_stop_gives_back_what_no_server_has() {
    let (world, _) = told(60).await;
    fan_out(&world).await;
    let server = server().await;
    server.always(At::FinalDot, Act::Stall);
    let running = Running::to(&world.env, &server, 30, Duration::from_millis(300));
    server.until_reached(At::FinalDot, 10).await;
    running.stop().await;
    let queued = world.mails(MailState::Queued).await;
    assert_eq!(queued.len(), 60);
    let in_flight = world.env.node.in_flight();
    assert!(
        queued
            .iter()
            .all(|mail| mail.attempts == 0 && mail.is_due(later(30)) && !in_flight.has(mail.id))
    );
}

#[tokio::test]
async fn a_server_that_answers_nothing_holds_few_mails() {
    let (world, _) = told(200).await;
    fan_out(&world).await;
    let server = server().await;
    server.always(At::Greeting, Act::Stall);
    let running = Running::to(&world.env, &server, 30, Duration::ZERO);
    server.until_reached(At::Greeting, 10).await;
    running.clock.until_passed(&world.env.outbox_wake).await;
    let queued = world.mails(MailState::Queued).await;
    let in_flight = world.env.node.in_flight();
    let taken = queued.iter().filter(|mail| in_flight.has(mail.id)).count();
    assert!((10..=20).contains(&taken), "{taken}");
    running.stop().await;
}

/// Whoever reported may hang up before the answer: nobody but the store knows of the notice then.
#[tokio::test]
async fn a_notice_wakes_the_outbox_by_itself() {
    let world = World::new().await;
    world.add_user("user", false).await;
    let server = server().await;
    let running = Running::to(&world.env, &server, 30, Duration::ZERO);
    running.clock.until_passed(&world.env.outbox_wake).await;
    let notice = Notice {
        account: world.tenant_account(),
        entered: vec![(STORAGE, Level::Soon)],
        created_at: later(30),
    };
    let mut changes = Changes::new();
    changes.put_notice(&notice);
    world.env.store.commit(changes).await.unwrap();
    eventually("the notice becomes a mail", async || {
        (world.mails(MailState::Queued).await.len() == 1).then_some(())
    })
    .await;
    running.stop().await;
}
