//! What is seen of calls that fail.

use serde_json::{Value, json};

use super::{Page, Stage, scenarios};
use crate::support::accounts::{ADMIN_BUYER, PLAIN};
use crate::support::host::Fault;

scenarios![
    a_refused_snooze_is_told,
    a_snooze_that_fails_is_tried_again,
    what_cannot_be_loaded_says_so,
    figures_stay_when_a_refresh_fails,
    a_missing_token_is_said_in_the_console,
    a_missing_attribute_is_said_in_the_console,
];

const SNOOZE: &str = "const root = document.querySelector('upsell-alerts').shadowRoot; \
    root.querySelector('.snooze').click(); root.querySelector('.choice').click()";

/// The last `upsell-error`, once there is one.
async fn error_event(stage: &Stage) -> Value {
    let last = "return events.filter((event) => event.name === 'upsell-error').at(-1) || null";
    stage.browser.until("upsell-error", last).await
}

async fn a_refused_snooze_is_told(stage: &Stage) {
    let (_, user) = stage.user(PLAIN).await;
    // May read, and may not snooze.
    let token = stage.token(&user, "alerts_read").await;
    let script = format!("window.getToken = () => '{token}'; {}", super::EVENTS);
    let body = stage.element("upsell-alerts", &user, "");
    stage
        .open(Page {
            html: "lang=\"en\"",
            script: &script,
            body: &body,
            ..Page::default()
        })
        .await;
    stage.shown("upsell-alerts", ".alert").await;
    stage.browser.run(SNOOZE).await;
    let event = error_event(stage).await;
    assert_eq!(
        [&event["status"], &event["action"], &event["composed"]],
        [&json!(403), &json!("snooze"), &json!(true)],
        "{event}"
    );
    stage.shown("upsell-alerts", ".alert [role=alert]").await;
    stage
        .reads("upsell-alerts", "This could not be saved")
        .await;
}

async fn a_snooze_that_fails_is_tried_again(stage: &Stage) {
    let (_, user) = stage.user(PLAIN).await;
    stage.english(&user).await;
    stage.gate.fail("POST /api/", Fault::Status(503));
    stage.browser.run(SNOOZE).await;
    let event = error_event(stage).await;
    assert_eq!(
        [&event["status"], &event["action"]],
        [&json!(503), &json!("snooze")],
        "{event}"
    );
    stage
        .reads("upsell-alerts", "This could not be saved")
        .await;
    stage.gate.heal();
    stage.browser.run("document.querySelector('upsell-alerts').shadowRoot.querySelector('.alert .retry').click()").await;
    stage.reads("upsell-alerts", "Snoozed until").await;
    let told =
        "return !document.querySelector('upsell-alerts').shadowRoot.querySelector('[role=alert]')";
    stage.browser.until("no message any more", told).await;
}

async fn what_cannot_be_loaded_says_so(stage: &Stage) {
    let (_, user) = stage.user(ADMIN_BUYER).await;
    let good = stage.provider(&user).await;
    let bad = format!("window.getToken = () => 'x.y.z'; {}", super::EVENTS);
    let body =
        stage.element("upsell-alerts", &user, "") + &stage.element("upsell-header", &user, "");
    for (script, fault, status) in [
        (&bad, None, 401),
        (&good, Some(Fault::Status(403)), 403),
        (&good, Some(Fault::Status(503)), 503),
        // The host page's origin is not on the list: a browser says no more than "failed".
        (&good, Some(Fault::NoPermission), 0),
    ] {
        stage.gate.reset();
        if let Some(fault) = fault {
            stage.gate.fail("GET /api/", fault);
            if fault == Fault::NoPermission {
                stage.gate.fail("OPTIONS /api/", fault);
            }
        }
        stage
            .open(Page {
                html: "lang=\"en\"",
                script,
                body: &body,
                ..Page::default()
            })
            .await;
        for element in ["upsell-alerts", "upsell-header"] {
            stage.shown(element, "[role=alert]").await;
            stage.reads(element, "could not be loaded").await;
            stage.shown(element, ".retry").await;
        }
        let event = error_event(stage).await;
        assert_eq!(
            [&event["status"], &event["action"]],
            [&json!(status), &json!("load")],
            "{event}"
        );
        if fault.is_some() {
            stage.gate.heal();
            stage.browser.run("for (const name of ['upsell-alerts', 'upsell-header']) document.querySelector(name).shadowRoot.querySelector('.retry').click()").await;
            stage.shown("upsell-alerts", ".alert").await;
            stage.shown("upsell-header", ".line").await;
        }
    }
}

async fn figures_stay_when_a_refresh_fails(stage: &Stage) {
    let (_, user) = stage.user(PLAIN).await;
    stage.english(&user).await;
    stage.gate.fail("GET /api/", Fault::Status(503));
    stage.browser.run("for (const name of ['upsell-alerts', 'upsell-header']) document.querySelector(name).refresh()").await;
    for (element, kept) in [("upsell-alerts", "12 of 10"), ("upsell-header", "12 of 10")] {
        stage.reads(element, "could not be loaded").await;
        let text = stage.text(element).await;
        assert!(text.contains(kept), "{text}");
    }
    stage.gate.heal();
    stage
        .browser
        .run("document.querySelector('upsell-alerts').refresh()")
        .await;
    let told =
        "return !document.querySelector('upsell-alerts').shadowRoot.querySelector('[role=alert]')";
    stage.browser.until("no message any more", told).await;
}

async fn a_missing_token_is_said_in_the_console(stage: &Stage) {
    let (_, user) = stage.user(PLAIN).await;
    let body = stage.element("upsell-alerts", &user, "");
    for script in [
        "",
        "window.getToken = () => null;",
        "window.getToken = () => Promise.reject(new Error('no session'));",
    ] {
        let script = format!("{}{script}", super::EVENTS);
        stage
            .open(Page {
                html: "lang=\"en\"",
                script: &script,
                body: &body,
                ..Page::default()
            })
            .await;
        stage.reads("upsell-alerts", "could not be loaded").await;
        let event = error_event(stage).await;
        assert_eq!(
            [&event["status"], &event["reason"]],
            [&json!(0), &json!("token")],
            "{script}: {event}"
        );
        let console = stage.browser.console().await;
        assert!(
            console.contains("WARNING")
                && console.contains("upsell-alerts>: ")
                && console.contains("getToken"),
            "{script}: {console}"
        );
        assert_eq!(stage.gate.calls("GET /api/"), Vec::<String>::new());
    }
}

async fn a_missing_attribute_is_said_in_the_console(stage: &Stage) {
    let body = "<upsell-alerts></upsell-alerts>";
    stage
        .open(Page {
            html: "lang=\"en\"",
            script: super::EVENTS,
            body,
            ..Page::default()
        })
        .await;
    assert_eq!(error_event(stage).await["reason"], "user-id");
    let console = stage.browser.console().await;
    assert!(
        console.contains("WARNING") && console.contains("user-id"),
        "{console}"
    );
}
