//! Mails of the outbox: states, recipients, causes, leases, retries and reminders.
//!
//! Use cases create and change mails; the outbox sends them. A mail stores why it is sent, never
//! what it says: it is rendered when it is sent, from what is true then.

pub mod allowance;
mod cancel;
mod lease;
mod retry;

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::ids::{AccountId, MailId, NodeId, TenantId, UserId};
use super::named::named;
use super::quota::{Item, Level};
use super::time::Timestamp;

pub use cancel::CancelReason;
pub use lease::{Lease, Verdict};
pub use retry::{AfterFailure, GaveUp, RetryPolicy};

named! {
    /// The state of a mail.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
    #[serde(rename_all = "snake_case")]
    pub enum MailState {
        /// Waits to be sent, or to be retried.
        Queued = "queued",
        /// Accepted by a mail server.
        Sent = "sent",
        /// A dead letter: given up; an operator can send it again.
        Dead = "dead",
        /// Not sent: none of its causes stood any more, or the recipient left.
        Cancelled = "cancelled",
    }
}

impl MailState {
    /// Its number in index keys; never changes.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Queued => 1,
            Self::Sent => 2,
            Self::Dead => 3,
            Self::Cancelled => 4,
        }
    }
}

named! {
    /// What a mail is about.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
    #[serde(rename_all = "snake_case")]
    pub enum MailKind {
        /// Levels were entered.
        Quota = "quota",
        /// Levels still stand, a repeat interval later.
        Reminder = "reminder",
        /// The account waits for its owner.
        Activation = "activation",
    }
}

impl MailKind {
    /// Whether it is about quotas.
    #[must_use]
    pub const fn is_quota(self) -> bool {
        matches!(self, Self::Quota | Self::Reminder)
    }
}

/// One reason for a mail: this level of this item of this account was entered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Cause {
    /// Whose quota: the recipient's tenant, the recipient, or, for a company admin, another user.
    pub account: AccountId,
    /// Which item.
    pub item: Item,
    /// Which level.
    pub level: Level,
}

/// An account entered levels, and its people are still to be notified. Written in the same commit
/// as the usage that caused it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Whose quota.
    pub account: AccountId,
    /// What was entered.
    pub entered: Vec<(Item, Level)>,
    /// When.
    pub created_at: Timestamp,
}

impl Notice {
    /// The reasons for a mail that it gives.
    pub fn causes(&self) -> impl Iterator<Item = Cause> + '_ {
        self.entered.iter().map(|(item, level)| Cause {
            account: self.account,
            item: *item,
            level: *level,
        })
    }
}

/// Maximum causes of a mail; further ones are dropped.
pub const MAX_CAUSES: usize = 200;

/// One mail to one recipient. What it says is rendered when it is sent, from what is true then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mail {
    /// Its UUID; the `Message-ID` is made from it and stays the same over all attempts.
    pub id: MailId,
    /// What it is about.
    pub kind: MailKind,
    /// Where it stands.
    pub state: MailState,
    /// The tenant of the recipient.
    pub tenant_id: TenantId,
    /// The recipient.
    pub user_id: UserId,
    /// The tenant whose brand has the mail server it goes through; `None`: the deployment's. The
    /// queue is ordered by this first.
    pub route: Option<TenantId>,
    /// Why it is sent, one per item and account; at most [`MAX_CAUSES`].
    pub causes: Vec<Cause>,
    /// When it was decided.
    #[serde(rename = "created_us")]
    pub created_at: Timestamp,
    /// When it is tried next; when it ended, once it is not queued.
    #[serde(rename = "due_us")]
    pub due_at: Timestamp,
    /// Set while a node is sending it: until its end no other node tries. `due_at` is the same time,
    /// so the mail is due again in any case.
    pub lease: Option<Lease>,
    /// The number of the newest lease; each lease has another number.
    pub leases: u64,
    /// How often a mail server was tried.
    pub attempts: u32,
    /// How the last attempt failed, or why it was cancelled; fit for operators.
    pub last_error: Option<String>,
    /// When a mail server accepted it.
    #[serde(rename = "sent_us", skip_serializing_if = "Option::is_none")]
    pub sent_at: Option<Timestamp>,
    /// The subject it was last sent with.
    pub subject: Option<String>,
}

impl Mail {
    /// A mail that is due at `due_at`.
    #[must_use]
    pub const fn new(
        id: MailId,
        kind: MailKind,
        recipient: (TenantId, UserId),
        now: Timestamp,
        due_at: Timestamp,
    ) -> Self {
        Self {
            id,
            kind,
            state: MailState::Queued,
            tenant_id: recipient.0,
            user_id: recipient.1,
            route: None,
            causes: Vec::new(),
            created_at: now,
            due_at,
            lease: None,
            leases: 0,
            attempts: 0,
            last_error: None,
            sent_at: None,
            subject: None,
        }
    }

    /// Whether further causes may still join it: nobody has begun to send it.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.state == MailState::Queued && self.attempts == 0 && self.lease.is_none()
    }

    /// Whether it is to be sent now.
    #[must_use]
    pub fn is_due(&self, now: Timestamp) -> bool {
        self.state == MailState::Queued && self.due_at <= now
    }

    /// Whether the mail is due later than any rule defers a mail: a clock that ran ahead decided
    /// when. `first_wait` is the longest wait of a mail that was not tried yet. A leased mail belongs
    /// to its owner.
    #[must_use]
    pub fn is_due_too_late(
        &self,
        now: Timestamp,
        retry: &RetryPolicy,
        first_wait: Duration,
    ) -> bool {
        let longest = match self.attempts {
            0 => first_wait,
            attempts => retry.longest_wait(attempts).max(first_wait),
        };
        self.state == MailState::Queued && self.lease.is_none() && self.due_at > now.plus(longest)
    }

    /// Leases the mail to the node `owner`, for `lease` at most.
    pub fn take(&mut self, owner: NodeId, now: Timestamp, lease: Duration) {
        let until = now.plus(lease);
        self.due_at = until;
        self.lease = Some(Lease { owner, until });
        self.leases = self.leases.saturating_add(1);
        self.attempts = self.attempts.saturating_add(1);
    }

    /// Gives the mail back to be tried at `due_at`, saying why.
    pub fn give_back(&mut self, due_at: Timestamp, why: String) {
        self.due_at = due_at;
        self.lease = None;
        self.last_error = Some(why);
    }

    /// Gives the mail back as it was before it was taken: nobody tried to send it.
    pub fn give_back_untried(&mut self, now: Timestamp) {
        self.due_at = now;
        self.lease = None;
        self.attempts = self.attempts.saturating_sub(1);
    }

    /// Ends the mail: sent, dead or cancelled.
    pub fn end(&mut self, state: MailState, why: Option<String>, now: Timestamp) {
        self.state = state;
        self.due_at = now;
        self.lease = None;
        self.last_error = why;
    }

    /// Adds a cause. A higher level of the same item replaces the lower one.
    pub fn add(&mut self, cause: Cause) {
        let has_room = self.causes.len() < MAX_CAUSES;
        let known = self
            .causes
            .iter_mut()
            .find(|known| known.account == cause.account && known.item == cause.item);
        match known {
            Some(known) => known.level = known.level.max(cause.level),
            None if has_room => self.causes.push(cause),
            None => {}
        }
    }
}

/// The stored state of a recipient of quota mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recipient {
    /// Who.
    pub user_id: UserId,
    /// When a quota mail to them was last accepted by a mail server.
    #[serde(rename = "last_sent_us")]
    pub last_sent_at: Timestamp,
    /// When they are reminded, if a cause still stands then.
    #[serde(rename = "reminder_due_us")]
    pub reminder_due_at: Option<Timestamp>,
}

impl Recipient {
    /// After a quota mail was sent. `repeat_interval` of zero: never reminded.
    #[must_use]
    pub fn after_sending(user_id: UserId, sent_at: Timestamp, repeat_interval: Duration) -> Self {
        let reminder_due_at = (!repeat_interval.is_zero()).then(|| sent_at.plus(repeat_interval));
        Self {
            user_id,
            last_sent_at: sent_at,
            reminder_due_at,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn t(secs: i64) -> Timestamp {
        Timestamp::from_secs(secs)
    }

    #[test]
    fn a_mail_has_one_cause_per_item_and_account() {
        let to = (TenantId::random(), UserId::random());
        let mut mail = Mail::new(MailId::random(), MailKind::Quota, to, t(0), t(30));
        let tenant = AccountId::Tenant(TenantId::random());
        let user = AccountId::User(UserId::random());
        let cause = |account, level| Cause {
            account,
            item: Item::StorageSize,
            level,
        };
        mail.add(cause(tenant, Level::Exceeded));
        mail.add(cause(tenant, Level::Soon));
        mail.add(cause(user, Level::Soon));
        let expected = [cause(tenant, Level::Exceeded), cause(user, Level::Soon)];
        assert_eq!(mail.causes, expected);
        for _ in 0..2 * MAX_CAUSES {
            mail.add(cause(AccountId::User(UserId::random()), Level::Soon));
        }
        assert_eq!(mail.causes.len(), MAX_CAUSES);
    }

    #[test]
    fn reminders_count_from_the_last_mail_sent() {
        let user = UserId::random();
        let week = Duration::from_secs(7 * 86_400);
        let due = |repeat| Recipient::after_sending(user, t(5), repeat).reminder_due_at;
        assert_eq!(due(week), Some(t(5).plus(week)));
        assert_eq!(due(Duration::ZERO), None);
    }
}
