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
fn parameters_stand_once() {
    let params = |text: &str| Params::parse(text.as_bytes(), "query");
    assert_eq!(params("a=1&b=x%20y").unwrap().get("b"), Some("x y"));
    assert!(params("a=1&a=2").is_err());
    assert!(params("a=%ff").is_err());
    assert!(params("a=1").unwrap().only(&["b"]).is_err());
}
