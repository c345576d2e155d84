//! A shell in a directory of its own, in which the commands of the documentation are run as they stand.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use tempfile::TempDir;
use tokio::process::Command;

use super::app::DEADLINE;
use super::binary::binary;

/// `serve` runs until it answers, and is then stopped as an operator would stop it.
const UPSELL: &str = r#"#!/bin/bash
if [ "$1" != serve ]; then exec PROGRAM "$@"; fi
coproc SERVICE { exec PROGRAM "$@"; }
pid=$SERVICE_PID
exec 3<&"${SERVICE[0]}"
while read -r line <&3; do
    printf '%s\n' "$line"
    case $line in *'is ready'*) kill "$pid" ;; esac
done
wait "$pid"
"#;

/// Says on standard error how each request was answered.
const CURL: &str = "#!/bin/sh\nexec /usr/bin/curl \"$@\" -w '%{stderr}status %{http_code}\\n'\n";

/// What the test has done already (a build), or may not do (to stop a service of the machine).
const NOTHING: &str = "#!/bin/sh\n";

/// The other machine is this one.
const SSH: &str = "#!/bin/sh\nshift\nexec sh -c \"$*\"\n";

/// What a script printed.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ran {
    /// How the requests of curl were answered, in order.
    pub(crate) fn statuses(&self) -> Vec<u16> {
        let lines = self
            .err
            .lines()
            .filter_map(|line| line.strip_prefix("status "));
        lines.map(|status| status.parse().unwrap()).collect()
    }
}

pub(crate) struct Shell {
    dir: TempDir,
    environment: Vec<(String, String)>,
}

impl Shell {
    /// With the program, curl and jq, and stand-ins for what belongs to a whole machine.
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let program = binary().into_string().unwrap();
        let upsell = UPSELL.replace("PROGRAM", &format!("'{program}'"));
        let shell = Self {
            dir,
            environment: Vec::new(),
        };
        shell.stand_in("curl", CURL);
        for name in ["upsell", "../target/dist/upsell"] {
            shell.stand_in(name, &upsell);
        }
        // Who starts it in the background stops it, too.
        let plain = format!("#!/bin/sh\nexec '{program}' \"$@\"\n");
        shell.stand_in("../target/debug/upsell", &plain);
        for name in ["cargo", "systemctl"] {
            shell.stand_in(name, NOTHING);
        }
        shell.stand_in("ssh", SSH);
        shell
    }

    /// Puts a program before those of the machine.
    fn stand_in(&self, name: &str, text: &str) {
        let path = self.path("bin").join(name);
        std::fs::create_dir_all(self.path("bin")).unwrap();
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// Without the stand-in, the machine's own program runs.
    pub(crate) fn without(self, name: &str) -> Self {
        std::fs::remove_file(self.path("bin").join(name)).unwrap();
        self
    }

    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.environment.push((name.to_owned(), value.to_owned()));
    }

    /// A path of the machine, below the directory of this shell.
    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.dir.path().join(path.trim_start_matches('/'))
    }

    /// Runs a script, which must end well. What it does in `/var/lib` and `/mnt` it does below
    /// the directory of this shell; where it would listen on a port, any free one is taken.
    pub(crate) async fn run(&self, script: &str) -> Ran {
        let mut script = script.replace("0.0.0.0:8080", "0.0.0.0:0");
        for place in ["/var/lib", "/mnt"] {
            std::fs::create_dir_all(self.path(place)).unwrap();
            script = script.replace(
                &format!("{place}/"),
                &format!("{}/", self.path(place).display()),
            );
        }
        self.run_in(self.dir.path(), &["-euo", "pipefail", "-c", &script])
            .await
    }

    /// Runs bash in a directory.
    pub(crate) async fn run_in(&self, dir: &Path, arguments: &[&str]) -> Ran {
        let run = Command::new("bash")
            .args(arguments)
            .env_clear()
            .env(
                "PATH",
                format!("{}:/usr/bin:/bin", self.path("bin").display()),
            )
            .env("UPSELL_LISTEN", "127.0.0.1:0")
            .env("UPSELL_OPS_LISTEN", "127.0.0.1:0")
            .env("CARGO_TARGET_DIR", self.path("target"))
            .env("TMPDIR", self.dir.path())
            .env("LC_ALL", "C.UTF-8")
            .envs(self.environment.iter().cloned())
            .current_dir(dir)
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output();
        let output = tokio::time::timeout(DEADLINE * 4, run).await;
        let output = output
            .unwrap_or_else(|_| panic!("it does not end: {arguments:?}"))
            .unwrap();
        let ran = Ran {
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        };
        assert!(
            output.status.success(),
            "{arguments:?}: {}\n{ran:?}",
            output.status
        );
        ran
    }
}
