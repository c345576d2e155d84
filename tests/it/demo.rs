//! `upsell demo` from outside: what a newcomer is promised works, from the alert to the purchase.

use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Client, Url};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader, Lines};
use tokio::net::TcpListener;
use tokio::process::{Child, ChildStdout, Command};

use crate::support::app::{DEADLINE, eventually};
use crate::support::binary::binary;

struct Demo {
    process: Child,
    out: Lines<BufReader<ChildStdout>>,
    http: Client,
    base: String,
    welcome: String,
    tmp: TempDir,
}

fn command(arguments: &[&str], tmp: &TempDir) -> Command {
    let mut command = Command::new(binary());
    command
        .arg("demo")
        .args(arguments)
        .env_clear()
        .env("TMPDIR", tmp.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command
}

impl Demo {
    async fn start(arguments: &[&str]) -> Self {
        let tmp = TempDir::new().unwrap();
        let mut process = command(arguments, &tmp).spawn().unwrap();
        let mut out = BufReader::new(process.stdout.take().unwrap()).lines();
        let mut welcome = String::new();
        while !welcome.contains("Ctrl-C") {
            let line = tokio::time::timeout(DEADLINE, out.next_line()).await;
            let line = line.expect("the demo says nothing").unwrap();
            welcome.push_str(&line.expect("the demo ended"));
            welcome.push('\n');
        }
        let base = welcome
            .split_whitespace()
            .find(|word| word.starts_with("http://"));
        let base = base.unwrap().trim_end_matches('/').to_owned();
        let http = Client::builder().redirect(Policy::none()).timeout(DEADLINE);
        let http = http.build().unwrap();
        Self {
            process,
            out,
            http,
            base,
            welcome,
            tmp,
        }
    }

    async fn get(&self, path: &str) -> reqwest::Response {
        self.http
            .get(format!("{}{path}", self.base))
            .send()
            .await
            .unwrap()
    }

    async fn json(&self, path: &str) -> Value {
        let response = self.get(path).await;
        assert_eq!(response.status(), 200, "{path}");
        response.json().await.unwrap()
    }

    async fn post(&self, path: &str, body: Value) -> Value {
        let request = self.http.post(format!("{}{path}", self.base)).json(&body);
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 200, "{path}");
        response.json().await.unwrap()
    }

    async fn person(&self, login: &str) -> (Value, Value) {
        let fleet = self.json("/demo/api/fleet").await;
        for customer in fleet["customers"].as_array().unwrap() {
            for user in customer["users"].as_array().unwrap() {
                if user["login"] == login {
                    return (customer.clone(), user.clone());
                }
            }
        }
        panic!("nobody is called {login}");
    }

    /// What the real API answers to this user's own token.
    async fn shown_to(&self, user: &Value, what: &str) -> Value {
        let token = self
            .post("/demo/api/token", json!({ "user_id": user["id"] }))
            .await;
        let path = format!(
            "/api/upsell/v1/users/{}/{what}",
            user["id"].as_str().unwrap()
        );
        let request = self.http.get(format!("{}{path}", self.base));
        let request = request.bearer_auth(token["access_token"].as_str().unwrap());
        request.send().await.unwrap().json().await.unwrap()
    }

    async fn has_happened(&self, kind: &str) -> bool {
        let fleet = self.json("/demo/api/fleet").await;
        fleet["events"]
            .as_array()
            .unwrap()
            .iter()
            .any(|event| event["kind"] == kind)
    }

    /// Stops it as Ctrl-C does; what is left in its directory.
    async fn stop(mut self) -> (ExitStatus, usize) {
        let id = self.process.id().unwrap().to_string();
        let kill = Command::new("kill")
            .args(["-INT", &id])
            .status()
            .await
            .unwrap();
        assert!(kill.success());
        let ended = tokio::time::timeout(Duration::from_secs(20), self.process.wait()).await;
        let left = std::fs::read_dir(self.tmp.path()).unwrap().count();
        while let Ok(Some(_)) = self.out.next_line().await {}
        (ended.expect("the demo does not stop").unwrap(), left)
    }
}

#[tokio::test]
async fn an_alert_becomes_a_mail_a_click_and_a_purchase_of_what_it_promised() {
    let demo = Demo::start(&["--listen", "127.0.0.1:0"]).await;
    let (customer, anna) = demo.person("anna.gruber").await;
    let alerts = demo.shown_to(&anna, "alerts").await;
    let items: Vec<&str> = alerts["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|alert| alert["item"].as_str().unwrap())
        .collect();
    assert_eq!(items, ["storage_size", "virtual_machines"]);
    assert_eq!(alerts["items"][0]["proposal"]["kind"], "buy_now");
    // The pages' bars have the words of the header. Usage moves, perhaps between the two answers.
    eventually("a bar as the header has it", async || {
        let header = demo.shown_to(&anna, "header?lang=en").await;
        let bar = &demo.person("anna.gruber").await.0["items"][0];
        let agree = |line: &Value, name: &str| line[name].is_string() && line[name] == bar[name];
        let same = |line: &&Value| {
            let mut names = ["item", "figures", "percent"].iter();
            names.all(|name| agree(line, name))
        };
        header["items"].as_array()?.iter().find(same).cloned()
    })
    .await;
    let to_buy = &alerts["items"][0]["what_to_buy"];
    assert_eq!(
        (&to_buy["currency"], &to_buy["unit_price"]),
        (&json!("EUR"), &json!("4.90"))
    );

    let mail = eventually("a mail to Anna", async || {
        let mails = demo.json("/demo/api/mails?user=anna.gruber").await;
        mails["items"]
            .as_array()
            .unwrap()
            .first()
            .map(|mail| mail["id"].clone())
    })
    .await;
    let read = demo.json(&format!("/demo/api/mails/{mail}")).await;
    assert_eq!(read["from"], "Nordlicht Cloud <cloud@nordlicht.example>");
    let text = read["text"].as_str().unwrap();
    assert!(text.contains("Alpenblick Hotels"), "{text}");
    assert!(text.contains("Zusatzblöcke"), "{text}");
    let link = text
        .split_whitespace()
        .find(|word| word.contains("/r/"))
        .unwrap();

    let followed = demo
        .http
        .get(link.trim_matches(['<', '>']))
        .send()
        .await
        .unwrap();
    assert_eq!(followed.status(), 302);
    let shop = Url::parse(followed.headers()["location"].to_str().unwrap()).unwrap();
    assert_eq!(shop.path(), "/demo/shop");
    let brought: Vec<(String, String)> = shop.query_pairs().into_owned().collect();
    let number = |value: &Value| value.as_u64().unwrap().to_string();
    assert_eq!(
        brought,
        [
            ("campaign".into(), "quota".into()),
            ("placement".into(), "email_notification".into()),
            (
                "tenant_quota".into(),
                "storage_size,virtual_machines".into()
            ),
            ("user_id".into(), number(&anna["v1_id"])),
            ("tenant_id".into(), number(&customer["v1_id"])),
        ]
    );
    let query = shop.query().unwrap();
    assert_eq!(demo.get(&format!("/demo/shop?{query}")).await.status(), 200);
    assert!(demo.has_happened("visit").await);

    let offer = demo.json(&format!("/demo/api/offer?{query}")).await;
    assert_eq!(offer["person"]["login"], "anna.gruber");
    // The shop's price is the message's, and that of the text.
    let stored = &offer["lines"][0];
    let alerts = demo.shown_to(&anna, "alerts").await;
    let to_buy = &alerts["items"][0]["what_to_buy"];
    assert_eq!(
        (&stored["block"], &stored["blocks"], &stored["price"]),
        (&to_buy["block_bytes"], &to_buy["blocks"], &to_buy["total"])
    );
    let said = text.replace(['\u{a0}', '\n'], " ");
    let price = to_buy["total"].as_str().unwrap().replace('.', ",");
    assert!(said.contains("Preis pro Monat:"), "{text}");
    assert!(said.contains(&format!("{price} EUR")), "{price}: {text}");
    let lines: Vec<Value> = offer["lines"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| json!({ "scope": line["scope"], "item": line["item"] }))
        .collect();
    let order = json!({ "tenant_id": customer["v1_id"], "user_id": anna["v1_id"], "lines": lines });
    let bought = demo.post("/demo/api/buy", order).await;
    assert_eq!(bought["lines"].as_array().unwrap().len(), 2);

    // What the message promised is enough; with whole blocks the rest may be almost used up.
    let alerts = demo.shown_to(&anna, "alerts").await;
    for alert in alerts["items"].as_array().unwrap() {
        assert_eq!(alert["state"], "soon", "{alert}");
    }
    assert!(demo.has_happened("purchase").await);
    let (status, left) = demo.stop().await;
    assert_eq!(
        (status.code(), left),
        (Some(0), 0),
        "it leaves nothing behind"
    );
}

#[tokio::test]
async fn everybody_is_shown_what_is_theirs() {
    let demo = Demo::start(&["--listen", "127.0.0.1:0"]).await;
    for (login, proposal) in [
        ("anna.gruber", json!("buy_now")),
        ("lukas.moser", json!("contact_sales")),
        ("eva.brandl", Value::Null),
        ("tom.reiter", Value::Null),
        // The partner has set no Buy URL.
        ("ruth.crane", Value::Null),
    ] {
        let (_, user) = demo.person(login).await;
        assert_eq!(user["proposal"], proposal, "{login}");
        let alerts = demo.shown_to(&user, "alerts").await;
        let first = &alerts["items"][0];
        assert_eq!(
            first["proposal"].get("kind").unwrap_or(&Value::Null),
            &proposal,
            "{login}"
        );
        assert!(
            demo.welcome.contains(login) || login == "ruth.crane",
            "{}",
            demo.welcome
        );
    }
    // Usage moves, and passes 90 % of one customer's storage by itself.
    eventually("a warning for Harbor & Finch", async || {
        let (customer, _) = demo.person("grace.finch").await;
        (customer["items"][0]["state"] == "soon").then_some(())
    })
    .await;
}

#[tokio::test]
async fn pages_have_nothing_inline_and_mails_run_nothing() {
    let demo = Demo::start(&["--listen", "127.0.0.1:0"]).await;
    for page in [
        "/",
        "/demo/console",
        "/demo/portal",
        "/demo/mailbox",
        "/demo/shop",
    ] {
        let response = demo.get(page).await;
        assert_eq!(response.status(), 200, "{page}");
        let policy = response.headers()["content-security-policy"]
            .to_str()
            .unwrap()
            .to_owned();
        assert!(
            policy.starts_with("default-src 'none'") && !policy.contains("unsafe"),
            "{policy}"
        );
        let html = response.text().await.unwrap();
        assert!(
            !html.contains("<script>") && !html.contains("style="),
            "{page}"
        );
        for file in html
            .split('"')
            .filter(|part| part.starts_with("/demo/files/") || *part == "/widget.js")
        {
            assert_eq!(demo.get(file).await.status(), 200, "{page}: {file}");
        }
    }
    let mail = eventually("a mail", async || {
        let mails = demo.json("/demo/api/mails").await;
        mails["items"]
            .as_array()
            .unwrap()
            .first()
            .map(|mail| mail["id"].clone())
    })
    .await;
    let html = demo.get(&format!("/demo/mails/{mail}")).await;
    let policy = html.headers()["content-security-policy"]
        .to_str()
        .unwrap()
        .to_owned();
    assert!(
        policy.contains("sandbox") && !policy.contains("allow-scripts"),
        "{policy}"
    );
    assert!(
        html.text()
            .await
            .unwrap()
            .contains("<base target=\"_blank\">")
    );
    for missing in [
        "/demo/nothing",
        "/demo/files/nothing.js",
        "/demo/mails/0",
        "/demo/api/mails/x",
    ] {
        assert_eq!(demo.get(missing).await.status(), 404, "{missing}");
    }
    let stranger = json!({ "user_id": "00000000-0000-0000-0000-000000000000" });
    let request = demo
        .http
        .post(format!("{}/demo/api/token", demo.base))
        .json(&stranger);
    assert_eq!(request.send().await.unwrap().status(), 400);
}

#[tokio::test]
async fn a_taken_port_is_said() {
    let tmp = TempDir::new().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let output = command(&["--listen", &address], &tmp)
        .output()
        .await
        .unwrap();
    let err = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(
        err.starts_with(&format!("upsell: cannot listen on {address}: "))
            && err.ends_with("; stop the process that uses it, or choose another address\n"),
        "{err}"
    );
    assert_eq!(std::fs::read_dir(tmp.path()).unwrap().count(), 0);

    // No machine has an address for documentation (RFC 5737).
    let output = command(&["--listen", "192.0.2.1:0"], &tmp).output().await;
    let err = String::from_utf8(output.unwrap().stderr).unwrap();
    assert!(
        err.ends_with("; choose an address that this machine has\n"),
        "{err}"
    );

    // Whoever has it: it is taken.
    let _taken = TcpListener::bind("127.0.0.1:8080").await;
    let mut demo = Demo::start(&[]).await;
    assert!(!demo.base.ends_with(":8080"), "{}", demo.base);
    let mut said = vec![0; 200];
    let mut err = demo.process.stderr.take().unwrap();
    let length = err.read(&mut said).await.unwrap();
    let said = String::from_utf8_lossy(&said[..length]).into_owned();
    assert!(
        said.starts_with("upsell: 127.0.0.1:8080 is in use; "),
        "{said}"
    );
    assert_eq!(demo.get("/").await.status(), 200);
}
