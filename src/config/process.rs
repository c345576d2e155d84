//! Reads the environment and the files of this process: the only place that does.

use std::ffi::OsString;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::source::CONFIG_VARIABLE;
use super::{Config, Loaded, Override, Problem, Problems, Sources};

/// The configuration file where no other is named; there need be none.
const DEFAULT_FILE: &str = "/etc/upsell/upsell.toml";

/// Loads the configuration of this process: the flags given, its environment, and the file that
/// `--config` or `UPSELL_CONFIG` names, else `/etc/upsell/upsell.toml`.
///
/// # Errors
/// Everything that is wrong with it. That a named file is missing is wrong, too.
pub fn from_process(config: Option<PathBuf>, flags: Vec<Override>) -> Result<Loaded, Problems> {
    let named = || std::env::var_os(CONFIG_VARIABLE).filter(|path| !path.is_empty());
    let named = config.or_else(|| named().map(PathBuf::from));
    let file = read_file(named, Path::new(DEFAULT_FILE)).map_err(|one| Problems(vec![one]))?;
    Config::load(Sources {
        flags,
        environment: std::env::vars_os().collect(),
        file,
        read_file: &|path| std::fs::read_to_string(path),
    })
}

/// The file that is named, which must be there, or the default one, which need not be.
pub(super) fn read_file(
    named: Option<PathBuf>,
    default: &Path,
) -> Result<Option<(PathBuf, String)>, Problem> {
    let is_named = named.is_some();
    let path = named.unwrap_or_else(|| default.to_owned());
    match std::fs::read_to_string(&path) {
        Ok(content) => Ok(Some((path, content))),
        Err(error) if !is_named && error.kind() == ErrorKind::NotFound => Ok(None),
        Err(source) => Err(Problem::Unreadable { path, source }),
    }
}

/// The socket on which systemd waits for the service to say that it is ready (`sd_notify(3)`);
/// `None` when it was not started by systemd with `Type=notify`.
#[must_use]
pub fn notify_socket() -> Option<OsString> {
    std::env::var_os("NOTIFY_SOCKET").filter(|path| !path.is_empty())
}

/// Where data that nobody keeps goes (`TMPDIR`, else `/tmp`).
#[must_use]
pub fn temporary_directory() -> PathBuf {
    std::env::temp_dir()
}

/// What `serve` needs beyond settings that are valid: every file that the configuration names can be
/// opened, and links in mails lead to the service.
///
/// # Errors
/// Everything that is wrong, with its setting.
pub fn check_for_serve(config: &Config) -> Result<(), Problems> {
    let files = [
        ("redis.ca_file", &config.redis.ca_file),
        ("smtp.ca_file", &config.smtp.ca_file),
        ("tls.cert_file", &config.tls.cert_file),
        ("tls.key_file", &config.tls.key_file),
    ];
    let described = config.describe();
    let mut problems: Vec<Problem> = config.check_public_url().err().into_iter().collect();
    for (setting, path) in files {
        let Some(path) = path else { continue };
        if let Err(source) = std::fs::File::open(path) {
            let row = described.iter().find(|row| row.path == setting);
            problems.push(Problem::NamedFile {
                origin: row.map(|row| row.origin.clone()).unwrap_or_default(),
                path: path.clone(),
                source,
            });
        }
    }
    if problems.is_empty() {
        Ok(())
    } else {
        Err(Problems(problems))
    }
}
