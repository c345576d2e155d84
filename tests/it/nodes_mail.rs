//! Many tenants cross their quotas at once on two nodes, and nodes are killed in the middle of
//! sending: everybody is told, and once, but for what was under way at a kill.
//!
//! The first kill is at the worst moment: the server has mails of which the node does not know it. In
//! every run some hundred tenants and that kill. Ten thousand, and a hundred kills:
//!
//! ```text
//! UPSELL_TEST_TENANTS=10000 cargo test --test it nodes_mail -- --nocapture
//! UPSELL_TEST_TENANTS=10000 UPSELL_TEST_KILLS=100 cargo test --test it nodes_mail -- --nocapture
//! ```
//!
//! `UPSELL_TEST_STORE=redis-cluster` does it on a cluster. From 1,000 tenants with one kill on, the
//! others wait for the dead node as long as they do by default; else less, to save time.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use futures_util::stream::{self, StreamExt as _};
use serde_json::{Value, json};

use crate::support::accounts::{Account, PLAIN, Tenant, User, record};
use crate::support::app::{TestApp, eventually};
use crate::support::backing::Backing;
use crate::support::sink::{Sink, sink_settings};
use crate::support::smtp_script::{Act, At, SmtpScript, Taken};

/// Mails that may arrive twice after a kill: those that wait for a commit or are in one, and one for
/// each connection.
const TWICE_AT_MOST: usize = 128 + 10;

/// Mails that the server may have received of a node that it has not looked at when the node is gone.
const ON_THE_WAY: usize = 10;

/// Lines of a report.
const LINES: usize = 1000;

/// Whom the mails of the second node are from.
const SECOND: &str = "second@cloud.example";

/// Longer than no mail comes while there are any: a dead node is waited for.
const SILENCE: Duration = Duration::from_secs(60);

struct Plan {
    tenants: usize,
    kills: usize,
    /// Requests under way while all is prepared.
    at_once: usize,
}

impl Plan {
    fn read() -> Self {
        let number = |name: &str, default: usize| {
            let given = std::env::var(name).ok();
            given.map_or(default, |text| text.parse().unwrap())
        };
        Self {
            tenants: number("UPSELL_TEST_TENANTS", 300),
            kills: number("UPSELL_TEST_KILLS", 1),
            at_once: number("UPSELL_TEST_AT_ONCE", 16),
        }
    }

    fn settings(&self) -> &'static [(&'static str, &'static str)] {
        match self.tenants >= 1000 && self.kills == 1 {
            true => &[],
            false => &[
                ("UPSELL_NODES_HEARTBEAT_TTL", "2s"),
                ("UPSELL_NODES_MAX_CLOCK_SKEW", "500ms"),
            ],
        }
    }

    /// How many mails are there when this kill comes. The last comes when a tenth is left.
    fn mails_at(&self, kill: usize) -> usize {
        self.tenants * 9 * (kill + 1) / (10 * (self.kills + 1))
    }
}

async fn prepare(nodes: [&TestApp; 2], plan: &Plan) -> Vec<(Tenant, User)> {
    let one = async |number: usize| {
        let node = nodes[number % 2];
        let tenant = node.create_customer().await;
        let user = node.create_user(&tenant, PLAIN).await;
        node.set_quota(Account::Tenant(&tenant), "vms", 1).await;
        (tenant, user)
    };
    stream::iter(0..plan.tenants)
        .map(one)
        .buffer_unordered(plan.at_once)
        .collect()
        .await
}

/// All of these cross their quota. What was busy with the other node's report is sent again.
async fn cross(node: &TestApp, tenants: &[(Tenant, User)]) {
    for part in tenants.chunks(LINES) {
        let mut records: Vec<Value> = part
            .iter()
            .map(|(tenant, _)| record((Account::Tenant(tenant), "vms", 2)))
            .collect();
        while !records.is_empty() {
            let body = Value::Array(records.clone());
            let answer = node
                .post("/api/upsell/v1/usages", &body)
                .await
                .expect(200)
                .json();
            let rejected = answer["rejected"].as_array().unwrap();
            let index = |line: &Value| usize::try_from(line["index"].as_u64().unwrap()).unwrap();
            records = rejected
                .iter()
                .map(|line| records[index(line)].clone())
                .collect();
        }
    }
}

async fn until_taken(script: &SmtpScript, wanted: usize) {
    let (mut last, mut since) = (0, Instant::now());
    loop {
        let count = script.of_taken(<[Taken]>::len);
        if count >= wanted {
            return;
        }
        if count > last {
            (last, since) = (count, Instant::now());
        }
        assert!(
            since.elapsed() < SILENCE,
            "{count} mails, and no more: {wanted} are to come"
        );
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// The Message-IDs of the mails that each address got.
fn by_recipient(taken: &[Taken]) -> HashMap<String, Vec<String>> {
    let mut all: HashMap<String, Vec<String>> = HashMap::new();
    for mail in taken {
        let mut lines = mail.message.lines();
        let id = lines.find_map(|line| line.strip_prefix("Message-ID: "));
        let ids = all.entry(mail.to.clone()).or_default();
        ids.push(id.expect("a Message-ID").to_owned());
    }
    all
}

/// That of a mail that came twice the first copy came before a kill and the second one after it.
/// What was on its way then may be there a moment later.
fn assert_is_of_a_kill(taken: &[Taken], address: &str, at_kill: &[usize]) {
    let places: Vec<usize> = (0..taken.len())
        .filter(|&place| taken[place].to == address)
        .collect();
    for pair in places.windows(2) {
        let is_of = |kill: &usize| pair[0] < kill + ON_THE_WAY && pair[1] >= *kill;
        assert!(
            at_kill.iter().any(is_of),
            "{address}: copies {places:?}, kills {at_kill:?}"
        );
    }
}

/// Mails that were taken over from dead nodes, as the nodes' logs have it.
fn taken_over(nodes: [&TestApp; 2]) -> usize {
    let logs = nodes.map(TestApp::log).concat();
    let lines = logs.lines().filter(|line| {
        line.contains("mails that nobody was sending any more are queued")
            || line.contains("mails that were being sent at the last stop are queued")
    });
    let counts = lines.map(|line| line.split("mails=").nth(1).unwrap());
    counts
        .map(|rest| {
            rest.split_whitespace()
                .next()
                .unwrap()
                .parse::<usize>()
                .unwrap()
        })
        .sum()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everybody_is_told_once_although_nodes_are_killed_while_they_send() {
    let plan = Plan::read();
    let backing = Backing::start().await;
    let sink = Sink::start().await;
    let (url, port) = (backing.url(), sink.port());
    let mut settings = sink_settings(&port).to_vec();
    settings.push(("UPSELL_STORE", &url));
    settings.extend_from_slice(plan.settings());
    let a = TestApp::start(&settings).await;
    let b = a.another_node_with(&[("UPSELL_SMTP_FROM", SECOND)]).await;
    let mut nodes = [a, b];
    let told = {
        let [a, b] = &nodes;
        prepare([a, b], &plan).await
    };

    let begin = Instant::now();
    // Each node is told of three fifths: some of both at the same moment.
    let most = told.len() * 3 / 5;
    {
        let [a, b] = &nodes;
        tokio::join!(
            cross(a, &told[..most]),
            cross(b, &told[told.len() - most..])
        );
    }
    let reported = begin.elapsed();
    let mut at_kill = Vec::new();
    for kill in 0..plan.kills {
        until_taken(&sink.script, plan.mails_at(kill)).await;
        // The second one first, then in turn.
        let node = &mut nodes[(kill + 1) % 2];
        if kill == 0 {
            sink.script.always(At::FinalDot, Act::TakeAndWithhold);
            sink.script.until_withheld(SECOND).await;
        }
        node.kill9().await;
        at_kill.push(sink.script.of_taken(<[Taken]>::len));
        sink.script.relent();
        if kill + 1 < plan.kills {
            node.restart().await;
        }
    }
    let killed = begin.elapsed();
    let living = &nodes[(plan.kills + 1) % 2];
    until_taken(&sink.script, plan.tenants).await;
    let missing = || {
        sink.script.of_taken(|taken| {
            let got = by_recipient(taken);
            told.iter()
                .filter(|(_, user)| !got.contains_key(&user.email))
                .count()
        })
    };
    let mut since = Instant::now();
    let mut left = missing();
    while left > 0 {
        tokio::time::sleep(Duration::from_millis(200)).await;
        let now = missing();
        if now < left {
            (left, since) = (now, Instant::now());
        }
        assert!(
            since.elapsed() < SILENCE,
            "{now} of {} have no mail",
            told.len()
        );
    }
    let all_told = begin.elapsed();
    // Nothing is left to be sent, so nothing more comes.
    eventually("the outbox is empty", async || {
        let queued = living.emails("queued").await;
        queued.is_empty().then_some(())
    })
    .await;

    let taken = sink.script.taken();
    let got = by_recipient(&taken);
    let sent: usize = got.values().map(Vec::len).sum();
    let twice = sent - told.len();
    let over = taken_over(nodes.each_ref());
    println!(
        "{} tenants crossed on two nodes in {reported:.1?}; {} kill -9, the first after {} mails, \
         the last after {} at {killed:.1?}; {over} mails taken over; all told after {all_told:.1?}; \
         lost 0, twice {twice} (at most {})",
        told.len(),
        plan.kills,
        at_kill.first().unwrap_or(&0),
        at_kill.last().unwrap_or(&0),
        plan.kills * TWICE_AT_MOST,
    );
    assert_eq!(got.len(), told.len(), "somebody else has mail");
    for (address, ids) in &got {
        assert!(ids.iter().all(|id| *id == ids[0]), "{address}: {ids:?}");
        if ids.len() > 1 {
            assert_is_of_a_kill(&taken, address, &at_kill);
        }
    }
    assert!(twice <= plan.kills * TWICE_AT_MOST, "{twice} came twice");
    assert!(
        at_kill.iter().all(|count| *count < plan.tenants),
        "killed too late: {at_kill:?}"
    );
    assert!(
        over > 0,
        "what was under way at the kill was not taken over"
    );
    assert!(twice > 0, "what nobody knew to be taken was not sent again");
    assert_eq!(sink.script.breaches(), Vec::<String>::new());
    let sent = json!(living.emails("dead").await);
    assert_eq!(sent, json!([]), "a mail was given up");
}
