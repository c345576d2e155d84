//! The binary from outside: arguments and environment in, output and exit code out.

use crate::support::binary::upsell;

#[test]
fn link_prints_the_buy_link() {
    let run = upsell(
        &[
            "link",
            "--buy-url",
            "https://shop.example.com/buy?c=1#x",
            "--placement",
            "mc_usage_info",
            "--user-quota",
            "virtual_machines,storage_size",
            "--user-id",
            "17",
            "--tenant-id",
            "4",
            "--page",
            "/devices",
            "--profile",
            "acronis",
            "--lists",
            "repeated",
        ],
        &[],
    );
    assert_eq!(
        (run.code, run.err.as_str(), run.out.as_str()),
        (
            0,
            "",
            "https://shop.example.com/buy?c=1&origin=mc_usage_info&user_quotas=storage_size\
             &user_quotas=virtual_machines&user_account_id=17&tenant_id=4&redirect_url=%2Fdevices#x\n"
        )
    );
}

#[test]
fn failures_are_one_line_that_says_what_to_do() {
    let placement = ["--placement", "email_notification"];
    for (arguments, code, expected) in [
        (
            vec![
                "link",
                "--buy-url",
                "http://shop.example.com",
                placement[0],
                placement[1],
            ],
            1,
            "upsell: --buy-url begins with http://, which this deployment does not allow; write https://",
        ),
        (
            vec![
                "link",
                "--buy-url",
                "https://s.example",
                "--placement",
                "alert_on_storage",
            ],
            2,
            "upsell: invalid value 'alert_on_storage' for '--placement <PLACEMENT>' [possible values: Alert_on_Storage,",
        ),
        (
            vec!["link", placement[0], placement[1]],
            2,
            "upsell: the following required arguments were not provided: --buy-url <URL>; see `upsell link --help`",
        ),
        (
            vec!["keys", "rotate"],
            2,
            "upsell: the following required arguments were not provided: <KIND>; see `upsell keys rotate --help`",
        ),
        (
            vec!["lnik"],
            2,
            "upsell: unrecognized subcommand 'lnik' tip: a similar subcommand exists: 'link'",
        ),
        (
            vec!["check-config", "--set", "smtp.port"],
            2,
            "upsell: invalid value 'smtp.port' for '--set <SECTION.KEY=VALUE>': write a setting and its value",
        ),
        (
            vec!["check-config", "--config", "/nowhere.toml"],
            1,
            "upsell: cannot read the configuration file /nowhere.toml: ",
        ),
        (
            vec!["check-config", "--set", "smtp.prot=1"],
            1,
            "upsell: --set smtp.prot: there is no setting `smtp.prot`; did you mean `smtp.port`?",
        ),
        (
            vec!["check-config", "--set", "smtp.ca_file=/nowhere.pem"],
            1,
            "upsell: --set smtp.ca_file: cannot read /nowhere.pem: ",
        ),
    ] {
        let run = upsell(&arguments, &[]);
        assert_eq!(run.code, code, "{arguments:?}: {}", run.err);
        assert!(run.err.starts_with(expected), "{arguments:?}: {}", run.err);
        assert_eq!(run.err.lines().count(), 1, "{}", run.err);
    }
}

#[test]
fn a_file_is_no_data_directory() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("data");
    std::fs::write(&file, "mine").unwrap();
    let (at, below) = (file.display().to_string(), file.join("x"));
    let below = below.display().to_string();
    let ports = [
        ("UPSELL_LISTEN", "127.0.0.1:0"),
        ("UPSELL_OPS_LISTEN", "127.0.0.1:0"),
    ];
    for arguments in [
        ["init", "--data", at.as_str()],
        ["serve", "--data", at.as_str()],
        ["init", "--data", below.as_str()],
    ] {
        let run = upsell(&arguments, &ports);
        assert_eq!(run.code, 1, "{arguments:?}: {}", run.err);
        let expected = format!(
            "upsell: {} is not a directory; name one with --data or UPSELL_DATA",
            arguments[2]
        );
        assert!(run.err.starts_with(&expected), "{arguments:?}: {}", run.err);
        assert_eq!(run.err.lines().count(), 1, "{}", run.err);
    }
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "mine");
}

#[test]
fn help_and_version_are_no_errors() {
    for (arguments, expected) in [
        (vec!["--help"], "check-config"),
        (vec!["link", "--help"], "Examples:"),
        (vec!["--version"], env!("CARGO_PKG_VERSION")),
    ] {
        let run = upsell(&arguments, &[]);
        assert_eq!((run.code, run.err.as_str()), (0, ""));
        assert!(run.out.contains(expected), "{}", run.out);
    }
    assert_eq!(upsell(&[], &[]).code, 2);
}

#[test]
fn check_config_shows_values_with_their_sources_and_no_secrets() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("upsell.toml");
    std::fs::write(&file, "listen = \"[::1]:80\"\n[smtp]\nuser = \"u\"\n").unwrap();
    let secret = dir.path().join("secret");
    std::fs::write(&secret, "canary-7b2f\n").unwrap();
    let run = upsell(
        &[
            "check-config",
            "--set",
            "log.format=json",
            "--data",
            "/srv/upsell",
        ],
        &[
            ("UPSELL_CONFIG", file.to_str().unwrap()),
            ("UPSELL_SMTP_PASSWORD_FILE", secret.to_str().unwrap()),
            ("UPSELL_LISTNE", "x"),
        ],
    );
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(
        run.err.starts_with("upsell: warning: UPSELL_LISTNE: "),
        "{}",
        run.err
    );
    assert!(!format!("{}{}", run.out, run.err).contains("canary"));
    let rows: Vec<Vec<&str>> = run
        .out
        .lines()
        .map(|line| line.split_whitespace().collect())
        .collect();
    let from_file = format!("{}:1", file.display());
    for row in [
        vec!["data", "/srv/upsell", "--data"],
        vec!["listen", "[::1]:80", &from_file],
        vec!["smtp.password", "(secret)", "UPSELL_SMTP_PASSWORD_FILE"],
        vec!["log.format", "json", "--set", "log.format"],
        vec!["mail.group_wait", "30s", "default"],
        vec!["usage_names.vms", "virtual_machines", "default"],
    ] {
        assert!(rows.contains(&row), "{row:?} in\n{}", run.out);
    }
}

#[test]
fn check_config_lists_every_name() {
    let run = upsell(
        &["check-config", "--list"],
        &[("UPSELL_SMTP_PORT", "broken")],
    );
    assert_eq!(run.code, 0);
    assert!(
        run.out.lines().any(|line| line.starts_with("smtp.port ")),
        "{}",
        run.out
    );
}
