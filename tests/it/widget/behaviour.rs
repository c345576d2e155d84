//! What the elements show, what they ask the service and when.

use upsell::render::Renderer;

use super::{Page, Stage, scenarios};
use crate::support::accounts::{ADMIN_BUYER, PLAIN};

scenarios![
    words_are_those_of_the_mails,
    elements_share_requests,
    hidden_pages_ask_nothing,
    a_provider_is_found_when_it_is_defined,
    a_snooze_and_its_end,
    the_menu_is_used_by_keyboard,
    everything_stays_on_the_origin_of_the_service,
];

/// Waits `count` intervals of a poll, by the page's own (fast) clock.
const TICKS: &str = "if (!window.ticks) { window.ticks = 0; \
    const tick = () => { ticks += 1; setTimeout(tick, 30000); }; tick(); }";

/// Seconds pass as hundredths.
const FAST: &str = "const slow = window.setTimeout; \
    window.setTimeout = (act, ms, ...more) => slow(act, ms >= 1000 ? ms / 100 : ms, ...more);";

async fn words_are_those_of_the_mails(stage: &Stage) {
    let (tenant, user) = stage.user(PLAIN).await;
    stage.english(&user).await;
    let mut languages: Vec<&str> = Renderer::new().unwrap().languages().collect();
    // English is the first, and what the page is left in.
    languages.rotate_left(1);
    for lang in languages {
        let path = format!("/api/upsell/v1/users/{}/header?lang={lang}", user.id);
        let request = stage.app.request(reqwest::Method::GET, &path);
        let fragment = request
            .header("accept", "text/html")
            .send()
            .await
            .unwrap()
            .text()
            .await
            .unwrap();
        let texts = |class: &str| -> Vec<String> {
            let open = format!("class=\"{class}\">");
            let starts = fragment.split(&open).skip(1);
            starts
                .map(|rest| {
                    rest.split("</")
                        .next()
                        .unwrap()
                        .trim_start_matches("<bdi>")
                        .to_owned()
                })
                .collect()
        };
        let words = [
            "upsell-heading",
            "upsell-item",
            "upsell-figures",
            "upsell-percent",
        ]
        .map(texts)
        .concat();
        assert_eq!(words.len(), 7, "{fragment}");
        stage
            .browser
            .run(&format!(
                "for (const element of document.querySelectorAll('[src]')) element.lang = '{lang}'"
            ))
            .await;
        let all = serde_json::to_string(&words).unwrap();
        let reads = format!(
            "const text = document.querySelector('upsell-header').shadowRoot.querySelector('.content').innerText; \
            return {all}.every((word) => text.includes(word))"
        );
        stage
            .browser
            .until(&format!("{lang}: {words:?}"), &reads)
            .await;
    }
    let header = stage.text("upsell-header").await;
    let of = format!(
        "Quotas of {}",
        stage
            .app
            .get(&format!("/api/2/tenants/{}", tenant.id))
            .await
            .json()["name"]
            .as_str()
            .unwrap()
    );
    assert!(
        header.contains(&of) && !header.contains("Tenant"),
        "{header}"
    );
}

async fn elements_share_requests(stage: &Stage) {
    let (_, user) = stage.user(PLAIN).await;
    let script = stage.provider(&user).await;
    let one = stage.element("upsell-alerts", &user, "");
    let body = format!("{one}{one}{}", stage.element("upsell-header", &user, ""));
    stage
        .open(Page {
            script: &script,
            body: &body,
            ..Page::default()
        })
        .await;
    let all = "return [...document.querySelectorAll('[src]')].filter((element) => element.matches('upsell-alerts, upsell-header'))\
        .every((element) => element.shadowRoot.querySelector('.alert, .line'))";
    stage.browser.until("content in all three", all).await;
    let counts = || ["GET /api/", "OPTIONS /api/"].map(|start| stage.gate.calls(start).len());
    assert_eq!(counts(), [2, 2], "{:?}", stage.gate.calls(""));

    // A second load, and a host page that says the same several times.
    let busy = "const before = events.length; const elements = document.querySelectorAll('upsell-alerts, upsell-header'); \
        for (const element of elements) { element.tokenProvider = getToken; element.refresh(); element.refresh(); \
        element.setAttribute('page', '/devices'); element.setAttribute('page', location.origin + location.pathname); } \
        dispatchEvent(new Event('focus')); document.dispatchEvent(new Event('visibilitychange')); window.before = before";
    stage.browser.run(busy).await;
    stage
        .browser
        .until(
            "answers for all three",
            "return events.length >= before + 3",
        )
        .await;
    assert_eq!(counts(), [4, 2], "{:?}", stage.gate.calls(""));
}

async fn hidden_pages_ask_nothing(stage: &Stage) {
    let (_, user) = stage.user(PLAIN).await;
    stage
        .both(
            &user,
            Page {
                script: FAST,
                ..Page::default()
            },
        )
        .await;
    let asked = || stage.gate.calls("GET /api/").len();
    let polled = async |more: usize| {
        let from = asked();
        crate::support::app::eventually("polls", async || (asked() >= from + more).then_some(()))
            .await;
    };
    polled(4).await;
    stage.browser.hide().await;
    stage
        .browser
        .until(
            "a hidden page",
            "return document.visibilityState === 'hidden'",
        )
        .await;
    // What was under way ends.
    stage.browser.run(TICKS).await;
    stage
        .browser
        .until("one interval", "return ticks > 1")
        .await;
    let before = asked();
    stage
        .browser
        .until("three intervals", "return ticks > 4")
        .await;
    assert_eq!(asked(), before, "a hidden page asks");
    let shown = stage.browser.run("window.shown = events.length").await;
    assert!(shown.is_null());
    stage.browser.show().await;
    stage
        .browser
        .until(
            "an answer for the visible page",
            "return events.length > shown",
        )
        .await;
    polled(2).await;
}

async fn a_provider_is_found_when_it_is_defined(stage: &Stage) {
    let (_, user) = stage.user(PLAIN).await;
    let body = stage.element("upsell-alerts", &user, "");
    stage
        .open(Page {
            script: super::EVENTS,
            body: &body,
            ..Page::default()
        })
        .await;
    stage
        .browser
        .until(
            "a defined element",
            "return !!customElements.get('upsell-alerts')",
        )
        .await;
    let token = stage.token(&user, "alerts_read").await;
    let define = format!(
        "window.from = performance.now(); document.addEventListener('upsell-loaded', () => {{ window.took = performance.now() - from; }}); \
        window.getToken = async () => '{token}'"
    );
    stage.browser.run(&define).await;
    let took = stage
        .browser
        .until("the time it took", "return window.took || null")
        .await;
    assert!(took.as_f64().unwrap() < 10_000.0, "{took} ms");
}

async fn a_snooze_and_its_end(stage: &Stage) {
    let (_, user) = stage.user(ADMIN_BUYER).await;
    stage.english(&user).await;
    stage
        .browser
        .run(
            "const root = document.querySelector('upsell-alerts').shadowRoot; \
        root.querySelector('.snooze').click(); root.querySelectorAll('.choice')[1].click()",
        )
        .await;
    stage.reads("upsell-alerts", "Snoozed until").await;
    let alerts = stage.app.alerts(&user).await;
    assert_eq!(
        alerts
            .iter()
            .filter(|alert| !alert["snoozed_until"].is_null())
            .count(),
        1
    );
    stage
        .browser
        .run("document.querySelector('upsell-alerts').shadowRoot.querySelector('.wake').click()")
        .await;
    stage
        .browser
        .until(
            "no snooze",
            "return !document.querySelector('upsell-alerts').shadowRoot.querySelector('.wake')",
        )
        .await;
    assert!(
        stage
            .app
            .alerts(&user)
            .await
            .iter()
            .all(|alert| alert["snoozed_until"].is_null())
    );
}

async fn the_menu_is_used_by_keyboard(stage: &Stage) {
    let (_, user) = stage.user(PLAIN).await;
    stage.english(&user).await;
    let focused = "document.querySelector('upsell-alerts').shadowRoot.activeElement";
    let press = async |key: &str| {
        let press = format!(
            "{focused}.dispatchEvent(new KeyboardEvent('keydown', {{ key: '{key}', bubbles: true, cancelable: true }})); return {focused}.textContent"
        );
        stage.browser.run(&press).await
    };
    stage
        .browser
        .run("document.querySelector('upsell-alerts').shadowRoot.querySelector('.snooze').focus()")
        .await;
    let mut seen = Vec::new();
    for key in [
        "ArrowDown",
        "ArrowDown",
        "End",
        "ArrowDown",
        "ArrowUp",
        "Home",
        "Escape",
    ] {
        seen.push(press(key).await);
    }
    assert_eq!(
        seen,
        [
            "1 day", "1 week", "30 days", "1 day", "30 days", "1 day", "Snooze"
        ]
    );
}

async fn everything_stays_on_the_origin_of_the_service(stage: &Stage) {
    let (_, user) = stage.user(ADMIN_BUYER).await;
    stage.both(&user, Page::default()).await;
    let asked = "return performance.getEntriesByType('resource').map((entry) => new URL(entry.name)).filter((url) => url.pathname !== '/host.js' && url.pathname !== '/favicon.ico').map((url) => url.origin)";
    let origins = stage.browser.run(asked).await;
    let origins = origins.as_array().unwrap();
    assert!(
        origins.len() >= 3 && origins.iter().all(|origin| origin == stage.gate.origin()),
        "{origins:?}"
    );
    let console = stage.browser.console().await;
    assert!(!console.contains("Content Security Policy"), "{console}");
    let marks = "const link = document.querySelector('upsell-alerts').shadowRoot.querySelector('a.buy'); return [link.rel, link.target, new URL(link.href).pathname.slice(0, 3)]";
    assert_eq!(
        stage.browser.run(marks).await,
        serde_json::json!(["noopener", "_blank", "/r/"])
    );
}
