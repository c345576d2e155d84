use super::*;
use crate::reseller::role::Role;

const ADMIN: RoleId = RoleId(1);
const NONE: RoleId = RoleId(2);
const REVIEWER: RoleId = RoleId(3);
const LOCAL: RoleId = RoleId(4);

fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

fn world() -> (Domain, Plan) {
    let now = Timestamp::default();
    let (mut plan, _) = Plan::new(TenantId::random(), name("Gold"), 9, (ADMIN, NONE), now);
    let role = |id, text| Role::new(id, name(text), RoleKind::Custom);
    plan.roles.add(&role(REVIEWER, "Reviewer")).unwrap();
    let mut domain = Domain::new(name("acme"), &mut plan, now);
    domain.roles.add(&role(LOCAL, "Local")).unwrap();
    (domain, plan)
}

fn counts(book: &RoleBook) -> Vec<u64> {
    book.entries().iter().map(|role| role.assigned).collect()
}

#[test]
fn both_books_count_who_holds_what() {
    let (mut domain, mut plan) = world();
    assert_eq!(plan.domains, 1);
    let (ann, bob) = (UserId::random(), UserId::random());
    let roles = [REVIEWER, LOCAL, REVIEWER];
    domain.assign(&mut plan, ann, &roles).unwrap();
    domain.assign(&mut plan, bob, &[REVIEWER]).unwrap();
    assert_eq!(domain.assignment(ann).unwrap().roles, [REVIEWER, LOCAL]);
    assert_eq!(counts(&plan.roles), [0, 0, 2]);
    assert_eq!(counts(&domain.roles), [1]);

    domain.assign(&mut plan, ann, &[NONE]).unwrap();
    assert_eq!(counts(&plan.roles), [0, 1, 1]);
    assert_eq!(counts(&domain.roles), [0]);
    assert_eq!(domain.assignment(ann).unwrap().version, 2);
    domain.assign(&mut plan, ann, &[NONE]).unwrap();
    assert_eq!(domain.assignment(ann).unwrap().version, 2);

    domain.take_out(&mut plan, ann).unwrap();
    domain.take_out(&mut plan, ann).unwrap();
    assert_eq!(counts(&plan.roles), [0, 0, 1]);
    assert_eq!(domain.assignment(ann), None);
    domain.leave(&mut plan);
    assert_eq!((counts(&plan.roles), plan.domains), (vec![0, 0, 0], 0));
}

#[test]
fn the_owner_is_an_admin_and_stays() {
    let (mut domain, mut plan) = world();
    let (ann, bob) = (UserId::random(), UserId::random());
    domain.assign(&mut plan, ann, &[REVIEWER]).unwrap();
    domain.set_owner(&mut plan, ann).unwrap();
    assert_eq!(domain.assignment(ann).unwrap().roles, [REVIEWER, ADMIN]);
    let refused = domain.assign(&mut plan, ann, &[REVIEWER]);
    assert_eq!(refused, Err(AssignRefused::OwnerIsAdmin));
    let refused = domain.take_out(&mut plan, ann);
    assert_eq!(refused, Err(AssignRefused::OwnerStays));
    domain.assign(&mut plan, ann, &[ADMIN]).unwrap();

    domain.set_owner(&mut plan, bob).unwrap();
    assert_eq!(domain.owner, Some(bob));
    assert_eq!(domain.assignment(ann).unwrap().roles, [ADMIN]);
    domain.take_out(&mut plan, ann).unwrap();
    assert_eq!(counts(&plan.roles), [1, 0, 0]);
}

#[test]
fn bounds_change_nothing() {
    let (mut domain, mut plan) = world();
    let ann = UserId::random();
    let refused = domain.assign(&mut plan, ann, &[]);
    assert_eq!(refused, Err(AssignRefused::NoRole));
    let many: Vec<RoleId> = (0..=MAX_ROLES_PER_USER as u64).map(RoleId).collect();
    let refused = domain.assign(&mut plan, ann, &many);
    assert_eq!(refused, Err(AssignRefused::TooManyRoles));
    for _ in 0..MAX_USERS {
        domain.assign(&mut plan, UserId::random(), &[NONE]).unwrap();
    }
    let before = (domain.clone(), plan.clone());
    let refused = domain.assign(&mut plan, ann, &[NONE]);
    assert_eq!(refused, Err(AssignRefused::TooManyUsers));
    let refused = domain.set_owner(&mut plan, ann);
    assert_eq!(refused, Err(AssignRefused::TooManyUsers));
    assert_eq!((domain.clone(), plan.clone()), before);
    let known = domain.users[500].user;
    assert_eq!(domain.assign(&mut plan, known, &[ADMIN]), Ok(()));
}
