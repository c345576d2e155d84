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
pub use values::{Encryption, LogFormat, Secret, StoreChoice};

use crate::domain::meter::UsageNames;
use setting::{Reader, Section};
use source::{Given, Known, Text};

/// Declares the sections, in the order of the documentation: `field: Section;`.
macro_rules! sections {
    ($($field:ident: $section:ident;)+) => {
        const SECTIONS: &[&Section] = &[$(&$section::SECTION),+];

        /// Everything that can be set, valid by itself and together.
        #[derive(Debug, Clone)]
        pub struct Config {
            $(
                #[doc = concat!("The section `", stringify!($field), "`.")]
                pub $field: $section,
            )+
            /// `[usage_names]`
            pub usage_names: UsageNames,
            /// What was given and by whom, for [`Config::describe`]; secrets are not in it.
            given: BTreeMap<String, (String, Origin)>,
        }

        impl Config {
            fn read(given: &Given, problems: &mut Vec<Problem>) -> Option<Self> {
                let mut reader = Reader::new(given);
                // All are read before the first wrong one ends it: every mistake is reported.
                $(let $field = $section::read(&mut reader);)+
                problems.append(&mut reader.problems);
                let usage_names = usage_names::read(given, problems);
                let config = Self {
                    $($field: $field?,)+
                    usage_names,
                    given: describe::without_secrets(given),
                };
                config.check_together(problems);
                Some(config)
            }
        }
    };
}

sections! {
    main: Main;
    redis: Redis;
    nodes: Nodes;
    smtp: Smtp;
    mail: Mail;
    quota: Quota;
    proposal: Proposal;
    links: Links;
    http: Http;
    limits: Limits;
    rate_limits: RateLimits;
    tls: Tls;
    log: Log;
    clicks: Clicks;
    audit: Audit;
    tokens: Tokens;
    console: Console;
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
