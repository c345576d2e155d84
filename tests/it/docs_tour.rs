//! The tour of the README is what `scripts/tour` prints today.

use crate::support::pages::{at, block};
use crate::support::shell::Shell;

const FIRST_LINE: &str = "# A new deployment: store, keys, root tenant, first client";

/// Longer lines are cut in the README.
const WIDTH: usize = 149;

/// A line without what differs from run to run: ids, secrets, ports and tokens. What was cut stays cut.
fn masked(line: &str) -> String {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    let mut out = String::new();
    let mut rest = line;
    while let Some(start) = rest.find(is_part) {
        let (before, word_on) = rest.split_at(start);
        let end = word_on.find(|c| !is_part(c)).unwrap_or(word_on.len());
        let (word, after) = word_on.split_at(end);
        out.push_str(before);
        let is_port =
            before.ends_with(':') && word.parse::<u16>().is_ok() && out.ends_with("127.0.0.1:");
        match word {
            _ if word.parse::<uuid::Uuid>().is_ok() => out.push_str("ID"),
            _ if is_port => out.push_str("PORT"),
            _ if out.ends_with("/r/") || out.ends_with("\"client_secret\":\"") => {
                out.push('…');
                return out;
            }
            _ => out.push_str(word),
        }
        rest = after;
    }
    out.push_str(rest);
    out
}

/// As the README shows it: lines that are too long are cut.
fn shown(line: &str) -> String {
    match line.char_indices().nth(WIDTH) {
        Some((at, _)) => format!("{}…", &line[..at]),
        None => line.to_owned(),
    }
}

fn agree(shown: &str, printed: &str) -> bool {
    let (shown, printed) = (masked(shown), masked(printed));
    match shown.strip_suffix('…') {
        Some(start) => printed.starts_with(start),
        None => shown == printed,
    }
}

/// `UPDATE_DOCS=1` renews the README instead of comparing it.
#[tokio::test]
async fn the_tour_of_the_readme_is_what_the_script_prints() {
    let shell = Shell::new().without("curl");
    let root = at("");
    // Answers and what was asked for are on both outputs; the order is that of a terminal.
    let ran = shell.run_in(&root, &["-c", "scripts/tour 2>&1"]).await;
    let printed: Vec<&str> = ran.out.trim().lines().collect();
    let documented = block("README.md", FIRST_LINE).text;
    if std::env::var_os("UPDATE_DOCS").is_some() {
        let readme = std::fs::read_to_string(at("README.md")).unwrap();
        let lines: Vec<String> = printed.iter().map(|line| shown(line)).collect();
        let renewed = readme.replace(documented.trim_end(), &lines.join("\n"));
        std::fs::write(at("README.md"), renewed).unwrap();
        return;
    }
    let documented: Vec<&str> = documented.lines().collect();
    for (at, shown) in documented.iter().enumerate() {
        let printed = printed.get(at).copied().unwrap_or_default();
        assert!(
            agree(shown, printed),
            "the tour in README.md is stale; renew it: UPDATE_DOCS=1 cargo test --test it docs_tour\n\
             README: {shown}\nscript: {printed}"
        );
    }
    assert_eq!(documented.len(), printed.len(), "{}", ran.out);
}

#[test]
fn what_differs_between_runs_is_masked_and_nothing_else() {
    let id = "5666561c-7b11-4d54-ad4c-f6c033fe8e40";
    assert_eq!(
        masked(&format!("GET /api/2/tenants/{id}?a=1")),
        "GET /api/2/tenants/ID?a=1"
    );
    assert_eq!(
        masked("on http://127.0.0.1:35519, and 1"),
        "on http://127.0.0.1:PORT, and 1"
    );
    assert_eq!(
        masked("http://127.0.0.1:1/r/AQFr_e-f x"),
        "http://127.0.0.1:PORT/r/…"
    );
    assert_eq!(
        masked("{\"client_secret\":\"Is_x\"}"),
        "{\"client_secret\":\"…"
    );
    assert!(agree("a 1 b…", "a 1 bc") && !agree("a 1 b…", "a 2 bc") && !agree("a", "ab"));
}
