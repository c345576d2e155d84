use super::*;

fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

fn custom(id: u64, text: &str) -> Role {
    Role::new(RoleId(id), name(text), RoleKind::Custom)
}

#[test]
fn patches_keep_what_a_role_is() {
    let policies = vec![Policy::new("op_view", "certs", "policy.certs.view").unwrap()];
    let renamed = RolePatch {
        name: Some(name("Other")),
        ..RolePatch::default()
    };
    let retyped = RolePatch {
        kind: Some(RoleKind::Admin),
        ..RolePatch::default()
    };
    let allowed = RolePatch {
        policies: Some(policies.clone()),
        ..RolePatch::default()
    };
    let admin = Role::new(RoleId(1), name("Admin"), RoleKind::Admin);
    let none = Role::new(RoleId(2), name("No Privileges"), RoleKind::NoPrivileges);
    let own = custom(3, "Reviewer");

    assert_eq!(own.patched(&renamed).unwrap().name.as_str(), "Other");
    assert_eq!(own.patched(&retyped), Err(RoleRefused::Kind));
    assert_eq!(own.patched(&allowed).unwrap().policies, policies);
    assert_eq!(admin.patched(&renamed), Err(RoleRefused::Basic));
    assert_eq!(admin.patched(&retyped), Ok(admin.clone()));
    assert_eq!(admin.patched(&allowed).unwrap().policies, policies);
    assert_eq!(none.patched(&retyped), Err(RoleRefused::Basic));
    assert_eq!(none.patched(&allowed), Err(RoleRefused::NoPrivileges));
    // Whole objects come back.
    let same = RolePatch {
        name: Some(name("No Privileges")),
        kind: Some(RoleKind::NoPrivileges),
        policies: Some(vec![]),
        resources: Some(vec![]),
    };
    assert_eq!(none.patched(&same), Ok(none.clone()));
    let many = RolePatch {
        policies: Some(vec![policies[0].clone(); MAX_ENTRIES + 1]),
        ..RolePatch::default()
    };
    assert_eq!(own.patched(&many), Err(RoleRefused::TooManyEntries));
    let long = Resource::new(&"1".repeat(MAX_RESOURCE_BYTES)).unwrap();
    let with = |count| RolePatch {
        resources: Some(vec![long.clone(); count]),
        ..RolePatch::default()
    };
    let most = MAX_ROLE_BYTES / MAX_RESOURCE_BYTES;
    assert!(own.patched(&with(most)).is_ok());
    assert_eq!(
        own.patched(&with(most + 1)),
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
