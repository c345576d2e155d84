//! Telling someone: the mail, who it is for, when it is tried again, and when it is repeated.

use std::time::Duration;

use super::ids::{MailId, TenantId, UserId};
use super::quota::{Item, Level, Scope};
use super::time::Timestamp;

/// Where a mail stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MailState {
    /// To be sent, or sent again after a failure.
    Queued,
    /// Accepted by a mail server.
    Sent,
    /// A dead letter: given up; an operator can send it again.
    Dead,
    /// No longer true when it was to be sent: nothing stood any more, or the recipient left.
    Cancelled,
}

impl MailState {
    /// All states.
    pub const ALL: [Self; 4] = [Self::Queued, Self::Sent, Self::Dead, Self::Cancelled];

    /// The name in the native dialect.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sent => "sent",
            Self::Dead => "dead",
            Self::Cancelled => "cancelled",
        }
    }

    /// The state of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }

    /// A number that stands for it in index keys; never changes.
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

/// What a mail is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MailKind {
    /// Levels were entered.
    Quota,
    /// Levels still stand, a repeat interval later.
    Reminder,
    /// The account waits for its owner.
    Activation,
}

impl MailKind {
    /// All kinds.
    pub const ALL: [Self; 3] = [Self::Quota, Self::Reminder, Self::Activation];

    /// The name in the native dialect.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Quota => "quota",
            Self::Reminder => "reminder",
            Self::Activation => "activation",
        }
    }

    /// The kind of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Whether it tells of quotas.
    #[must_use]
    pub const fn is_quota(self) -> bool {
        matches!(self, Self::Quota | Self::Reminder)
    }
}

/// One reason for a mail: this level of this item was entered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Cause {
    /// Whose quota.
    pub scope: Scope,
    /// Which item.
    pub item: Item,
    /// Which level.
    pub level: Level,
}

/// No mail keeps more causes: five items at two scopes.
pub const MAX_CAUSES: usize = 10;

/// One mail to one recipient. What it says is rendered when it is sent, from what is true then.
#[derive(Debug, Clone, PartialEq, Eq)]
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
    /// Why it is sent, one per item and scope.
    pub causes: Vec<Cause>,
    /// When it was decided.
    pub created_at: Timestamp,
    /// When it is tried next; what it was tried last for once it is not queued.
    pub due_at: Timestamp,
    /// Set while somebody is sending it: until then nobody else tries. `due_at` is the same time,
    /// so that a mail whose sender died is simply due again.
    pub lease_until: Option<Timestamp>,
    /// How often a mail server was tried.
    pub attempts: u32,
    /// How the last attempt failed, or why it was cancelled; fit for operators.
    pub last_error: Option<String>,
    /// When a mail server accepted it.
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
            causes: Vec::new(),
            created_at: now,
            due_at,
            lease_until: None,
            attempts: 0,
            last_error: None,
            sent_at: None,
            subject: None,
        }
    }

    /// Whether further causes may still join it: nobody has begun to send it.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.state == MailState::Queued && self.attempts == 0 && self.lease_until.is_none()
    }

    /// Whether it is to be sent now.
    #[must_use]
    pub fn is_due(&self, now: Timestamp) -> bool {
        self.state == MailState::Queued && self.due_at <= now
    }

    /// Takes the mail for sending, for as long as `lease` at most.
    pub fn take(&mut self, now: Timestamp, lease: Duration) {
        let until = now.plus(lease);
        self.due_at = until;
        self.lease_until = Some(until);
        self.attempts = self.attempts.saturating_add(1);
    }

    /// Gives the mail back to be tried at `due_at`, saying why.
    pub fn give_back(&mut self, due_at: Timestamp, why: String) {
        self.due_at = due_at;
        self.lease_until = None;
        self.last_error = Some(why);
    }

    /// Ends the mail: sent, dead or cancelled.
    pub fn end(&mut self, state: MailState, why: Option<String>) {
        self.state = state;
        self.lease_until = None;
        self.last_error = why;
    }

    /// Takes a cause in. A later level of the same item replaces the earlier one.
    pub fn add(&mut self, cause: Cause) {
        let known = self
            .causes
            .iter_mut()
            .find(|known| known.scope == cause.scope && known.item == cause.item);
        match known {
            Some(known) => known.level = known.level.max(cause.level),
            None => self.causes.push(cause),
        }
    }
}

/// When failed mails are tried again and when they are given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    /// The wait after the first failure; doubles with each further one.
    pub base: Duration,
    /// The longest wait between two attempts.
    pub max: Duration,
    /// After this many attempts a mail is a dead letter.
    pub max_attempts: u32,
    /// A mail older than this is not tried again.
    pub max_age: Duration,
}

impl Default for RetryPolicy {
    /// One minute, doubling to at most 4 hours; given up after 5 days (RFC 5321 §4.5.4.1 asks
    /// for 4–5 days) or 40 attempts.
    fn default() -> Self {
        Self {
            base: Duration::from_secs(60),
            max: Duration::from_secs(4 * 3600),
            max_attempts: 40,
            max_age: Duration::from_secs(5 * 86_400),
        }
    }
}

/// What follows a failed attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AfterFailure {
    /// Try again then.
    RetryAt(Timestamp),
    /// Give up: the mail is a dead letter.
    GiveUp,
}

impl RetryPolicy {
    /// Decides after attempt number `attempts` (from 1) of a mail created at `created_at` failed
    /// for a passing reason. `random` is any number; it spreads the retries over the upper half
    /// of the wait, so that a server that comes back is not met by all mails at once.
    #[must_use]
    pub fn after_failure(
        &self,
        attempts: u32,
        created_at: Timestamp,
        now: Timestamp,
        random: u64,
    ) -> AfterFailure {
        if attempts >= self.max_attempts || now.since(created_at) >= self.max_age {
            return AfterFailure::GiveUp;
        }
        let doublings = attempts.saturating_sub(1).min(31);
        let wait = self.base.saturating_mul(1 << doublings).min(self.max);
        let half_micros = u64::try_from(wait.as_micros() / 2).unwrap_or(u64::MAX / 2);
        let jitter_micros = random % half_micros.saturating_add(1);
        let wait = Duration::from_micros(half_micros.saturating_add(jitter_micros));
        AfterFailure::RetryAt(now.plus(wait))
    }
}

/// What is remembered of a recipient of quota mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recipient {
    /// Who.
    pub user_id: UserId,
    /// When a quota mail to them was last accepted by a mail server.
    pub last_sent_at: Timestamp,
    /// When they are to be reminded, if something still stands then.
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
    fn waits_double_up_to_the_longest_with_jitter_in_the_upper_half() {
        let policy = RetryPolicy::default();
        for (attempts, longest_secs) in [
            (1, 60),
            (2, 120),
            (3, 240),
            (8, 7680),
            (9, 14_400),
            (39, 14_400),
        ] {
            for random in [0, 1, 12_345_678_901, u64::MAX] {
                let AfterFailure::RetryAt(at) = policy.after_failure(attempts, t(0), t(0), random)
                else {
                    panic!("gave up at {attempts}");
                };
                assert!(
                    at >= t(longest_secs / 2) && at <= t(longest_secs),
                    "{attempts} {random} {at:?}"
                );
            }
        }
    }

    #[test]
    fn gives_up_by_count_and_by_age() {
        let policy = RetryPolicy::default();
        assert_eq!(
            policy.after_failure(40, t(0), t(1), 0),
            AfterFailure::GiveUp
        );
        assert_eq!(
            policy.after_failure(1, t(0), t(5 * 86_400), 0),
            AfterFailure::GiveUp
        );
        assert!(matches!(
            policy.after_failure(1, t(0), t(5 * 86_400 - 1), 0),
            AfterFailure::RetryAt(_)
        ));
    }

    #[test]
    fn a_mail_has_one_cause_per_item_and_scope() {
        let mut mail = Mail::new(
            MailId::random(),
            MailKind::Quota,
            (TenantId::random(), UserId::random()),
            t(0),
            t(30),
        );
        let cause = |scope, level| Cause {
            scope,
            item: Item::StorageSize,
            level,
        };
        mail.add(cause(Scope::Tenant, Level::Exceeded));
        mail.add(cause(Scope::Tenant, Level::Soon));
        mail.add(cause(Scope::User, Level::Soon));
        assert_eq!(
            mail.causes,
            [
                cause(Scope::Tenant, Level::Exceeded),
                cause(Scope::User, Level::Soon)
            ]
        );
    }

    #[test]
    fn reminders_count_from_the_last_mail_sent() {
        let user = UserId::random();
        let week = Duration::from_secs(7 * 86_400);
        assert_eq!(
            Recipient::after_sending(user, t(5), week).reminder_due_at,
            Some(t(5).plus(week))
        );
        assert_eq!(
            Recipient::after_sending(user, t(5), Duration::ZERO).reminder_due_at,
            None
        );
    }
}
