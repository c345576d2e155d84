//! What the documentation names exists: endpoints with their parameters, metrics with their labels,
//! scopes. Files and links are in `docs_links.rs`, settings in `deployment.rs`.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::architecture::sources;
use crate::openapi::document;
use crate::support::app::TestApp;
use crate::support::pages::{at, pages};

const METHODS: [&str; 5] = ["GET", "POST", "PUT", "DELETE", "PATCH"];

/// What operators copy, and people read for its words.
const DEPLOY: [&str; 3] = [
    "deploy/prometheus-rules.yml",
    "deploy/upsell.service",
    "deploy/cluster/compose.yaml",
];

/// Path and text of everything that makes claims: prose of pages, and files for operators.
pub(crate) fn texts() -> Vec<(String, String)> {
    let pages = pages();
    let mut texts: Vec<(String, String)> = pages
        .iter()
        .map(|page| (page.path.clone(), page.prose()))
        .collect();
    for path in DEPLOY {
        texts.push((path.to_owned(), std::fs::read_to_string(at(path)).unwrap()));
    }
    texts
}

/// A request that a text names; without methods where it names only a path.
#[derive(Debug, Default)]
struct Named<'a> {
    methods: Vec<&'a str>,
    path: String,
    query: &'a str,
    /// The paths that the line names before it.
    before: Vec<String>,
}

/// The requests of a line: methods, and the paths behind them.
fn requests(line: &str) -> Vec<Named<'_>> {
    let mut found: Vec<Named<'_>> = Vec::new();
    let mut methods: Vec<&str> = Vec::new();
    let mut are_used = false;
    let parted = |c: char| c.is_whitespace() || "|`(),;\"".contains(c);
    for word in line
        .split(parted)
        .map(|word| word.trim_end_matches(['.', ':', '*']))
    {
        if METHODS.contains(&word) {
            if are_used {
                methods.clear();
            }
            are_used = false;
            methods.push(word);
        } else if word.starts_with('/') || word.starts_with("…/") {
            let (path, query) = word.split_once('?').unwrap_or((word, ""));
            let path = match (path.strip_prefix('…'), found.last()) {
                (Some(rest), Some(before)) => format!("{}{rest}", before.path),
                _ => path.to_owned(),
            };
            let before = found.iter().map(|before| before.path.clone()).collect();
            found.push(Named {
                methods: methods.clone(),
                path,
                query,
                before,
            });
            are_used = true;
        } else if !word.is_empty() && word != "and" {
            methods.clear();
        }
    }
    found
}

fn segments(path: &str) -> Vec<&str> {
    path.trim_matches('/').split('/').collect()
}

/// Whether a route answers to a path; `…` stands for whatever follows, a name in braces for anything.
fn answers(route: &str, path: &str, as_prefix: bool) -> bool {
    let (route, mut path) = (segments(route), segments(path));
    let is_open = path.last() == Some(&"…");
    if is_open {
        path.pop();
    }
    let fits = |(route, path): (&&str, &&str)| {
        route == path || route.starts_with('{') || path.starts_with('{')
    };
    let is_long_enough = match as_prefix || is_open {
        true => route.len() >= path.len(),
        false => route.len() == path.len(),
    };
    is_long_enough && route.iter().zip(&path).all(fits)
}

/// What is wrong with a request: no such route, or no such parameter or value of it.
fn fault(document: &Value, named: &Named<'_>) -> Option<String> {
    let paths = document["paths"].as_object().unwrap();
    let with = |as_prefix| {
        paths
            .iter()
            .filter(move |(route, _)| answers(route, &named.path, as_prefix))
    };
    if named.methods.is_empty() {
        return with(true)
            .next()
            .is_none()
            .then(|| "no route begins like this".to_owned());
    }
    for method in &named.methods {
        let method = method.to_ascii_lowercase();
        let Some((_, operations)) =
            with(false).find(|(_, operations)| operations.get(&method).is_some())
        else {
            return Some(format!("no route for {method}"));
        };
        let parameters = operations[&method]["parameters"].as_array().unwrap();
        for pair in named.query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let Some(known) = parameters.iter().find(|known| known["name"] == name) else {
                return Some(format!("no parameter {name}"));
            };
            let values = known["schema"]["enum"].as_array();
            if values.is_some_and(|values| {
                !value.is_empty() && !values.iter().any(|known| known == value)
            }) {
                return Some(format!("{name} is never {value:?}"));
            }
        }
    }
    None
}

#[test]
fn requests_that_are_named_can_be_made() {
    let document = document();
    let paths = document["paths"].as_object().unwrap();
    let first = |path: &str| segments(path)[0].to_owned();
    let ours: BTreeSet<String> = paths.keys().map(|path| first(path)).collect();
    let (mut count, mut wrong) = (0, Vec::new());
    for (page, text) in texts() {
        for mut named in text.lines().flat_map(requests) {
            if page == "docs/billing.md" && !ours.contains(&first(&named.path)) {
                named.path = format!("/api/advanced-automation/v1{}", named.path);
            }
            if named.methods.is_empty() && !ours.contains(&first(&named.path)) {
                continue;
            }
            count += 1;
            let as_written = fault(&document, &named);
            // `/a/b` and `/c` may mean `/a/c`.
            let is_sibling = named.before.iter().any(|before| {
                let (parent, _) = before.rsplit_once('/').unwrap();
                let path = format!("{parent}{}", named.path);
                let methods = named.methods.clone();
                fault(
                    &document,
                    &Named {
                        methods,
                        path,
                        ..Named::default()
                    },
                )
                .is_none()
            });
            if let Some(fault) = as_written.filter(|_| !is_sibling) {
                wrong.push(format!("{page}: {fault}: {named:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(count > 60, "{count} requests");
}

#[test]
fn requests_are_found_as_people_write_them() {
    let found = |line| {
        let named = requests(line).into_iter();
        let named = named.map(|named| format!("{}{}", named.methods.join("+"), named.path));
        named.collect::<Vec<_>>()
    };
    assert_eq!(
        found("| GET, PUT `/a/{b}` | of `/c`, once `GET` |"),
        ["GET+PUT/a/{b}", "/c"]
    );
    assert_eq!(
        found("GET, POST `/d/roles`, PUT `…/{name}`"),
        ["GET+POST/d/roles", "PUT/d/roles/{name}"]
    );
    assert_eq!(
        found("`GET`, `PUT /t/plan` (GET /e?state=dead)."),
        ["GET+PUT/t/plan", "GET/e"]
    );
    let document = document();
    for (line, is_right) in [
        ("GET /api/upsell/v1/emails?state=dead", true),
        ("GET /api/upsell/v1/emails?state=waiting", false),
        ("GET /api/upsell/v1/emails?status=dead", false),
        ("DELETE /api/upsell/v1/emails", false),
        ("GET /api/upsell/v1/users/{id}/explain", true),
        ("`/api/2`", true),
        ("`/api/3`", false),
        ("`/r/…`", true),
    ] {
        let named = &requests(line)[0];
        assert_eq!(fault(&document, named).is_none(), is_right, "{line}");
    }
}

/// Words that may be metrics, each with what stands in braces behind it.
fn metrics(text: &str) -> Vec<(&str, &str)> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let starts = text.match_indices("upsell_").map(|(at, _)| at);
    let whole = starts.filter(|at| !text[..*at].ends_with(is_part));
    whole
        .map(|at| {
            let rest = &text[at..];
            let end = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
            let (name, after) = rest.split_at(end);
            let labels = after
                .strip_prefix('{')
                .and_then(|after| after.split_once('}'));
            (name, labels.map_or("", |(labels, _)| labels))
        })
        .collect()
}

/// The names of all fields and parameters, some of which look like metrics or settings.
pub(crate) fn known_fields() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    fields(&document(), &mut found);
    found
}

fn fields(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(object) => {
            found.extend(object.keys().cloned());
            object.values().for_each(|value| fields(value, found));
        }
        Value::Array(items) => items.iter().for_each(|item| fields(item, found)),
        _ => {}
    }
}

/// `a="b"|"c"` names two values of a label.
fn alternatives(label: &str) -> Vec<String> {
    match label.split_once('=') {
        Some((name, values)) => values
            .split('|')
            .map(|value| format!("{name}={value}"))
            .collect(),
        None if label.is_empty() => Vec::new(),
        None => vec![label.to_owned()],
    }
}

/// A page, dashboard or rule that names a metric of yesterday shows nothing, for ever.
#[tokio::test]
async fn metrics_and_labels_that_are_named_exist() {
    let app = TestApp::start(&[]).await;
    let shown = app
        .visit(&format!("{}/metrics", app.ops))
        .await
        .expect(200)
        .text();
    let lines: Vec<&str> = shown
        .lines()
        .filter(|line| !line.starts_with('#'))
        .collect();
    let known_fields = known_fields();
    let mut texts = texts();
    let dashboard = std::fs::read_to_string(at("deploy/grafana.json")).unwrap();
    texts.push((
        "deploy/grafana.json".to_owned(),
        dashboard.replace("\\\"", "\""),
    ));
    let mut count = 0;
    for (page, text) in &texts {
        for (name, labels) in metrics(text) {
            if known_fields.contains(name) {
                continue;
            }
            let base = ["_bucket", "_count", "_sum"]
                .iter()
                .find_map(|end| name.strip_suffix(end));
            let of_it = |line: &&&str| {
                let found = line.split(['{', ' ']).next().unwrap();
                found == name || base.is_none() && found == format!("{name}_bucket")
            };
            let series: Vec<_> = lines.iter().filter(of_it).collect();
            assert!(!series.is_empty(), "{page}: no metric {name}");
            for label in labels.split(',').flat_map(alternatives) {
                let wanted = match label.contains('=') {
                    true => label.clone(),
                    false => format!("{label}="),
                };
                let has = |line: &&&&str| {
                    line.contains(&format!("{{{wanted}")) || line.contains(&format!(",{wanted}"))
                };
                assert!(
                    series.iter().any(|line| has(&line)),
                    "{page}: {name}{{{label}}}"
                );
            }
            count += 1;
        }
    }
    assert!(count > 20, "{count} metrics");
    assert_eq!(alternatives("a=\"b\"|\"c\""), ["a=\"b\"", "a=\"c\""]);
}

/// Names of the fields that a block of JSON shows.
fn shown_fields(json: &str) -> Vec<&str> {
    let texts: Vec<&str> = json.split('"').collect();
    let quoted = texts.iter().zip(texts.iter().skip(1)).skip(1).step_by(2);
    let names = quoted.filter(|(_, after)| after.trim_start().starts_with(':'));
    names.map(|(name, _)| *name).collect()
}

#[test]
fn fields_that_are_shown_exist() {
    assert_eq!(shown_fields("{\"a\": \"b\", \"c\":[\"d\"]}"), ["a", "c"]);
    let known = known_fields();
    let mut count = 0;
    for page in pages() {
        let blocks = page.blocks().into_iter();
        for block in blocks
            .filter(|block| block.language == "json" || block.first_line().starts_with("$ GET "))
        {
            for name in shown_fields(&block.text.replace("\\\"", "'")) {
                assert!(known.contains(name), "{}: no field {name}", page.path);
                count += 1;
            }
        }
    }
    assert!(count > 40, "{count} fields");
}

#[test]
fn the_readme_lists_the_scopes_that_there_are() {
    let document = document();
    let scopes = &document["components"]["securitySchemes"]["clientCredentials"]["flows"]["clientCredentials"]
        ["scopes"];
    let known: BTreeSet<&str> = scopes
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    let readme = std::fs::read_to_string(at("README.md")).unwrap();
    let (_, rest) = readme
        .split_once("Scopes: ")
        .expect("README.md lists the scopes");
    let (list, _) = rest.split_once(". ").unwrap();
    let listed: BTreeSet<&str> = list
        .split(',')
        .map(|name| name.trim().trim_matches('`'))
        .collect();
    assert_eq!(listed, known);
}

/// Code cites a vendor's rule by its name in docs/rules.md, and each rule there is cited.
#[test]
fn rules_that_code_cites_are_explained() {
    let page = std::fs::read_to_string(at("docs/rules.md")).unwrap();
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `"));
    let known: BTreeSet<&str> = rows.filter_map(|row| row.split('`').next()).collect();
    let mut cited = BTreeSet::new();
    let sources = sources();
    for source in &sources {
        // A citation may go on in the next line of a comment.
        let text = source
            .text
            .replace("\n/// ", " ")
            .replace("\n    /// ", " ");
        for (at, _) in text.match_indices("ule `") {
            let name = text[at + 5..].split('`').next().unwrap();
            assert!(known.contains(name), "{}: {name}", source.path);
            cited.insert(name.to_owned());
        }
    }
    let cited: BTreeSet<&str> = cited.iter().map(String::as_str).collect();
    assert_eq!(cited, known);
}
