use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;
use crate::ids::TenantId;
use crate::reseller::role::Role;
use crate::time::Timestamp;

/// Roles by the number of their book and their place there: `Silver` has 100 and up, `Gold` 200
/// and up, the domain 300 and up.
struct World {
    silver: Plan,
    gold: Plan,
    domain: Domain,
}

fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

fn plan(reseller: TenantId, text: &str, first: u64, roles: &[&str]) -> Plan {
    let ids = (RoleId(first), RoleId(first + 1));
    let (mut plan, _) = Plan::new(reseller, name(text), first, ids, Timestamp::default());
    for (at, role) in (first + 2..).zip(roles) {
        let role = Role::new(RoleId(at), name(role), RoleKind::Custom);
        plan.roles.add(&role).unwrap();
    }
    plan
}

fn world(silver: &[&str], gold: &[&str], own: &[&str]) -> World {
    let reseller = TenantId::random();
    let mut silver = plan(reseller, "Silver", 100, silver);
    let gold = plan(reseller, "Gold", 200, gold);
    let mut domain = Domain::new(name("acme"), &mut silver, Timestamp::default());
    for (at, role) in (300..).zip(own) {
        let role = Role::new(RoleId(at), name(role), RoleKind::Custom);
        domain.roles.add(&role).unwrap();
    }
    World {
        silver,
        gold,
        domain,
    }
}

impl World {
    fn id(&self, text: &str) -> RoleId {
        let (book, text) = match text.strip_prefix("own:") {
            Some(text) => (&self.domain.roles, text),
            None => (&self.silver.roles, text),
        };
        book.find(&name(text)).unwrap().id
    }

    fn give(&mut self, roles: &[&str]) -> UserId {
        let user = UserId::random();
        let roles: Vec<RoleId> = roles.iter().map(|text| self.id(text)).collect();
        self.domain.assign(&mut self.silver, user, &roles).unwrap();
        user
    }

    fn change(&self, keep: &str) -> Result<PlanChange, NoSuchRole> {
        let keep = keep.parse().unwrap();
        change_plan(&self.domain, &self.silver, &self.gold, &keep)
    }
}

/// The roles of a user after the change, as words: `own:` before those of the domain.
fn after(change: &PlanChange, user: UserId) -> Vec<String> {
    let held = &change.domain.assignment(user).unwrap().roles;
    let word = |id: &RoleId| match change.to.roles.get(*id) {
        Some(role) => role.name.to_string(),
        None => format!("own:{}", change.domain.roles.get(*id).unwrap().name),
    };
    held.iter().map(word).collect()
}

/// The three forms that the vendor prints, by hand.
#[test]
fn roles_move_as_the_rule_says() {
    let none = "No Privileges";
    for (keep, roles, expected) in [
        ("false", &["Reviewer"][..], &[none][..]),
        ("false", &["Reviewer", "Old"], &[none]),
        ("false", &["Admin"], &[none]),
        ("false", &["Reviewer", "own:Local"], &[none, "own:Local"]),
        ("false", &["own:Local"], &["own:Local"]),
        ("true", &["Reviewer"], &["reviewer"]),
        ("true", &["Old"], &[none]),
        ("true", &["Admin"], &["Admin"]),
        ("True", &["Reviewer", "Old"], &["reviewer", none]),
        ("true", &["Old", "own:Local", "Older"], &[none, "own:Local"]),
        ("true", &[none, "Old"], &[none]),
        ("Guest", &["Reviewer"], &["reviewer"]),
        ("Guest", &["Old", "Older", "Admin"], &["Guest", "Admin"]),
        ("guest", &["Old", "own:Local"], &["Guest", "own:Local"]),
        ("NO_PRIVILEGES", &["Old"], &[none]),
        ("Admin", &["Old", none], &["Admin", none]),
    ] {
        let mut world = world(
            &["Reviewer", "Old", "Older"],
            &["reviewer", "Guest"],
            &["Local", "Guest"],
        );
        let user = world.give(roles);
        let change = world.change(keep).unwrap();
        assert_eq!(after(&change, user), expected, "{keep}: {roles:?}");
        assert_eq!(change.domain.plan.as_str(), "Gold");
        assert_eq!((change.from.domains, change.to.domains), (0, 1));
        let only = &change.moves[0];
        assert_eq!((only.user, only.old.len()), (user, roles.len()));
        assert_eq!(only.new, change.domain.users[0].roles);
    }
}

#[test]
fn a_role_that_the_new_plan_lacks_is_no_fallback() {
    let mut world = world(&["Reviewer"], &["Guest"], &["Local"]);
    world.give(&["Reviewer"]);
    for missing in ["Reviewer", "Local", "Nobody"] {
        assert_eq!(world.change(missing), Err(NoSuchRole), "{missing}");
    }
}

#[test]
fn the_owner_stays_an_admin() {
    for keep in ["false", "true", "Guest"] {
        let mut world = world(&["Old"], &["Guest"], &[]);
        let owner = world.give(&["Old"]);
        world.domain.set_owner(&mut world.silver, owner).unwrap();
        let change = world.change(keep).unwrap();
        assert_eq!(change.domain.owner, Some(owner));
        let roles = after(&change, owner);
        assert!(roles.contains(&"Admin".to_owned()), "{keep}");
        assert!(!roles.contains(&"Old".to_owned()), "{keep}");
    }
}

#[test]
fn versions_tell_who_was_changed() {
    let mut world = world(&["Old"], &[], &["Local"]);
    let (kept, moved) = (world.give(&["own:Local"]), world.give(&["Old"]));
    let change = world.change("true").unwrap();
    assert_eq!(change.domain.assignment(kept).unwrap().version, 1);
    assert_eq!(change.domain.assignment(moved).unwrap().version, 2);
    let still = unchanged(&world.domain);
    assert!(still.iter().all(|one| one.old == one.new) && still.len() == 2);
}

#[test]
fn keep_role_reads_three_forms() {
    for (text, keep) in [
        ("false", KeepRole::None),
        ("FALSE", KeepRole::None),
        ("true", KeepRole::SameName),
        ("True", KeepRole::SameName),
        ("truly", KeepRole::SameNameOr(name("truly"))),
    ] {
        assert_eq!(text.parse(), Ok(keep), "{text}");
    }
    assert!("".parse::<KeepRole>().is_err());
}

const NAMES: [&str; 6] = ["A", "B", "C", "D", "E", "F"];

fn some_names() -> impl Strategy<Value = BTreeSet<&'static str>> {
    proptest::collection::btree_set(proptest::sample::select(&NAMES[..]), 0..5)
}

/// A user's roles as the vendor's prose has them: names, each of the plan or of the domain.
type Held = BTreeSet<(bool, String)>;

/// The vendor's rules, sentence by sentence, over names.
fn model(held: &Held, owner: bool, keep: &str, gold: &BTreeSet<String>) -> Held {
    let moved = |role: &String| {
        if owner && role == "Admin" {
            return role.clone();
        }
        match keep {
            "false" => "No Privileges".to_owned(),
            _ if gold.contains(role) => role.clone(),
            "true" => "No Privileges".to_owned(),
            named => named.to_owned(),
        }
    };
    held.iter()
        .map(|(own, role)| match own {
            true => (true, role.clone()),
            false => (false, moved(role)),
        })
        .collect()
}

fn word((own, role): &(bool, String)) -> String {
    if *own {
        format!("own:{role}")
    } else {
        role.clone()
    }
}

fn recount(change: &PlanChange) -> BTreeMap<RoleId, u64> {
    let mut counts = BTreeMap::new();
    for role in change.domain.users.iter().flat_map(|held| &held.roles) {
        *counts.entry(*role).or_insert(0) += 1;
    }
    counts
}

proptest! {
    /// Whatever the plans, the domain and the users: the change does what the model says, leaves
    /// no role of the old plan behind, and every count is the count.
    #[test]
    fn the_change_does_what_the_model_says(
        silver in some_names(),
        gold in some_names(),
        own in some_names(),
        picks in proptest::collection::vec(
            proptest::collection::vec((any::<bool>(), 0_usize..8), 1..5), 0..8),
        owner in proptest::option::of(0_usize..8),
        keep in 0_usize..10,
    ) {
        let list = |set: &BTreeSet<&'static str>| set.iter().copied().collect::<Vec<_>>();
        let mut world = world(&list(&silver), &list(&gold), &list(&own));
        let basic = ["Admin", "No Privileges"];
        let of_plan: Vec<&str> = silver.iter().copied().chain(basic).collect();
        let of_domain: Vec<&str> = own.iter().copied().collect();
        let mut users: BTreeMap<UserId, Held> = BTreeMap::new();
        for pick in picks {
            let held: Held = pick.into_iter().map(|(own, at)| {
                let own = own && !of_domain.is_empty();
                let from = if own { &of_domain } else { &of_plan };
                (own, from[at % from.len()].to_owned())
            }).collect();
            let words: Vec<String> = held.iter().map(word).collect();
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            users.insert(world.give(&words), held);
        }
        let owner = owner.and_then(|at| users.keys().nth(at).copied());
        if let Some(owner) = owner {
            world.domain.set_owner(&mut world.silver, owner).unwrap();
            users.get_mut(&owner).unwrap().insert((false, "Admin".to_owned()));
        }
        let keep = ["false", "true", "Admin", "No Privileges", "A", "B", "C", "D", "E", "F"][keep];
        let golden: BTreeSet<String> =
            gold.iter().copied().chain(basic).map(str::to_owned).collect();

        let Ok(change) = world.change(keep) else {
            prop_assert!(!["false", "true"].contains(&keep) && !golden.contains(keep));
            return Ok(());
        };
        for (user, held) in &users {
            let found: BTreeSet<String> = after(&change, *user).into_iter().collect();
            let expected = model(held, owner == Some(*user), keep, &golden);
            prop_assert_eq!(found, expected.iter().map(word).collect::<BTreeSet<_>>());
        }
        let counts = recount(&change);
        prop_assert!(change.from.roles.entries().iter().all(|role| role.assigned == 0));
        for book in [&change.to.roles, &change.domain.roles] {
            for role in book.entries() {
                let expected = counts.get(&role.id).copied().unwrap_or(0);
                prop_assert_eq!(role.assigned, expected);
            }
        }
        prop_assert_eq!(change.moves.len(), users.len());
    }
}
