use super::*;
use proptest::prelude::*;

const ID: &str = "ede9f834-70b3-476c-83d9-736f9f8c7dae";

fn names() -> UsageNames {
    [("storage".into(), Item::StorageSize)].into()
}

fn read(fields: &str) -> Result<UsageReport, String> {
    let text = format!("{{{}}}", fields.replace("ID", ID));
    let line = of_lines(text.as_bytes(), &names()).unwrap().remove(0).1;
    line.map_err(|error| error.message())
}

#[test]
fn records_are_read() {
    let report = read(r#""tenant_id":"ID","item":"storage_size","value":18446744073709551615"#);
    let report = report.unwrap();
    assert_eq!(report.account, AccountId::Tenant(ID.parse().unwrap()));
    assert_eq!(report.absolute, u64::MAX);
    assert_eq!(report.key.usage_name, "storage");
    let report = read(
        r#""user_id":"ID","usage_name":"v\u006ds","value":0,"infra_id":"ID","edition":"pro","observed_at":"2030-01-31T12:00:00Z","item":null"#,
    )
    .unwrap();
    assert_eq!(report.account, AccountId::User(ID.parse().unwrap()));
    assert_eq!(report.key.usage_name, "vms");
    assert_eq!(report.key.edition.as_deref(), Some("pro"));
    assert!(report.observed_at.is_some());
}

#[test]
fn what_is_wrong_is_named() {
    let good = r#""tenant_id":"ID","item":"storage_size","value":1"#;
    for (fields, part) in [
        (r#"GOOD,"colour":1"#, "colour: is no field"),
        (r#"GOOD,"value":1"#, "value: stands twice"),
        (r#"GOOD,"edition":5"#, "edition: must be a text"),
        (r#"GOOD,"edition":"""#, "edition: must be 1 to"),
        (r#"GOOD,"edition":"a\u202eb""#, "edition: must not hold"),
        (r#"GOOD,"user_id":"ID""#, "exactly one of tenant_id"),
        (r#"GOOD,"usage_name":"x""#, "exactly one of item"),
        (r#"GOOD,"observed_at":"x""#, "observed_at: must be a time"),
        (r#"GOOD,"infra_id":"x""#, "infra_id: must be a UUID"),
        (r#""item":"disk","value":1"#, "exactly one of tenant_id"),
        (r#""tenant_id":"ID","value":1"#, "exactly one of item"),
        (r#"ITEM:"storage_size""#, "value: is required"),
        (r#"ITEM:"disk","value":1"#, "item: must be one of"),
        (r#"ITEM:"mobile_devices","value":1"#, "no usage name"),
        (r#""tenant_id":{"a":[1]}"#, "tenant_id: must be a text"),
    ] {
        let fields = fields.replace("GOOD", good);
        let why = read(&fields.replace("ITEM", r#""tenant_id":"ID","item""#)).unwrap_err();
        assert!(why.contains(part), "{fields}: {why}");
    }
    let beyond = "18446744073709551616";
    for value in ["-1", "1.0", "1.5", beyond, "1e3", "true", "\"1\"", "[]"] {
        let fields = good.replace(":1", &format!(":{value}"));
        let why = read(&fields).unwrap_err();
        assert!(why.contains("whole number from 0"), "{value}");
    }
}

#[test]
fn lines_count_from_one_and_blank_ones_are_skipped() {
    let lines = of_lines(b"\n{}\r\n  \n[1]\nnull\n{\n7 8", &names()).unwrap();
    let numbers: Vec<_> = lines.iter().map(|(number, _)| *number).collect();
    assert_eq!(numbers, [2, 4, 5, 6, 7]);
    let is_broken = |line: &Line| {
        let error = line.1.as_ref().unwrap_err();
        error.message().contains("no valid JSON")
    };
    let broken: Vec<bool> = lines.iter().map(is_broken).collect();
    assert_eq!(broken, [false, false, false, true, true]);
}

#[test]
fn an_array_is_read_as_a_whole() {
    assert_eq!(of_array(b"[{},1,null]", &names()).unwrap().len(), 3);
    assert_eq!(of_array(b" [ ] ", &names()).unwrap().len(), 0);
    for broken in ["", "[{}", "[{}]x", "{}", "[{},]", "7", "[{]}"] {
        assert!(of_array(broken.as_bytes(), &names()).is_err(), "{broken}");
    }
    let many = format!("[{}1]", "1,".repeat(MAX_RECORDS));
    assert!(of_array(many.as_bytes(), &names()).is_err());
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(body in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = of_array(&body, &names());
        for (_, line) in of_lines(&body, &names()).unwrap() {
            let _ = line;
        }
    }
}
