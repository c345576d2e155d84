//! The snippets of `docs/embed.md` do what the page says.

use std::collections::BTreeSet;

use serde_json::json;

use super::{Stage, scenarios};
use crate::support::accounts::ADMIN_BUYER;
use crate::support::host::Fault;
use crate::support::pages::{at, block};
use crate::support::shell::Shell;

scenarios![the_page_about_embedding_works];

const PAGE: &str = "docs/embed.md";

async fn the_page_about_embedding_works(stage: &Stage) {
    let (_, user) = stage.user(ADMIN_BUYER).await;
    let mut shell = Shell::new();
    shell.set("BASE_URL", &stage.app.base);
    shell.set("CLIENT_ID", &stage.app.first.client_id);
    shell.set("CLIENT_SECRET", &stage.app.first.client_secret);
    shell.set("USER_ID", &user.id);
    let snippet = |first_line: &str| {
        let text = block(PAGE, first_line).text;
        let text = text.replace("https://upsell.example.com", stage.gate.origin());
        text.replace("1c234e69-5469-424a-a6d1-ff5658b387a6", &user.id)
    };
    let token = shell
        .run(&snippet(
            "curl -sS -u \"$CLIENT_ID:$CLIENT_SECRET\" \"$BASE_URL/api/2/idp/token\" \\",
        ))
        .await;
    assert_eq!(token.statuses(), [200], "{token:?}");
    let none = "default-src 'none'".to_owned();
    stage.host.page("/upsell-token", token.out, none.clone());
    let script = snippet("let known = null;")
        + &snippet("document.addEventListener(\"upsell-error\", (event) => {");
    stage.host.page("/host.js", script, none);
    let service = stage.gate.origin();
    let policy = format!(
        "default-src 'none'; style-src 'nonce-n'; script-src 'self' {service}; connect-src 'self' {service}"
    );
    let html = snippet("<script src=\"https://upsell.example.com/widget.js\" defer></script>");
    let style = snippet("upsell-alerts, upsell-header {");
    let page = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Console</title><style nonce=\"n\">{style}</style></head><body>{html}<script src=\"/host.js\"></script></body></html>"
    );
    let url = stage.host.page("/page", page, policy);
    stage.browser.open(&url).await;
    stage.shown("upsell-header", ".line").await;
    stage.shown("upsell-alerts", "h2.title").await;
    let look = "const root = document.querySelector('upsell-alerts').shadowRoot; return [getComputedStyle(root.querySelector('.buy')).backgroundColor, \
        getComputedStyle(root.querySelector('.alert')).borderRadius, getComputedStyle(root.querySelector('.title')).letterSpacing]";
    assert_eq!(
        stage.browser.run(look).await,
        json!(["rgb(15, 118, 110)", "2px", "1px"])
    );
    stage.gate.fail("GET /api/", Fault::Status(503));
    stage
        .browser
        .run("document.querySelector('upsell-alerts').refresh()")
        .await;
    stage.reads("upsell-alerts", "could not be loaded").await;
    let console = stage.browser.console().await;
    assert!(console.contains("upsell: load failed: 503"), "{console}");
}

/// The words in `text` that begin with `start`, up to what is none of their characters.
fn named(text: &str, start: &str) -> BTreeSet<String> {
    let ends = |c: char| !(c.is_ascii_lowercase() || c == '-');
    let found = text.split(start).skip(1);
    found
        .map(|rest| rest.split(ends).next().unwrap().to_owned())
        .collect()
}

#[test]
fn the_page_names_what_the_script_has() {
    let read = |path: &str| std::fs::read_to_string(at(path)).unwrap();
    let (page, script) = (read(PAGE), read("src/http/widget/widget.js"));
    assert_eq!(named(&page, "--upsell-"), named(&script, "--upsell-"));
    let attributes = named(&script, "getAttribute(\"");
    for name in &attributes {
        assert!(
            page.contains(&format!("\n| `{name}` |")),
            "attribute {name}"
        );
    }
    assert!(attributes.len() >= 6, "{attributes:?}");
    for (what, start) in [
        ("part", "make(\"p\", \""),
        ("part", "make(\"span\", \""),
        ("part", "make(\"div\", \""),
        ("part", "press(\""),
    ] {
        for name in named(&script, start)
            .iter()
            .filter(|name| !["", "quiet"].contains(&name.as_str()))
        {
            assert!(page.contains(&format!("`{name}`")), "{what} {name}");
        }
    }
}
