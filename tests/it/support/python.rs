//! The Python environment of the tests, which `scripts/test` makes.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::process::Command;

use super::app::TestApp;

/// `tests/<name>` of the source.
pub(crate) fn source(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests")
        .join(name)
}

/// A program of the environment. Fails where there is none: what is skipped is not tested.
pub(crate) fn program(name: &str) -> PathBuf {
    let path = environment().join("bin").join(name);
    assert!(path.is_file(), "{} is missing; {FIRST}", path.display());
    path
}

/// The directory of an installed package, which may carry more than Python.
pub(crate) fn package(name: &str) -> PathBuf {
    let versions = std::fs::read_dir(environment().join("lib"));
    let paths = versions.into_iter().flatten().map(|version| {
        let version = version.unwrap().path();
        version.join("site-packages").join(name)
    });
    let mut found = paths.filter(|path| path.is_dir());
    found
        .next()
        .unwrap_or_else(|| panic!("the Python package {name} is missing; {FIRST}"))
}

const FIRST: &str = "make the Python environment of the tests first: scripts/python";

fn environment() -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    target.join("python")
}

/// Runs a program of the environment against `app`; what it printed, if it ended well.
pub(crate) async fn run(app: &TestApp, name: &str, arguments: &[&str]) -> Result<String, String> {
    let first = &app.first;
    let output = Command::new(program(name))
        .args(arguments)
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("PYTHONUTF8", "1")
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("BASE_URL", &app.base)
        .env("CLIENT_ID", &first.client_id)
        .env("CLIENT_SECRET", &first.client_secret)
        .env("ROOT_TENANT_ID", &first.tenant_id)
        .current_dir(env!("CARGO_TARGET_TMPDIR"))
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .unwrap();
    let out = String::from_utf8_lossy(&output.stdout);
    let error = String::from_utf8_lossy(&output.stderr);
    let text = format!("{out}{error}");
    if output.status.success() {
        return Ok(text);
    }
    Err(text)
}
