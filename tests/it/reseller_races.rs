//! Many callers at once assign roles, delete them and change plans. Whatever the order: nobody
//! holds a role that does not exist, no role is deleted while somebody holds it, and after a change
//! of plan nobody holds a role of the plan before.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use reqwest::Method;
use serde_json::{Value, json};
use upsell::domain::ids::TenantId;
use upsell::domain::reseller::domain::Domain;
use upsell::domain::reseller::name::Name;
use upsell::domain::reseller::plan::Plan;
use upsell::domain::reseller::role::RoleId;
use upsell::store::Store;
use upsell::store::record::Stored;

use crate::reseller_domains::domain;
use crate::reseller_plans::plan;
use crate::support::api::{Answer, Api};

pub(crate) const PLANS: [&str; 3] = ["Gold", "Silver", "Tin"];
const DOMAINS: [&str; 2] = ["acme", "basic"];
pub(crate) const ROLES: [&str; 4] = ["A", "B", "C", "D"];
const TASKS: u64 = 8;
const STEPS: u64 = 60;

/// A small generator of test choices: the same seed, the same choices.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn roll(&mut self, sides: usize) -> usize {
        // Knuth's MMIX constants; the upper bits are the good ones.
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % sides
    }

    pub(crate) fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.roll(from.len())]
    }
}

/// One random request.
fn request(dice: &mut Dice, users: &[String]) -> (Method, String, Value) {
    let (plan, domain) = (dice.pick(&PLANS), dice.pick(&DOMAINS));
    let role = dice.pick(&ROLES);
    let user = &users[dice.roll(users.len())];
    match dice.roll(10) {
        0..=3 => {
            let path = format!("/domain/{domain}/users/{user}/role");
            let roles = match dice.roll(3) {
                0 => json!({"role": role}),
                1 => json!({"roles": [role, "Admin"]}),
                _ => json!({"roles": [role, dice.pick(&ROLES), "Local"]}),
            };
            (Method::PUT, path, roles)
        }
        4 => (
            Method::DELETE,
            format!("/domain/{domain}/users/{user}/role"),
            Value::Null,
        ),
        5 | 6 => (
            Method::DELETE,
            format!("/plan/{plan}/roles/{role}"),
            Value::Null,
        ),
        7 => (
            Method::POST,
            format!("/plan/{plan}/roles"),
            json!({"name": role}),
        ),
        8 if dice.roll(2) == 0 => (
            Method::DELETE,
            format!("/domain/{domain}/roles/Local"),
            Value::Null,
        ),
        8 => (
            Method::POST,
            format!("/domain/{domain}/roles"),
            json!({"name": "Local"}),
        ),
        _ => {
            let keep = ["false", "true", "A", "Admin"][dice.roll(4)];
            let body = json!({"pricePlan": plan, "keepRole": keep});
            (Method::PUT, format!("/domain/{domain}/plan"), body)
        }
    }
}

/// After a change of plan, every role held is one of the new plan or of the domain: the answer
/// says so with the numbers, which no other plan shares.
fn check_change(answer: &Answer) {
    let body = answer.json();
    for user in body["users"].as_array().unwrap() {
        let ids = |list: &Value| -> BTreeSet<u64> {
            let plan = list.as_array().unwrap().iter();
            let plan = plan.filter(|role| role["ownedBy"] == "plan");
            plan.map(|role| role["id"].as_u64().unwrap()).collect()
        };
        let (old, new) = (ids(&user["oldRoles"]), ids(&user["newRoles"]));
        if body["pricePlan"] != body["previousPlan"] {
            assert!(old.is_disjoint(&new), "{user}");
        }
        assert!(!user["newRoles"].as_array().unwrap().is_empty(), "{user}");
    }
}

async fn stored<T: Stored>(store: &Store, id: T::Id) -> T {
    store.load::<T>(id).await.unwrap().unwrap().value
}

/// Every count is the count, and everything that is held exists.
pub(crate) async fn check_store(store: &Store, root: TenantId, domains: &[&str]) {
    let name = |text: &str| Name::parse(text).unwrap();
    let mut plans: BTreeMap<String, Plan> = BTreeMap::new();
    for plan in PLANS {
        let found: Plan = stored(store, (root, name(plan))).await;
        plans.insert(found.name.to_string(), found);
    }
    let mut counts: BTreeMap<RoleId, u64> = BTreeMap::new();
    let mut known: BTreeMap<RoleId, u64> = BTreeMap::new();
    for domain in domains {
        let domain: Domain = stored(store, (root, name(domain))).await;
        let plan = &plans[domain.plan.as_str()];
        for role in domain.users.iter().flat_map(|held| &held.roles) {
            let exists = plan.roles.get(*role).or_else(|| domain.roles.get(*role));
            assert!(exists.is_some(), "{role:?} of {} is nowhere", domain.name);
            *counts.entry(*role).or_default() += 1;
        }
        known.extend(
            domain
                .roles
                .entries()
                .iter()
                .map(|role| (role.id, role.assigned)),
        );
    }
    for role in plans.values().flat_map(|plan| plan.roles.entries()) {
        known.insert(role.id, role.assigned);
    }
    known.retain(|_, assigned| *assigned > 0);
    assert_eq!(known, counts);
    assert_eq!(
        plans.values().map(|plan| plan.domains).sum::<u64>(),
        domains.len() as u64
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nobody_ever_holds_a_role_that_is_not_there() {
    let api = Arc::new(Api::start().await);
    for name in PLANS {
        plan(&api, name, &ROLES).await;
    }
    for name in DOMAINS {
        domain(&api, name, "Gold").await;
        let owner = api.user(&api.root).await;
        api.put(&format!("/domain/{name}"), &json!({"owner": owner}))
            .await
            .expect(200);
    }
    let mut users = Vec::new();
    for _ in 0..6 {
        users.push(api.user(&api.root).await);
    }
    let users = Arc::new(users);
    let tasks: Vec<_> = (0..TASKS)
        .map(|seed| {
            let (api, users) = (Arc::clone(&api), Arc::clone(&users));
            tokio::spawn(async move {
                let mut dice = Dice(seed * 7919 + 1);
                let mut done: BTreeMap<(String, u16), u32> = BTreeMap::new();
                for _ in 0..STEPS {
                    let (method, path, body) = request(&mut dice, &users);
                    let body = Some(body).filter(|body| !body.is_null());
                    let answer = api
                        .call_as(&api.token, method.clone(), &path, body.as_ref())
                        .await;
                    let expected = [200, 201, 204, 404, 409, 422];
                    assert!(
                        expected.contains(&answer.status),
                        "{method} {path}: {}",
                        answer.text()
                    );
                    let lost = answer.status == 409 && answer.text().contains("try again");
                    assert!(!lost, "{method} {path} lost a race within one node");
                    if answer.status == 200 && path.ends_with("/plan") {
                        check_change(&answer);
                    }
                    *done.entry((method.to_string(), answer.status)).or_default() += 1;
                }
                done
            })
        })
        .collect();
    let mut done: BTreeMap<(String, u16), u32> = BTreeMap::new();
    for task in tasks {
        for (what, count) in task.await.unwrap() {
            *done.entry(what).or_default() += count;
        }
    }
    check_store(&api.env.store, api.root.parse().unwrap(), &DOMAINS).await;
    // The storm met every guard: roles were given, deleted, and kept from being deleted.
    for what in [
        ("PUT", 200),
        ("DELETE", 204),
        ("DELETE", 409),
        ("POST", 201),
    ] {
        let count = done.get(&(what.0.to_owned(), what.1));
        assert!(count.is_some(), "{what:?} never happened: {done:?}");
    }
}
