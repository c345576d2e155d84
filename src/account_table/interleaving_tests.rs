//! Threads that read, fill and change the table, in many orders of their steps:
//! `cargo test --lib --features shuttle interleaving`. Shuttle's locks and atomics choose the order.

use shuttle::scheduler::RandomScheduler;
use shuttle::sync::atomic::{AtomicU32, Ordering};
use shuttle::{Config, Runner, thread};

use super::tests::{of_user, user};
use super::*;
use crate::store::keys;

const NUMBER: u32 = 1000;
const SCHEDULES: usize = 3_000;
const CHANGES: u32 = 3;

/// A table and a store of one user, whose tenant's number is the state of the profile.
struct World {
    table: AccountTable,
    stored: AtomicU32,
    acknowledged: AtomicU32,
}

impl World {
    fn new(room: usize) -> Arc<Self> {
        Arc::new(Self {
            table: AccountTable::new(room),
            stored: AtomicU32::new(0),
            acknowledged: AtomicU32::new(0),
        })
    }

    /// Reads the store and publishes what it said, as a reader does on a miss.
    fn fill(&self) {
        let token = self.table.begin_read(of_user(NUMBER));
        let state = self.stored.load(Ordering::SeqCst);
        self.table.publish_user(&user(NUMBER, state), token);
    }

    /// Changes the profile: stores it, tells the table, acknowledges.
    fn change(&self, state: u32) {
        self.stored.store(state, Ordering::SeqCst);
        self.table.changed(&[&keys::user(user(NUMBER, 0).id)]);
        self.acknowledged.store(state, Ordering::SeqCst);
    }

    /// What a reader finds is not older than what was acknowledged before it looked.
    fn look(&self) {
        let acknowledged = self.acknowledged.load(Ordering::SeqCst);
        if let Some(found) = self.table.user(V1Id(NUMBER)) {
            assert!(
                found.tenant.0 >= acknowledged,
                "{found:?} after {acknowledged}"
            );
        }
    }
}

fn run(world: &Arc<World>, work: impl Fn(&World) + Send + 'static) -> thread::JoinHandle<()> {
    let world = Arc::clone(world);
    thread::spawn(move || work(&world))
}

/// Runs it under many schedules; one that fails is printed.
fn check(all: fn()) {
    let mut config = Config::new();
    // A chunk of the table is made on the stack.
    config.stack_size = 1 << 20;
    Runner::new(RandomScheduler::new(SCHEDULES), config).run(all);
}

#[test]
fn nothing_older_than_what_was_acknowledged_is_found() {
    let all = || {
        let world = World::new(chunks::CHUNK);
        let threads = [
            run(&world, |world| {
                (1..=CHANGES).for_each(|state| world.change(state))
            }),
            run(&world, |world| (0..2).for_each(|_| world.fill())),
            run(&world, |world| (0..2).for_each(|_| world.fill())),
            run(&world, |world| (0..4).for_each(|_| world.look())),
        ];
        threads
            .into_iter()
            .for_each(|thread| thread.join().unwrap());
        world.look();
    };
    check(all);
}

/// Accounts of other chunks evict the user's, and the user goes, while others fill and change it.
#[test]
fn index_and_slots_agree_after_evictions_and_removals() {
    let all = || {
        let world = World::new(chunks::CHUNK);
        let threads = [
            run(&world, |world| {
                (1..=2).for_each(|state| world.change(state))
            }),
            run(&world, |world| (0..2).for_each(|_| world.fill())),
            run(&world, |world| {
                for number in [2000, 3000] {
                    let token = world.table.begin_read(of_user(number));
                    world.table.publish_user(&user(number, 1), token);
                }
            }),
            run(&world, |world| world.table.remove(V1Id(NUMBER))),
        ];
        threads
            .into_iter()
            .for_each(|thread| thread.join().unwrap());
        world.look();
        let mut there = 0;
        for number in [NUMBER, 2000, 3000] {
            let is_there = world.table.account(V1Id(number)).is_some();
            let found = world.table.number(of_user(number));
            assert_eq!(found, is_there.then_some(V1Id(number)));
            there += usize::from(is_there);
        }
        assert_eq!(world.table.len(), there);
    };
    check(all);
}
