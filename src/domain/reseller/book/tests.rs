use super::*;
use crate::ids::TenantId;
use crate::reseller::plan::Plan;
use crate::time::Timestamp;

fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

fn custom(id: u64, text: &str) -> Role {
    Role::new(RoleId(id), name(text), RoleKind::Custom)
}

/// A plan's book: the basic roles are 1 and 2.
fn book() -> RoleBook {
    let ids = (RoleId(1), RoleId(2));
    let now = Timestamp::default();
    let (plan, basic) = Plan::new(TenantId::random(), name("Gold"), 9, ids, now);
    assert_eq!(basic.len(), 2);
    plan.roles
}

#[test]
fn every_plan_has_the_basic_roles() {
    let book = book();
    for (text, id) in [
        ("Admin", 1),
        ("ADMIN", 1),
        ("admin", 1),
        ("No Privileges", 2),
        ("NO_PRIVILEGES", 2),
        ("no_privileges", 2),
    ] {
        assert_eq!(book.find(&name(text)).unwrap().id, RoleId(id), "{text}");
    }
    assert_eq!(book.find(&name("Owner")), None);
}

#[test]
fn names_are_unique_and_mean_one_thing() {
    let mut book = book();
    assert_eq!(book.add(&custom(3, "Reviewer")), Ok(()));
    assert_eq!(book.add(&custom(4, "REVIEWER")), Err(RoleRefused::Taken));
    for reserved in ["admin", "No privileges", "no_privileges", "TRUE", "false"] {
        let refused = book.add(&custom(4, reserved));
        assert_eq!(refused, Err(RoleRefused::Reserved), "{reserved}");
        let refused = book.rename(&custom(3, reserved));
        assert!(refused.is_err(), "{reserved}");
    }
    assert_eq!(book.add(&custom(4, "Auditor")), Ok(()));
    assert_eq!(book.rename(&custom(4, "reviewer")), Err(RoleRefused::Taken));
    assert_eq!(book.rename(&custom(4, "AUDITOR")), Ok(()));
    assert_eq!(book.get(RoleId(4)).unwrap().name.as_str(), "AUDITOR");
}

#[test]
fn a_book_has_room_for_so_many() {
    let mut book = book();
    for n in 0..MAX_CUSTOM_ROLES {
        book.add(&custom(10 + n as u64, &format!("role {n}")))
            .unwrap();
    }
    let more = custom(9, "one more");
    assert_eq!(book.add(&more), Err(RoleRefused::TooManyRoles));
}

#[test]
fn only_a_custom_role_that_nobody_holds_is_removed() {
    let mut book = book();
    book.add(&custom(3, "Reviewer")).unwrap();
    book.take(&[RoleId(3), RoleId(1), RoleId(77)]);
    book.take(&[RoleId(3)]);
    assert_eq!(book.remove(RoleId(3)), Err(RoleRefused::Assigned(2)));
    book.give_back(&[RoleId(3)]);
    assert_eq!(book.remove(RoleId(3)), Err(RoleRefused::Assigned(1)));
    book.give_back(&[RoleId(3), RoleId(1)]);
    assert_eq!(book.remove(RoleId(3)), Ok(()));
    assert_eq!(book.get(RoleId(3)), None);
    for basic in [1, 2] {
        assert_eq!(book.remove(RoleId(basic)), Err(RoleRefused::Basic));
    }
}
