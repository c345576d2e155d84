//! The scripts, and how they are called.

use redis::{Arg, Cmd, Pipeline, ServerErrorKind, Value};
use tokio::time::Instant;

use super::layout::Partition;
use super::link::{Failed, Link, Repeat};

/// A script and the name under which a server keeps it.
#[derive(Debug)]
pub(super) struct Script {
    text: &'static str,
    hash: String,
}

/// All of them.
#[derive(Debug)]
pub(super) struct Scripts {
    pub(super) commit: Script,
    pub(super) prepare: Script,
    pub(super) apply: Script,
    pub(super) rollback: Script,
    pub(super) look: Script,
    pub(super) scan: Script,
    pub(super) read: Script,
}

impl Scripts {
    pub(super) fn new() -> Self {
        let script = |text| Script {
            text,
            hash: redis::Script::new(text).get_hash().to_owned(),
        };
        Self {
            commit: script(include_str!("scripts/commit.lua")),
            prepare: script(include_str!("scripts/prepare.lua")),
            apply: script(include_str!("scripts/apply.lua")),
            rollback: script(include_str!("scripts/rollback.lua")),
            look: script(include_str!("scripts/look.lua")),
            scan: script(include_str!("scripts/scan.lua")),
            read: script(include_str!("scripts/read.lua")),
        }
    }
}

/// A script and what it is given.
pub(super) struct Call<'a> {
    script: &'a Script,
    cmd: Cmd,
}

impl<'a> Call<'a> {
    /// A call with these keys; arguments follow.
    pub(super) fn new<'k>(
        script: &'a Script,
        keys: impl ExactSizeIterator<Item = &'k [u8]>,
    ) -> Self {
        let mut cmd = redis::cmd("EVALSHA");
        cmd.arg(&script.hash).arg(keys.len());
        for key in keys {
            cmd.arg(key);
        }
        Self { script, cmd }
    }

    pub(super) fn arg(&mut self, bytes: &[u8]) -> &mut Self {
        self.cmd.arg(bytes);
        self
    }

    pub(super) fn number(&mut self, number: usize) -> &mut Self {
        self.cmd.arg(number);
        self
    }

    /// The same with the text of the script, for a server that does not have it.
    fn with_text(&self) -> Cmd {
        let mut cmd = redis::cmd("EVAL");
        cmd.arg(self.script.text);
        for arg in self.cmd.args_iter().skip(2) {
            if let Arg::Simple(bytes) = arg {
                cmd.arg(bytes);
            }
        }
        cmd
    }
}

/// Replicas to wait for after a write.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wait {
    pub(super) replicas: u32,
    pub(super) millis: u64,
}

/// Runs a script that writes, and waits for replicas where that is asked for.
pub(super) async fn write(
    link: &Link,
    partition: &Partition,
    call: &Call<'_>,
    wait: Option<Wait>,
    repeat: Repeat,
    until: Instant,
) -> Result<Value, Failed> {
    let with_wait = |cmd: Cmd| {
        let mut pipeline = Pipeline::with_capacity(2);
        pipeline.add_command(cmd);
        if let Some(wait) = wait {
            let mut cmd = redis::cmd("WAIT");
            cmd.arg(wait.replicas).arg(wait.millis);
            pipeline.add_command(cmd);
        }
        pipeline
    };
    let send = async |cmd| {
        link.ask_all(partition, &with_wait(cmd), repeat, until)
            .await
    };
    let values = match send(call.cmd.clone()).await {
        Err(failed) if lacks_script(&failed) => send(call.with_text()).await?,
        answer => answer?,
    };
    let mut values = values.into_iter();
    let value = values.next().unwrap_or(Value::Nil);
    match (wait, values.next()) {
        (Some(wait), Some(Value::Int(reached))) if reached < i64::from(wait.replicas) => {
            Err(Failed {
                why: format!(
                    "{reached} of {} replicas confirmed the change in time",
                    wait.replicas
                ),
                is_unknown: true,
                server: None,
            })
        }
        _ => Ok(value),
    }
}

/// Runs a script that only reads.
pub(super) async fn read(
    link: &Link,
    partition: &Partition,
    call: &Call<'_>,
    until: Instant,
) -> Result<Value, Failed> {
    let send = async |cmd| link.ask(partition, &cmd, Repeat::Always, until).await;
    match send(call.cmd.clone()).await {
        Err(failed) if lacks_script(&failed) => send(call.with_text()).await,
        answer => answer,
    }
}

/// A server that was restarted, or never had it. Nothing was carried out. The text is sent with the
/// next attempt and not ahead of it: a slot on its way to another server would lead them apart.
fn lacks_script(failed: &Failed) -> bool {
    failed.server == Some(ServerErrorKind::NoScript)
}
