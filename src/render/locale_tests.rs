//! What a language file must have.

use super::*;

const META: &str = r#"
[meta]
name = "X"
direction = "ltr"
decimal = "."
group = ","
group_from_digits = 4
units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]
colon = ":"
unit_space = " "
months = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12"]
"#;

fn locale(tag: &'static str, texts: &str) -> Result<Locale, RenderError> {
    Locale::parse(tag, &format!("{META}\n[text]\n{texts}"))
}

fn problem(result: Result<impl std::fmt::Debug, RenderError>) -> String {
    result.unwrap_err().to_string()
}

#[test]
fn placeholders_are_filled_once() {
    let en = locale("en", r#"hello = "{a} and {b}, {a}""#).unwrap();
    let values = [("a", "{b}"), ("b", "{{a}}")];
    assert_eq!(en.text("hello", &values).unwrap(), "{b} and {{a}}, {b}");
    assert!(problem(en.text("hello", &[("a", "")])).contains("hello {b}"));
    assert!(problem(en.text("bye", &[])).contains("has no text bye"));
}

#[test]
fn plurals_follow_the_language() {
    let en = locale("en", r#"x = { one = "{n} thing", other = "{n} things" }"#).unwrap();
    let shown = |count: u64| en.plural("x", count, &[("n", &count.to_string())]).unwrap();
    assert_eq!(
        [shown(0), shown(1), shown(2)],
        ["0 things", "1 thing", "2 things"]
    );

    let ru = r#"x = { one = "один", few = "два", many = "пять", other = "полтора" }"#;
    let ru = locale("ru", ru).unwrap();
    let shown = |count: u64| ru.plural("x", count, &[]).unwrap();
    assert_eq!([shown(21), shown(22), shown(25)], ["один", "два", "пять"]);
}

#[test]
fn a_language_without_a_plural_form_it_needs_is_refused() {
    let few_missing = r#"x = { one = "1", many = "2", other = "3" }"#;
    assert!(problem(locale("ru", few_missing)).contains("x must have exactly the forms"));
    assert!(problem(locale("ja", r#"x = { one = "1", other = "2" }"#)).contains("exactly"));
    assert!(problem(locale("en", r#"x = { some = "1", other = "2" }"#)).contains("x.some"));
}

#[test]
fn a_language_that_differs_from_english_is_refused() {
    let en = locale("en", "x = \"{a}\"\ny = { one = \"1\", other = \"{n}\" }").unwrap();
    let y = r#"y = { one = "{n}", other = "{n}" }"#;
    for (texts, complaint) in [
        (y.to_owned(), "has no text x"),
        (
            format!("x = \"\"\n{y}"),
            "x must have the placeholders {\"a\"}",
        ),
        (
            format!("x = \"{{a}} {{b}}\"\n{y}"),
            "x must have the placeholders",
        ),
        ("x = \"{a}\"\ny = \"{n}\"".to_owned(), "y must be a plural"),
        (
            format!("x = \"{{a}}\"\nz = \"\"\n{y}"),
            "z is not a text of en",
        ),
    ] {
        let other = locale("de", &texts).unwrap();
        assert!(
            problem(other.check_against(&en)).contains(complaint),
            "{texts}"
        );
    }
    locale("de", &format!("x = \"{{a}}\"\n{y}"))
        .unwrap()
        .check_against(&en)
        .unwrap();
}

#[test]
fn malformed_files_are_refused() {
    assert!(matches!(
        Locale::parse("en", "x"),
        Err(RenderError::LocaleSyntax { .. })
    ));
    assert!(problem(locale("en", r#"x = "{a""#)).contains("unclosed"));
    assert!(problem(locale("en", r#"x = "{A b}""#)).contains("no placeholder"));
    assert!(problem(locale("en", "x = 1")).contains("must be a text"));
    assert!(problem(locale("not a tag", "")).contains("not a language tag"));
}
