//! The configuration: typed sections, each setting declared once with its default and meaning.
//!
//! Flags win over the environment, the environment over the TOML file, the file over the
//! defaults. The environment variable of a setting follows from its name by one rule:
//! `smtp.port` is `UPSELL_SMTP_PORT`, `data` is `UPSELL_DATA`. A secret may also be given as the
//! path of a file that holds it: `smtp.password_file`, `UPSELL_SMTP_PASSWORD_FILE`.
//!
//! This module is the only reader of the environment and of the configuration file.

mod describe;
pub mod duration;
mod kinds;
mod nearest;
mod problem;
mod process;
mod sections;
mod setting;
mod source;
mod usage_names;
mod values;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

pub use describe::{Declared, Described, documentation, example_file, settings};
pub use problem::{Origin, Problem, Problems};
pub use process::{check_for_serve, from_process, notify_socket, temporary_directory};
pub use sections::{
    Audit, Clicks, Console, Http, Limits, Links, Log, Mail, Main, Nodes, Proposal, Quota,
    RateLimits, Redis, Smtp, Tls, Tokens,
};
pub use source::{Override, Sources};
pub use usage_names::UsageNames;
pub use values::{
    Encryption, HostName, LogFormat, NamePrefix, PublicUrl, Secret, StoreChoice, WebOrigin,
};

use setting::{Reader, Section};
use source::{Given, Known, Text};

/// Every section in the order of the documentation.
const SECTIONS: [&Section; 17] = [
    &Main::SECTION,
    &Redis::SECTION,
    &Nodes::SECTION,
    &Smtp::SECTION,
    &Mail::SECTION,
    &Quota::SECTION,
    &Proposal::SECTION,
    &Links::SECTION,
    &Http::SECTION,
    &Limits::SECTION,
    &RateLimits::SECTION,
    &Tls::SECTION,
    &Log::SECTION,
    &Clicks::SECTION,
    &Audit::SECTION,
    &Tokens::SECTION,
    &Console::SECTION,
];

/// Everything that can be set, valid by itself and together.
#[derive(Debug, Clone)]
pub struct Config {
    /// The settings above the first table: `data`, `listen`, …
    pub main: Main,
    /// `[redis]`
    pub redis: Redis,
    /// `[nodes]`
    pub nodes: Nodes,
    /// `[smtp]`
    pub smtp: Smtp,
    /// `[mail]`
    pub mail: Mail,
    /// `[quota]`
    pub quota: Quota,
    /// `[proposal]`
    pub proposal: Proposal,
    /// `[links]`
    pub links: Links,
    /// `[http]`
    pub http: Http,
    /// `[limits]`
    pub limits: Limits,
    /// `[rate_limits]`
    pub rate_limits: RateLimits,
    /// `[tls]`
    pub tls: Tls,
    /// `[log]`
    pub log: Log,
    /// `[clicks]`
    pub clicks: Clicks,
    /// `[audit]`
    pub audit: Audit,
    /// `[tokens]`
    pub tokens: Tokens,
    /// `[console]`
    pub console: Console,
    /// `[usage_names]`
    pub usage_names: UsageNames,
    /// What was given and by whom, for [`Config::describe`]; secrets are not in it.
    given: BTreeMap<String, (String, Origin)>,
}

/// A configuration, and what its reader should know about how it was given.
#[derive(Debug)]
pub struct Loaded {
    /// The configuration.
    pub config: Config,
    /// Names that look like settings and are none; for the log.
    pub warnings: Vec<String>,
}

impl Config {
    /// Lays the sources over the defaults and checks every value.
    ///
    /// # Errors
    /// Everything that is wrong, not only the first.
    pub fn load(sources: Sources<'_>) -> Result<Loaded, Problems> {
        let known = Known::new(SECTIONS.to_vec());
        let mut problems = Vec::new();
        let mut warnings = Vec::new();
        let mut layers = Vec::with_capacity(3);
        if let Some((path, content)) = &sources.file {
            layers.push(source::from_file(&known, path, content, &mut problems));
        }
        layers.push(source::from_environment(
            &known,
            sources.environment,
            &mut problems,
            &mut warnings,
        ));
        layers.push(source::from_flags(&known, sources.flags, &mut problems));

        let mut given = Given::new();
        for mut layer in layers {
            open_secrets(&mut layer, sources.read_file, &mut problems);
            given.extend(layer);
        }
        match Self::read(&given, &mut problems) {
            Some(config) if problems.is_empty() => Ok(Loaded { config, warnings }),
            _ => Err(Problems(problems)),
        }
    }

    fn read(given: &Given, problems: &mut Vec<Problem>) -> Option<Self> {
        let mut reader = Reader::new(given);
        let main = Main::read(&mut reader);
        let redis = Redis::read(&mut reader);
        let nodes = Nodes::read(&mut reader);
        let smtp = Smtp::read(&mut reader);
        let mail = Mail::read(&mut reader);
        let quota = Quota::read(&mut reader);
        let proposal = Proposal::read(&mut reader);
        let links = Links::read(&mut reader);
        let http = Http::read(&mut reader);
        let limits = Limits::read(&mut reader);
        let rate_limits = RateLimits::read(&mut reader);
        let tls = Tls::read(&mut reader);
        let log = Log::read(&mut reader);
        let clicks = Clicks::read(&mut reader);
        let audit = Audit::read(&mut reader);
        let tokens = Tokens::read(&mut reader);
        let console = Console::read(&mut reader);
        problems.append(&mut reader.problems);
        let usage_names = UsageNames::read(given, problems);
        let config = Self {
            main: main?,
            redis: redis?,
            nodes: nodes?,
            smtp: smtp?,
            mail: mail?,
            quota: quota?,
            proposal: proposal?,
            links: links?,
            http: http?,
            limits: limits?,
            rate_limits: rate_limits?,
            tls: tls?,
            log: log?,
            clicks: clicks?,
            audit: audit?,
            tokens: tokens?,
            console: console?,
            usage_names,
            given: describe::without_secrets(given),
        };
        config.check_together(problems);
        Some(config)
    }

    /// That links in mails do not lead their readers to the readers' own computers.
    fn check_public_url(&self) -> Result<(), Problem> {
        let listen = self.main.listen;
        if self.main.public_url.is_some() || listen.ip().to_canonical().is_loopback() {
            return Ok(());
        }
        Err(Problem::Together(format!(
            "listen is {listen}, which other machines reach, and public_url is empty: no link in a mail \
             would work for its reader; set how people reach the service: \
             UPSELL_PUBLIC_URL=https://upsell.example.com in the environment, or \
             public_url = \"https://upsell.example.com\" in the configuration file"
        )))
    }

    /// Rules over several settings.
    fn check_together(&self, problems: &mut Vec<Problem>) {
        let mut refuse = |wrong: bool, message: &str| {
            if wrong {
                problems.push(Problem::Together(message.to_owned()));
            }
        };
        refuse(
            self.tls.cert_file.is_some() != self.tls.key_file.is_some(),
            "tls.cert_file and tls.key_file belong together: set both, or neither for plain HTTP",
        );
        refuse(
            self.smtp.user.is_some() != self.smtp.password.is_some(),
            "smtp.user and smtp.password belong together: set both, or neither for no login",
        );
        refuse(
            self.smtp.password.is_some() && self.smtp.encryption == Encryption::None,
            "smtp.password would cross the network in clear text: set smtp.encryption to starttls or tls",
        );
        refuse(
            self.redis.wait_replicas > 0 && self.redis.wait_timeout >= self.redis.command_timeout,
            "redis.wait_timeout is not shorter than redis.command_timeout: no answer would say how many replicas confirmed",
        );
        refuse(
            self.mail.retry_base > self.mail.retry_max,
            "mail.retry_base is longer than mail.retry_max: make it shorter",
        );
        refuse(
            self.main.listen == self.main.ops_listen && self.main.listen.port() != 0,
            "listen and ops_listen are the same address: give ops_listen another port",
        );
        refuse(
            self.limits.bulk_usage_bytes < self.limits.body_bytes,
            "limits.bulk_usage_bytes is below limits.body_bytes: raise it",
        );
    }
}

/// Replaces each `<secret>_file` of one source by the content of that file.
fn open_secrets(
    layer: &mut Given,
    read_file: &dyn Fn(&Path) -> io::Result<String>,
    problems: &mut Vec<Problem>,
) {
    for section in SECTIONS {
        for setting in section
            .settings
            .iter()
            .filter(|setting| (setting.is_secret)())
        {
            let path = section.path_of(setting.key);
            let Some(file) = layer.remove(&format!("{path}_file")) else {
                continue;
            };
            if layer.contains_key(&path) {
                problems.push(Problem::Shape {
                    origin: file.origin,
                    reason: format!("`{path}` and `{path}_file` are both given; keep one of them"),
                });
                continue;
            }
            let file_path = Path::new(&file.text);
            match read_file(file_path) {
                Ok(content) => {
                    // Editors and `echo` end a file with a line break that is no part of the secret.
                    let text = content.trim_end_matches(['\r', '\n']).to_owned();
                    let origin = file.origin;
                    layer.insert(path, Text { text, origin });
                }
                Err(source) => problems.push(Problem::NamedFile {
                    origin: file.origin,
                    path: file_path.to_owned(),
                    source,
                }),
            }
        }
    }
}
