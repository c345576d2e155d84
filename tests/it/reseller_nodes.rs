//! The races of [`crate::reseller_races`] between nodes: several stores over one engine, whose
//! writers do not take turns with each other. Only the expected revisions keep them apart.

use std::sync::Arc;

use upsell::domain::ids::UserId;
use upsell::domain::reseller::change::KeepRole;
use upsell::domain::reseller::name::Name;
use upsell::usecases::Env;
use upsell::usecases::access::Caller;
use upsell::usecases::error::Error;
use upsell::usecases::manage_users;
use upsell::usecases::precondition::Expected;
use upsell::usecases::reseller::domains::{self, DomainPatch};
use upsell::usecases::reseller::members::{self, RoleRef};
use upsell::usecases::reseller::roles::Home;
use upsell::usecases::reseller::{change_plan, plans, roles};

use crate::reseller_races::{Dice, PLANS, ROLES, check_store};
use crate::support::nodes::Shared;
use crate::support::world::{START, World, cx};

const NODES: u64 = 4;
const STEPS: u64 = 60;

fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

/// One random change, as one node makes it.
async fn step(env: &Env, caller: &Caller, dice: &mut Dice, users: &[UserId]) -> Result<(), Error> {
    let (plan, role) = (name(dice.pick(&PLANS)), name(dice.pick(&ROLES)));
    let acme = name("acme");
    let user = users[dice.roll(users.len())];
    let who = user.to_string();
    let home = Home::Plan(plan.clone());
    match dice.roll(12) {
        0..=4 => {
            let wanted = [RoleRef::Name(role), RoleRef::Name(name(dice.pick(&ROLES)))];
            let done = members::replace(cx(env, caller, START), (&acme, &who), &wanted, None);
            done.await.map(drop)
        }
        5 => members::take_out(cx(env, caller, START), (&acme, &who), None).await,
        6 | 7 => roles::delete(cx(env, caller, START), (&home, &role), None).await,
        8 => {
            let done = roles::create(cx(env, caller, START), &home, &role, Ok);
            done.await.map(drop)
        }
        9 => manage_users::delete(cx(env, caller, START), user, None).await,
        _ => {
            let keep: KeepRole = dice.pick(&["false", "true", "Admin"]).parse().unwrap();
            let done =
                change_plan::change(cx(env, caller, START), &acme, (&plan, &keep), None).await?;
            for one in &done.users {
                assert!(!one.new.is_empty() && one.old.iter().all(|role| role.id.0 > 0));
            }
            Ok(())
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nodes_that_do_not_take_turns_keep_the_promises_too() {
    let world = World::new().await;
    let (env, caller) = (&world.env, &world.root);
    for plan in PLANS {
        let plan = name(plan);
        plans::put(cx(env, caller, START), &plan, None, Expected::Anything)
            .await
            .unwrap();
        for role in ROLES {
            let home = Home::Plan(plan.clone());
            roles::create(cx(env, caller, START), &home, &name(role), Ok)
                .await
                .unwrap();
        }
    }
    let patch = DomainPatch {
        plan: Some(name("Gold")),
        ..DomainPatch::default()
    };
    domains::put(
        cx(env, caller, START),
        &name("acme"),
        &patch,
        Expected::Anything,
    )
    .await
    .unwrap();
    let mut users = Vec::new();
    for n in 0..12 {
        users.push(world.add_user(&format!("user-{n}"), false).await);
    }
    let users = Arc::new(users);

    let tasks: Vec<_> = (0..NODES)
        .map(|seed| {
            let (mut env, caller) = (env.clone(), caller.clone());
            env.store = Shared::node(&env.store);
            let users = Arc::clone(&users);
            tokio::spawn(async move {
                let mut dice = Dice(seed * 7919 + 3);
                for _ in 0..STEPS {
                    match step(&env, &caller, &mut dice, &users).await {
                        Ok(())
                        | Err(
                            Error::NotFound(_)
                            | Error::Conflict(_)
                            | Error::NameTaken(_)
                            | Error::LostRace,
                        ) => {}
                        Err(other) => panic!("{other:?}"),
                    }
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    check_store(&env.store, caller.root, &["acme"]).await;
    check_people(env, caller).await;
}

/// Everybody who holds a role is there, and nobody is kept who holds none.
async fn check_people(env: &Env, caller: &Caller) {
    let acme = name("acme");
    let held = domains::read(cx(env, caller, START), &acme)
        .await
        .unwrap()
        .domain
        .users;
    for one in &held {
        assert!(env.store.user(one.user).await.unwrap().is_some());
        let kept = manage_users::delete(cx(env, caller, START), one.user, None).await;
        assert!(matches!(kept, Err(Error::Conflict(_))), "{kept:?}");
    }
    for one in held {
        let who = one.user.to_string();
        members::take_out(cx(env, caller, START), (&acme, &who), None)
            .await
            .unwrap();
        manage_users::delete(cx(env, caller, START), one.user, None)
            .await
            .unwrap();
    }
    domains::delete(cx(env, caller, START), &acme, None)
        .await
        .unwrap();
    for plan in PLANS {
        plans::delete(cx(env, caller, START), &name(plan), None)
            .await
            .unwrap();
    }
}
