//! The custom elements in a real browser: a host page on an origin of its own, the service behind
//! a gate that counts and fails calls. One browser and one service serve all scenarios, each on
//! pages and with users of its own. `WIDGET_ONLY=part-of-a-name` runs some of them.

mod behaviour;
mod failures;
mod look;
mod page;

use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;
use reqwest::StatusCode;
use serde_json::Value;

use crate::support::accounts::{Account, Role, Tenant, User};
use crate::support::app::TestApp;
use crate::support::browser::Browser;
use crate::support::host::{Gate, Host};

type Scenario = (
    &'static str,
    for<'a> fn(&'a Stage) -> LocalBoxFuture<'a, ()>,
);

/// A table of scenarios, by the names of their functions.
macro_rules! scenarios {
    ($($name:ident),* $(,)?) => {
        pub(super) const SCENARIOS: &[super::Scenario] = &[
            $((stringify!($name), |stage| futures_util::FutureExt::boxed_local($name(stage)))),*
        ];
    };
}
use scenarios;

#[tokio::test]
async fn the_widget_works_in_a_browser() {
    let stage = Stage::start().await;
    let only = std::env::var("WIDGET_ONLY").unwrap_or_default();
    let all = [
        behaviour::SCENARIOS,
        failures::SCENARIOS,
        look::SCENARIOS,
        page::SCENARIOS,
    ]
    .concat();
    let mut failed = Vec::new();
    let mut count = 0;
    for (name, scenario) in all.into_iter().filter(|(name, _)| name.contains(&only)) {
        count += 1;
        stage.reset().await;
        let start = std::time::Instant::now();
        let done = AssertUnwindSafe(scenario(&stage)).catch_unwind().await;
        println!(
            "{name}: {} in {:?}",
            if done.is_ok() { "ok" } else { "FAILED" },
            start.elapsed()
        );
        if done.is_err() {
            println!(
                "{}",
                stage.browser.run("return document.body.innerHTML").await
            );
            println!("{}", stage.browser.console().await);
            failed.push(name);
        }
    }
    stage.browser.close().await;
    assert!(count > 0, "no scenario has {only} in its name");
    assert!(
        failed.is_empty(),
        "{} of {count} failed: {}",
        failed.len(),
        failed.join(", ")
    );
}

/// What every scenario plays on.
struct Stage {
    browser: Browser,
    host: Host,
    gate: Gate,
    app: TestApp,
}

/// A page with the script of the widget.
#[derive(Default)]
struct Page<'a> {
    /// Attributes of `<html>`.
    html: &'a str,
    style: &'a str,
    /// Runs before the widget's script, which is deferred.
    script: &'a str,
    body: &'a str,
}

impl Stage {
    async fn start() -> Self {
        let host = Host::start().await;
        let app = TestApp::start(&[("UPSELL_CONSOLE_CORS_ORIGINS", host.origin())]).await;
        let gate = Gate::start(&app.base).await;
        Self {
            browser: Browser::start().await,
            host,
            gate,
            app,
        }
    }

    async fn reset(&self) {
        self.browser.open("about:blank").await;
        self.browser.prefer("light").await;
        self.browser.size(1000, 800).await;
        self.browser.console().await;
        self.gate.reset();
    }

    /// A user of a customer with 12 of 10 virtual machines and 9.5 of 10 GiB in use.
    async fn user(&self, role: Role) -> (Tenant, User) {
        let tenant = self.app.create_customer().await;
        let user = self.app.create_user(&tenant, role).await;
        self.app
            .brand(&tenant, "https://shop.example.com/buy", true)
            .await;
        let account = Account::Tenant(&tenant);
        self.app.set_quota(account, "vms", 10).await;
        self.app.set_quota(account, "storage", 10 << 30).await;
        self.app
            .report(&[(account, "vms", 12), (account, "storage", 19 << 29)])
            .await;
        (tenant, user)
    }

    /// A token of the user, as a portal's server asks for it.
    async fn token(&self, user: &User, scope: &str) -> String {
        let form = [
            ("grant_type", "client_credentials"),
            ("user_id", &user.id),
            ("scope", scope),
        ];
        let request = self
            .app
            .http
            .post(format!("{}/api/2/idp/token", self.app.base));
        let first = &self.app.first;
        let request = request.basic_auth(&first.client_id, Some(&first.client_secret));
        let answer = request.form(&form).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        let answer: Value = answer.json().await.unwrap();
        answer["access_token"].as_str().unwrap().to_owned()
    }

    /// The start of a host page's script: `getToken`, and a list of the widget's events.
    async fn provider(&self, user: &User) -> String {
        let token = self.token(user, "alerts_read alerts_write").await;
        format!("window.getToken = () => \"{token}\"; {EVENTS}")
    }

    /// `<upsell-alerts …>` for the user.
    fn element(&self, name: &str, user: &User, more: &str) -> String {
        let src = self.gate.origin();
        format!(
            "<{name} src=\"{src}\" user-id=\"{}\" token-provider=\"getToken\" {more}></{name}>",
            user.id
        )
    }

    /// Opens a page under a policy that allows nothing inline and nothing else.
    async fn open(&self, page: Page<'_>) {
        let Page {
            html,
            style,
            script,
            body,
        } = page;
        let service = self.gate.origin();
        let policy = format!(
            "default-src 'none'; style-src 'nonce-n'; script-src 'self' {service}; connect-src {service}"
        );
        self.host.page(
            "/host.js",
            script.to_owned(),
            "default-src 'none'".to_owned(),
        );
        let source = format!(
            "<!doctype html><html {html}><head><meta charset=\"utf-8\"><title>Console</title>\
             <meta name=\"viewport\" content=\"width=device-width\"><style nonce=\"n\">{style}</style>\
             <script src=\"/host.js\"></script><script src=\"{service}/widget.js\" defer></script></head>\
             <body><main><h1>Console</h1>{body}</main></body></html>"
        );
        let url = self.host.page("/page", source, policy);
        self.browser.open(&url).await;
    }

    /// Opens a page with both elements for the user and waits for their content.
    async fn both(&self, user: &User, page: Page<'_>) {
        let script = self.provider(user).await + page.script;
        let body = self.element("upsell-header", user, page.body)
            + &self.element("upsell-alerts", user, page.body);
        self.open(Page {
            script: &script,
            body: &body,
            ..page
        })
        .await;
        self.shown("upsell-header", ".line").await;
        self.shown("upsell-alerts", ".alert").await;
    }

    /// The same on a plain page in English.
    async fn english(&self, user: &User) {
        let html = "lang=\"en\"";
        let page = Page {
            html,
            ..Page::default()
        };
        self.both(user, page).await;
    }

    /// Waits for something in the shadow root of an element.
    async fn shown(&self, element: &str, selector: &str) {
        let script = format!(
            "return !!document.querySelector('{element}').shadowRoot.querySelector('{selector}')"
        );
        self.browser
            .until(&format!("{selector} in {element}"), &script)
            .await;
    }

    /// What can be read in an element.
    async fn text(&self, element: &str) -> String {
        let script = format!(
            "return document.querySelector('{element}').shadowRoot.querySelector('.content').innerText"
        );
        self.browser.run(&script).await.as_str().unwrap().to_owned()
    }

    /// Waits until a text can be read in an element.
    async fn reads(&self, element: &str, text: &str) {
        let script = format!(
            "return document.querySelector('{element}').shadowRoot.querySelector('.content').innerText.includes({})",
            Value::from(text)
        );
        self.browser
            .until(&format!("{text:?} in {element}"), &script)
            .await;
    }
}

/// Lists the widget's events in `events`.
const EVENTS: &str = "window.events = []; for (const name of ['upsell-error', 'upsell-loaded']) \
    document.addEventListener(name, (event) => events.push({ name, composed: event.composed, ...event.detail }));";
