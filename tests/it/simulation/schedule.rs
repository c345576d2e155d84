//! What happens, step by step, as the seed draws it; then everything is healed and must come to rest.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};
use upsell::domain::brand::Brand;
use upsell::domain::client::ApiScopes;
use upsell::domain::ids::{AccountId, ClientId, TenantId, UserId, V1Id};
use upsell::domain::link::{BuyUrl, BuyUrlRules};
use upsell::store::engine::{Changes, Expect};
use upsell::usecases::access::Caller;
use upsell::usecases::initialize::initialize;
use upsell::usecases::{Clock, Env};

use super::disk::{Disk, Fault, Power};
use super::node::{Node, clock_since, env_of};
use super::oracle::Oracle;
use super::smtp::{MailServer, Mood};
use super::{ITEMS, MESSAGE_DELAY, NODES, requests};
use crate::reseller_races::Dice;
use crate::support::world::{START, customer_of, user_of};

/// Steps of a seed, at most.
const STEPS: usize = 80;

/// The logins of each customer's people; the first is a company admin.
const PEOPLE: [[&str; 3]; 2] = [["ann", "bob", "cem"], ["dan", "eve", "fay"]];

/// The world of one seed.
pub(super) struct Sim {
    pub(super) dice: Dice,
    pub(super) disk: Arc<Disk>,
    pub(super) oracle: Arc<Oracle>,
    server: Arc<MailServer>,
    clock: Clock,
    nodes: [Option<Node>; NODES],
    starts: u32,
    /// The next number that is said to the service.
    next: u64,
    pub(super) tenants: Vec<TenantId>,
    pub(super) users: Vec<(UserId, V1Id)>,
    pub(super) root: Caller,
}

impl Sim {
    /// Two customers with people, and nothing that was ever reported.
    pub(super) async fn new(seed: u64) -> Self {
        let oracle = Oracle::new();
        let mut dice = Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(1));
        let is_shared = seed % 2 == 1;
        let disk = Disk::new(is_shared, Arc::clone(&oracle), dice.0 ^ 1);
        let server = MailServer::new(Arc::clone(&oracle), dice.0 ^ 2);
        let clock = clock_since(Instant::now());
        let power = Power::on(0);
        let env = env_of(&disk, &power, &clock);
        let root = initialize(&env.store, START).await.unwrap().tenant_id;
        let (tenants, users) = settle(&env, root).await;
        disk.crash(&power);
        dice.roll(2);
        let mut sim = Self {
            root: Caller::of_client(ClientId::random(), root, ApiScopes::all()),
            nodes: [const { None }; NODES],
            starts: 0,
            next: 1,
            dice,
            disk,
            oracle,
            server,
            clock,
            tenants,
            users,
        };
        for place in 0..sim.size() {
            sim.start(place).await;
        }
        sim.sell().await;
        sim
    }

    /// Gives most accounts quotas.
    async fn sell(&mut self) {
        let tenants = self.tenants.iter().map(|id| AccountId::Tenant(*id));
        let users = self.users.iter().map(|(id, _)| AccountId::User(*id));
        let accounts: Vec<AccountId> = tenants.chain(users).collect();
        for account in accounts {
            for item in ITEMS {
                let change = requests::quota(self, account, item);
                if let Some(node) = &self.nodes[0] {
                    let env = node.env.clone();
                    requests::change_by(self, env, change, (self.clock)()).await;
                }
            }
        }
    }

    /// So many nodes there are.
    fn size(&self) -> usize {
        if self.disk.is_shared { NODES } else { 1 }
    }

    pub(super) fn note(&self, what: impl FnOnce() -> String) {
        self.oracle.note(what);
    }

    /// A number that was never said before, `percent` of a million and a little.
    pub(super) fn number(&mut self, percent: u64) -> u64 {
        self.next += 1;
        let number = percent * 10_000 + self.next;
        self.oracle.attempt(number);
        number
    }

    pub(super) fn account(&mut self) -> AccountId {
        // Tenants twice as often.
        let of = self.dice.roll(2 * self.tenants.len() + self.users.len());
        let of = of.saturating_sub(self.tenants.len());
        match self.tenants.get(of) {
            Some(id) => AccountId::Tenant(*id),
            None => AccountId::User(self.users[of - self.tenants.len()].0),
        }
    }

    async fn start(&mut self, place: usize) {
        self.starts += 1;
        let power = Power::on(self.starts);
        self.note(|| format!("node {} starts at {place}", power.id));
        let node = Node::start(&self.disk, &self.server, power, &self.clock).await;
        self.nodes[place] = Some(node);
    }

    fn crash(&mut self, place: usize) {
        if let Some(node) = self.nodes[place].take() {
            self.note(|| format!("node {} dies", node.power.id));
            node.die(&self.disk);
            let is_well = self.disk.is_well_for(Duration::from_secs(3));
            self.disk
                .read(|records| self.oracle.lost_clicks(place, records, is_well));
        }
    }

    /// A place with a node that runs.
    async fn running(&mut self) -> usize {
        let place = self.dice.roll(self.size());
        match self.nodes.iter().position(Option::is_some) {
            _ if self.nodes[place].is_some() => place,
            Some(other) => other,
            None => {
                self.start(place).await;
                place
            }
        }
    }

    /// Plays the seed to its end, or until something is wrong; whether all went well, and all that happened.
    pub(super) async fn run(mut self) -> (bool, String) {
        let steps = 1 + self.dice.roll(STEPS);
        for _ in 0..steps {
            self.step().await;
            let pause = self.dice.roll(4) as u64;
            sleep(Duration::from_millis(pause)).await;
            if !self.is_well() {
                return (false, self.oracle.log());
            }
        }
        self.heal().await;
        self.disk.read(|records| self.oracle.finish(records));
        (self.is_well(), self.oracle.log())
    }

    /// Whether nothing is wrong so far.
    fn is_well(&mut self) -> bool {
        for node in self.nodes.iter_mut().flatten() {
            if node.has_ended(self.disk.is_shared) {
                self.oracle.fault("a background task has ended".to_owned());
            }
            while let Some(done) = node.requests.try_join_next() {
                if done.is_err_and(|error| error.is_panic()) {
                    self.oracle.fault("a request panicked".to_owned());
                }
            }
        }
        self.oracle.is_well()
    }

    async fn step(&mut self) {
        match self.dice.roll(100) {
            0..35 => self.request(requests::Kind::Report).await,
            35..45 => self.request(requests::Kind::Click).await,
            45..60 => self.request(requests::Kind::Admin).await,
            60..82 => self.wait().await,
            82..89 => self.arm(),
            89..93 => {
                let moods = [Mood::Well, Mood::Moody, Mood::Moody, Mood::Away];
                let mood = moods[self.dice.roll(moods.len())];
                self.note(|| format!("the mail server is {mood:?}"));
                self.server.set(mood);
            }
            93..97 => {
                let place = self.running().await;
                if self.dice.roll(3) > 0 {
                    self.wait_for_mail().await;
                }
                self.crash(place);
            }
            97..99 => {
                for place in 0..self.size() {
                    if self.nodes[place].is_none() {
                        self.start(place).await;
                    }
                }
            }
            _ => self.rest().await,
        }
    }

    async fn request(&mut self, kind: requests::Kind) {
        let place = self.running().await;
        let (env, clicks) = match &self.nodes[place] {
            Some(node) => (node.env.clone(), node.clicks.clone()),
            None => return,
        };
        let now = (self.clock)();
        let request = requests::draw(self, kind, (env, clicks, place), now);
        if let Some(node) = &mut self.nodes[place] {
            node.requests.spawn(request);
        }
    }

    async fn wait(&mut self) {
        let waits_ms = [1, 5, 100, 700, 1500, 5_000, 31_000, 65_000];
        let wait = Duration::from_millis(waits_ms[self.dice.roll(waits_ms.len())]);
        self.note(|| format!("{wait:?} pass"));
        sleep(wait).await;
    }

    /// Until the mail server has a mail and has not said so, or has perhaps.
    async fn wait_for_mail(&mut self) {
        let longest = Duration::from_secs(40);
        let _none = timeout(longest, self.server.at_work.notified()).await;
        let pause = self.dice.roll(250) as u64;
        sleep(Duration::from_millis(pause)).await;
    }

    fn arm(&mut self) {
        let fault = [Fault::Before, Fault::After][self.dice.roll(2)];
        let after = self.dice.roll(6);
        let outage = Duration::from_millis([0, 20, 300, 3000][self.dice.roll(4)]);
        self.note(|| format!("the commit after {after} fails: {fault:?}, and all for {outage:?}"));
        self.disk.arm(after, fault, outage);
    }

    /// Nothing fails for a moment: then what nodes remember is what is stored.
    async fn rest(&mut self) {
        self.disk.heal();
        for node in self.nodes.iter_mut().flatten() {
            while node.requests.join_next().await.is_some() {}
        }
        sleep(2 * MESSAGE_DELAY).await;
        self.note(|| "rest".to_owned());
        for node in self.nodes.iter().flatten() {
            requests::compare(self, &node.env).await;
        }
    }

    /// Nothing fails any more; waits until everything is dealt with, so long as that may take.
    async fn heal(&mut self) {
        self.note(|| "all is healed".to_owned());
        self.disk.heal();
        self.server.set(Mood::Well);
        if self.nodes.iter().all(Option::is_none) {
            self.start(0).await;
        }
        self.rest().await;
        for _ in 0..100 {
            sleep(Duration::from_secs(3)).await;
            if self.disk.read(Oracle::is_drained) {
                break;
            }
        }
        sleep(Duration::from_secs(3)).await;
        self.rest().await;
    }

    /// The items that are sold.
    pub(super) fn item(&mut self) -> upsell::domain::quota::Item {
        ITEMS[self.dice.roll(ITEMS.len())]
    }
}

/// Makes the customers, their people and a shop.
async fn settle(env: &Env, root: TenantId) -> (Vec<TenantId>, Vec<(UserId, V1Id)>) {
    let (mut tenants, mut users) = (Vec::new(), Vec::new());
    for (people, name) in PEOPLE.into_iter().zip(["One", "Two"]) {
        let mut changes = Changes::new();
        let tenant = customer_of(root, env.store.next_v1_id().await.unwrap(), name);
        let mut brand = Brand::unset(tenant.id);
        brand.enabled = true;
        let url = BuyUrl::parse("https://shop.example/buy", BuyUrlRules::default());
        brand.buy_url = Some(url.unwrap());
        changes.create_tenant(tenant.clone());
        changes.put_brand(Expect::Absent, brand);
        for (n, login) in people.into_iter().enumerate() {
            let number = env.store.next_v1_id().await.unwrap();
            let user = user_of(&tenant, number, login, n == 0);
            users.push((user.id, number));
            changes.create_user(user, &tenant);
        }
        env.store.commit(changes).await.unwrap();
        tenants.push(tenant.id);
    }
    (tenants, users)
}
