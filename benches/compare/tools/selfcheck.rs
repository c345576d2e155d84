//! Every tool once, for a moment, against the real service in this process. It says whether the
//! tools work; its figures mean nothing.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use upsell::app::{self, Running};
use upsell::config::{Config, Override, Sources};

use crate::alone::StoreAlone;
use crate::drive::{Outcome, Plan, Work, drive};
use crate::engines::{FjallAlone, fsync};
use crate::fleet::{Fleet, Standing};
use crate::latency::{Latency, Sink};
use crate::seed::{EMBEDDED, Wanted, seed};
use crate::work::{Bodies, Redirects, Tokens, Usages, wanted_alerts};
use crate::{mails, raw, stats};

const FLEET: Fleet = Fleet {
    tenants: 40,
    users_per_tenant: 2,
    standing: Standing::Half,
};

/// Of each load.
const MOMENT: Duration = Duration::from_millis(150);

pub(crate) fn run() -> Result<(), String> {
    let dir = tempfile::tempdir().map_err(|why| why.to_string())?;
    let dir = dir.path();
    stats::check()?;
    let wanted = Wanted {
        tokens: 400,
        readers: 10,
        peer_state: true,
        mails: true,
    };
    seed(dir, EMBEDDED, FLEET, wanted)?;
    check_lists(dir)?;
    let tokens = Tokens::read(&dir.join("tokens.tsv").to_string_lossy())?;
    check_raw(&tokens)?;
    let sink = Sink::start(0)?;
    mails::send(sink.port, 20, 2, 6_000)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|why| why.to_string())?;
    let service = runtime.block_on(serve(dir, sink.port))?;
    let (bearer, checked) = (token(&service, dir)?, service.listen);
    check_service(dir, checked, &bearer, &tokens)?;
    check_latency(checked, &bearer, &sink)?;
    runtime
        .block_on(service.stop())
        .map_err(|why| why.to_string())?;
    let alone = StoreAlone {
        fleet: FLEET,
        batch: 20,
        tasks: 2,
        warm_up: Duration::ZERO,
        measured: MOMENT,
        seed: 1,
    };
    alone.run(dir, EMBEDDED)?;
    let alone = FjallAlone {
        keys: 1_000,
        batch: 100,
        record_bytes: 200,
        seconds: MOMENT.as_secs_f64(),
    };
    alone.run(&dir.join("fjall"))?;
    fsync(dir, MOMENT.as_secs_f64(), 4_096)?;
    println!("compare: every tool works");
    Ok(())
}

fn read(dir: &Path, name: &str) -> Result<String, String> {
    std::fs::read_to_string(dir.join(name)).map_err(|why| format!("{name}: {why}"))
}

fn check_lists(dir: &Path) -> Result<(), String> {
    let tokens = read(dir, "tokens.tsv")?.lines().count();
    let readers = read(dir, "readers.txt")?.lines().count();
    let peers = read(dir, "peers.tsv")?.lines().count() as u64;
    let expected = FLEET.tenants * (1 + FLEET.users_per_tenant) + FLEET.partners();
    if tokens < 400 || readers == 0 || peers != expected {
        return Err(format!(
            "the lists have {tokens} tokens, {readers} readers and {peers} peers' records"
        ));
    }
    Ok(())
}

fn load(address: SocketAddr, work: &mut dyn Work) -> Result<Outcome, String> {
    let plan = Plan {
        address,
        connections: 4,
        warm_up: Duration::from_millis(20),
        measured: MOMENT,
        seed: 1,
    };
    let outcome = drive(&plan, work, &mut || ())?;
    match outcome.to_json()["requests"].as_u64() {
        Some(1..) => Ok(outcome),
        _ => Err(format!("{address} answered nothing")),
    }
}

/// The constant server; and that a wrong Location is seen.
fn check_raw(tokens: &Tokens) -> Result<(), String> {
    let listener = raw::listen(0)?;
    let address = listener.local_addr().map_err(|why| why.to_string())?;
    let location = "https://shop.example.com/constant";
    let (answer, stop) = (raw::answer_to(location), AtomicBool::new(false));
    std::thread::scope(|scope| {
        let server = scope.spawn(|| raw::serve(listener, &answer, &stop));
        let good = load(
            address,
            &mut Redirects::new(tokens, address, Some(location)),
        );
        let bad = load(address, &mut Redirects::new(tokens, address, None));
        stop.store(true, Ordering::Relaxed);
        server.join().map_err(|_| "the raw server panicked")??;
        good?;
        match bad {
            Err(_) => Ok(()),
            Ok(_) => Err("wrong Locations were not noticed".to_owned()),
        }
    })
}

async fn serve(dir: &Path, smtp_port: u16) -> Result<Running, String> {
    let sources = Sources {
        flags: vec![
            Override::set("data", &dir.join("data").to_string_lossy()),
            Override::set("listen", "127.0.0.1:0"),
            Override::set("ops_listen", "127.0.0.1:0"),
            Override::set("smtp.server", "127.0.0.1"),
            Override::set("smtp.port", &smtp_port.to_string()),
            Override::set("smtp.encryption", "none"),
            Override::set("smtp.from", "upsell@service.example"),
            Override::set("mail.group_wait", "0"),
        ],
        environment: Vec::new(),
        file: None,
        read_file: &|_| Err(std::io::Error::other("no secret is in a file")),
    };
    let loaded = Config::load(sources).map_err(|why| why.to_string())?;
    app::start(&loaded.config)
        .await
        .map_err(|why| why.to_string())
}

/// An access token of the first client.
fn token(service: &Running, dir: &Path) -> Result<String, String> {
    let facts: serde_json::Value =
        serde_json::from_str(&read(dir, "facts.json")?).map_err(|why| why.to_string())?;
    let text = |name: &str| {
        facts["client"][name]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    };
    let form = BTreeMap::from([
        ("grant_type", "client_credentials".to_owned()),
        ("client_id", text("client_id")),
        ("client_secret", text("client_secret")),
    ]);
    let body = serde_urlencoded::to_string(form).map_err(|why| why.to_string())?;
    let answer = crate::latency::token(service.listen, &body)?;
    let answer: serde_json::Value = serde_json::from_str(&answer).map_err(|why| why.to_string())?;
    let token = answer["access_token"].as_str();
    token
        .map(str::to_owned)
        .ok_or_else(|| format!("no access token in {answer}"))
}

fn check_service(
    dir: &Path,
    address: SocketAddr,
    bearer: &str,
    tokens: &Tokens,
) -> Result<(), String> {
    load(address, &mut Redirects::new(tokens, address, None))?;
    let text = read(dir, "readers.txt")?;
    let users: Vec<&str> = text.lines().collect();
    load(
        address,
        &mut Bodies::new(&users, &wanted_alerts(bearer), address),
    )?;
    let quiet = Fleet {
        standing: Standing::Quiet,
        ..FLEET
    };
    load(address, &mut Usages::new(quiet, 50, bearer, address))?;
    load(address, &mut Usages::new(quiet, 0, bearer, address))?;
    Ok(())
}

fn check_latency(address: SocketAddr, bearer: &str, sink: &Sink) -> Result<(), String> {
    let latency = Latency {
        address,
        bearer: bearer.to_owned(),
        fleet: FLEET,
        count: 3,
        pause: Duration::ZERO,
    };
    latency.run(sink).map(|_| ())
}
