//! Costs, and what the disk and fjall do alone.

use std::fmt;
use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use fjall::{Database, KeyspaceCreateOptions, OwnedWriteBatch, PersistMode};

/// What one tick of the kernel's accounts is.
const TICK: Duration = Duration::from_millis(10);

/// Wall time and the process's own time for a number of records.
pub(crate) struct Cost {
    started: Instant,
    cpu: Duration,
    wall: Duration,
    records: usize,
}

impl Cost {
    pub(crate) fn start() -> Self {
        Self {
            started: Instant::now(),
            cpu: cpu_time("/proc/self/stat"),
            wall: Duration::ZERO,
            records: 0,
        }
    }

    pub(crate) fn of(self, records: usize) -> Self {
        Self {
            wall: self.started.elapsed(),
            cpu: cpu_time("/proc/self/stat").saturating_sub(self.cpu),
            records,
            ..self
        }
    }

    pub(crate) fn per_second(&self) -> f64 {
        self.records as f64 / self.wall.as_secs_f64()
    }
}

impl fmt::Display for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cpu_us = self.cpu.as_secs_f64() * 1e6 / self.records as f64;
        write!(f, "{:.0}/s, {cpu_us:.2} us CPU each", self.per_second())
    }
}

fn cpu_time(path: &str) -> Duration {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    // The name of the program, in brackets, may hold spaces.
    let rest = text.rsplit_once(") ").map_or("", |(_, rest)| rest);
    let ticks = rest.split(' ').skip(11).take(2);
    let total: u32 = ticks.filter_map(|t| t.parse::<u32>().ok()).sum();
    TICK * total
}

/// The time that each thread has taken so far.
pub(crate) fn threads() -> String {
    let mut told = Vec::new();
    for entry in std::fs::read_dir("/proc/self/task").unwrap().flatten() {
        let path = entry.path();
        let name = std::fs::read_to_string(path.join("comm")).unwrap_or_default();
        let time = cpu_time(&path.join("stat").to_string_lossy());
        if !time.is_zero() {
            told.push(format!("{} {:.1} s", name.trim(), time.as_secs_f64()));
        }
    }
    format!("   {}", told.join(", "))
}

pub(crate) fn resident_bytes() -> usize {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = text.split(' ').nth(1).and_then(|pages| pages.parse().ok());
    pages.unwrap_or(0_usize) * 4096
}

/// What fjall does with records of random keys, one fsync a batch, and nothing around it.
pub(crate) fn fjall_alone(dir: &Path, records: usize, batch: usize, value_bytes: usize) -> Cost {
    let database = Database::builder(dir).worker_threads(2).open().unwrap();
    let options = || KeyspaceCreateOptions::default().max_memtable_size(16 * 1024 * 1024);
    let keyspace = database.keyspace("records", options).unwrap();
    let mut number = 0_u128;
    let cost = Cost::start();
    for _ in 0..records / batch {
        let mut changes = OwnedWriteBatch::with_capacity(database.clone(), batch)
            .durability(Some(PersistMode::SyncAll));
        for _ in 0..batch {
            // An odd multiplier: every key once, in no order.
            number = number.wrapping_add(0x9E37_79B9_7F4A_7C15_F39C_0C8A_2B4D_1E6F);
            let mut key = [b'm'; 18];
            key[2..].copy_from_slice(&number.to_be_bytes());
            changes.insert(&keyspace, key, vec![0x5A; value_bytes]);
        }
        changes.commit().unwrap();
    }
    let cost = cost.of(records);
    drop((keyspace, database));
    std::fs::remove_dir_all(dir).unwrap();
    cost
}

/// What the disk does: appends of 200 bytes, each synced.
pub(crate) fn fsync(path: &Path, times: usize) -> Cost {
    let mut file = File::create(path).unwrap();
    file.set_len(64 * 1024 * 1024).unwrap();
    let cost = Cost::start();
    for _ in 0..times {
        file.write_all(&[0x5A; 200]).unwrap();
        file.sync_all().unwrap();
    }
    cost.of(times)
}
