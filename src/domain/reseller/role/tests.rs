use super::*;

fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

fn custom(id: u64, text: &str) -> Role {
    Role::new(RoleId(id), name(text), RoleKind::Custom)
}

#[test]
fn changes_keep_what_a_role_is() {
    let policies = vec![Policy::new("op_view", "certs", "policy.certs.view").unwrap()];
    let named = |role: &Role, text: &str| Role {
        name: name(text),
        ..role.clone()
    };
    let changed = |role: &Role, change: &dyn Fn(&mut Role)| {
        let mut new = role.clone();
        change(&mut new);
        role.changed(new)
    };
    let renamed = |role: &Role| role.changed(named(role, "Other"));
    let retyped = |role: &Role| changed(role, &|new| new.kind = RoleKind::Admin);
    let allowed =
        |role: &Role, policies: &[Policy]| changed(role, &|new| new.policies = policies.to_vec());
    let admin = Role::new(RoleId(1), name("Admin"), RoleKind::Admin);
    let none = Role::new(RoleId(2), name("No Privileges"), RoleKind::NoPrivileges);
    let own = custom(3, "Reviewer");

    assert_eq!(renamed(&own).unwrap().name.as_str(), "Other");
    assert_eq!(retyped(&own), Err(RoleRefused::Kind));
    assert_eq!(allowed(&own, &policies).unwrap().policies, policies);
    assert_eq!(renamed(&admin), Err(RoleRefused::Basic));
    assert_eq!(retyped(&admin), Ok(admin.clone()));
    assert_eq!(allowed(&admin, &policies).unwrap().policies, policies);
    assert_eq!(retyped(&none), Err(RoleRefused::Basic));
    assert_eq!(allowed(&none, &policies), Err(RoleRefused::NoPrivileges));
    // By its other name it stays what it is.
    assert_eq!(none.changed(named(&none, "NO_PRIVILEGES")), Ok(none));
    let many = vec![policies[0].clone(); MAX_ENTRIES + 1];
    assert_eq!(allowed(&own, &many), Err(RoleRefused::TooManyEntries));
    let long = Resource::new(&"1".repeat(MAX_RESOURCE_BYTES)).unwrap();
    let with = |count| Role {
        resources: vec![long.clone(); count],
        ..own.clone()
    };
    let most = MAX_ROLE_BYTES / MAX_RESOURCE_BYTES;
    assert!(own.changed(with(most)).is_ok());
    assert_eq!(
        own.changed(with(most + 1)),
        Err(RoleRefused::TooManyEntries)
    );
}

#[test]
fn policies_and_resources_are_one_line_of_visible_text() {
    assert!(Policy::new("op_view", "certs", "").is_ok());
    for (op, action, label, part) in [
        ("", "a", "", "op"),
        ("op", " ", "", "action"),
        ("op", "a", "x\ny", "label"),
        ("op", "a\u{202e}", "", "action"),
    ] {
        assert_eq!(Policy::new(op, action, label).unwrap_err().0, part);
    }
    let spread = Resource::new("{\n\t\"id\": 7.10\r\n}").unwrap();
    assert_eq!(spread.as_json(), r#"{"id": 7.10}"#);
    assert!(Resource::new("\"\u{200b}\"").is_err());
    assert!(Resource::new(&"1".repeat(MAX_RESOURCE_BYTES + 1)).is_err());
}
