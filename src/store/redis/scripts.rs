//! The scripts, and how they are called.

use redis::{Arg, Cmd, Pipeline, ServerErrorKind, Value};
use tokio::time::Instant;

use super::layout::Partition;
use super::link::{Failed, Link, Repeat};
use crate::store::engine::{Expect, Key};

/// About what a call has besides its keys, and for each of them: so much room is made at once.
const ARGS: usize = 16;
const ARGS_OF_KEY: usize = 4;

/// More than a name has besides a record's key, and a hash.
const NAME_BYTES: usize = 48;

/// A script and the name under which a server keeps it.
#[derive(Debug)]
pub(super) struct Script {
    text: &'static str,
    hash: String,
}

impl Script {
    /// A call that was sent, with the text of the script, for a server that does not have it.
    fn with_text(&self, sent: &Cmd) -> Cmd {
        let mut cmd = redis::cmd("EVAL");
        cmd.arg(self.text);
        for arg in sent.args_iter().skip(2) {
            if let Arg::Simple(bytes) = arg {
                cmd.arg(bytes);
            }
        }
        cmd
    }
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
    /// A call with these names and the names of these records as keys; arguments follow, some
    /// `bytes` in all with the records' keys.
    pub(super) fn new<'k>(
        script: &'a Script,
        partition: &Partition,
        names: &[&[u8]],
        records: impl Iterator<Item = &'k Key> + Clone,
        bytes: usize,
    ) -> Self {
        let count = records.clone().count();
        let keys = names.len() + count;
        let data = bytes + (keys + 1) * NAME_BYTES;
        let mut cmd = Cmd::with_capacity(ARGS + keys * ARGS_OF_KEY, data);
        cmd.arg("EVALSHA").arg(&script.hash).arg(keys);
        for name in names {
            cmd.arg(name);
        }
        let mut name = partition.record_prefix.clone();
        for key in records {
            cmd.arg(partition.name_in(&mut name, key));
        }
        Self { script, cmd }
    }

    pub(super) fn arg(&mut self, bytes: &[u8]) -> &mut Self {
        self.cmd.arg(bytes);
        self
    }

    /// What a record must begin with; nothing where it must not be there.
    pub(super) fn revision(&mut self, expect: Expect) -> &mut Self {
        match expect {
            Expect::Absent => self.arg(b""),
            Expect::Revision(revision) => self.arg(&revision.0.to_be_bytes()),
        }
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

/// A command that writes, and the wait for replicas where that is asked for.
pub(super) fn with_wait(cmd: Cmd, wait: Option<Wait>) -> Pipeline {
    let mut pipeline = Pipeline::with_capacity(2);
    pipeline.add_command(cmd);
    if let Some(wait) = wait {
        pipeline.cmd("WAIT").arg(wait.replicas).arg(wait.millis);
    }
    pipeline
}

/// The answer to the command, if enough replicas have what it wrote.
pub(super) fn confirmed(answers: Vec<Value>, wait: Option<Wait>) -> Result<Value, Failed> {
    let mut answers = answers.into_iter();
    let answer = answers.next().unwrap_or(Value::Nil);
    let Some(Wait { replicas, .. }) = wait else {
        return Ok(answer);
    };
    match answers.next() {
        Some(Value::Int(reached)) if reached >= i64::from(replicas) => Ok(answer),
        Some(Value::Int(reached)) => Err(Failed {
            why: format!("{reached} of {replicas} replicas confirmed the change in time"),
            is_unknown: true,
            server: None,
        }),
        _ => Err(Failed::strange("no number of replicas")),
    }
}

/// Runs a script that writes, and waits for replicas where that is asked for.
pub(super) async fn write(
    link: &Link,
    partition: &Partition,
    call: Call<'_>,
    wait: Option<Wait>,
    repeat: Repeat,
    until: Instant,
) -> Result<Value, Failed> {
    let pipeline = with_wait(call.cmd, wait);
    let answers = send(link, partition, call.script, pipeline, repeat, until).await?;
    confirmed(answers, wait)
}

/// Runs a script that only reads.
pub(super) async fn read(
    link: &Link,
    partition: &Partition,
    call: Call<'_>,
    until: Instant,
) -> Result<Value, Failed> {
    let mut pipeline = Pipeline::with_capacity(1);
    pipeline.add_command(call.cmd);
    let repeat = Repeat::Always;
    let values = send(link, partition, call.script, pipeline, repeat, until).await?;
    Ok(values.into_iter().next().unwrap_or(Value::Nil))
}

/// Sends a pipeline that begins with the call of a script.
async fn send(
    link: &Link,
    partition: &Partition,
    script: &Script,
    pipeline: Pipeline,
    repeat: Repeat,
    until: Instant,
) -> Result<Vec<Value>, Failed> {
    match link.ask_all(partition, &pipeline, repeat, until).await {
        Err(failed) if lacks_script(&failed) => {
            let mut with_text = Pipeline::with_capacity(pipeline.len());
            let mut sent = pipeline.cmd_iter();
            if let Some(call) = sent.next() {
                with_text.add_command(script.with_text(call));
            }
            for cmd in sent {
                with_text.add_command(cmd.clone());
            }
            link.ask_all(partition, &with_text, repeat, until).await
        }
        answer => answer,
    }
}

/// A server that was restarted, or never had it. Nothing was carried out. The text is sent with the
/// next attempt and not ahead of it: a slot on its way to another server would lead them apart.
fn lacks_script(failed: &Failed) -> bool {
    failed.server == Some(ServerErrorKind::NoScript)
}
