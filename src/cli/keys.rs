//! `upsell keys`: rotation of the deployment's secrets.

use std::fmt;
use std::io::Write;
use std::time::Duration;

use chrono::{DateTime, SecondsFormat};

use super::CliError;
use super::args::{KeysAction, KeysArgs, KeysOf};
use crate::app::data::Place;
use crate::app::system_clock;
use crate::config::{self, Config};
use crate::domain::time::Timestamp;
use crate::keyring::{KeyInfo, KeyKind, Keyring};
use crate::usecases::links;

impl From<KeysOf> for KeyKind {
    fn from(kind: KeysOf) -> Self {
        match kind {
            KeysOf::Link => Self::LinkSigning,
            KeysOf::Seal => Self::Sealing,
            KeysOf::Token => Self::TokenSigning,
        }
    }
}

const RELOAD: &str =
    "have each running service read the keys again (`systemctl reload upsell`, or SIGHUP)";

/// Until when an old key may be needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Needed {
    /// It is the newest: it signs or seals.
    Now,
    /// What it signed may be valid until then.
    Until(Timestamp),
    /// What it sealed does not expire.
    NoEnd,
}

impl fmt::Display for Needed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Now => f.write_str("in use"),
            Self::Until(end) => write!(f, "needed until {}", shown(*end)),
            Self::NoEnd => f.write_str("needed for what it sealed"),
        }
    }
}

pub(super) fn run(args: &KeysArgs, out: &mut dyn Write) -> Result<(), CliError> {
    let config = config::from_process(args.config.config.clone(), args.config.flags())?.config;
    let mut keyring = Keyring::load(&Place::of(&config).keys_path())?;
    match &args.action {
        KeysAction::Rotate { kind } => {
            let id = keyring.rotate((*kind).into(), system_clock())?;
            writeln!(out, "key {id} was made; {RELOAD}: it is used from then on")?;
        }
        KeysAction::Retire { kind, id, force } => {
            let kind = (*kind).into();
            if !force {
                refuse_needed(&config, &keyring.keys(kind), kind, id)?;
            }
            keyring.retire(kind, id)?;
            writeln!(out, "key {id} is gone; {RELOAD}")?;
        }
        KeysAction::List => {
            for (name, kind) in [
                ("link", KeyKind::LinkSigning),
                ("seal", KeyKind::Sealing),
                ("token", KeyKind::TokenSigning),
            ] {
                let keys = keyring.keys(kind);
                for (key, needed) in keys.iter().zip(needed(&config, &keys, kind)) {
                    let KeyInfo { id, created_at } = key;
                    writeln!(out, "{name}\t{id}\t{}\t{needed}", shown(*created_at))?;
                }
            }
        }
    }
    Ok(())
}

/// Until when each of these keys may be needed, from oldest to newest. Each signs until the next one is
/// made.
fn needed(config: &Config, keys: &[KeyInfo], kind: KeyKind) -> Vec<Needed> {
    let replaced = keys
        .iter()
        .skip(1)
        .map(|next| match lifetime(config, kind) {
            Some(lifetime) => Needed::Until(next.created_at.plus(lifetime)),
            None => Needed::NoEnd,
        });
    replaced.chain(std::iter::once(Needed::Now)).collect()
}

/// How long what a key of this kind signed is valid; `None` without end.
fn lifetime(config: &Config, kind: KeyKind) -> Option<Duration> {
    match kind {
        KeyKind::LinkSigning => Some(links::longest_ttl(config.links.ttl)),
        KeyKind::TokenSigning => Some(config.tokens.access_ttl),
        KeyKind::Sealing => None,
    }
}

/// Refuses to retire an old key that may still be needed. What is wrong with the others the keyring says.
fn refuse_needed(
    config: &Config,
    keys: &[KeyInfo],
    kind: KeyKind,
    id: &str,
) -> Result<(), CliError> {
    let mut all = keys.iter().zip(needed(config, keys, kind));
    let Some((_, needed)) = all.find(|(key, _)| key.id == id) else {
        return Ok(());
    };
    let why = match needed {
        Needed::Now => return Ok(()),
        Needed::Until(end) if end <= system_clock() => return Ok(()),
        Needed::Until(end) => format!(
            "links or tokens that it signed may be valid until {}; retire it then",
            shown(end)
        ),
        Needed::NoEnd => {
            "stored secrets, such as the SMTP passwords of brands, may be sealed with it and \
                          would be lost; have them written again first"
                .to_owned()
        }
    };
    Err(CliError::Argument(format!(
        "{kind} key {id} may still be needed: {why}, or use --force"
    )))
}

fn shown(time: Timestamp) -> String {
    let time = DateTime::from_timestamp(time.secs(), 0).unwrap_or_default();
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}
