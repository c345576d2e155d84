//! What operators should know of their servers before they rely on them.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;

use redis::Value;
use tokio::time::Instant;

use super::Options;
use super::address::Address;
use super::layout::{Layout, Partition};
use super::link::{Failed, Link, Repeat};
use super::open::{OpenError, connector, partitions};
use super::stats::Stats;

/// Partitions between two that are asked: more than enough to meet each server of a usual cluster.
const STEP: usize = 4;

/// The sections of what a server says of itself that tell what it may lose.
const ABOUT_LOSSES: [&str; 3] = ["persistence", "memory", "replication"];

/// What a server says of itself.
type Fields = BTreeMap<String, String>;

/// Looks at the servers, and warns of what loses data. Writes nothing.
///
/// # Errors
/// They are not reached.
pub async fn survey(address: Address, options: &Options) -> Result<Vec<String>, OpenError> {
    let partitions = partitions(&address.kind);
    let connector = Arc::new(connector(address.clone(), options)?);
    let layout = Layout::new(&options.prefix, partitions, options.places);
    let link = Link::new(connector, Arc::new(Stats::default()), None);
    let until = Instant::now() + options.command_timeout * 2;
    let mut servers: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let away = |failed: Failed| OpenError::Unreachable {
        address: address.to_string(),
        source: failed.into(),
    };
    for partition in layout.partitions.iter().step_by(STEP) {
        let asked = fields(&link, partition, &["server"], until).await;
        let id = asked.map_err(away)?.remove("run_id").unwrap_or_default();
        if let Entry::Vacant(server) = servers.entry(id) {
            let asked = fields(&link, partition, &ABOUT_LOSSES, until).await;
            let saves = saves(&link, partition, until).await;
            server.insert(warnings(
                &asked.map_err(away)?,
                saves,
                options.wait_replicas,
            ));
        }
    }
    let mut all: Vec<String> = servers.into_values().flatten().collect();
    all.sort();
    all.dedup();
    Ok(all)
}

async fn fields(
    link: &Link,
    partition: &Partition,
    sections: &[&str],
    until: Instant,
) -> Result<Fields, Failed> {
    let mut fields = Fields::new();
    for section in sections {
        let mut cmd = redis::cmd("INFO");
        cmd.arg(*section);
        let text = match link.ask(partition, cmd, Repeat::Always, until).await? {
            Value::BulkString(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            Value::VerbatimString { text, .. } => text,
            _ => String::new(),
        };
        let lines = text.lines().filter_map(|line| line.split_once(':'));
        fields.extend(lines.map(|(name, value)| (name.to_owned(), value.trim().to_owned())));
    }
    Ok(fields)
}

/// Whether it makes snapshots now and then; `None` where it does not say, as managed servers do not.
async fn saves(link: &Link, partition: &Partition, until: Instant) -> Option<bool> {
    let mut cmd = redis::cmd("CONFIG");
    cmd.arg("GET").arg("save");
    let answer = link.ask(partition, cmd, Repeat::Always, until).await.ok()?;
    let pairs: BTreeMap<String, String> = redis::from_redis_value(answer).ok()?;
    pairs.get("save").map(|times| !times.is_empty())
}

fn warnings(fields: &Fields, saves: Option<bool>, wait_replicas: u32) -> Vec<String> {
    let field = |name: &str| fields.get(name).map_or("", String::as_str);
    let mut warnings = Vec::new();
    let mut warn = |text: String| warnings.push(text);
    match (field("aof_enabled"), saves) {
        ("1", _) => {}
        (_, Some(false)) => warn(
            "Redis keeps nothing on disk: when it restarts, everything is lost; set appendonly yes"
                .to_owned(),
        ),
        _ => warn(
            "Redis has no append-only file: when it fails, what came since its last snapshot is lost; \
             set appendonly yes"
                .to_owned(),
        ),
    }
    let policy = field("maxmemory_policy");
    if policy.starts_with("allkeys-") {
        warn(format!(
            "Redis throws records away when its memory is full (maxmemory-policy {policy}); set noeviction"
        ));
    }
    let replicas = field("connected_slaves").parse().unwrap_or(0);
    if wait_replicas > replicas {
        warn(format!(
            "redis.wait_replicas is {wait_replicas} and a server has {replicas} replicas: changes of it \
             will be refused"
        ));
    } else if wait_replicas == 0 && replicas > 0 {
        warn(
            "redis.wait_replicas is 0: when a server fails over to its replica, changes that were \
             acknowledged in the last moment may be lost"
                .to_owned(),
        );
    }
    warnings
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first words that tell one warning from another.
    fn of(fields: &str, saves: Option<bool>, wait_replicas: u32) -> Vec<&'static str> {
        let lines = fields.lines().filter_map(|line| line.split_once(':'));
        let fields = lines.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let found = warnings(&fields.collect(), saves, wait_replicas);
        let words = [
            "nothing on disk",
            "no append-only",
            "throws",
            "refused",
            "fails over",
        ];
        let named = |text: &String| words.into_iter().find(|word| text.contains(word));
        found.iter().map(|text| named(text).unwrap()).collect()
    }

    #[test]
    fn what_loses_data_is_warned_of() {
        let none: [&str; 0] = [];
        for (fields, saves, replicas, expected) in [
            (
                "aof_enabled:1\nmaxmemory_policy:noeviction",
                Some(true),
                0,
                &none[..],
            ),
            (
                "aof_enabled:1\nmaxmemory_policy:volatile-lru",
                None,
                0,
                &none,
            ),
            ("aof_enabled:0", Some(false), 0, &["nothing on disk"]),
            ("aof_enabled:0", Some(true), 0, &["no append-only"]),
            ("aof_enabled:0", None, 0, &["no append-only"]),
            (
                "aof_enabled:1\nmaxmemory_policy:allkeys-lfu",
                None,
                0,
                &["throws"],
            ),
            ("aof_enabled:1\nconnected_slaves:1", None, 2, &["refused"]),
            (
                "aof_enabled:1\nconnected_slaves:2",
                None,
                0,
                &["fails over"],
            ),
            ("aof_enabled:1\nconnected_slaves:2", None, 2, &none),
        ] {
            assert_eq!(of(fields, saves, replicas), expected, "{fields}");
        }
    }
}
