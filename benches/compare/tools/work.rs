//! The loads: redirects, reads of one user, and usage reports.

mod bodies;
mod tokens;
mod usages;

use std::io::Write as _;
use std::net::SocketAddr;
use std::sync::mpsc;
use std::time::Duration;

use crate::args::Args;
use crate::drive::{Outcome, Plan, Work, drive};
use crate::fleet::{Fleet, Standing};

pub(crate) use bodies::Bodies;
pub(crate) use tokens::{Redirects, Tokens};
pub(crate) use usages::Usages;

/// What every load is given.
pub(crate) struct Load {
    pub(crate) plan: Plan,
    pub(crate) threads: usize,
}

impl Load {
    fn read(args: &mut Args) -> Result<Self, String> {
        let seconds = |value: f64| Duration::try_from_secs_f64(value).map_err(|e| e.to_string());
        Ok(Self {
            plan: Plan {
                address: args.need("address")?,
                connections: args.or("connections", 64)?,
                warm_up: seconds(args.or("warm-up", 1.0)?)?,
                measured: seconds(args.or("seconds", 5.0)?)?,
                seed: args.or("seed", 1)?,
            },
            threads: args.or("threads", 1)?,
        })
    }

    /// Runs one piece of work per thread, and prints the figures.
    pub(crate) fn run<W: Work>(&self, make: &dyn Fn() -> W) -> Result<Outcome, String> {
        let (started, starts) = mpsc::channel();
        std::thread::scope(|scope| {
            let running: Vec<_> = (0..self.threads)
                .map(|thread| {
                    let mut plan = self.plan;
                    plan.connections = self.plan.connections.div_ceil(self.threads);
                    plan.seed += thread as u64 * 1_000;
                    let (mut work, started) = (make(), started.clone());
                    scope.spawn(move || {
                        drive(&plan, &mut work, &mut || {
                            // Nobody listens any more where another thread has failed.
                            let _ = started.send(());
                        })
                    })
                })
                .collect();
            drop(started);
            if starts.iter().take(self.threads).count() == self.threads {
                // Whoever runs this takes the server's CPU time from here on.
                println!("started");
                std::io::stdout().flush().map_err(|why| why.to_string())?;
            }
            let mut all: Option<Outcome> = None;
            for thread in running {
                let outcome = thread.join().map_err(|_| "a load thread panicked")??;
                match &mut all {
                    None => all = Some(outcome),
                    Some(all) => all.merge(&outcome),
                }
            }
            all.ok_or_else(|| "--threads must be 1 or more".to_owned())
        })
    }

    fn print<W: Work>(&self, make: &dyn Fn() -> W) -> Result<(), String> {
        let outcome = self.run(make)?;
        println!("{}", outcome.to_json());
        Ok(())
    }
}

/// `load`: tracked links. Each answer has its own Location, or with `--location` all have one.
pub(crate) fn redirects(args: &mut Args) -> Result<(), String> {
    let load = Load::read(args)?;
    let file: String = args.need("tokens")?;
    let constant: Option<String> = args.maybe("location")?;
    args.finish()?;
    let tokens = Tokens::read(&file)?;
    load.print(&|| Redirects::new(&tokens, load.plan.address, constant.as_deref()))
}

/// `reads`: what one user sees.
pub(crate) fn reads(args: &mut Args) -> Result<(), String> {
    let load = Load::read(args)?;
    let users: String = args.need("users")?;
    let wanted = bodies::Wanted {
        path: args.need("path")?,
        accept: args.or("accept", "application/json".to_owned())?,
        bearer: args.need("bearer")?,
        has: args.or("has", String::new())?,
    };
    args.finish()?;
    let text = std::fs::read_to_string(&users).map_err(|why| format!("{users}: {why}"))?;
    let users: Vec<&str> = text.lines().collect();
    load.print(&|| Bodies::new(&users, &wanted, load.plan.address))
}

/// The alerts of each user.
pub(crate) fn wanted_alerts(bearer: &str) -> bodies::Wanted {
    bodies::Wanted {
        path: "/api/upsell/v1/users/{}/alerts".to_owned(),
        accept: "application/json".to_owned(),
        bearer: bearer.to_owned(),
        has: r#""user_id":"{}""#.to_owned(),
    }
}

/// `ingest`: usage reports, in batches or (`--batch 0`) one by one.
pub(crate) fn ingest(args: &mut Args) -> Result<(), String> {
    let load = Load::read(args)?;
    let fleet = Fleet {
        tenants: args.need("tenants")?,
        users_per_tenant: args.need("users")?,
        standing: Standing::Quiet,
    };
    let batch: u64 = args.or("batch", 1_000)?;
    let bearer: String = args.need("bearer")?;
    args.finish()?;
    load.print(&|| Usages::new(fleet, batch, &bearer, load.plan.address))
}

/// The start of every request.
fn host(address: SocketAddr) -> String {
    format!("Host: {address}\r\n")
}
