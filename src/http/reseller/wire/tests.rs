use super::*;

#[test]
fn keep_role_is_read_in_all_its_forms() {
    let read = |text: &str| {
        let keep = serde_json::from_str::<KeepRoleRequest>(text).ok();
        keep.map(String::from)
    };
    for (text, expected) in [
        ("true", Some("true")),
        ("false", Some("false")),
        ("\"true\"", Some("true")),
        ("\"Reviewer\"", Some("Reviewer")),
        ("1", None),
        ("null", None),
        ("[]", None),
    ] {
        assert_eq!(read(text).as_deref(), expected, "{text}");
    }
    let absent: PlanChangeRequest = serde_json::from_str(r#"{"keepRole":null}"#).unwrap();
    assert_eq!(absent.keep_role, None);
}

#[test]
fn roles_are_named_or_sent_back_whole() {
    let read = |text: &str| serde_json::from_str::<RoleRefRequest>(text).ok();
    assert_eq!(read("\"A\""), Some(RoleRefRequest::Name("A".into())));
    let whole = r#"{"id":7,"name":"A","type":"CUSTOM","policies":[{"op":1}]}"#;
    assert_eq!(read(whole), Some(RoleRefRequest::Id(7)));
    let named = r#"{"name":"A"}"#;
    assert_eq!(read(named), Some(RoleRefRequest::Name("A".into())));
    for bad in ["{}", "7", "null", r#"{"id":"7"}"#, r#"{"id":-7}"#] {
        assert_eq!(read(bad), None, "{bad}");
    }
}
