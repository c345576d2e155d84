//! The rules that keep the house as `ARCHITECTURE.md` draws it. Each failure names the file and
//! line, and why the rule is there.

use std::fs;
use std::path::{Path, PathBuf};

/// A source file, with its path from the crate's root.
pub(crate) struct Source {
    pub(crate) path: String,
    pub(crate) text: String,
}

impl Source {
    fn is_test(&self) -> bool {
        let name = Path::new(&self.path)
            .file_stem()
            .and_then(|name| name.to_str());
        self.path.starts_with("tests/")
            || self.path.contains("/tests/")
            || name.is_some_and(|name| {
                matches!(name, "tests" | "fixtures") || name.ends_with("_tests")
            })
    }

    /// The lines of production code with their numbers: without comments, and without what
    /// follows `#[cfg(test)]` on a module with a body (which ends each file by our convention).
    /// A `use` of several paths is one line for each.
    fn code(&self) -> Vec<(usize, String)> {
        let lines: Vec<&str> = self.text.lines().collect();
        let end = lines
            .windows(2)
            .position(|pair| pair[0].trim() == "#[cfg(test)]" && pair[1].trim_end().ends_with('{'))
            .unwrap_or(lines.len());
        let end = if self.is_test() { 0 } else { end };
        let numbered = lines.into_iter().take(end).enumerate();
        let mut found = Vec::new();
        // A `use` that is not at its end yet, and where it began.
        let mut open: Option<(usize, String)> = None;
        for (index, line) in numbered.filter(|(_, line)| !line.trim_start().starts_with("//")) {
            let (number, text) = match open.take() {
                Some((number, begun)) => (number, begun + line.trim()),
                None => (index + 1, line.to_owned()),
            };
            match (has_several_paths(&text), text.contains(';')) {
                (true, false) => open = Some((number, text)),
                (true, true) => found.extend(paths(&text).into_iter().map(|path| (number, path))),
                (false, _) => found.push((number, text)),
            }
        }
        found
    }
}

/// Whether a `use` with braces begins here.
fn has_several_paths(text: &str) -> bool {
    let parts = text.trim_start().split_once("use ");
    parts.is_some_and(|(before, tree)| {
        (before.is_empty() || before.starts_with("pub")) && tree.contains("::{")
    })
}

/// The paths that a `use` brings in: `use a::{b, c::{d, e}};` is `use a::b`, `use a::c::d` and
/// `use a::c::e`.
fn paths(tree: &str) -> Vec<String> {
    let Some((before, rest)) = tree.split_once('{') else {
        return vec![tree.trim().to_owned()];
    };
    let inside = rest.rsplit_once('}').map_or(rest, |(inside, _)| inside);
    let mut depth = 0;
    let parts = inside.split(|c: char| {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        c == ',' && depth == 0
    });
    let before = before.trim();
    parts
        .filter(|part| !part.trim().is_empty())
        .flat_map(paths)
        .map(|path| format!("{before}{path}"))
        .collect()
}

fn files(dir: &str, extension: &str) -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    let mut open: Vec<PathBuf> = vec![root.join(dir)];
    while let Some(dir) = open.pop() {
        let Ok(entries) = fs::read_dir(&dir) else {
            continue;
        };
        for path in entries.map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|found| found == extension) {
                found.push(Source {
                    path: path.strip_prefix(root).unwrap().display().to_string(),
                    text: fs::read_to_string(&path).unwrap(),
                });
            }
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

pub(crate) fn sources() -> Vec<Source> {
    let found = files("src", "rs");
    assert!(found.len() > 10, "the sources were not found");
    found
}

/// Fails with every line of production code in `sources` that `is_wrong`, and the reason.
fn refuse<'a>(
    sources: impl IntoIterator<Item = &'a Source>,
    reason: &str,
    is_wrong: impl Fn(&str) -> bool,
) {
    let wrong: Vec<String> = sources
        .into_iter()
        .flat_map(|source| {
            let lines = source.code().into_iter();
            let wrong = lines.filter(|(_, line)| is_wrong(line));
            let shown =
                wrong.map(|(number, line)| format!("{}:{number}: {}", source.path, line.trim()));
            shown.collect::<Vec<_>>()
        })
        .collect();
    assert!(wrong.is_empty(), "{reason}\n  {}", wrong.join("\n  "));
}

/// Whether `line` names `path` as a whole: `http` is not in `http_date`, nor in `crate::http`.
fn names(line: &str, path: &str) -> bool {
    let word = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(path).any(|(at, _)| {
        let before = &line[..at];
        let after = &line[at + path.len()..];
        !before.ends_with(word) && !before.ends_with("::") && !after.starts_with(word)
    })
}

fn under(path: &str) -> Vec<Source> {
    let file = format!("{path}.rs");
    let dir = format!("{path}/");
    let wanted = |source: &Source| source.path == file || source.path.starts_with(&dir);
    sources().into_iter().filter(wanted).collect()
}

/// That it imports nothing else is checked by the compiler: it is a crate of its own.
#[test]
fn the_domain_is_pure() {
    refuse(
        &under("src/domain"),
        "The domain has no I/O, no clock, no environment and no async: `now` and everything read are \
         arguments.",
        |line| {
            let banned = [
                "std::fs",
                "std::net::Tcp",
                "std::net::Udp",
                "std::process",
                "std::thread",
                "std::env",
                "std::io",
                "SystemTime::now",
                "Instant::now",
                "async fn",
                ".await",
            ];
            banned.iter().any(|name| line.contains(name))
        },
    );
}

#[test]
fn use_cases_know_no_http() {
    refuse(
        &under("src/usecases"),
        "A use case is one verb of the product, whoever asks: it sees neither hyper nor HTTP types, so \
         every dialect, the command line and the tests can call it.",
        |line| {
            [
                "hyper",
                "hyper_util",
                "http",
                "crate::http",
                "crate::outbox",
            ]
            .iter()
            .any(|path| names(line, path))
        },
    );
}

#[test]
fn dialects_do_not_know_each_other() {
    const DIALECTS: [&str; 5] = ["native", "account", "billing", "reseller", "partner"];
    for dialect in DIALECTS {
        let others = DIALECTS.iter().filter(|other| **other != dialect);
        // A folder of a dialect has no folders: three times `super` is `crate::http` at most.
        let above = [
            "crate::http",
            "super",
            "super::super",
            "super::super::super",
        ];
        let paths: Vec<[String; 4]> = others
            .map(|other| above.map(|above| format!("{above}::{other}")))
            .collect();
        refuse(
            &under(&format!("src/http/{dialect}")),
            "A dialect is one vendor's API and must be changeable with that vendor alone; what two of \
             them share belongs to a use case or to src/http itself.",
            |line| paths.iter().flatten().any(|path| names(line, path)),
        );
    }
}

#[test]
fn only_config_reads_the_environment() {
    let all = sources();
    let others = all
        .iter()
        .filter(|source| !source.path.starts_with("src/config") && source.path != "src/main.rs");
    refuse(
        others,
        "Only src/config reads the environment: a setting read elsewhere is in no documentation, in no \
         check-config and cannot be given in a test. (main.rs passes the arguments on.)",
        |line| line.contains("std::env") || line.contains("env::var"),
    );
    refuse(
        all.iter().filter(|source| source.path == "src/main.rs"),
        "main.rs may read the arguments, nothing else of the environment.",
        |line| line.contains("std::env") && !line.contains("std::env::args_os"),
    );
}

#[test]
fn production_code_does_not_panic_by_choice() {
    refuse(
        &sources(),
        "No unwrap, expect, panic or unfinished code outside tests: a panic in one request must not be \
         able to take the service down. Return an error that says what to do next.",
        |line| {
            let banned = [
                ".unwrap()",
                // With its message: `Changes::expect` is another thing.
                ".expect(\"",
                ".unwrap_err()",
                ".expect_err(",
                "panic!(",
                "todo!(",
                "unimplemented!(",
            ];
            banned.iter().any(|call| line.contains(call))
        },
    );
}

#[test]
fn templates_escape_everything() {
    let wrong: Vec<String> = files("templates", "hbs")
        .iter()
        .filter(|source| source.text.contains("{{{") || source.text.contains("{{&"))
        .map(|source| source.path.clone())
        .collect();
    assert!(
        wrong.is_empty(),
        "Templates never write unescaped values ({{{{{{ or {{{{&): names and brands are other people's \
         text. In: {wrong:?}"
    );
}

#[test]
fn files_can_be_read_in_one_sitting() {
    const LIMIT: usize = 400;
    // Files that may be longer, each with its reason beside it.
    const EXCEPTIONS: [&str; 0] = [];
    let long: Vec<String> = sources()
        .iter()
        .chain(&files("tests", "rs"))
        .chain(&files("benches", "rs"))
        .chain(&files("benches", "py"))
        .map(|source| (source.text.lines().count(), &source.path))
        .filter(|(lines, path)| *lines > LIMIT && !EXCEPTIONS.contains(&path.as_str()))
        .map(|(lines, path)| format!("{path}: {lines} lines"))
        .collect();
    assert!(
        long.is_empty(),
        "A file over {LIMIT} lines holds more than one thing: split it by topic, tests included.\n  {}",
        long.join("\n  ")
    );
}

/// The checks above check nothing when their helper finds nothing.
#[test]
fn the_checks_see_what_they_look_for() {
    for (line, path, found) in [
        ("use hyper::body::Body;", "hyper", true),
        ("use crate::http::native;", "crate::http::native", true),
        (
            "use crate::http::native_form;",
            "crate::http::native",
            false,
        ),
        ("let http_date = 1;", "http", false),
        ("use crate::http::message;", "http", false),
    ] {
        assert_eq!(names(line, path), found, "{line}");
    }
    let source = Source {
        path: "src/x.rs".to_owned(),
        text: "a\n// b\n#[cfg(test)]\nmod tests;\nc\n#[cfg(test)]\nmod tests {\nd.unwrap()\n}"
            .to_owned(),
    };
    let owned = |(number, line): (usize, &str)| (number, line.to_owned());
    let lines = [(1, "a"), (3, "#[cfg(test)]"), (4, "mod tests;"), (5, "c")];
    assert_eq!(source.code(), lines.map(owned));
    let source = Source {
        path: "src/x.rs".to_owned(),
        text: "use crate::http::{accept, billing};\nb\npub use crate::{\n    domain::ids,\n    \
               http::{account::wire, error},\n};\nc"
            .to_owned(),
    };
    let lines = [
        (1, "use crate::http::accept"),
        (1, "use crate::http::billing"),
        (2, "b"),
        (3, "pub use crate::domain::ids"),
        (3, "pub use crate::http::account::wire"),
        (3, "pub use crate::http::error"),
        (7, "c"),
    ];
    assert_eq!(source.code(), lines.map(owned));
}
