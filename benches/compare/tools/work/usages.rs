//! Usage reports: in batches of lines, or one by one.

use std::io::Write as _;
use std::net::SocketAddr;

use serde::Deserialize;
use upsell::domain::quota::Item;

use super::host;
use crate::drive::{Answer, Verdict, Work};
use crate::fleet::{Account, Fleet, quiet_usage};
use crate::rng::Rng;

pub(crate) struct Usages {
    fleet: Fleet,
    /// Records in one request.
    records: u64,
    head: Vec<u8>,
    body: Vec<u8>,
}

/// The answer to a report, as far as it is looked at.
#[derive(Deserialize)]
struct Summary {
    accepted: u64,
    unchanged: u64,
    skipped: u64,
    rejected: Vec<serde_json::Value>,
}

impl Usages {
    /// `batch` 0 is one record in a request of its own, as a JSON array.
    pub(crate) fn new(fleet: Fleet, batch: u64, bearer: &str, address: SocketAddr) -> Self {
        let host = host(address);
        let media_type = match batch {
            0 => "application/json",
            _ => "application/x-ndjson",
        };
        let head = format!(
            "POST /api/upsell/v1/usages HTTP/1.1\r\n{host}Authorization: Bearer {bearer}\r\n\
             Content-Type: {media_type}\r\nContent-Length: "
        );
        Self {
            fleet,
            records: batch,
            head: head.into_bytes(),
            body: Vec::new(),
        }
    }

    /// A new value of a random item of a random account; never one that anybody is told of.
    fn record(&mut self, rng: &mut Rng) {
        let account = self.fleet.account(rng.below(self.fleet.accounts()));
        let item = Item::ALL[rng.below(5) as usize];
        let value = quiet_usage(item, rng.next());
        let (field, id) = match account {
            Account::Tenant(tenant) => ("tenant_id", Fleet::tenant_id(tenant)),
            Account::User(tenant, user) => ("user_id", self.fleet.user_id(tenant, user)),
        };
        // Writing to memory does not fail.
        let _ = write!(
            self.body,
            r#"{{"{field}":"{id}","item":"{item}","value":{value}}}"#
        );
    }
}

impl Work for Usages {
    fn next(&mut self, rng: &mut Rng, out: &mut Vec<u8>) -> usize {
        self.body.clear();
        if self.records == 0 {
            self.body.push(b'[');
            self.record(rng);
            self.body.push(b']');
        }
        for _ in 0..self.records {
            self.record(rng);
            self.body.push(b'\n');
        }
        out.extend_from_slice(&self.head);
        let _ = write!(out, "{}\r\n\r\n", self.body.len());
        out.extend_from_slice(&self.body);
        0
    }

    fn check(&mut self, _: usize, answer: &Answer<'_>) -> Result<Verdict, String> {
        if matches!(answer.status, 429 | 503) {
            return Ok(Verdict::Refused);
        }
        let said = || String::from_utf8_lossy(&answer.body[..answer.body.len().min(600)]);
        if answer.status != 200 {
            return Err(format!("usages answered {}: {}", answer.status, said()));
        }
        let summary: Summary = serde_json::from_slice(answer.body)
            .map_err(|why| format!("an answer of usages: {why}: {}", said()))?;
        let taken = summary.accepted + summary.unchanged + summary.skipped;
        if taken != self.records.max(1) || !summary.rejected.is_empty() {
            return Err(format!("usages took {taken} records: {}", said()));
        }
        Ok(Verdict::Good(taken))
    }
}
