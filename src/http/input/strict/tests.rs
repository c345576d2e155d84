use serde::Deserialize;

use crate::http::error::ApiError;
use crate::http::input::json_bytes;

#[derive(Debug, Deserialize, PartialEq)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Big,
    Small,
}

#[derive(Debug, Deserialize, PartialEq)]
struct Inner {
    count: u64,
}

#[derive(Debug, Deserialize, PartialEq, Default)]
#[serde(default)]
struct Form {
    name: Option<String>,
    yes: Option<bool>,
    port: Option<u16>,
    kind: Option<Kind>,
    inner: Option<Inner>,
    list: Vec<Inner>,
    map: std::collections::BTreeMap<String, Inner>,
    any: serde_json::Value,
    pair: (u8, u8),
}

fn read(text: &str) -> Result<Form, ApiError> {
    json_bytes(&text.as_bytes().to_vec().into())
}

#[test]
fn forms_are_read_as_ever() {
    let form = read(
        r#"{"name":"a","yes":true,"port":65535,"kind":"small","inner":{"count":1},"other":[1],
            "list":[{"count":2}],"map":{"k":{"count":3}},"any":[{"x":null},-1.5],"pair":[4,5]}"#,
    );
    let form = form.unwrap();
    assert_eq!(form.name.as_deref(), Some("a"));
    assert_eq!((form.yes, form.port), (Some(true), Some(65535)));
    assert_eq!(form.kind, Some(Kind::Small));
    assert_eq!(form.inner, Some(Inner { count: 1 }));
    assert_eq!(form.list, [Inner { count: 2 }]);
    assert_eq!(form.map["k"], Inner { count: 3 });
    assert_eq!(form.any, serde_json::json!([{ "x": null }, -1.5]));
    assert_eq!(form.pair, (4, 5));
    let nulls = read(r#"{"name":null,"inner":null,"any":null}"#).unwrap();
    assert_eq!(nulls, Form::default());
}

#[test]
fn what_does_not_fit_is_named_in_plain_words() {
    let object = "must be an object";
    let number = "must be a whole number from 0 to 18446744073709551615";
    for (text, field, why) in [
        (r#"["a",true]"#, "body", object),
        ("7", "body", object),
        (r#"{"inner":[1]}"#, "inner", object),
        (r#"{"list":[{"count":1},[2]]}"#, "list[1]", object),
        (r#"{"map":{"k":[3]}}"#, "map.k", object),
        (r#"{"map":[]}"#, "map", object),
        (r#"{"list":{}}"#, "list", "must be a list"),
        (r#"{"list":null}"#, "list", "must be a list"),
        (r#"{"inner":{"count":"1"}}"#, "inner.count", number),
        (r#"{"inner":{"count":-1}}"#, "inner.count", number),
        (r#"{"inner":{"count":1.5}}"#, "inner.count", number),
        (r#"{"inner":{"count":null}}"#, "inner.count", number),
        (
            r#"{"port":65536}"#,
            "port",
            "must be a whole number from 0 to 65535",
        ),
        (r#"{"name":1}"#, "name", "must be a text"),
        (r#"{"name":{}}"#, "name", "must be a text"),
        (r#"{"yes":1}"#, "yes", "must be true or false"),
        (r#"{"kind":1}"#, "kind", "must be a text"),
        (r#"{"kind":{"big":null}}"#, "kind", "must be a text"),
        (r#"{"kind":"huge"}"#, "kind", "must be `big` or `small`"),
        (r#"{"inner":{}}"#, "inner", "missing field `count`"),
    ] {
        let Err(ApiError::Malformed {
            field: found,
            why: said,
        }) = read(text)
        else {
            panic!("{text} was taken");
        };
        assert_eq!((found.as_str(), said.as_str()), (field, why), "{text}");
    }
}
