//! What has just happened in the demo, in words.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use serde_json::{Value, json};

use crate::domain::ids::UserId;
use crate::domain::time::Timestamp;
use crate::http::output::time;

/// No more is remembered.
const KEPT: usize = 60;

/// What kind of thing happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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

impl Kind {
    const fn name(self) -> &'static str {
        match self {
            Self::Alert => "alert",
            Self::Resolved => "resolved",
            Self::Mail => "mail",
            Self::Visit => "visit",
            Self::Purchase => "purchase",
            Self::Usage => "usage",
        }
    }
}

struct Event {
    number: u64,
    at: Timestamp,
    kind: Kind,
    who: String,
    text: String,
    user: Option<UserId>,
}

/// The last events.
#[derive(Default)]
pub(super) struct Feed(Mutex<VecDeque<Event>>);

impl Feed {
    /// Adds an event: `who` (a company or a person), and what happened.
    pub(super) fn tell(
        &self,
        kind: Kind,
        who: &str,
        text: String,
        user: Option<UserId>,
        at: Timestamp,
    ) {
        let mut events = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let number = events.back().map_or(1, |last| last.number + 1);
        if events.len() == KEPT {
            events.pop_front();
        }
        let who = who.to_owned();
        events.push_back(Event {
            number,
            at,
            kind,
            who,
            text,
            user,
        });
    }

    /// The events, the newest first.
    pub(super) fn to_json(&self) -> Value {
        let events = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let newest_first = events.iter().rev();
        let forms = newest_first.map(|event| {
            json!({
                "number": event.number,
                "at": time(event.at),
                "kind": event.kind.name(),
                "who": event.who,
                "text": event.text,
                "user_id": event.user.map(UserId::uuid),
            })
        });
        forms.collect()
    }
}
