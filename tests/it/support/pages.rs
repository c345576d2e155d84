//! The files of the repository that are written for people, and the code blocks in them.

use std::path::{Path, PathBuf};

/// A path of the repository.
pub(crate) fn at(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Compares a file that the program makes with what it makes now; `UPDATE_DOCS=1` renews the file.
/// `test` is the filter that runs the caller.
#[track_caller]
pub(crate) fn assert_up_to_date(path: &str, current: &str, test: &str) {
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(at(path), current).unwrap();
    }
    let stored = std::fs::read_to_string(at(path)).unwrap_or_default();
    let mut lines = stored.lines().zip(current.lines());
    assert!(
        stored == current,
        "{path} is stale; renew it: UPDATE_DOCS=1 cargo test --test it {test}\n\
         the first difference: {:?}",
        lines.find(|(old, new)| old != new)
    );
}

/// A Markdown file.
pub(crate) struct Page {
    /// From the root of the repository.
    pub(crate) path: String,
    pub(crate) text: String,
}

/// A fenced block of code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Block {
    /// What stands behind the opening fence.
    pub(crate) language: String,
    pub(crate) text: String,
}

impl Block {
    pub(crate) fn first_line(&self) -> &str {
        self.text.lines().next().unwrap_or_default()
    }

    /// Shell commands, or a transcript of some.
    pub(crate) fn has_commands(&self) -> bool {
        let is_shell = matches!(self.language.as_str(), "sh" | "bash" | "shell" | "console");
        is_shell || self.text.lines().any(|line| line.starts_with("$ "))
    }
}

fn page(path: String) -> Page {
    let text = std::fs::read_to_string(at(&path)).unwrap_or_else(|error| panic!("{path}: {error}"));
    Page { path, text }
}

/// Every page: those of the root and of `docs/`.
pub(crate) fn pages() -> Vec<Page> {
    let mut found = Vec::new();
    for dir in ["", "docs/"] {
        for entry in std::fs::read_dir(at(dir)).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            if Path::new(&name).extension().is_some_and(|end| end == "md") {
                found.push(page(format!("{dir}{name}")));
            }
        }
    }
    found.push(page("benches/compare/README.md".to_owned()));
    found.sort_by(|a, b| a.path.cmp(&b.path));
    assert!(found.len() > 8, "the pages were not found");
    found
}

impl Page {
    /// Its blocks of code, and the text without them, line by line.
    fn parts(&self) -> (Vec<Block>, String) {
        let (mut blocks, mut prose): (Vec<Block>, String) = (Vec::new(), String::new());
        let mut is_open = false;
        for line in self.text.lines() {
            let fence = line.trim_start().strip_prefix("```");
            match (fence, is_open) {
                (Some(language), false) => blocks.push(Block {
                    language: language.trim().to_owned(),
                    text: String::new(),
                }),
                (Some(_), true) => {}
                (None, true) => {
                    let block = blocks.last_mut().unwrap();
                    block.text.push_str(line);
                    block.text.push('\n');
                }
                (None, false) => {
                    prose.push_str(line);
                    prose.push('\n');
                }
            }
            is_open ^= fence.is_some();
        }
        assert!(!is_open, "{}: a block of code has no end", self.path);
        (blocks, prose)
    }

    pub(crate) fn blocks(&self) -> Vec<Block> {
        self.parts().0
    }

    pub(crate) fn prose(&self) -> String {
        self.parts().1
    }
}

/// The block of a page that begins with this line.
pub(crate) fn block(path: &str, first_line: &str) -> Block {
    let blocks = page(path.to_owned()).blocks();
    let mut found = blocks
        .into_iter()
        .filter(|block| block.first_line() == first_line);
    let block = found
        .next()
        .unwrap_or_else(|| panic!("{path}: no block begins with {first_line:?}"));
    assert_eq!(found.next(), None, "{path}: {first_line:?}");
    block
}
