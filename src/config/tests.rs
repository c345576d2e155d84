//! Loading from outside: texts in, values or messages out.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::domain::quota::Item;

/// Sources as literals.
#[derive(Default)]
struct Given<'a> {
    flags: &'a [(&'a str, &'a str)],
    environment: &'a [(&'a str, &'a str)],
    file: &'a str,
}

impl Given<'_> {
    fn load(&self) -> Result<Loaded, Problems> {
        let flag = |(path, value): &(&str, &str)| Override::set(path, value);
        let pair = |(name, value): &(&str, &str)| (OsString::from(name), OsString::from(value));
        Config::load(Sources {
            flags: self.flags.iter().map(flag).collect(),
            environment: self.environment.iter().map(pair).collect(),
            file: Some((PathBuf::from("upsell.toml"), self.file.to_owned())),
            read_file: &read_file,
        })
    }
}

fn read_file(path: &Path) -> io::Result<String> {
    match path.to_str() {
        Some("/run/secrets/smtp") => Ok("from the file\n".to_owned()),
        _ => Err(io::ErrorKind::NotFound.into()),
    }
}

fn file(text: &str) -> Result<Loaded, Problems> {
    Given {
        file: text,
        ..Given::default()
    }
    .load()
}

#[test]
fn without_any_source_the_defaults_hold() {
    let Loaded { config, warnings } = file("").unwrap();
    assert_eq!(warnings, Vec::<String>::new());
    assert_eq!(config.main.data, PathBuf::from("upsell-data"));
    assert_eq!(config.main.listen.to_string(), "127.0.0.1:8080");
    assert!(config.main.public_url.is_none());
    assert_eq!(config.smtp.effective_port(), 587);
    assert_eq!(config.mail.group_wait, Duration::from_secs(30));
    assert_eq!(config.mail.repeat_interval, Duration::from_secs(7 * 86_400));
    let soon = Item::ALL.map(|item| config.quota.soon_percent(item).map(|percent| percent.get()));
    assert_eq!(soon, [Some(90), None, None, None, None]);
    assert_eq!(config.limits.body_bytes, 1 << 20);
    assert_eq!(config.limits.bulk_usage_bytes, 32 << 20);
    assert_eq!(config.clicks.flush_interval, Duration::from_millis(500));
    let names = config.usage_names;
    assert_eq!(names.get("storage"), Some(&Item::StorageSize));
    assert_eq!(names.get("mobiles"), Some(&Item::MobileDevices));
    assert_eq!(names.get("cores"), None);
}

#[test]
fn flags_win_over_environment_over_file_over_default() {
    let path = "mail.group_wait";
    let file = "[mail]\ngroup_wait = \"1s\"";
    let none: &[(&str, &str)] = &[];
    let environment: &[_] = &[("UPSELL_MAIL_GROUP_WAIT", "2")];
    let flags: &[_] = &[(path, "500ms"), (path, "3s")];
    for (file, environment, flags, expected, origin) in [
        ("", none, none, "30s", "default"),
        (file, none, none, "1s", "upsell.toml:2"),
        (file, environment, none, "2s", "UPSELL_MAIL_GROUP_WAIT"),
        (file, environment, flags, "3s", "--set mail.group_wait"),
    ] {
        let given = Given {
            flags,
            environment,
            file,
        };
        let config = given.load().unwrap().config;
        assert_eq!(duration::show(config.mail.group_wait), expected);
        let described = config.describe();
        let row = described.iter().find(|row| row.path == path).unwrap();
        assert_eq!(row.origin.to_string(), origin);
    }
}

#[test]
fn each_setting_is_reached_by_file_environment_and_flag() {
    let known = Known::new(SECTIONS.to_vec());
    for path in known
        .paths
        .iter()
        .filter(|path| !path.ends_with("password_file") && *path != "store_file")
    {
        let default = file("").unwrap().config.describe();
        let value = &default.iter().find(|row| &row.path == path).unwrap().value;
        let variable = setting::variable_of(path);
        let toml = match path.split_once('.') {
            None => format!("{path} = {value:?}"),
            Some((section, key)) => format!("[{section}]\n{key} = {value:?}"),
        };
        let all = Given {
            flags: &[(path, value)],
            environment: &[(&variable, value)],
            file: &toml,
        };
        let loaded = all.load().unwrap();
        assert_eq!(loaded.warnings, Vec::<String>::new(), "{variable}");
    }
}

#[test]
fn no_two_settings_share_a_variable() {
    let known = Known::new(SECTIONS.to_vec());
    let mut names: Vec<_> = known
        .paths
        .iter()
        .map(|path| setting::variable_of(path))
        .collect();
    names.sort();
    let count = names.len();
    names.dedup();
    assert_eq!(names.len(), count);
}

#[test]
fn mistakes_in_the_file_are_named_with_line_and_remedy() {
    for (text, expected) in [
        (
            "liste = 1",
            "upsell.toml:1: there is no setting `liste`; did you mean `listen`?",
        ),
        (
            "[smtp]\n\nprot = 25",
            "upsell.toml:3: there is no setting `smtp.prot`; did you mean `smtp.port`?",
        ),
        (
            "[smpt]\nport = 25",
            "upsell.toml:1: there is no section [smpt]; did you mean `smtp`?",
        ),
        (
            "smtp = \"x\"",
            "upsell.toml:1: `smtp` is a section; write [smtp] and its settings below",
        ),
        (
            "[data]\na = 1",
            "upsell.toml:1: `data` is a value, not a table; write `key = value`",
        ),
        (
            "[smtp]\nport = 0",
            "upsell.toml:2: `smtp.port` = \"0\": write a whole number from 1 to 65535",
        ),
        (
            "[smtp]\nencryption = \"ssl\"",
            "upsell.toml:2: `smtp.encryption` = \"ssl\": write `tls` or `starttls` or `none`",
        ),
        (
            "[mail]\ngroup_wait = \"soon\"",
            "upsell.toml:2: `mail.group_wait` = \"soon\": write a whole number with ms, s, m, h or d, such as 30s",
        ),
        (
            "[mail]\ngroup_wait = 1.5",
            "upsell.toml:2: `mail.group_wait` takes text, a whole decimal number, true or false, or a list of texts",
        ),
        (
            "[quota]\nsoon_percent_storage_size = 100",
            "upsell.toml:2: `quota.soon_percent_storage_size` = \"100\": write off, or a whole number from 1 to 99 without a % sign",
        ),
        (
            "[usage_names]\nstorage = \"disk\"",
            "upsell.toml:2: `usage_names.storage` = \"disk\": must be one of storage_size, physical_machines, physical_servers, virtual_machines, mobile_devices, or none",
        ),
        (
            "[console]\ncors_origins = [\"https://a.example\", \"*\"]",
            "upsell.toml:2: `console.cors_origins` = \"https://a.example,*\": in \"*\": wildcards are refused; name each origin, such as https://console.example.com",
        ),
        (
            "[smtp]\npassword = \"a\\nb\"\nuser = \"u\"",
            "upsell.toml:2: `smtp.password` = (not shown): write at most 1024 bytes on one line",
        ),
        (
            "[tls]\ncert_file = \"c.pem\"",
            "tls.cert_file and tls.key_file belong together: set both, or neither for plain HTTP",
        ),
        (
            "[redis]\nwait_replicas = 1\nwait_timeout = \"2s\"",
            "redis.wait_timeout is not shorter than redis.command_timeout: no answer would say how many replicas confirmed",
        ),
    ] {
        assert_eq!(file(text).unwrap_err().to_string(), expected, "{text}");
    }
    let broken = file("data = \"a\"\ndata = \"b\"").unwrap_err().to_string();
    assert!(
        broken.starts_with("upsell.toml:2: duplicate key"),
        "{broken}"
    );
}

#[test]
fn every_mistake_is_reported_at_once() {
    let given = Given {
        flags: &[("listen", "8080"), ("nope.nope", "1")],
        environment: &[("UPSELL_SMTP_PORT", "many")],
        file: "[links]\nttl = \"1s\"\nallow_http = \"yes\"",
    };
    let problems = given.load().unwrap_err();
    assert_eq!(problems.0.len(), 5, "{problems}");
    assert_eq!(problems.to_string().lines().count(), 5);
}

#[test]
fn an_unknown_variable_is_only_warned_about() {
    let given = Given {
        environment: &[
            ("UPSELL_SMTP_SEVER", "a"),
            ("UPSELL_CONFIG", "x.toml"),
            ("HOME", "/"),
        ],
        ..Given::default()
    };
    assert_eq!(
        given.load().unwrap().warnings,
        ["UPSELL_SMTP_SEVER: no setting has this variable; did you mean `UPSELL_SMTP_SERVER`?"]
    );
}

#[test]
fn secrets_come_from_files_too_and_are_never_shown() {
    let from_file = Given {
        environment: &[
            ("UPSELL_SMTP_USER", "u"),
            ("UPSELL_SMTP_PASSWORD_FILE", "/run/secrets/smtp"),
        ],
        file: "[smtp]\npassword = \"from the TOML\"",
        ..Given::default()
    };
    let config = from_file.load().unwrap().config;
    let password = config.smtp.password.as_ref().unwrap();
    assert_eq!(password.expose(), "from the file");
    for shown in [format!("{config:?}"), format!("{:?}", config.describe())] {
        assert!(!shown.contains("from the file"), "{shown}");
    }
    let row = config
        .describe()
        .into_iter()
        .find(|row| row.path == "smtp.password")
        .unwrap();
    assert_eq!(
        (row.value.as_str(), row.origin.to_string().as_str()),
        ("(secret)", "UPSELL_SMTP_PASSWORD_FILE")
    );

    let both = "[smtp]\nuser = \"u\"\npassword = \"p\"\npassword_file = \"/run/secrets/smtp\"";
    assert_eq!(
        file(both).unwrap_err().to_string(),
        "upsell.toml:4: `smtp.password` and `smtp.password_file` are both given; keep one of them"
    );
    let missing = file("[smtp]\nuser = \"u\"\npassword_file = \"/nowhere\"").unwrap_err();
    assert!(
        missing
            .to_string()
            .starts_with("upsell.toml:3: cannot read /nowhere:"),
        "{missing}"
    );
}

#[test]
fn lists_are_arrays_or_texts_with_commas() {
    for text in [
        "[smtp]\nallow_cidrs = [\"10.0.0.0/8\", \"::1\"]",
        "[smtp]\nallow_cidrs = \"10.0.0.0/8, ::1\"",
    ] {
        let cidrs = file(text).unwrap().config.smtp.allow_cidrs;
        let shown: Vec<_> = cidrs.iter().map(ToString::to_string).collect();
        assert_eq!(shown, ["10.0.0.0/8", "::1/128"]);
    }
}

#[test]
fn usage_names_are_added_changed_and_taken_away() {
    let given = Given {
        environment: &[("UPSELL_USAGE_NAMES_VMS", "none")],
        file: "[usage_names]\nlocal_storage = \"storage_size\"\nservers = \"virtual_machines\"",
        ..Given::default()
    };
    let config = given.load().unwrap().config;
    for (name, item) in [
        ("storage", Some(Item::StorageSize)),
        ("local_storage", Some(Item::StorageSize)),
        ("servers", Some(Item::VirtualMachines)),
        ("vms", None),
    ] {
        assert_eq!(config.usage_names.get(name).copied(), item, "{name}");
    }
}

/// `UPDATE_DOCS=1` renews the files instead of comparing them.
#[test]
fn documentation_is_up_to_date() {
    let made = [
        ("docs/configuration.md", documentation()),
        ("deploy/upsell.toml", example_file()),
    ];
    for (name, text) in made {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
        if std::env::var_os("UPDATE_DOCS").is_some() {
            std::fs::write(&path, &text).unwrap();
        }
        let stored = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(
            stored == text,
            "{name} is stale; renew it: UPDATE_DOCS=1 cargo test --lib config::tests::documentation"
        );
    }
}

#[test]
fn the_example_file_is_the_defaults_with_every_line_taken() {
    let rows = |text: &str| {
        let shown = file(text).unwrap().config.describe();
        let rows = shown.into_iter().map(|row| (row.path, row.value));
        rows.collect::<Vec<_>>()
    };
    let example = example_file();
    assert_eq!(rows(&example), rows(""), "as it is shipped");
    let is_setting = |line: &str| line.starts_with('#') && !line.starts_with("# ");
    let taken: Vec<_> = example
        .lines()
        .filter(|line| *line != "#")
        .map(|line| if is_setting(line) { &line[1..] } else { line })
        .collect();
    let taken = taken.join("\n");
    assert_eq!(rows(&taken), rows(""), "with every setting taken");
    let given = file(&taken).unwrap().config.describe();
    let left = given.iter().filter(|row| row.origin == Origin::Default);
    assert_eq!(left.count(), 0, "a setting is missing in the file");
}

#[test]
fn only_the_default_file_may_be_missing() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("upsell.toml");
    assert!(process::read_file(None, &path).unwrap().is_none());
    let named = process::read_file(Some(path.clone()), Path::new("/"));
    assert!(matches!(named, Err(Problem::Unreadable { .. })));
    std::fs::write(&path, "x").unwrap();
    let found = process::read_file(None, &path).unwrap();
    assert_eq!(found, Some((path, "x".to_owned())));
    // What is there and cannot be read may not be passed over.
    let folder = process::read_file(None, dir.path());
    assert!(matches!(folder, Err(Problem::Unreadable { .. })));
}

proptest! {
    #[test]
    fn no_file_panics(text in "\\PC{0,200}") {
        let _ = file(&text);
    }

    #[test]
    fn no_value_panics(index in 0..60_usize, value in "\\PC{0,40}") {
        let known = Known::new(SECTIONS.to_vec());
        let path = &known.paths[index % known.paths.len()];
        let _ = Given { flags: &[(path, &value)], ..Given::default() }.load();
    }

    #[test]
    fn durations_survive_a_round_trip(millis in 0..=u64::from(u32::MAX)) {
        let value = Duration::from_millis(millis);
        prop_assert_eq!(duration::parse(&duration::show(value)), Ok(value));
    }
}
