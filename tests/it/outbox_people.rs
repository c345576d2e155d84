//! Whom a notice finds, and what it costs to find them: the people of an account's tenant are not read where
//! they are not told.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;

use upsell::domain::ids::{AccountId, UserId};
use upsell::domain::mail::MailState;
use upsell::domain::quota::{Item, Quota};
use upsell::store::engine::Changes;
use upsell::usecases::fan_out::{self, FanOut, recipients_of};

use crate::outbox_rules::{fan_out_all, queued_for};
use crate::support::nodes::Shared;
use crate::support::world::{START, World};

const STORAGE: Item = Item::StorageSize;
const VMS: Item = Item::VirtualMachines;

/// Turns all notices into mails, as the outbox does.
async fn fan_out_some(world: &World) {
    while fan_out::run_some(&world.env, START).await.unwrap() != FanOut::Idle {}
}

async fn exceed(world: &World, account: AccountId) {
    let quotas = [(STORAGE, Quota::soft(10)), (VMS, Quota::soft(10))];
    world.set_quotas(account, &quotas).await;
    world.report(account, STORAGE, 10, START).await;
}

async fn recipients(world: &World) -> BTreeSet<UserId> {
    let mails = world.mails(MailState::Queued).await;
    mails.into_iter().map(|mail| mail.user_id).collect()
}

/// A world in which a user with a company admin and so many colleagues exceeds a quota, and how many records
/// it took to find who is told.
async fn read_for_one_of(colleagues: usize) -> usize {
    let mut world = World::new().await;
    let admin = world.add_user("admin", true).await;
    let owner = world.add_user("owner", false).await;
    let logins: Vec<_> = (0..colleagues).map(|n| format!("colleague{n}")).collect();
    world.add_users(&logins, false).await;
    exceed(&world, AccountId::User(owner)).await;
    let (store, counts) = Shared::alone(&world.env.store);
    world.env.store = store;
    fan_out_some(&world).await;
    let read = counts.records_read.load(Ordering::SeqCst);
    assert_eq!(recipients(&world).await, BTreeSet::from([admin, owner]));
    read
}

#[tokio::test]
async fn a_notice_of_one_user_costs_the_same_in_a_tenant_of_any_size() {
    let (few, many) = (read_for_one_of(8).await, read_for_one_of(1500).await);
    assert_eq!(few, many);
    assert!(few < 16, "{few} records");
}

#[tokio::test]
async fn everyone_of_a_large_tenant_is_told_once_of_its_quotas() {
    let world = World::new().await;
    let logins: Vec<_> = (0..1200).map(|n| format!("user{n}")).collect();
    let users = world.add_users(&logins, false).await;
    exceed(&world, world.tenant_account()).await;
    let other = world.add_user("other", false).await;
    exceed(&world, AccountId::User(other)).await;
    fan_out_some(&world).await;
    let mails = world.mails(MailState::Queued).await;
    let told: BTreeSet<_> = mails.iter().map(|mail| mail.user_id).collect();
    assert!(told.is_superset(&users.into_iter().collect()));
    assert_eq!((mails.len(), told.len()), (1201, 1201));
}

#[tokio::test]
async fn who_is_company_admin_is_known_at_every_moment() {
    let world = World::new().await;
    let owner = world.add_user("owner", false).await;
    let stays = world.add_user("stays", true).await;
    let (comes, goes) = (
        world.add_user("comes", false).await,
        world.add_user("goes", true).await,
    );
    let (leaves, elsewhere) = (
        world.add_user("leaves", true).await,
        world.add_user("elsewhere", false).await,
    );
    let stranger = world.add_stranger().await;
    let policies = world.env.store.user(stays).await.unwrap().unwrap();
    let policies = policies.value.policies;
    let of_stranger = policies.iter().cloned().map(|mut policy| {
        policy.tenant_id = stranger;
        policy
    });
    let of_stranger: Vec<_> = of_stranger.collect();
    world
        .change_user(comes, |user| user.policies = policies)
        .await;
    world.change_user(goes, |user| user.policies.clear()).await;
    world
        .change_user(elsewhere, |user| user.policies = of_stranger)
        .await;
    let gone = world.env.store.user(leaves).await.unwrap().unwrap();
    let mut changes = Changes::new();
    changes.delete_user(&gone, &world.customer);
    world.env.store.commit(changes).await.unwrap();

    let told = |users: Vec<upsell::domain::user::User>| -> BTreeSet<UserId> {
        users.into_iter().map(|user| user.id).collect()
    };
    for (account, expected) in [
        (owner, vec![owner, stays, comes]),
        // An admin is told of the own quota once.
        (stays, vec![stays, comes]),
    ] {
        let found = recipients_of(&world.env, AccountId::User(account), 99).await;
        let found = found.unwrap();
        assert_eq!(found.len(), expected.len());
        assert_eq!(told(found), expected.into_iter().collect());
    }
    // An account that is gone concerns nobody.
    let found = recipients_of(&world.env, AccountId::User(leaves), 99).await;
    assert_eq!(told(found.unwrap()), BTreeSet::new());
}

#[tokio::test]
async fn two_notices_of_one_moment_are_both_told() {
    for all_at_once in [true, false] {
        let world = World::new().await;
        let user = world.add_user("user", false).await;
        let own = AccountId::User(user);
        exceed(&world, own).await;
        // In the same microsecond, by another request.
        world.report(own, VMS, 10, START).await;
        if all_at_once {
            fan_out_some(&world).await;
        } else {
            fan_out_all(&world, START).await;
        }
        let mails = queued_for(&world, user).await;
        let causes: BTreeSet<_> = mails[0].causes.iter().map(|cause| cause.item).collect();
        assert_eq!((mails.len(), causes), (1, BTreeSet::from([STORAGE, VMS])));
    }
}
