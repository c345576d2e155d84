//! `upsell keys`: rotation of the deployment's secrets.

use std::io::Write;

use super::CliError;
use super::args::{KeysAction, KeysArgs, KeysOf};
use crate::app::data::Place;
use crate::config;
use crate::keyring::{KeyKind, Keyring};

impl From<KeysOf> for KeyKind {
    fn from(kind: KeysOf) -> Self {
        match kind {
            KeysOf::Link => Self::LinkSigning,
            KeysOf::Seal => Self::Sealing,
            KeysOf::Token => Self::TokenSigning,
        }
    }
}

pub(super) fn run(args: &KeysArgs, out: &mut dyn Write) -> Result<(), CliError> {
    let loaded = config::from_process(args.config.config.clone(), args.config.flags())?;
    let mut keyring = Keyring::load(&Place::of(&loaded.config).keys_path())?;
    match &args.action {
        KeysAction::Rotate { kind } => {
            let id = keyring.rotate((*kind).into())?;
            writeln!(
                out,
                "key {id} is used from now on; send SIGHUP to a running service"
            )?;
        }
        KeysAction::Retire { kind, id } => {
            keyring.retire((*kind).into(), id)?;
            writeln!(out, "key {id} is gone; send SIGHUP to a running service")?;
        }
        KeysAction::List => {
            for (name, kind) in [
                ("link", KeyKind::LinkSigning),
                ("seal", KeyKind::Sealing),
                ("token", KeyKind::TokenSigning),
            ] {
                for id in keyring.key_ids(kind) {
                    writeln!(out, "{name}\t{id}")?;
                }
            }
        }
    }
    Ok(())
}
