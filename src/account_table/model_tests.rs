//! The table beside the simplest thing that says the same, driven by random steps.

use proptest::prelude::*;

use super::tests::{of_user, user};
use super::*;
use crate::store::keys;

/// What may happen to three accounts whose profiles have states 0, 1, 2, …
#[derive(Debug, Clone)]
enum Step {
    Write(usize),
    Delete(usize),
    Begin(usize),
    /// The reading that was begun so many readings ago is done.
    Publish(usize),
    Lose,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        3 => (0..3_usize).prop_map(Step::Write),
        1 => (0..3_usize).prop_map(Step::Delete),
        4 => (0..3_usize).prop_map(Step::Begin),
        4 => (0..4_usize).prop_map(Step::Publish),
        1 => Just(Step::Lose),
    ];
    prop::collection::vec(step, 1..60)
}

proptest! {
    /// The table has what is stored now, or nothing, whatever was read when.
    #[test]
    fn what_is_known_is_what_is_stored(steps in steps()) {
        // Room for two chunks, and each account in one of its own: they evict each other.
        let table = AccountTable::new(2 * chunks::CHUNK);
        let numbers = [1000, 2000, 3000];
        let (mut stored, mut next) = ([None; 3], 1);
        let mut readings = Vec::new();
        for step in steps {
            match step {
                Step::Write(at) => {
                    stored[at] = Some(user(numbers[at], next));
                    next += 1;
                    table.changed(&[&keys::user(user(numbers[at], 0).id)]);
                }
                Step::Delete(at) => {
                    stored[at] = None;
                    let key = keys::user(user(numbers[at], 0).id);
                    table.changed(&[&keys::v1_id(V1Id(numbers[at])), &key]);
                    prop_assert_eq!(table.account(V1Id(numbers[at])), None);
                }
                Step::Begin(at) => {
                    readings.push((table.begin_read(of_user(numbers[at])), stored[at]));
                }
                Step::Publish(ago) => {
                    let reading = readings.iter().rev().nth(ago);
                    if let Some((token, Some(read))) = reading {
                        table.publish_user(read, *token);
                    }
                }
                Step::Lose => table.lost(),
            }
            for (number, stored) in numbers.iter().zip(&stored) {
                let known = table.user(V1Id(*number));
                prop_assert!(known.is_none() || known == *stored, "{:?} {:?}", known, stored);
            }
            prop_assert!(table.chunks.len() <= 2 && table.len() <= 2);
        }
    }
}
