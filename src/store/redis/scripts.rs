//! The scripts, and how they are called.

use redis::{Cmd, Pipeline, ServerErrorKind, Value};
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

/// What a script is given.
pub(super) struct Call {
    cmd: Cmd,
}

impl Call {
    /// A call with these keys; arguments follow.
    pub(super) fn new<'a>(script: &Script, keys: impl ExactSizeIterator<Item = &'a [u8]>) -> Self {
        let mut cmd = redis::cmd("EVALSHA");
        cmd.arg(&script.hash).arg(keys.len());
        for key in keys {
            cmd.arg(key);
        }
        Self { cmd }
    }

    pub(super) fn arg(&mut self, bytes: &[u8]) -> &mut Self {
        self.cmd.arg(bytes);
        self
    }

    pub(super) fn number(&mut self, number: usize) -> &mut Self {
        self.cmd.arg(number);
        self
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
    script: &Script,
    call: &Call,
    wait: Option<Wait>,
    until: Instant,
) -> Result<Value, Failed> {
    let mut pipeline = Pipeline::with_capacity(2);
    pipeline.add_command(call.cmd.clone());
    if let Some(wait) = wait {
        let mut cmd = redis::cmd("WAIT");
        cmd.arg(wait.replicas).arg(wait.millis);
        pipeline.add_command(cmd);
    }
    let values = run(link, partition, script, &pipeline, Repeat::IfNotMade, until).await?;
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
    script: &Script,
    call: &Call,
    until: Instant,
) -> Result<Value, Failed> {
    let mut pipeline = Pipeline::with_capacity(1);
    pipeline.add_command(call.cmd.clone());
    let values = run(link, partition, script, &pipeline, Repeat::Always, until).await?;
    Ok(values.into_iter().next().unwrap_or(Value::Nil))
}

async fn run(
    link: &Link,
    partition: &Partition,
    script: &Script,
    pipeline: &Pipeline,
    repeat: Repeat,
    until: Instant,
) -> Result<Vec<Value>, Failed> {
    let answer = link.ask_all(partition, pipeline, repeat, until).await;
    match &answer {
        // A server that was restarted, or never had it. Nothing was carried out.
        Err(failed) if failed.server == Some(ServerErrorKind::NoScript) => {
            let mut load = redis::cmd("SCRIPT");
            load.arg("LOAD").arg(script.text);
            link.ask(partition, &load, Repeat::Always, until).await?;
            link.ask_all(partition, pipeline, repeat, until).await
        }
        _ => answer,
    }
}
