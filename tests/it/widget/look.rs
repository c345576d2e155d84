//! How the elements look: contrast, direction, languages, headings, narrow windows. axe-core says
//! what is not accessible.

use serde_json::{Value, json};

use super::{Page, Stage, scenarios};
use crate::support::accounts::{ADMIN_BUYER, BUYER, User};
use crate::support::host::Fault;
use crate::support::python::package;

scenarios![
    light_pages_are_legible_under_a_dark_system,
    dark_pages_are_legible,
    the_theme_attribute_decides,
    pages_from_right_to_left,
    errors_are_accessible,
    headings_have_the_level_of_the_page,
    a_telephone_is_wide_enough,
    contacts_are_links,
];

const OPEN_MENU: &str =
    "document.querySelector('upsell-alerts').shadowRoot.querySelector('.snooze').click()";

/// No violation, and no text whose contrast could not be measured; what an open menu covers cannot be seen.
async fn axe(stage: &Stage, what: &str) {
    let source =
        std::fs::read_to_string(package("axe_playwright_python").join("axe.min.js")).unwrap();
    stage
        .browser
        .run(&format!("if (!window.axe) {{ {source} }}"))
        .await;
    let found = stage.browser.run("return axe.run(document, { resultTypes: ['violations', 'incomplete', 'passes'] }).then((found) => {\
        const brief = (rules) => rules.map((rule) => rule.id + ': ' + rule.nodes.map((node) => node.target + ' ' + node.failureSummary).join(' / '));\
        return { violations: brief(found.violations), unsure: brief(found.incomplete.filter((rule) => rule.id === 'color-contrast')\
        .map((rule) => ({ ...rule, nodes: rule.nodes.filter((node) => !node.failureSummary.includes('overlapped by another element')) })).filter((rule) => rule.nodes.length)),\
          measured: found.passes.filter((rule) => rule.id === 'color-contrast').flatMap((rule) => rule.nodes).filter((node) => node.target.flat().length > 1).length }; })").await;
    assert_eq!(
        [&found["violations"], &found["unsure"]],
        [&json!([]), &json!([])],
        "{what}: {found:#}"
    );
    assert!(found["measured"].as_u64().unwrap() > 1, "{what}: {found:#}");
}

/// Both elements, then the open menu.
async fn legible(stage: &Stage, user: &User, what: &str, page: Page<'_>) {
    stage.both(user, page).await;
    stage.browser.picture(what).await;
    axe(stage, what).await;
    stage.browser.run(OPEN_MENU).await;
    stage.browser.picture(&format!("{what}, menu")).await;
    axe(stage, &format!("{what}, menu")).await;
}

async fn light_pages_are_legible_under_a_dark_system(stage: &Stage) {
    let (_, user) = stage.user(ADMIN_BUYER).await;
    for scheme in ["light", "dark"] {
        stage.browser.prefer(scheme).await;
        for style in ["body { background: #fff; color: #222 }", ""] {
            let what = format!("light page, {scheme} system {}", style.len());
            legible(
                stage,
                &user,
                &what,
                Page {
                    html: "lang=\"en\"",
                    style,
                    ..Page::default()
                },
            )
            .await;
        }
    }
}

async fn dark_pages_are_legible(stage: &Stage) {
    let (_, user) = stage.user(ADMIN_BUYER).await;
    for (what, scheme, style) in [
        // A page that says nothing of its scheme, and one that does.
        (
            "dark page",
            "light",
            "body { background: #12161c; color: #e8ecf1 }",
        ),
        (
            "dark scheme",
            "light",
            ":root { color-scheme: dark; background: Canvas }",
        ),
        (
            "scheme of the system",
            "dark",
            ":root { color-scheme: light dark; background: Canvas }",
        ),
    ] {
        stage.browser.prefer(scheme).await;
        legible(
            stage,
            &user,
            what,
            Page {
                html: "lang=\"en\"",
                style,
                ..Page::default()
            },
        )
        .await;
    }
}

async fn the_theme_attribute_decides(stage: &Stage) {
    let (_, user) = stage.user(ADMIN_BUYER).await;
    for (theme, style) in [
        ("dark", "body { background: #fff; color: #222 }"),
        ("light", "body { background: #12161c; color: #e8ecf1 }"),
    ] {
        let body = format!("theme=\"{theme}\"");
        legible(
            stage,
            &user,
            &format!("theme {theme}"),
            Page {
                html: "lang=\"en\"",
                style,
                body: &body,
                ..Page::default()
            },
        )
        .await;
        let scheme = "return getComputedStyle(document.querySelector('upsell-alerts')).colorScheme";
        assert_eq!(stage.browser.run(scheme).await, theme);
    }
}

/// By how many pixels the page is wider than its window.
async fn overflow(stage: &Stage) -> i64 {
    let wider = "return document.documentElement.scrollWidth - innerWidth";
    stage.browser.run(wider).await.as_i64().unwrap()
}

async fn pages_from_right_to_left(stage: &Stage) {
    let (_, user) = stage.user(ADMIN_BUYER).await;
    legible(
        stage,
        &user,
        "right to left",
        Page {
            html: "lang=\"ar\" dir=\"rtl\"",
            ..Page::default()
        },
    )
    .await;
    assert_eq!(overflow(stage).await, 0);
    for element in ["upsell-alerts", "upsell-header"] {
        let content = format!(
            "const content = document.querySelector('{element}').shadowRoot.querySelector('.content');"
        );
        let said = stage
            .browser
            .run(&format!("{content} return [content.lang, content.dir]"))
            .await;
        assert_eq!(said, json!(["en", "ltr"]), "{element}");
        // "12 of 10": what comes first stands on the left.
        let edges = format!(
            "{content} const walker = document.createTreeWalker(content, NodeFilter.SHOW_TEXT); \
            for (let node; node = walker.nextNode();) {{ const at = node.data.indexOf('12 of 10'); if (at < 0) continue; \
            const left = (from, to) => {{ const range = document.createRange(); range.setStart(node, from); range.setEnd(node, to); return range.getBoundingClientRect().left; }}; \
            return left(at, at + 2) < left(at + 6, at + 8); }} return 'no 12 of 10'"
        );
        assert_eq!(stage.browser.run(&edges).await, json!(true), "{element}");
    }
}

async fn errors_are_accessible(stage: &Stage) {
    let (_, user) = stage.user(ADMIN_BUYER).await;
    for (what, html, style) in [
        ("error", "lang=\"de\"", ""),
        (
            "error, dark",
            "lang=\"en\"",
            ":root { color-scheme: dark; background: Canvas }",
        ),
        ("error, right to left", "lang=\"ar\" dir=\"rtl\"", ""),
    ] {
        let script = stage.provider(&user).await;
        let body =
            stage.element("upsell-header", &user, "") + &stage.element("upsell-alerts", &user, "");
        stage.gate.fail("GET /api/", Fault::Status(503));
        stage
            .open(Page {
                html,
                style,
                script: &script,
                body: &body,
            })
            .await;
        stage.shown("upsell-header", "[role=alert]").await;
        stage.shown("upsell-alerts", "[role=alert]").await;
        stage.browser.picture(what).await;
        axe(stage, what).await;
        stage.gate.heal();
        // One that is refused beside the alert it is about.
        stage
            .both(
                &user,
                Page {
                    html,
                    style,
                    ..Page::default()
                },
            )
            .await;
        stage.gate.fail("POST /api/", Fault::Status(403));
        stage.browser.run(&format!("{OPEN_MENU}; document.querySelector('upsell-alerts').shadowRoot.querySelector('.choice').click()")).await;
        stage.shown("upsell-alerts", ".alert [role=alert]").await;
        stage.browser.picture(&format!("{what}, refused")).await;
        axe(stage, &format!("{what}, refused")).await;
        stage.gate.heal();
    }
}

async fn headings_have_the_level_of_the_page(stage: &Stage) {
    let (_, user) = stage.user(ADMIN_BUYER).await;
    stage.english(&user).await;
    let headings = "return ['upsell-alerts', 'upsell-header'].map((name) => [...document.querySelector(name).shadowRoot.querySelectorAll('h1,h2,h3,h4,h5,h6,[role=heading]')].map((node) => node.localName).join())";
    assert_eq!(stage.browser.run(headings).await, json!(["", ""]));
    stage.browser.run("for (const name of ['upsell-alerts', 'upsell-header']) document.querySelector(name).setAttribute('heading-level', '2')").await;
    assert_eq!(stage.browser.run(headings).await, json!(["h2,h2", "h2"]));
    axe(stage, "with headings").await;
    stage.browser.run("for (const name of ['upsell-alerts', 'upsell-header']) document.querySelector(name).setAttribute('heading-level', '9')").await;
    assert_eq!(stage.browser.run(headings).await, json!(["", ""]));
}

async fn a_telephone_is_wide_enough(stage: &Stage) {
    let (_, user) = stage.user(ADMIN_BUYER).await;
    stage.browser.size(390, 844).await;
    for (what, html) in [
        ("telephone", "lang=\"de\""),
        ("telephone, right to left", "lang=\"ar\" dir=\"rtl\""),
    ] {
        legible(
            stage,
            &user,
            what,
            Page {
                html,
                ..Page::default()
            },
        )
        .await;
        assert_eq!(overflow(stage).await, 0, "{what}");
    }
}

async fn contacts_are_links(stage: &Stage) {
    let (tenant, user) = stage.user(BUYER).await;
    let brand = json!({"support_phone": "+44 20 7946 0018", "support_url": "https://support.example.com/sales"});
    stage.app.put_brand(&tenant.id, &brand).await;
    stage.english(&user).await;
    let links = "return ['upsell-alerts', 'upsell-header'].map((name) => [...document.querySelector(name).shadowRoot.querySelectorAll('.contact a')].slice(0, 2).map((link) => link.getAttribute('href')))";
    let expected: Value = json!(["tel:+442079460018", "https://support.example.com/sales"]);
    assert_eq!(stage.browser.run(links).await, json!([expected, expected]));
    axe(stage, "contacts").await;
    stage.browser.picture("contacts").await;
}
