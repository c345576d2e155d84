//! The commands of the documentation are run as they stand: in README, CONTRIBUTING and `docs/`, each
//! block of commands is run here, or listed with the reason why it is not.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::docs_blocks::{BLOCKS, Done};
use crate::support::accounts::{ADMIN_BUYER, Account};
use crate::support::app::{TestApp, eventually};
use crate::support::pages::{at, block, pages};
use crate::support::redis::{Program, RedisCluster, Shape};
use crate::support::shell::Shell;

#[test]
fn every_block_of_commands_is_run_or_says_why_not() {
    let tests = [
        include_str!("docs_commands.rs"),
        include_str!("docs_shop.rs"),
        include_str!("docs_tour.rs"),
        include_str!("widget/page.rs"),
    ]
    .concat();
    let mut found = BTreeSet::new();
    for page in pages() {
        for block in page.blocks().iter().filter(|block| block.has_commands()) {
            let place = (page.path.clone(), block.first_line().to_owned());
            assert!(
                found.insert(place.clone()),
                "two blocks begin alike: {place:?}"
            );
        }
    }
    for (path, first_line, done) in BLOCKS {
        let place = ((*path).to_owned(), (*first_line).to_owned());
        assert!(
            found.remove(&place),
            "there is no such block any more: {place:?}"
        );
        match done {
            Done::By(test) => assert!(tests.contains(&format!("async fn {test}(")), "{test}"),
            Done::Not(reason) => assert!(reason.len() > 15, "{place:?}"),
        }
    }
    assert!(
        found.is_empty(),
        "blocks of commands that nobody decided about: run them in tests/it/docs_commands.rs, or \
         add them to tests/it/docs_blocks.rs with the reason why not: {:#?}",
        found
    );
}

/// A filter that no test has any more runs nothing, and looks like success.
#[tokio::test]
async fn the_tests_that_commands_name_exist() {
    let here = std::env::current_exe().unwrap();
    let list = tokio::process::Command::new(here)
        .args(["--list", "--include-ignored"])
        .output();
    let listed = String::from_utf8(list.await.unwrap().stdout).unwrap();
    let of_the_library = std::fs::read_to_string(at("src/config/tests.rs")).unwrap();
    let mut filters = 0;
    for page in pages() {
        for line in page
            .text
            .lines()
            .filter(|line| line.contains("cargo test "))
        {
            let (_, rest) = line.split_once("cargo test ").unwrap();
            let words: Vec<&str> = rest.split([' ', '`']).collect();
            let after = |flag| words.iter().position(|word| *word == flag);
            // The words behind `--test it`, where there are any.
            let of_it = after("--test").filter(|at| words.get(at + 1) == Some(&"it"));
            if let Some(filter) = of_it.and_then(|at| words.get(at + 2)) {
                let has = |test: &str| test.split(": ").next().unwrap().contains(filter);
                assert!(listed.lines().any(has), "{}: {line}", page.path);
                filters += 1;
            }
            if let Some(at) = after("--lib") {
                let name = words[at + 1].strip_prefix("config::tests::").unwrap();
                assert!(
                    of_the_library.contains(&format!("fn {name}")),
                    "{}: {line}",
                    page.path
                );
                filters += 1;
            }
        }
    }
    assert!(filters > 8, "{filters}");
}

/// Calls of the program in a text: its words behind the name of the program.
fn calls(text: &str) -> Vec<Vec<&str>> {
    let parted = |c: char| matches!(c, '`' | '|' | '\n' | '\'' | '(' | ')' | ';');
    let parts = text.split(parted).map(str::trim);
    let found = parts.filter_map(|part| {
        let words: Vec<&str> = part.split_whitespace().collect();
        let is_it = |word: &&str| word.rsplit('/').next() == Some("upsell");
        // Settings may stand before it.
        let is_name = |name: &str| name.bytes().all(|b| b.is_ascii_uppercase() || b == b'_');
        let is_setting = |word: &str| word.split_once('=').is_some_and(|(name, _)| is_name(name));
        let before = |word: &&str| *word == "$" || is_setting(word);
        let start = words.iter().position(|word| !before(word))?;
        is_it(&words[start]).then(|| words[start + 1..].to_vec())
    });
    found
        .filter(|words| words.first().is_some_and(|word| *word != "is"))
        .collect()
}

/// The help of the program for the command that these words call; nothing where there is none.
async fn help(words: &[&str]) -> Option<String> {
    let is_name = |word: &&&str| {
        word.bytes().all(|b| b.is_ascii_lowercase() || b == b'-') && !word.starts_with('-')
    };
    let names: Vec<&str> = words.iter().take_while(is_name).take(2).copied().collect();
    let mut text = String::new();
    for depth in 1..=names.len() {
        let mut command = tokio::process::Command::new(crate::support::binary::binary());
        let output = command
            .args(&names[..depth])
            .arg("--help")
            .output()
            .await
            .unwrap();
        match output.status.success() {
            true => text.push_str(&String::from_utf8(output.stdout).unwrap()),
            false if depth == 1 => return None,
            false => {}
        }
    }
    (!text.is_empty()).then_some(text)
}

#[tokio::test]
async fn commands_of_the_program_and_their_flags_exist() {
    let mut texts: Vec<(String, String)> = pages()
        .into_iter()
        .map(|page| (page.path, page.text))
        .collect();
    for path in [
        "deploy/upsell.service",
        "deploy/cluster/compose.yaml",
        "Dockerfile",
    ] {
        texts.push((path.to_owned(), std::fs::read_to_string(at(path)).unwrap()));
    }
    let mut count = 0;
    for (page, text) in &texts {
        for words in calls(text) {
            let help = help(&words).await;
            let help = help.unwrap_or_else(|| panic!("{page}: no such command: upsell {words:?}"));
            for flag in words.iter().filter(|word| word.starts_with("--")) {
                let name = flag.split('=').next().unwrap();
                assert!(help.contains(name), "{page}: no {name}: upsell {words:?}");
            }
            count += 1;
        }
    }
    assert!(count > 25, "{count} calls");
    assert_eq!(
        calls("a `A=b upsell keys list --x`, /usr/bin/upsell\n| upsell import -"),
        [vec!["keys", "list", "--x"], vec!["import", "-"]]
    );
}

#[tokio::test]
async fn the_readme_starts_a_service() {
    let shell = Shell::new();
    let ran = shell
        .run(&block("README.md", "cargo build --profile dist").text)
        .await;
    assert!(
        ran.out.contains("upsell is ready: listening on "),
        "{ran:?}"
    );
    assert!(shell.path("/var/lib/upsell/keys.json").is_file());
}

#[tokio::test]
async fn the_readme_builds_a_buy_link() {
    let first_line = "$ upsell link --buy-url 'https://shop.example.com/buy?campaign=7' --placement email_notification \\";
    let block = block("README.md", first_line).text;
    let command = block.strip_prefix("$ ").unwrap();
    let (command, printed) = command.rsplit_once("/plans\n").unwrap();
    let ran = Shell::new().run(&format!("{command}/plans")).await;
    assert_eq!((ran.out.as_str(), ran.err.as_str()), (printed, ""));
}

#[tokio::test]
async fn a_customer_is_billed_by_the_commands_of_its_page() {
    let app = TestApp::start(&[]).await;
    let customer = app.create_customer().await;
    let mut shell = Shell::new();
    shell.set("BASE_URL", &app.base);
    shell.set("CLIENT_ID", &app.first.client_id);
    shell.set("CLIENT_SECRET", &app.first.client_secret);
    shell.set("TENANT_ID", &customer.id);
    let script = block(
        "docs/billing.md",
        "api=$BASE_URL/api/advanced-automation/v1",
    )
    .text;
    let ran = shell.run(&script).await;
    assert_eq!(ran.statuses(), [200, 201, 200, 200, 200], "{ran:?}");
    let (_, list) = ran
        .out
        .split_at(ran.out.find("{\"Customers\"").expect("no list"));
    let list: Value = serde_json::from_str(list).unwrap();
    let made = &list["Customers"][0];
    assert_eq!(made["Name"], "New Customer");
    assert_eq!(made["ExternalTenantUUID"], customer.id);
    assert_eq!(made["BankAccount"], "AL35202111090000000001234567");
}

#[tokio::test]
async fn a_domain_changes_its_plan_by_the_commands_of_its_page() {
    let app = TestApp::start(&[]).await;
    for login in ["ann@example.com", "bob@example.com"] {
        let user = json!({"tenant_id": app.first.tenant_id, "login": login});
        app.post("/api/2/users", &user).await.expect(200);
    }
    let mut shell = Shell::new();
    shell.set("BASE", &app.base);
    shell.set("TOKEN", &app.token);
    let first_line = "api() { curl -sS -H \"Authorization: Bearer $TOKEN\" -H 'Content-Type: application/json' \"$@\"; echo; }";
    let ran = shell.run(&block("docs/reseller.md", first_line).text).await;
    let expected = [201, 201, 200, 201, 201, 200, 409, 200, 200, 204];
    assert_eq!(ran.statuses(), expected, "{ran:?}");
    let lines: Vec<Value> = ran
        .out
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect();
    // The last but one has a body: the domain's retention is Gold's.
    assert_eq!(lines.last().unwrap()["retentionValue"], 6, "{ran:?}");
}

/// A stopped deployment in `/var/lib/upsell` of a shell, and its clients.
async fn deployment(shell: &Shell) -> String {
    std::fs::create_dir_all(shell.path("/var/lib")).unwrap();
    shell.run("upsell init --data /var/lib/upsell").await;
    let clients = shell
        .run("upsell client list --data /var/lib/upsell --format json")
        .await
        .out;
    assert!(clients.contains("client_id"), "{clients}");
    clients
}

#[tokio::test]
async fn a_deployment_moves_by_the_commands_of_its_page() {
    let shell = Shell::new();
    let clients = deployment(&shell).await;
    let ran = shell
        .run(&block("docs/moving.md", "systemctl stop upsell").text)
        .await;
    assert!(ran.out.contains("upsell is ready"), "{ran:?}");
    let moved = shell
        .run("upsell client list --data /var/lib/upsell-new --format json")
        .await;
    assert_eq!(moved.out, clients);
    shell
        .run("test \"$(head -1 /mnt/upsell.export)\" = 'upsell-export 1'")
        .await;
}

#[tokio::test]
async fn a_deployment_moves_to_a_cluster_by_the_commands_of_its_page() {
    let shape = Shape {
        replicas_each: 0,
        ..Shape::default()
    };
    let cluster = RedisCluster::start(Program::Redis, &shape).await;
    let shell = Shell::new();
    let clients = deployment(&shell).await;
    shell
        .run("mkdir /var/lib/upsell-node; cp /var/lib/upsell/keys.json /var/lib/upsell-node/")
        .await;
    let script = block(
        "docs/moving.md",
        "upsell export --data /var/lib/upsell /mnt/upsell.export",
    )
    .text;
    assert!(script.contains("redis-cluster://a,b,c "), "{script}");
    shell
        .run(&script.replace("redis-cluster://a,b,c", &cluster.url()))
        .await;
    let list = format!(
        "UPSELL_STORE={} upsell client list --data /var/lib/upsell-node --format json",
        cluster.url()
    );
    assert_eq!(shell.run(&list).await.out, clients);
}

#[tokio::test]
async fn a_deployment_moves_over_a_pipe() {
    let shell = Shell::new();
    let clients = deployment(&shell).await;
    shell
        .run("mkdir /var/lib/upsell-new; cp /var/lib/upsell/keys.json /var/lib/upsell-new/")
        .await;
    let first_line = "upsell export --data /var/lib/upsell - | zstd | ssh there 'zstd -d | upsell import --data /var/lib/upsell-new -'";
    shell.run(&block("docs/moving.md", first_line).text).await;
    let moved = shell
        .run("upsell client list --data /var/lib/upsell-new --format json")
        .await;
    assert_eq!(moved.out, clients);
}

/// Whether `shown` looks like what was answered: the same fields and values, but for ids and times.
/// `"…"` stands for anything.
fn must_look_like(shown: &Value, answered: &Value, place: &str) {
    match (shown, answered) {
        (Value::String(text), _) if text == "…" => {}
        (Value::Object(shown), Value::Object(answered)) => {
            let names = |object: &serde_json::Map<String, Value>| {
                object.keys().cloned().collect::<Vec<_>>()
            };
            assert_eq!(names(shown), names(answered), "{place}");
            for (name, value) in shown {
                must_look_like(value, &answered[name], &format!("{place}.{name}"));
            }
        }
        (Value::Array(shown), Value::Array(answered)) => {
            assert_eq!(shown.len(), answered.len(), "{place}");
            for (shown, answered) in shown.iter().zip(answered) {
                must_look_like(shown, answered, place);
            }
        }
        (Value::String(shown), Value::String(answered)) if is_of_the_moment(shown) => {
            assert!(is_of_the_moment(answered), "{place}: {answered}");
            assert_eq!(shown.len(), answered.len(), "{place}: {answered}");
        }
        _ => assert_eq!(shown, answered, "{place}"),
    }
}

/// An id or a time.
fn is_of_the_moment(text: &str) -> bool {
    let parts = text.split('.').find(|part| part.len() == 36);
    parts.is_some_and(|part| part.parse::<uuid::Uuid>().is_ok())
        || text.contains("T") && text.ends_with("+00:00")
}

#[tokio::test]
async fn what_is_explained_looks_like_its_page() {
    let app = TestApp::start(&[]).await;
    let customer = app.create_customer().await;
    app.post(&format!("/api/2/tenants/{}/brand", customer.id), &json!({}))
        .await
        .expect(200);
    app.set_quota(Account::Tenant(&customer), "storage", 107_374_182_400)
        .await;
    app.report_usage(Account::Tenant(&customer), "storage", 111_669_149_696)
        .await;
    eventually("the mails of the report are made: for nobody", async || {
        let metrics = app.visit(&format!("{}/metrics", app.ops)).await.text();
        metrics
            .contains("upsell_people_not_told_total{reason=\"no_users\"} 1\n")
            .then_some(())
    })
    .await;
    // Who comes later has had no mail, and is told the next time; who is not activated is not.
    let user = app.create_user(&customer, ADMIN_BUYER).await;
    for login in ["ann", "bob"] {
        let body = json!({"tenant_id": customer.id, "login": login, "contact": {"email": "a@example.com"}});
        app.post("/api/2/users", &body).await.expect(200);
    }
    let path = format!("/api/upsell/v1/users/{}/explain", user.id);
    let answered = app.get(&path).await.expect(200).json();
    let first_line = "$ GET /api/upsell/v1/users/7084a2ff-5975-4458-ae40-403cf90126b2/explain";
    let shown = block("docs/explain.md", first_line).text;
    let (_, shown) = shown.split_once('\n').unwrap();
    let shown: Value = serde_json::from_str(&shown.replace("[…]", "\"…\"")).unwrap();
    must_look_like(&shown, &answered, "explain");
}
