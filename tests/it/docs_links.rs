//! Links of the documentation lead somewhere, and files that it names exist.

use std::collections::BTreeSet;
use std::path::Path;

use crate::docs_claims::texts;
use crate::support::pages::{at, pages};

/// The anchor of a heading, as GitHub and others make it.
fn anchor(heading: &str) -> String {
    let kept = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = kept
        .chars()
        .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

#[test]
fn links_lead_somewhere() {
    let mut count = 0;
    for page in pages() {
        for (at_link, _) in page.text.match_indices("](") {
            let rest = &page.text[at_link + 2..];
            let target = rest.split([')', ' ']).next().unwrap();
            if target.contains("://") || target.starts_with("mailto:") {
                continue;
            }
            let (path, wanted) = target.split_once('#').unwrap_or((target, ""));
            let folder = Path::new(&page.path).parent().unwrap();
            let file = match path {
                "" => at(&page.path),
                path => at(folder.join(path).to_str().unwrap()),
            };
            assert!(file.exists(), "{}: {target}", page.path);
            if !wanted.is_empty() {
                let text = std::fs::read_to_string(&file).unwrap();
                let mut headings = text.lines().filter(|line| line.starts_with('#'));
                assert!(
                    headings.any(|line| anchor(line) == wanted),
                    "{}: {target}",
                    page.path
                );
            }
            count += 1;
        }
    }
    assert!(count > 15, "{count} links");
}

#[test]
fn files_that_are_named_exist() {
    let folders = [
        "src/",
        "tests/",
        "scripts/",
        "docs/",
        "deploy/",
        "benches/",
        "templates/",
        ".ci/",
    ];
    let is_part = |c: char| c.is_ascii_alphanumeric() || "._-/".contains(c);
    let mut count = 0;
    for (page, text) in texts() {
        for word in text
            .split(|c| !is_part(c))
            .map(|word| word.trim_end_matches('.'))
        {
            if !folders.iter().any(|folder| word.starts_with(folder)) {
                continue;
            }
            // The page of Swagger is at `/docs/…` as well, and benches have folders of their own.
            let is_there = at(word).exists() || at("benches/compare").join(word).exists();
            assert!(is_there, "{page}: {word}");
            count += 1;
        }
    }
    assert!(count > 40, "{count} files");
}

/// Files of `src` that the map names by their names alone.
#[test]
fn modules_that_the_map_names_exist() {
    let mut folders = vec![at("src"), at("tests/it")];
    let mut known = BTreeSet::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                known.insert(path.strip_prefix(at("")).unwrap().display().to_string());
            }
        }
    }
    let map = std::fs::read_to_string(at("ARCHITECTURE.md")).unwrap();
    let mut count = 0;
    for word in map.split(|c: char| !(c.is_ascii_alphanumeric() || "._/".contains(c))) {
        if word.len() > 3
            && Path::new(word).extension().is_some_and(|end| end == "rs")
            && !word.starts_with("benches")
        {
            let end = format!("/{word}");
            let is_there = known
                .iter()
                .any(|path| path == word || path.ends_with(&end))
                || at("benches").join(word).exists();
            assert!(is_there, "{word}");
            count += 1;
        }
    }
    assert!(count > 30, "{count} files");
}

/// Types, functions and modules that the map names by their paths.
#[test]
fn code_that_the_map_names_exists() {
    let mut folders = vec![at("src")];
    let mut code = String::new();
    let mut files = BTreeSet::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "rs") {
                files.insert(path.file_stem().unwrap().to_str().unwrap().to_owned());
                code.push_str(&std::fs::read_to_string(path).unwrap());
            }
        }
    }
    let pages = pages();
    let map = pages.iter().find(|page| page.path == "ARCHITECTURE.md");
    let prose = map.unwrap().prose();
    let words = prose.split('`').skip(1).step_by(2);
    let mut count = 0;
    for path in words.filter(|word| word.contains("::")) {
        let name = path.rsplit("::").next().unwrap();
        let kinds = ["fn", "struct", "enum", "trait", "mod"];
        let is_there = kinds
            .iter()
            .any(|kind| code.contains(&format!("{kind} {name}")));
        assert!(is_there || files.contains(name), "ARCHITECTURE.md: {path}");
        count += 1;
    }
    assert!(count > 10, "{count} names");
}
