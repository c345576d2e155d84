//! Company admins are told of the quotas of each user of their tenant: by name, as long as they
//! stand, and by reminders too.

use upsell::domain::ids::{AccountId, UserId};
use upsell::domain::mail::{Mail, MailKind};
use upsell::domain::quota::{Item, Level, Quota};
use upsell::usecases::compose::{Composed, Due, compose};
use upsell::usecases::deliver::{self, Remind};

use crate::outbox_rules::{fan_out_all, later, queued_for, send};
use crate::support::world::{START, World};

const STORAGE: Item = Item::StorageSize;
const VMS: Item = Item::VirtualMachines;

/// An admin whose colleague has just exceeded a quota of 10.
async fn colleague_exceeds() -> (World, UserId, UserId) {
    let world = World::new().await;
    let admin = world.add_user("admin", true).await;
    let colleague = world.add_user("colleague", false).await;
    world
        .change_user(colleague, |user| {
            user.contact.firstname = "Ada".to_owned();
            user.contact.lastname = "Lovelace".to_owned();
        })
        .await;
    let own = AccountId::User(colleague);
    world.set_quotas(own, &[(STORAGE, Quota::soft(10))]).await;
    world.report(own, STORAGE, 10, START).await;
    fan_out_all(&world, START).await;
    (world, admin, colleague)
}

async fn only_mail(world: &World, user: UserId) -> Mail {
    let mut mails = queued_for(world, user).await;
    assert_eq!(mails.len(), 1);
    mails.remove(0)
}

async fn composed(world: &World, mail: &Mail) -> Composed {
    match compose(&world.env, mail, later(30)).await.unwrap() {
        Due::Send(composed) => *composed,
        Due::Cancel(why) => panic!("cancelled: {}", why.says()),
    }
}

async fn is_cancelled(world: &World, mail: &Mail) -> bool {
    let due = compose(&world.env, mail, later(30)).await.unwrap();
    matches!(due, Due::Cancel(_))
}

#[tokio::test]
async fn an_admin_reads_whose_quota_it_is() {
    let (world, admin, colleague) = colleague_exceeds().await;
    let mail = only_mail(&world, admin).await;
    let read = composed(&world, &mail).await;
    for part in [&read.text, &read.html] {
        assert!(part.contains("Ada Lovelace"), "{part}");
    }
    // The owner's own mail speaks to the owner.
    let own = composed(&world, &only_mail(&world, colleague).await).await;
    assert!(own.text.contains("Your storage quota"), "{}", own.text);
}

#[tokio::test]
async fn an_admin_is_not_told_of_what_a_colleague_resolved() {
    let (world, admin, colleague) = colleague_exceeds().await;
    let mail = only_mail(&world, admin).await;
    let own = AccountId::User(colleague);
    world.report(own, STORAGE, 1, later(5)).await;
    assert!(is_cancelled(&world, &mail).await);
}

#[tokio::test]
async fn who_is_no_admin_any_more_is_not_told_of_colleagues() {
    let (world, admin, _) = colleague_exceeds().await;
    let mail = only_mail(&world, admin).await;
    world.change_user(admin, |user| user.policies.clear()).await;
    assert!(is_cancelled(&world, &mail).await);
}

#[tokio::test]
async fn what_stands_for_other_reasons_does_not_hold_a_mail() {
    let world = World::new().await;
    let admin = world.add_user("admin", true).await;
    let tenant = world.tenant_account();
    let quotas = [(STORAGE, Quota::soft(100)), (VMS, Quota::soft(10))];
    world.set_quotas(tenant, &quotas).await;
    world.report(tenant, STORAGE, 100, START).await;
    fan_out_all(&world, START).await;
    let told = only_mail(&world, admin).await;
    send(&world, told.id, later(30)).await;

    world.report(tenant, VMS, 10, later(40)).await;
    fan_out_all(&world, later(40)).await;
    let second = only_mail(&world, admin).await;
    // The storage was told of in the first mail, and no machine is over its quota any more.
    world.report(tenant, VMS, 1, later(50)).await;
    assert!(is_cancelled(&world, &second).await);
}

#[tokio::test]
async fn an_admin_is_reminded_of_colleagues_too() {
    let (world, admin, colleague) = colleague_exceeds().await;
    let mail = only_mail(&world, admin).await;
    send(&world, mail.id, later(100)).await;
    let week = later(100 + 7 * 86_400);
    let reminded = deliver::remind_next(&world.env, &mut None, week)
        .await
        .unwrap();
    assert_eq!(reminded, Remind::Done);
    let reminder = only_mail(&world, admin).await;
    assert_eq!(reminder.kind, MailKind::Reminder);
    let causes: Vec<_> = reminder
        .causes
        .iter()
        .map(|cause| (cause.account, cause.item, cause.level))
        .collect();
    let expected = (AccountId::User(colleague), STORAGE, Level::Exceeded);
    assert_eq!(causes, [expected]);
    let read = composed(&world, &reminder).await;
    assert!(read.text.contains("Ada Lovelace"), "{}", read.text);
}
