//! The latest events of the demo, in words.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use serde::Serialize;
use serde_json::{Value, json};

use super::fleet::Person;
use crate::domain::time::Timestamp;
use crate::http::output::time;

/// No more is remembered.
const KEPT: usize = 60;

/// What kind of thing happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Kind {
    /// A level was entered.
    Alert,
    /// A level was left.
    Resolved,
    /// A mail arrived.
    Mail,
    /// A link was followed.
    Visit,
    /// Something was bought.
    Purchase,
    /// Usage did something worth a word.
    Usage,
}

/// To whom it happened.
#[derive(Clone, Copy)]
pub(super) enum Who<'a> {
    /// One of the demo's people.
    Person(&'a Person),
    /// A company, or anything else with a name.
    Named(&'a str),
}

#[derive(Serialize)]
struct Event {
    number: u64,
    at: String,
    kind: Kind,
    who: String,
    text: String,
    login: Option<String>,
}

/// The last events.
#[derive(Default)]
pub(super) struct Feed(Mutex<VecDeque<Event>>);

impl Feed {
    /// Adds an event: who, and what happened.
    pub(super) fn tell(&self, kind: Kind, who: Who<'_>, text: String, at: Timestamp) {
        let (who, login) = match who {
            Who::Person(person) => (person.name.clone(), Some(person.login.clone())),
            Who::Named(name) => (name.to_owned(), None),
        };
        let mut events = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let number = events.back().map_or(1, |last| last.number + 1);
        if events.len() == KEPT {
            events.pop_front();
        }
        events.push_back(Event {
            number,
            at: time(at),
            kind,
            who,
            text,
            login,
        });
    }

    /// The events, the newest first.
    pub(super) fn to_json(&self) -> Value {
        let events = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        events.iter().rev().map(|event| json!(event)).collect()
    }
}
