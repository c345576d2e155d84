//! What operators copy: files under `deploy/` and settings in the documentation are such that this
//! program knows them. What else the documentation names is in `docs_claims.rs`.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Stdio};

use crate::docs_claims::known_fields;
use crate::support::binary::{binary, upsell};
use crate::support::pages::{at, pages};
use crate::support::redis::{Access, Program, RedisServer, Setup};

/// The environment variables of all settings.
fn variables() -> BTreeSet<String> {
    let list = upsell(&["check-config", "--list"], &[]).out;
    let paths = list
        .lines()
        .filter_map(|line| line.split_whitespace().next());
    let names = paths.map(|path| format!("UPSELL_{}", path.replace('.', "_").to_uppercase()));
    names
        .flat_map(|name| [format!("{name}_FILE"), name])
        .collect()
}

/// Words that begin like a variable of ours.
fn named_in(text: &str) -> BTreeSet<&str> {
    let is_part = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    let words = text.split(|c: char| !is_part(c));
    words.filter(|word| word.starts_with("UPSELL_")).collect()
}

/// What operators read and copy: every page, and the files of a deployment.
fn texts() -> Vec<(String, String)> {
    let read = |path: &str| (path.to_owned(), std::fs::read_to_string(at(path)).unwrap());
    let files = [
        "deploy/cluster/compose.yaml",
        "deploy/prometheus-rules.yml",
        "deploy/upsell.service",
        "deploy/upsell.toml",
        "Dockerfile",
    ];
    // The changelog names what is gone, too.
    let pages = pages()
        .into_iter()
        .filter(|page| page.path != "CHANGELOG.md");
    let pages = pages.map(|page| (page.path, page.text));
    files.map(read).into_iter().chain(pages).collect()
}

#[test]
fn variables_in_what_operators_copy_are_settings() {
    let mut known = variables();
    // Which file has the settings is none of them.
    known.insert("UPSELL_CONFIG".to_owned());
    let mut count = 0;
    for (path, text) in texts() {
        let named = named_in(&text);
        // How something was measured is said in variables of the tests.
        let of_the_service = named
            .iter()
            .filter(|name| !name.starts_with("UPSELL_TEST_") && **name != "UPSELL_");
        for name in of_the_service {
            assert!(known.contains(*name), "{path}: {name}");
            count += 1;
        }
    }
    assert!(count > 80, "{count} variables");
}

/// Settings by their names in the file, such as `redis.cache_ttl`.
#[test]
fn settings_that_are_named_exist() {
    let list = upsell(&["check-config", "--list"], &[]).out;
    let words = list
        .lines()
        .filter_map(|line| line.split_whitespace().next());
    let known: BTreeSet<&str> = words.collect();
    let sections: BTreeSet<&str> = known
        .iter()
        .filter_map(|name| Some(name.split_once('.')?.0))
        .collect();
    // `proposal.contact` is a field of answers.
    let fields = known_fields();
    let is_part = |c: char| c.is_ascii_lowercase() || c == '_' || c == '.';
    let mut count = 0;
    for (path, text) in texts() {
        for word in text
            .split(|c| !is_part(c))
            .map(|word| word.trim_matches('.'))
        {
            let Some((section, name)) = word.split_once('.') else {
                continue;
            };
            // Names with more dots are hosts; `console.warn` is JavaScript.
            let is_file = matches!(name, "rs" | "md" | "warn") || name.contains('.');
            let is_field = fields.contains(section) && fields.contains(name);
            if !sections.contains(section) || is_file || is_field || name.is_empty() {
                continue;
            }
            let setting = word.strip_suffix("_file").filter(|_| !known.contains(word));
            assert!(known.contains(setting.unwrap_or(word)), "{path}: {word}");
            count += 1;
        }
    }
    assert!(count > 30, "{count} settings");
}

/// The defaults of all settings, as their page has them.
fn defaults() -> BTreeMap<String, String> {
    let page = std::fs::read_to_string(at("docs/configuration.md")).unwrap();
    let (mut section, mut found) = (String::new(), BTreeMap::new());
    for line in page.lines() {
        if let Some(name) = line.strip_prefix("## ") {
            let name = name.trim_matches(['`', '[', ']']);
            section = if name == "Top level" {
                String::new()
            } else {
                format!("{name}.")
            };
        }
        let mut cells = line
            .split(" | ")
            .map(|cell| cell.trim_matches(['|', '`', ' ']));
        if let (true, Some(name), Some(default)) =
            (line.starts_with("| `"), cells.next(), cells.next())
        {
            found.insert(format!("{section}{name}"), default.to_owned());
        }
    }
    found
}

/// A value as the configuration writes it, from how a sentence does: `5m` from `5 minutes`.
fn value(number: &str, unit: &str) -> Option<String> {
    let number = number.replace(',', "");
    let unit = match unit.trim_end_matches(|c: char| !c.is_ascii_alphabetic()) {
        "seconds" => "s",
        "minutes" => "m",
        "hours" => "h",
        "day" | "days" => "d",
        unit @ ("ms" | "s" | "h" | "d" | "KiB" | "MiB" | "GiB") => unit,
        _ => return None,
    };
    number
        .parse::<u64>()
        .ok()
        .map(|number| format!("{number}{unit}"))
}

/// A sentence that says a setting's value in brackets, before or behind its name, says its default.
#[test]
fn defaults_that_are_told_are_those_of_the_program() {
    let mut count = 0;
    for page in pages() {
        for (name, default) in defaults() {
            let mut told = Vec::new();
            for (start, _) in page.text.match_indices(&format!("`{name}` (")) {
                let mut words = page.text[start..].split_whitespace().skip(1);
                let number = words.next().unwrap().trim_start_matches('(');
                told.extend(value(number, words.next().unwrap_or_default()));
            }
            for (start, _) in page.text.match_indices(&format!("(`{name}`")) {
                let mut words = page.text[..start].split_whitespace().rev();
                let unit = words.next().unwrap_or_default();
                told.extend(value(words.next().unwrap_or_default(), unit));
            }
            for told in told {
                assert_eq!(told, default, "{}: {name}", page.path);
                count += 1;
            }
        }
    }
    assert!(count > 5, "{count} defaults");
    assert_eq!(value("5", "minutes;"), Some("5m".to_owned()));
    assert_eq!(value("1,024", "KiB"), Some("1024KiB".to_owned()));
    assert_eq!(value("later", "than"), None);
}

/// The words of a line of the unit, such as `ExecStart=`, without the program's path.
fn command_of(unit: &str, name: &str) -> Vec<String> {
    let line = unit.lines().find_map(|line| line.strip_prefix(name));
    let words = line.unwrap_or_else(|| panic!("no {name} in the unit"));
    let mut words = words.split_whitespace().map(str::to_owned);
    assert_eq!(words.next().as_deref(), Some("/usr/bin/upsell"));
    words.collect()
}

/// The first start of the unit, with the configuration that is shipped beside it and without one.
#[test]
fn the_unit_starts_and_its_log_has_no_secret() {
    let unit = std::fs::read_to_string(at("deploy/upsell.service")).unwrap();
    assert!(unit.contains("\nExecReload=/bin/kill -HUP $MAINPID\n"));
    let arguments = command_of(&unit, "ExecStart=");
    for config in [Some("deploy/upsell.toml"), None] {
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path().join("data");
        let words = arguments.iter().map(|word| match word.as_str() {
            "/var/lib/upsell" => data.to_str().unwrap(),
            word => word,
        });
        let mut command = Command::new(binary());
        command
            .args(words)
            .env_clear()
            .env("UPSELL_LISTEN", "127.0.0.1:0")
            .env("UPSELL_OPS_LISTEN", "127.0.0.1:0")
            .stdout(Stdio::piped())
            .stderr(std::fs::File::create(dir.path().join("log")).unwrap());
        if let Some(config) = config {
            command.env("UPSELL_CONFIG", at(config));
        }
        let mut child = command.spawn().unwrap();
        let mut said = String::new();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let is_ready = lines.map_while(Result::ok).any(|line| {
            said.push_str(&line);
            line.starts_with("upsell is ready")
        });
        child.kill().unwrap();
        child.wait().unwrap();
        said.push_str(&std::fs::read_to_string(dir.path().join("log")).unwrap());
        assert!(is_ready, "{config:?}: {said}");

        let kept = data.join("first-client.json");
        assert!(said.contains(kept.to_str().unwrap()), "{said}");
        let mode = std::fs::metadata(&kept).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let first: serde_json::Value =
            serde_json::from_slice(&std::fs::read(&kept).unwrap()).unwrap();
        let secret = first["client_secret"].as_str().unwrap();
        assert!(secret.len() > 20 && !said.contains(secret), "{said}");
        assert!(
            said.contains(first["client_id"].as_str().unwrap()),
            "{said}"
        );
    }
}

/// What `check-config` says of a store: its exit code and its messages.
async fn checked(store: &str, settings: &[(&str, &str)]) -> (Option<i32>, String) {
    let output = tokio::process::Command::new(binary())
        .arg("check-config")
        .env_clear()
        .env("UPSELL_STORE", store)
        .env("UPSELL_REDIS_COMMAND_TIMEOUT", "500ms")
        .env("UPSELL_REDIS_WAIT_TIMEOUT", "100ms")
        .envs(settings.iter().copied())
        .output()
        .await
        .unwrap();
    (
        output.status.code(),
        String::from_utf8(output.stderr).unwrap(),
    )
}

#[tokio::test]
async fn check_config_warns_of_servers_that_lose_data() {
    let careless = ["maxmemory-policy allkeys-lru"];
    let server = RedisServer::start(Program::Redis, &careless).await;
    let (code, said) = checked(&server.url(), &[("UPSELL_REDIS_WAIT_REPLICAS", "1")]).await;
    assert_eq!(code, Some(0), "{said}");
    for words in [
        "keeps nothing on disk",
        "maxmemory-policy allkeys-lru",
        "wait_replicas is 1",
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
    // Nothing was written.
    assert_eq!(server.command(&["DBSIZE"]), "0");

    let careful = ["appendonly yes", "maxmemory-policy noeviction"];
    let server = RedisServer::start(Program::Valkey, &careful).await;
    assert_eq!(checked(&server.url(), &[]).await, (Some(0), String::new()));
}

/// The rights that the documentation asks for are enough, and not everything.
#[tokio::test]
async fn check_config_needs_no_more_rights_than_documented() {
    let page = std::fs::read_to_string(at("docs/many-nodes.md")).unwrap();
    let rights = "+@all -@dangerous +info +role +wait";
    assert!(page.contains(rights));
    let user = format!("user node on >geheim ~upsell:* &upsell:* {rights}");
    let setup = Setup {
        lines: vec!["appendonly yes".to_owned()],
        access: Access::Users(vec![user]),
        ..Setup::default()
    };
    let server = RedisServer::with(Program::Redis, setup).await;
    let login = [
        ("UPSELL_REDIS_USER", "node"),
        ("UPSELL_REDIS_PASSWORD", "geheim"),
    ];
    assert_eq!(
        checked(&server.url(), &login).await,
        (Some(0), String::new())
    );
    let dir = tempfile::tempdir().unwrap();
    let init = tokio::process::Command::new(binary())
        .args(["init", "--data"])
        .arg(dir.path().join("data"))
        .env_clear()
        .env("UPSELL_STORE", server.url())
        .envs(login)
        .output()
        .await
        .unwrap();
    assert!(
        init.status.success(),
        "{}",
        String::from_utf8_lossy(&init.stderr)
    );

    let wrong = [
        ("UPSELL_REDIS_USER", "node"),
        ("UPSELL_REDIS_PASSWORD", "sesam"),
    ];
    let (code, said) = checked(&server.url(), &wrong).await;
    assert_eq!(code, Some(1), "{said}");
    assert!(
        said.contains(&server.url()) && !said.contains("sesam"),
        "{said}"
    );
}

#[tokio::test]
async fn check_config_fails_where_there_are_no_servers() {
    let (code, said) = checked("redis://:geheim@127.0.0.1:1", &[]).await;
    assert_eq!(code, Some(1), "{said}");
    assert!(
        said.contains("127.0.0.1:1") && said.contains("refused"),
        "{said}"
    );
    assert!(!said.contains("geheim"), "{said}");
    let (code, said) = checked("redis://user:geheim@127.0.0.1:x", &[]).await;
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("store") && !said.contains("geheim"), "{said}");
}
