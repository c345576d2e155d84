use super::*;

#[derive(Debug, Deserialize, PartialEq)]
struct Point {
    x: u64,
    inner: Option<Box<Point>>,
}

fn read(text: &'static str) -> Result<Point, ApiError> {
    json_bytes(&Bytes::from_static(text.as_bytes()))
}

#[test]
fn errors_name_the_field_and_the_cause() {
    for (text, field, part) in [
        ("{", "body", "no valid JSON"),
        ("", "body", "no valid JSON"),
        (r#"{"x":-1}"#, "x", "must be a whole number from 0 to"),
        (
            r#"{"x":1,"inner":{"x":"a"}}"#,
            "inner.x",
            "must be a whole number from 0 to",
        ),
        (r#"{"x":1,"x":2}"#, "body", "\"x\" stands twice"),
        (
            r#"{"x":1,"other":{"a":1,"a":2}}"#,
            "body",
            "\"a\" stands twice",
        ),
        (r#"{"x":1} trailing"#, "body", "trailing"),
        (r#"{"x":18446744073709551616}"#, "x", "a whole number"),
    ] {
        let Err(ApiError::Malformed { field: found, why }) = read(text) else {
            panic!("{text} was taken");
        };
        assert_eq!(found, field, "{text}");
        assert!(why.contains(part), "{text}: {why}");
    }
    assert_eq!(read(r#"{"x":18446744073709551615}"#).unwrap().x, u64::MAX);
    assert!(read(&"[".repeat(10_000).leak().to_string().leak()[..]).is_err());
}

#[test]
fn numbers_of_queries_are_whole_and_bounded() {
    let limit = |text: &str| {
        Params::parse(format!("limit={text}").as_bytes(), "query")
            .unwrap()
            .whole::<u64>("limit", 1..=100)
    };
    assert_eq!(limit("1"), Ok(Some(1)));
    assert_eq!(limit("100"), Ok(Some(100)));
    for bad in [
        "0",
        "101",
        "-1",
        "%2B1",
        "1.0",
        "",
        "x",
        "18446744073709551616",
    ] {
        let why = "must be a whole number from 1 to 100";
        assert_eq!(limit(bad), Err(ApiError::malformed("limit", why)), "{bad}");
    }
    assert_eq!(Params::default().version(), Ok(None));
}

#[test]
fn parameters_stand_once() {
    let params = |text: &str| Params::parse(text.as_bytes(), "query");
    assert_eq!(params("a=1&b=x%20y").unwrap().get("b"), Some("x y"));
    assert!(params("a=1&a=2").is_err());
    assert!(params("a=%ff").is_err());
    assert!(params("a=1").unwrap().only(&["b"]).is_err());
    let list = params("u=1,2,3")
        .unwrap()
        .parsed_list::<u8>("u", 3)
        .unwrap();
    assert_eq!(list, Some(vec![1, 2, 3]));
    assert!(
        params("u=1,2,3")
            .unwrap()
            .parsed_list::<u8>("u", 2)
            .is_err()
    );
    for blanks in ["u=", "u=1,,2", "u=,", "u=1,"] {
        let list = params(blanks).unwrap().parsed_list::<String>("u", 9);
        assert!(list.is_err(), "{blanks}");
    }
}
