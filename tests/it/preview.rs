//! `upsell preview` from outside.

use std::io::Write as _;

use crate::support::binary::upsell;

fn preview(arguments: &[&str]) -> (Option<i32>, String, String) {
    let run = upsell(&[&["preview"][..], arguments].concat(), &[]);
    (Some(run.code), run.out, run.err)
}

#[test]
fn every_message_can_be_looked_at() {
    for (arguments, expected, absent) in [
        (
            vec!["--what", "alert"],
            "Storage quota has been exceeded\n",
            "<",
        ),
        (
            vec![
                "--what",
                "alert",
                "--item",
                "virtual_machines",
                "--lang",
                "de",
                "--contact-sales",
            ],
            "Wenden Sie sich",
            "shop.example.com",
        ),
        (
            vec!["--what", "alert", "--state", "soon"],
            "placement=Alert_on_Storage&tenant_quota=storage_size",
            "exceeded\n",
        ),
        (
            vec!["--what", "mail"],
            "email_notification&amp;tenant_quota",
            "\nSubject:",
        ),
        (
            vec!["--what", "mail", "--lang", "ja"],
            "lang=\"ja\"",
            "Hello",
        ),
        (
            vec!["--what", "mail", "--format", "text", "--plain"],
            "Storage quota has been exceeded",
            "shop.example.com",
        ),
        (
            vec!["--what", "mail", "--format", "eml"],
            "Content-Type: multipart/alternative",
            "Bcc:",
        ),
        (
            vec!["--what", "alert", "--plan-currency", "EUR"],
            // 82 GiB over: two blocks of 50 GiB.
            "\n2 extra blocks of 50\u{a0}GiB cover what is over the quota. \
             Price per month: EUR\u{a0}9.80 (2\u{a0}×\u{a0}EUR\u{a0}4.90).\n[Buy now] https://",
            "<",
        ),
        (
            vec![
                "--what",
                "mail",
                "--format",
                "text",
                "--item",
                "physical_machines",
                "--plan-currency",
                "JPY",
            ],
            "1 extra computer covers what is over the quota.",
            "block",
        ),
        (
            vec!["--what", "header", "--plan-currency", "EUR", "--lang", "de"],
            "class=\"upsell-note\">2 Zusatzblöcke von je 50\u{a0}GiB decken",
            "{{",
        ),
        (
            vec!["--what", "header", "--state", "hard_exceeded"],
            "class=\"upsell-button\"",
            "{{",
        ),
    ] {
        let (code, out, err) = preview(&arguments);
        assert_eq!((code, err.as_str()), (Some(0), ""), "{arguments:?}");
        assert!(out.contains(expected), "{arguments:?}: {out}");
        assert!(!out.contains(absent), "{arguments:?}: {out}");
        assert!(out.ends_with('\n'), "{arguments:?}");
    }
}

/// A brand as `PUT /tenants/{id}/brand` takes it.
const BRAND: &str = r#"{
    "service_name": "FooBackup", "company_name": "Foo", "color": "aa2211",
    "upsell_url": "https://foo.example.com/buy", "upsell_link_profile": "acronis",
    "account_server_url": "https://portal.foo.example.com/", "smtp_port": 587
}"#;

fn file(text: &str) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    file
}

#[test]
fn a_preview_has_the_brand_of_a_file() {
    let file = file(BRAND);
    let branded = |what: &str| {
        let path = file.path().to_str().unwrap();
        let (code, out, err) = preview(&["--what", what, "--format", "text", "--brand", path]);
        assert_eq!((code, err.as_str()), (Some(0), ""), "{what}");
        assert!(!out.contains("Example Cloud"), "{out}");
        out
    };
    let reminder = branded("reminder");
    assert!(reminder.starts_with("Reminder: "), "{reminder}");
    assert!(reminder.contains("FooBackup"), "{reminder}");
    let link = "https://foo.example.com/buy?origin=email_notification&tenant_quotas=storage_size";
    assert!(reminder.contains(link), "{reminder}");
    let activation = branded("activation");
    let subject = activation.lines().next().unwrap();
    assert!(subject.contains("FooBackup"), "{subject}");
    assert!(activation.contains("john.doe"), "{activation}");
    let portal = "https://portal.foo.example.com/";
    assert!(activation.contains(portal), "{activation}");
    assert!(!activation.contains("quota"), "{activation}");
}

#[test]
fn a_preview_is_about_several_items() {
    let items = ["--item", "virtual_machines", "--item", "storage_size"];
    let of = |what: &str| {
        let arguments = [&["--what", what][..], &items].concat();
        let (code, out, err) = preview(&arguments);
        assert_eq!((code, err.as_str()), (Some(0), ""), "{what}");
        out
    };
    for what in ["mail", "alert", "header"] {
        let out = of(what);
        assert!(out.contains("storage_size%2Cvirtual_machines"), "{out}");
    }
    let alert = of("alert");
    let blocks: Vec<&str> = alert.split("\n\n").collect();
    assert_eq!(blocks.len(), 2, "{alert}");
    assert!(blocks[0].starts_with("Storage quota"), "{alert}");
    assert!(
        blocks[1].contains("placement=alert_on_virtual_machines"),
        "{alert}"
    );
}

#[test]
fn a_brand_that_cannot_be_shown_is_said() {
    for (text, expected) in [
        ("{", "EOF while parsing an object at line 1 column 1"),
        (r#"{"color":"red"}"#, "color"),
        (r#"{"upsell_url":"ftp://foo"}"#, "upsell_url"),
        (
            "{}",
            "it has no upsell_url, so nobody can buy; give it one, or",
        ),
    ] {
        let file = file(text);
        let path = file.path().to_str().unwrap();
        let (code, out, err) = preview(&["--what", "mail", "--brand", path]);
        assert_eq!((code, out.as_str()), (Some(1), ""), "{text}: {err}");
        let start = format!("upsell: --brand {path}: ");
        assert!(err.starts_with(&start) && err.contains(expected), "{err}");
        assert_eq!(err.lines().count(), 1, "{err}");
    }
}

#[test]
fn what_cannot_be_shown_is_said() {
    for (arguments, code, expected) in [
        (
            vec!["--what", "mail", "--lang", "xx"],
            1,
            "upsell: --lang xx: there is no such language; there are en, de, ",
        ),
        (
            vec!["--what", "alert", "--format", "html"],
            1,
            "upsell: --format html: --what alert has no such form; write --format text",
        ),
        (
            vec!["--what", "header", "--format", "eml"],
            1,
            "upsell: --format eml: --what header has no such form; write --format html",
        ),
        (
            vec!["--what", "mail", "--plan-currency", "eur"],
            1,
            "upsell: --plan-currency eur: ",
        ),
        (
            vec![
                "--what",
                "mail",
                "--plan-currency",
                "EUR",
                "--state",
                "soon",
            ],
            1,
            "upsell: --plan-currency EUR: nothing is over the quota",
        ),
        (
            vec!["--what", "mail", "--plan-currency", "EUR", "--plain"],
            2,
            "upsell: the argument '--plan-currency <CODE>' cannot be used with '--plain'",
        ),
        (
            vec!["--what", "activation", "--plan-currency", "EUR"],
            1,
            "upsell: --what activation: it offers nothing to buy; leave --contact-sales, ",
        ),
        (
            vec!["--what", "letter"],
            2,
            "upsell: invalid value 'letter' for '--what <WHAT>'",
        ),
        (
            vec!["--what", "mail", "--plain", "--contact-sales"],
            2,
            "upsell: the argument '--plain' cannot be used with '--contact-sales'",
        ),
    ] {
        let (status, out, err) = preview(&arguments);
        assert_eq!(
            (status, out.as_str()),
            (Some(code), ""),
            "{arguments:?}: {err}"
        );
        assert!(err.starts_with(expected), "{arguments:?}: {err}");
        assert_eq!(err.lines().count(), 1, "{err}");
    }
}
