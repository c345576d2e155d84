//! From a usage report to what it causes: the alert that a reader sees, and the mail that is with
//! the mail server. The service must hand its mail to the server that is in here.

mod client;
mod sink;

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use upsell::domain::quota::Item;

use crate::args::Args;
use crate::fleet::{Account, Fleet, Standing, exceeding_usage};
use crate::stats::Histogram;
use client::Client;
pub(crate) use sink::Sink;

/// How long a mail may take before it counts as lost.
const PATIENCE: Duration = Duration::from_secs(10);

pub(crate) struct Latency {
    pub(crate) address: SocketAddr,
    pub(crate) bearer: String,
    pub(crate) fleet: Fleet,
    /// Reports, each of a tenant of its own.
    pub(crate) count: u64,
    /// Between two reports: the machine is to be idle.
    pub(crate) pause: Duration,
}

pub(crate) fn command(args: &mut Args) -> Result<(), String> {
    let smtp_port: u16 = args.need("smtp-port")?;
    let latency = Latency {
        address: args.need("address")?,
        bearer: args.need("bearer")?,
        fleet: Fleet {
            tenants: args.need("tenants")?,
            users_per_tenant: args.need("users")?,
            standing: Standing::Quiet,
        },
        count: args.or("count", 200)?,
        pause: Duration::from_millis(args.or("pause-ms", 20)?),
    };
    args.finish()?;
    let sink = Sink::start(smtp_port)?;
    println!("{}", latency.run(&sink)?);
    Ok(())
}

/// The answer to a request for a token, made of this form.
pub(crate) fn token(address: SocketAddr, form: &str) -> Result<String, String> {
    let media_type = "application/x-www-form-urlencoded";
    Client::connect(address, "")?.post("/api/2/idp/token", media_type, form)
}

impl Latency {
    /// Reports that tenants exceed their quota, one after the other.
    pub(crate) fn run(&self, sink: &Sink) -> Result<Value, String> {
        let mut client = Client::connect(self.address, &self.bearer)?;
        let (mut alerts, mut mails) = (Histogram::new(), Histogram::new());
        // Where it is exceeded already, nothing is told.
        let quiet = |tenant: &u64| {
            let (account, item) = (Account::Tenant(*tenant), Item::StorageSize);
            !self.fleet.stands(account, item)
        };
        let tenants = (0..self.fleet.tenants).filter(quiet);
        for tenant in tenants.take(usize::try_from(self.count).unwrap_or(usize::MAX)) {
            std::thread::sleep(self.pause);
            let start = Instant::now();
            self.report(&mut client, tenant)?;
            self.see_alert(&mut client, tenant)?;
            alerts.add(start.elapsed());
            let number = self.fleet.user_number(tenant, 0);
            let recipient = format!("u{number}@people.example");
            let arrived = sink.wait_for(&recipient, start, PATIENCE)?;
            mails.add(arrived.saturating_duration_since(start));
        }
        Ok(json!({
            "alert": alerts.to_json(),
            "mail": mails.to_json(),
            "mail_bytes": sink.last_mail_bytes(),
        }))
    }

    fn report(&self, client: &mut Client, tenant: u64) -> Result<(), String> {
        let id = Fleet::tenant_id(tenant);
        let value = exceeding_usage(Item::StorageSize);
        let body = format!(r#"[{{"tenant_id":"{id}","item":"storage_size","value":{value}}}]"#);
        let answer = client.post("/api/upsell/v1/usages", "application/json", &body)?;
        if answer.contains(r#""accepted":1"#) {
            return Ok(());
        }
        Err(format!("a report of {id} was answered with {answer}"))
    }

    fn see_alert(&self, client: &mut Client, tenant: u64) -> Result<(), String> {
        let user = self.fleet.user_id(tenant, 0);
        let path = format!("/api/upsell/v1/users/{user}/alerts");
        let begin = Instant::now();
        while begin.elapsed() < PATIENCE {
            let answer = client.get(&path)?;
            if answer.contains(r#""state":"exceeded""#) {
                return Ok(());
            }
        }
        Err(format!("{path} shows no alert"))
    }
}
