//! Several nodes over one store: who sends what, and what becomes of it when one of them dies,
//! is cut off, or comes back. The test turns the clocks.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use futures_util::future::join;
use tokio::runtime::Runtime;
use upsell::domain::ids::{AccountId, UserId};
use upsell::domain::mail::{CancelReason, Mail, MailState};
use upsell::domain::quota::{Item, Quota};
use upsell::usecases::deliver::{self, Ended, Failure, Remind};
use upsell::usecases::fan_out::{self, FanOut};
use upsell::usecases::nodes::{self, Patience};

use crate::outbox_rules::{later, queued_for, send};
use crate::outbox_together::{fan_out, mail, server, told, until_none_is_queued};
use crate::support::app::eventually;
use crate::support::member::Member;
use crate::support::nodes::{Failure as Failing, Shared};
use crate::support::smtp_script::{Act, At, SmtpScript};
use crate::support::world::{START, World};

const STORAGE: Item = Item::StorageSize;

/// Connections to one server.
const CONNECTIONS: usize = 10;

const HEARTBEAT_TTL: u64 = Patience::DEFAULT.heartbeat_ttl.as_secs();

/// When the others take a node for dead that was last heard of at 0.
const DEAD: u64 = HEARTBEAT_TTL + Patience::DEFAULT.max_clock_skew.as_secs() + 30;

/// How often each address got a mail.
fn received(servers: &[&SmtpScript]) -> HashMap<String, usize> {
    let mut times = HashMap::new();
    for mail in servers.iter().flat_map(|server| server.taken()) {
        *times.entry(mail.to).or_default() += 1;
    }
    times
}

fn sent() -> Ended {
    Ended::Sent {
        subject: "Subject".to_owned(),
    }
}

fn failed(is_permanent: bool) -> Ended {
    let why = "no".to_owned();
    Ended::Failed {
        failure: Failure { is_permanent, why },
        random: 0,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_nodes_send_each_mail_once_and_share_them() {
    const PEOPLE: usize = 300;
    let (world, _) = told(PEOPLE).await;
    fan_out(&world).await;
    let (one, two) = (Member::new(&world, 30).await, Member::new(&world, 30).await);
    one.beat().await;
    let server = server().await;
    let running = [one.run(&server), two.run(&server)];
    until_none_is_queued(&world).await;
    for node in running {
        node.stop().await;
    }
    let times = received(&[&server]);
    assert_eq!(times.len(), PEOPLE);
    assert!(times.values().all(|times| *times == 1), "{times:?}");
    assert_eq!(one.sent() + two.sent(), PEOPLE);
    for node in [&one, &two] {
        assert!(node.sent() > PEOPLE / 4, "{}", node.sent());
        assert_eq!(node.duplicates(), 0);
        assert_eq!(node.leases().await.len(), 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_dead_node_had_is_sent_by_another() {
    const PEOPLE: usize = 60;
    let (world, _) = told(PEOPLE).await;
    fan_out(&world).await;
    let server = server().await;
    server.always(At::FinalDot, Act::Stall);
    let dying = Member::new(&world, 30).await;
    let runtime = Runtime::new().unwrap();
    dying.run_on(&runtime, &server);
    server.until_reached(At::FinalDot, CONNECTIONS).await;
    runtime.shutdown_background();
    server.until_deserted().await;
    server.relent();
    let left = dying.leases().await;
    assert!(left.len() >= CONNECTIONS, "{}", left.len());

    // As long as it may be alive, its mails and its share of the others are left to it.
    let heir = Member::new(&world, 30).await;
    let running = heir.run(&server);
    let members = heir.env.node.members();
    assert!(!members.is_alone());
    eventually("the heir sends its own share", async || {
        let queued = world.mails(MailState::Queued).await;
        let is_heirs = |mail: &Mail| mail.lease.is_none() && members.is_mine(mail.id.uuid());
        (!queued.iter().any(is_heirs)).then_some(())
    })
    .await;
    heir.turn_to(DEAD - 1);
    assert_eq!(heir.beat().await, 0);
    assert_eq!(dying.leases().await, left);
    assert!(received(&[&server]).len() < PEOPLE);

    heir.turn_to(DEAD);
    assert_eq!(heir.beat().await, left.len());
    until_none_is_queued(&world).await;
    running.stop().await;
    let times = received(&[&server]);
    assert_eq!(times.len(), PEOPLE);
    assert!(times.values().all(|times| *times == 1), "{times:?}");
    let known = nodes::list(&heir.env).await.unwrap();
    let known: Vec<_> = known.iter().map(|presence| presence.node).collect();
    assert_eq!(known, [heir.env.node.id()]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_death_in_the_middle_repeats_only_what_was_under_way() {
    const PEOPLE: usize = 400;
    let (world, users) = told(PEOPLE).await;
    fan_out(&world).await;
    let server = server().await;
    let dying = Member::new(&world, 30).await;
    let other = Member::new(&world, 30).await;
    dying.beat().await;
    let runtime = Runtime::new().unwrap();
    dying.run_on(&runtime, &server);
    let running = other.run(&server);
    server.until_taken(|taken| taken.len() >= PEOPLE / 3).await;
    let ended = move || runtime.shutdown_timeout(Duration::from_secs(30));
    tokio::task::spawn_blocking(ended).await.unwrap();
    // The store makes commits in turn: its last one is made before this one.
    other.beat().await;
    let left = dying.leases().await;
    other.turn_to(DEAD);
    other.beat().await;
    until_none_is_queued(&world).await;
    running.stop().await;

    let times = received(&[&server]);
    assert_eq!(times.len(), PEOPLE);
    let mut under_way = HashSet::new();
    for user in users {
        let mails = world.mails(MailState::Sent).await;
        let mail = mails.iter().find(|mail| mail.user_id == user).unwrap();
        if left.contains(&mail.id) {
            let user = world.env.store.user(user).await.unwrap().unwrap();
            under_way.insert(user.contact.email.clone().unwrap().to_string());
        }
    }
    let repeated: HashSet<String> = times
        .into_iter()
        .filter(|(_, times)| *times > 1)
        .map(|(to, _)| to)
        .collect();
    println!("{} under way, {} repeated", under_way.len(), repeated.len());
    assert!(repeated.is_subset(&under_way), "{repeated:?}");
}

#[tokio::test]
async fn who_lost_a_mail_cannot_speak_for_it() {
    let (world, _) = told(5).await;
    let ids = fan_out(&world).await;
    let old = Member::new(&world, 30).await;
    let mut taken = Vec::new();
    for id in &ids {
        taken.push(old.take(*id).await.unwrap());
    }
    let new = Member::new(&world, DEAD).await;
    // It gave them back when it came.
    assert_eq!(old.leases().await.len(), 0);
    let mut again = Vec::new();
    for id in &ids[..4] {
        again.push(new.take(*id).await.unwrap());
    }
    let ends = [
        failed(true),
        Ended::Cancelled(CancelReason::Resolved),
        Ended::Untried,
        sent(),
    ];
    for (mail, ended) in taken.iter().zip(ends) {
        old.record(mail, ended).await;
    }
    for expected in &again {
        assert_eq!(mail(&world, expected.id).await, *expected);
    }
    assert_eq!((old.duplicates(), new.duplicates()), (1, 0));
    // What the new owner says counts.
    new.record(&again[0], sent()).await;
    new.record(&again[1], failed(true)).await;
    assert_eq!(mail(&world, ids[0]).await.state, MailState::Sent);
    assert_eq!(mail(&world, ids[1]).await.state, MailState::Dead);
    old.record(&taken[0], sent()).await;
    assert_eq!(old.duplicates(), 2);
    // A mail that was given back and is nobody's: it was sent, and goes to nobody twice.
    old.record(&taken[4], sent()).await;
    assert_eq!(mail(&world, ids[4]).await.state, MailState::Sent);
    assert_eq!(new.take(ids[3]).await, None);
    assert_eq!(old.duplicates(), 2);
}

#[tokio::test]
async fn a_node_takes_no_mail_again_of_which_it_has_not_recorded_what_became() {
    let (world, _) = told(1).await;
    let id = fan_out(&world).await[0];
    let one = Member::new(&world, 30).await;
    let had = one.take(id).await.unwrap();
    // The store is away until the lease is long over.
    one.turn_to(31 + deliver::LEASE.as_secs());
    assert_eq!(one.beat().await, 0);
    assert_eq!(one.take(id).await, None);
    one.record(&had, sent()).await;
    let ended = mail(&world, id).await;
    assert_eq!((ended.state, ended.attempts), (MailState::Sent, 1));
}

#[tokio::test]
async fn a_mail_that_a_node_took_without_learning_of_it_is_due_again() {
    let (world, _) = told(2).await;
    let ids = fan_out(&world).await;
    let mut one = Member::unknown(&world, 30);
    one.env.store = Shared::failing(&world.env.store, 2, Failing::After);
    one.beat().await;
    let known = one.take(ids[0]).await.unwrap();
    let now = (one.clock)();
    let lost = deliver::claim(&one.env, &ids[1..], now).await;
    assert!(lost.is_err(), "{lost:?}");
    assert_eq!(one.leases().await.len(), 2);
    assert_eq!(
        one.take(ids[1]).await,
        None,
        "the store says that it is taken"
    );
    assert_eq!(one.beat().await, 1);
    let taken = one.take(ids[1]).await.unwrap();
    assert_eq!((taken.attempts, taken.leases), (1, 2));
    // What it knows of stays its own.
    assert_eq!(one.beat().await, 0);
    assert_eq!(mail(&world, ids[0]).await, known);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_was_paused_begins_nothing_of_before() {
    const PEOPLE: usize = 60;
    let (world, _) = told(PEOPLE).await;
    fan_out(&world).await;
    let (slow, fast) = (server().await, server().await);
    for _ in 0..CONNECTIONS {
        let pause = Duration::from_millis(600);
        slow.once(At::FinalDot, Act::Slowly("250 taken".to_owned(), pause));
    }
    let paused = Member::new(&world, 30).await;
    let running = paused.run(&slow);
    slow.until_reached(At::FinalDot, CONNECTIONS).await;
    eventually("more is taken than is under way", async || {
        (paused.leases().await.len() > CONNECTIONS).then_some(())
    })
    .await;

    // Its clock goes on with the others'; it does not get to say that it is there.
    paused.turn_to(DEAD);
    let other = Member::new(&world, DEAD).await;
    let all_sent = other.run(&fast);
    until_none_is_queued(&world).await;
    assert_eq!(received(&[&fast]).len(), PEOPLE);
    // It comes back before the slow server has answered.
    assert_eq!(paused.sent(), 0);
    paused.beat().await;
    eventually("the slow server has answered", async || {
        (paused.duplicates() == CONNECTIONS).then_some(())
    })
    .await;
    running.stop().await;
    all_sent.stop().await;
    assert_eq!(received(&[&slow]), HashMap::new());
    assert_eq!(paused.sent(), CONNECTIONS);
    assert_eq!(other.sent(), PEOPLE);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_begins_nothing_until_it_is_known() {
    let (world, _) = told(5).await;
    let ids = fan_out(&world).await;
    let server = server().await;
    let node = Member::unknown(&world, 30);
    assert_eq!(node.take(ids[0]).await, None);
    let running = node.run(&server);
    node.until_passed().await;
    assert_eq!(server.connections(), 0);
    node.beat().await;
    until_none_is_queued(&world).await;
    // Its time is over, and nobody has renewed it.
    node.turn_to(30 + HEARTBEAT_TTL);
    world
        .report(world.tenant_account(), Item::VirtualMachines, 10, later(40))
        .await;
    node.until_passed().await;
    assert_eq!(world.mails(MailState::Queued).await.len(), 0);
    node.beat().await;
    eventually("the notice becomes mails", async || {
        (world.mails(MailState::Queued).await.len() == 5).then_some(())
    })
    .await;
    running.stop().await;
}

/// Users with a quota of their own that is exceeded: a notice for each.
async fn notices(world: &World, count: usize) -> Vec<UserId> {
    let mut users = Vec::new();
    for number in 0..count {
        let user = world.add_user(&format!("own{number}"), false).await;
        let own = AccountId::User(user);
        world.set_quotas(own, &[(STORAGE, Quota::soft(10))]).await;
        world.report(own, STORAGE, 10, START).await;
        users.push(user);
    }
    users
}

async fn fan_out_by(node: &Member) -> usize {
    let mut told = 0;
    while let FanOut::Done { recipients } = fan_out::run_some(&node.env, START).await.unwrap() {
        told += recipients;
    }
    told
}

#[tokio::test]
async fn nodes_share_notices_and_reminders_and_what_one_leaves_the_other_does() {
    const PEOPLE: usize = 40;
    let world = World::new().await;
    let users = notices(&world, PEOPLE).await;
    let (one, two) = (Member::new(&world, 0).await, Member::new(&world, 0).await);
    one.beat().await;
    let ones = fan_out_by(&one).await;
    assert!((1..PEOPLE).contains(&ones), "{ones}");
    // The second one goes without having done anything.
    nodes::leave(&two.env).await.unwrap();
    assert_eq!(fan_out_by(&one).await, 0);
    one.beat().await;
    assert_eq!(ones + fan_out_by(&one).await, PEOPLE);
    for user in &users {
        let mails = queued_for(&world, *user).await;
        assert_eq!(mails.len(), 1);
        send(&world, mails[0].id, later(30)).await;
    }

    let month = 30 * 86_400;
    let two = Member::new(&world, month).await;
    one.turn_to(month);
    one.beat().await;
    let mut reminded = Vec::new();
    for node in [&one, &two] {
        let mut after = None;
        let now = later(month);
        while deliver::remind_next(&node.env, &mut after, now)
            .await
            .unwrap()
            == Remind::Done
        {}
        reminded.push(world.mails(MailState::Queued).await.len());
    }
    assert!((1..PEOPLE).contains(&reminded[0]), "{reminded:?}");
    assert_eq!(reminded[1], PEOPLE);
}

#[tokio::test]
async fn nodes_that_do_not_know_of_each_other_make_no_mail_twice() {
    const PEOPLE: usize = 10;
    let world = World::new().await;
    let users = notices(&world, PEOPLE).await;
    let (one, two) = (Member::unknown(&world, 0), Member::unknown(&world, 0));
    let all = async |env| while fan_out::run_one(env, START).await.unwrap() != FanOut::Idle {};
    join(all(&one.env), all(&two.env)).await;
    for user in users {
        assert_eq!(queued_for(&world, user).await.len(), 1);
    }
}
