//! `upsell preview` from outside.

use std::process::Command;

use crate::support::binary::binary;

fn preview(arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = Command::new(binary())
        .arg("preview")
        .args(arguments)
        .env_clear()
        .output()
        .unwrap();
    (
        output.status.code(),
        String::from_utf8(output.stdout).unwrap(),
        String::from_utf8(output.stderr).unwrap(),
    )
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
