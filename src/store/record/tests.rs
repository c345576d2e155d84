//! The bytes of each stored form outlive the program that wrote them: `forms.txt` has them. Where a
//! line changes, the version in it must, too.

mod values;

use std::fmt::Debug;

use serde_json::Value;

use super::*;
use crate::domain::audit::Actor;
use values::*;

/// The paths of all fields.
fn paths(value: &Value, path: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => fields.iter().for_each(|(name, field)| {
            let path = [path, name].join(if path.is_empty() { "" } else { "." });
            found.push(path.clone());
            paths(field, &path, found);
        }),
        Value::Array(items) => items.iter().for_each(|item| paths(item, path, found)),
        _ => {}
    }
}

/// What [`Stored::SECRETS`] must name: whatever sounds like a secret.
fn check_secrets<T: Stored>(json: &str) {
    const WORDS: [&str; 5] = ["secret", "password", "sealed", "token", "signing"];
    let mut found = Vec::new();
    paths(&serde_json::from_str(json).unwrap(), "", &mut found);
    found.retain(|path| WORDS.iter().any(|word| path.contains(word)));
    assert_eq!(
        found,
        T::SECRETS,
        "{}: the audit masks its secrets",
        T::NAME
    );
}

/// The lines of `forms.txt`: name, version and JSON of a value.
struct Fixtures(std::str::Lines<'static>);

impl Fixtures {
    fn next<T: Stored + PartialEq + Debug>(&mut self, value: &T) {
        let bytes = value.encode();
        let json = str::from_utf8(&bytes[1..]).unwrap();
        let line = format!("{} {}: {json}", T::NAME, bytes[0]);
        assert_eq!(self.0.next(), Some(line.as_str()));
        assert_eq!(T::decode(&bytes).as_ref(), Ok(value));
        for length in 0..bytes.len() {
            assert!(T::decode(&bytes[..length]).is_err(), "{} {length}", T::NAME);
        }
        let newer = [&[T::VERSION + 1], &bytes[1..]].concat();
        assert!(T::decode(&newer).is_err(), "{}", T::NAME);
        check_secrets::<T>(json);
    }
}

#[test]
fn values_have_these_bytes() {
    const FORMS: &str = include_str!("tests/forms.txt");
    let (plan, domain) = price_plan_and_domain();
    let actor = Actor::Client {
        client: id(4),
        user: None,
    };
    let mut fixtures = Fixtures(FORMS.lines());
    fixtures.next(&tenant());
    fixtures.next(&user());
    fixtures.next(&client());
    fixtures.next(&brand());
    fixtures.next(&mail());
    fixtures.next(&sent_mail());
    fixtures.next(&recipient());
    fixtures.next(&snoozes());
    fixtures.next(&audit_entry(Actor::Operator));
    fixtures.next(&audit_entry(Actor::Reader(id(4))));
    fixtures.next(&audit_entry(actor));
    fixtures.next(&customer());
    fixtures.next(&tax());
    fixtures.next(&partner_plan());
    fixtures.next(&plan);
    fixtures.next(&domain);
    fixtures.next(&role());
    fixtures.next(&TIES);
    fixtures.next(&offering_items());
    fixtures.next(&presence());
    fixtures.next(&kept_request());
    fixtures.next(&PROGRESS);
    assert_eq!(fixtures.0.next(), None);
    let is_there = |name: &&&str| FORMS.lines().any(|line| line.starts_with(**name));
    let missing: Vec<&&str> = NAMES.iter().filter(|name| !is_there(name)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

/// A field that says something else than its type may say spoils the record.
fn refused<T: Stored>(value: &T, from: &str, to: &str) {
    let json = String::from_utf8(value.encode().split_off(1)).unwrap();
    let damaged = json.replacen(from, to, 1);
    assert_ne!(json, damaged, "{from} is not in {json}");
    let bytes = [&[T::VERSION], damaged.as_bytes()].concat();
    assert!(T::decode(&bytes).is_err(), "{damaged}");
}

#[test]
fn what_makes_no_sense_is_refused() {
    let (plan, domain) = price_plan_and_domain();
    let snoozes = snoozes();
    refused(&tenant(), r#""customer""#, r#""guest""#);
    refused(&tenant(), "99", "100");
    refused(&tenant(), "EUR", "eur");
    refused(&tenant(), "a@b.example", "a b@c");
    refused(&tenant(), "00000001\"", "0000000x\"");
    refused(&tenant(), r#""enabled":true,"#, "");
    refused(&user(), "company_admin", "king");
    refused(&user(), r#"["quota"]"#, r#"["gossip"]"#);
    refused(&client(), "account_read", "root");
    refused(&client(), "[7,", "[");
    refused(&brand(), "SSL", "ROT13");
    refused(&brand(), "acronis", "other");
    refused(&brand(), "a@b.example", "a");
    refused(&mail(), "storage_size", "fish");
    refused(&mail(), "hard_exceeded", "gone");
    refused(&mail(), r#""queued""#, r#""lost""#);
    refused(&mail(), r#""kind":"quota""#, r#""kind":"spam""#);
    refused(&audit_entry(Actor::Operator), "operator", "ghost");
    refused(&customer(), "a@b.example", "a");
    refused(&customer(), r#""DE 123""#, r#""<b>""#);
    refused(&customer(), r#""days_off":30"#, r#""days_off":367"#);
    refused(&tax(), "20.00", "100");
    refused(&tax(), "20.00", "20%");
    refused(&partner_plan(), "19.95", "1e3");
    refused(&plan, "MONTHS", "HOURS");
    refused(&plan, "2.50", "-1");
    refused(&plan, r#""value":6"#, r#""value":0"#);
    refused(&plan, "Gold", "a/b");
    refused(&domain, "acme", " acme");
    refused(&role(), "CUSTOM", "OTHER");
    refused(&role(), "op_view", "");
    refused(&role(), r#"{\"id\":7.10}"#, r"\u200b");
    refused(&snoozes, "storage_size", "fish");
    refused(&offering_items(), "infra\"", "moon\"");
    refused(&offering_items(), "n/a", "n/b");
}

/// So that a program that is stricter with Buy URLs still reads the brand.
#[test]
fn a_buy_url_that_is_none_is_left_out() {
    let json = String::from_utf8(brand().encode()).unwrap();
    let damaged = json.replace("http://10.0.0.1", "ftp://10.0.0.1");
    let expected = Brand {
        buy_url: None,
        ..brand()
    };
    assert_eq!(Brand::decode(damaged.as_bytes()), Ok(expected));
}
