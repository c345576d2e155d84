//! What the disk and the engine do alone: the limits of durable reports.

use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use fjall::{Database, KeyspaceCreateOptions, PersistMode};
use serde_json::{Value, json};

use crate::args::Args;
use crate::rng::{Rng, mix};
use crate::stats::{Histogram, merged};

pub(crate) fn fjall_command(args: &mut Args) -> Result<(), String> {
    let dir: String = args.need("dir")?;
    let alone = FjallAlone {
        keys: args.or("keys", 1_000_000)?,
        batch: args.or("batch", 1_000)?,
        record_bytes: args.or("record-bytes", 200)?,
        seconds: args.or("seconds", 5.0)?,
    };
    args.finish()?;
    println!("{}", alone.run(Path::new(&dir))?);
    Ok(())
}

pub(crate) struct FjallAlone {
    pub(crate) keys: u64,
    pub(crate) batch: u64,
    pub(crate) record_bytes: usize,
    pub(crate) seconds: f64,
}

impl FjallAlone {
    /// Overwrites random records, with one fsync for each batch.
    pub(crate) fn run(&self, dir: &Path) -> Result<Value, String> {
        let failed = |why: fjall::Error| format!("fjall: {why}");
        let database = Database::builder(dir).worker_threads(2).open();
        let database = database.map_err(failed)?;
        let records = database
            .keyspace("records", || {
                // As the service has it.
                KeyspaceCreateOptions::default().max_memtable_size(16 * 1024 * 1024)
            })
            .map_err(failed)?;
        let mut body = Body::new(self.record_bytes);
        let mut number = 0;
        while number < self.keys {
            let mut batch = database.batch();
            for key in number..(number + 10_000).min(self.keys) {
                batch.insert(&records, mix(key).to_be_bytes(), body.next());
            }
            number += 10_000;
            batch.commit().map_err(failed)?;
        }
        database.persist(PersistMode::SyncAll).map_err(failed)?;
        println!("started");
        let mut rng = Rng::new(7);
        let mut latency = Histogram::new();
        let (mut written, start) = (0_u64, Instant::now());
        let end = Duration::from_secs_f64(self.seconds);
        while start.elapsed() < end {
            let begin = Instant::now();
            let mut batch = database.batch().durability(Some(PersistMode::SyncAll));
            for _ in 0..self.batch {
                let key = mix(rng.below(self.keys));
                batch.insert(&records, key.to_be_bytes(), body.next());
            }
            batch.commit().map_err(failed)?;
            latency.add(begin.elapsed());
            written += self.batch;
        }
        let seconds = start.elapsed().as_secs_f64();
        let rate = json!({ "units_per_s": written as f64 / seconds, "units": written });
        Ok(merged(rate, latency.to_json()))
    }
}

/// Records that differ and do not compress to nothing: half digits, half noise, as JSON does.
struct Body {
    bytes: Vec<u8>,
    rng: Rng,
}

impl Body {
    fn new(length: usize) -> Self {
        let bytes = br#"{"usage_name":"storage","quota":[1099511627776,null],"#;
        Self {
            bytes: bytes.iter().copied().cycle().take(length).collect(),
            rng: Rng::new(3),
        }
    }

    fn next(&mut self) -> &[u8] {
        for chunk in self.bytes.chunks_exact_mut(8).step_by(2) {
            chunk.copy_from_slice(&self.rng.next().to_le_bytes());
        }
        &self.bytes
    }
}

pub(crate) fn fsync_command(args: &mut Args) -> Result<(), String> {
    let dir: String = args.need("dir")?;
    let seconds: f64 = args.or("seconds", 3.0)?;
    let write_bytes: usize = args.or("bytes", 4_096)?;
    args.finish()?;
    println!("{}", fsync(Path::new(&dir), seconds, write_bytes)?);
    Ok(())
}

/// Appends and syncs, one after the other: how often the disk can promise something.
pub(crate) fn fsync(dir: &Path, seconds: f64, write_bytes: usize) -> Result<Value, String> {
    let path = dir.join("fsync.probe");
    let failed = |why: std::io::Error| format!("{}: {why}", path.display());
    let mut file = std::fs::File::create(&path).map_err(failed)?;
    let bytes = vec![b'x'; write_bytes];
    let mut latency = Histogram::new();
    let (mut synced, start) = (0_u64, Instant::now());
    while start.elapsed().as_secs_f64() < seconds {
        let begin = Instant::now();
        file.write_all(&bytes).map_err(failed)?;
        file.sync_all().map_err(failed)?;
        latency.add(begin.elapsed());
        synced += 1;
    }
    let rate = synced as f64 / start.elapsed().as_secs_f64();
    std::fs::remove_file(&path).map_err(failed)?;
    Ok(merged(json!({ "units_per_s": rate }), latency.to_json()))
}
