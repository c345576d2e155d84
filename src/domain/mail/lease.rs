//! Leases of mails, and which report wins after a lease is lost.

use serde::{Deserialize, Serialize};

use super::{Mail, MailState};
use crate::ids::NodeId;
use crate::time::Timestamp;

/// Lease of a mail by one node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lease {
    /// Whose it is.
    pub owner: NodeId,
    /// When it ends, if its owner does not come back to it.
    #[serde(rename = "until_us")]
    pub until: Timestamp,
}

/// What to do with the report of a node that had a lease of the mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Record it: it is the outcome of the mail.
    Record,
    /// A server accepted the mail, and another node is sending it or has sent it: it may arrive twice.
    PossibleDuplicate,
    /// Another node has changed the mail since; the report changes nothing.
    Ignore,
}

impl Mail {
    /// Whether the lease with this number is the next, and the mail is not leased.
    #[must_use]
    pub fn is_before_lease(&self, lease: u64) -> bool {
        let is_free = self.state == MailState::Queued && self.lease.is_none();
        is_free && self.leases.checked_add(1) == Some(lease)
    }

    /// Whether the report of the holder of the lease with this number counts. `was_sent`: a server
    /// accepted the mail.
    ///
    /// While there is no newer lease, the report of the last holder counts, even after the lease
    /// ended. After that only an acceptance counts: it ends a mail that no other node is sending or
    /// has sent, which saves the recipient a second one.
    #[must_use]
    pub fn verdict(&self, lease: u64, was_sent: bool) -> Verdict {
        let is_newest = self.leases == lease;
        let is_queued = self.state == MailState::Queued;
        if is_queued && is_newest {
            return Verdict::Record;
        }
        if !was_sent {
            return Verdict::Ignore;
        }
        match self.state {
            MailState::Queued if self.lease.is_some() => Verdict::PossibleDuplicate,
            // Reported twice, as after a commit whose answer got lost.
            MailState::Sent if is_newest => Verdict::Ignore,
            MailState::Sent => Verdict::PossibleDuplicate,
            MailState::Queued | MailState::Dead | MailState::Cancelled => Verdict::Record,
        }
    }

    /// Ends the mail: a server accepted it from the holder of the lease with this number.
    pub fn end_sent(&mut self, lease: u64, subject: String, now: Timestamp) {
        if self.leases != lease {
            // Later holders have lost it too; another number tells them from the one that sent it.
            self.leases = self.leases.saturating_add(1);
        }
        self.end(MailState::Sent, None, now);
        self.sent_at = Some(now);
        self.subject = Some(subject);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::MailKind;
    use super::*;
    use crate::ids::{MailId, TenantId, UserId};

    fn t(secs: i64) -> Timestamp {
        Timestamp::from_secs(secs)
    }

    /// A mail that was taken so often.
    fn taken(times: u64) -> Mail {
        let to = (TenantId::random(), UserId::random());
        let mut mail = Mail::new(MailId::random(), MailKind::Quota, to, t(0), t(30));
        for _ in 0..times {
            mail.take(NodeId::random(), t(30), Duration::from_secs(60));
        }
        mail
    }

    #[test]
    fn whose_word_counts() {
        use MailState::{Cancelled, Dead, Queued, Sent};
        use Verdict::{Ignore, PossibleDuplicate, Record};
        // The state, whether somebody has the mail, whether the reporter had it last; what becomes
        // of an acceptance, and of anything else.
        let table = [
            (Queued, true, true, Record, Record),
            (Queued, true, false, PossibleDuplicate, Ignore),
            (Queued, false, true, Record, Record),
            (Queued, false, false, Record, Ignore),
            (Sent, false, true, Ignore, Ignore),
            (Sent, false, false, PossibleDuplicate, Ignore),
            (Dead, false, true, Record, Ignore),
            (Dead, false, false, Record, Ignore),
            (Cancelled, false, true, Record, Ignore),
            (Cancelled, false, false, Record, Ignore),
        ];
        for (state, is_leased, is_newest, sent, other) in table {
            let mut mail = taken(2);
            match state {
                Queued if is_leased => {}
                Queued => mail.give_back(t(40), "stopped".to_owned()),
                ended => mail.end(ended, None, t(40)),
            }
            let lease = if is_newest { 2 } else { 1 };
            let row = (state, is_leased, is_newest);
            assert_eq!(mail.verdict(lease, true), sent, "{row:?}: sent");
            assert_eq!(mail.verdict(lease, false), other, "{row:?}: not sent");
        }
    }

    #[test]
    fn the_second_of_two_who_lost_it_and_sent_it_is_told_from_the_first() {
        let mut mail = taken(2);
        mail.give_back(t(40), "stopped".to_owned());
        assert_eq!(mail.verdict(1, true), Verdict::Record);
        mail.end_sent(1, "Subject".to_owned(), t(41));
        assert_eq!(mail.verdict(2, true), Verdict::PossibleDuplicate);
        // Who has it when it is accepted is the one who sent it.
        let mut mail = taken(2);
        mail.end_sent(2, "Subject".to_owned(), t(41));
        assert_eq!(mail.verdict(2, true), Verdict::Ignore);
    }

    #[test]
    fn no_two_leases_have_the_same_number() {
        let mut mail = taken(1);
        mail.give_back_untried(t(31));
        assert_eq!((mail.attempts, mail.leases), (0, 1));
        mail.take(NodeId::random(), t(32), Duration::from_secs(60));
        assert_eq!((mail.attempts, mail.leases), (1, 2));
    }
}
