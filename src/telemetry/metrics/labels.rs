//! The labels of the metrics. Every set is an enum, so its size is bounded.

use crate::domain::link::Placement;
use crate::domain::mail::{CancelReason, GaveUp};
use crate::domain::quota::Level;
use crate::domain::rules::Rule;

/// A bounded set of label values.
pub trait Label: Sized + PartialEq + 'static {
    /// The name of the label.
    const NAME: &'static str;
    /// Every value.
    const ALL: &'static [Self];

    /// The value as shown.
    fn text(&self) -> &'static str;
}

/// Defines a label. The text of a value documents it; a comment says what the text does not.
macro_rules! label {
    ($(#[doc = $doc:literal])* $name:ident = $label:literal {
        $( $(#[doc = $value_doc:literal])* $value:ident = $text:literal, )*
    }) => {
        $(#[doc = $doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $name {
            $( #[doc = concat!("`", $text, "`.")] $(#[doc = $value_doc])* $value, )*
        }

        impl Label for $name {
            const NAME: &'static str = $label;
            const ALL: &'static [Self] = &[$( Self::$value, )*];

            fn text(&self) -> &'static str {
                match self {
                    $( Self::$value => $text, )*
                }
            }
        }
    };
}

label! {
    /// Which API was asked.
    HttpDialect = "dialect" {
        Native = "native",
        Account = "account",
        Billing = "billing",
        Reseller = "reseller",
        Partner = "partner",
        Redirect = "redirect",
        Page = "page",
        Operations = "operations",
        None = "none",
    }
}

label! {
    /// The first digit of the status.
    StatusClass = "status" {
        /// 100–199 and what is no status.
        Informational = "1xx",
        Success = "2xx",
        Redirection = "3xx",
        ClientError = "4xx",
        ServerError = "5xx",
    }
}

impl StatusClass {
    /// The class of a status code.
    #[must_use]
    pub const fn of(status: u16) -> Self {
        match status {
            200..=299 => Self::Success,
            300..=399 => Self::Redirection,
            400..=499 => Self::ClientError,
            500..=599 => Self::ServerError,
            _ => Self::Informational,
        }
    }
}

label! {
    /// What became of a usage record.
    UsageOutcome = "outcome" {
        Accepted = "accepted",
        /// The value was stored already.
        Unchanged = "unchanged",
        /// Observed before what is stored.
        Skipped = "skipped",
        /// Malformed or refused by a rule.
        Rejected = "rejected",
    }
}

label! {
    /// Why somebody was not told by mail of a level that was entered.
    NotTold = "reason" {
        Disabled = "user_disabled",
        NotActivated = "not_activated",
        NoAddress = "no_address",
        /// `quota` is not among the notifications of the user: never was, or the reader unsubscribed.
        NotSubscribed = "not_subscribed",
        /// There is nobody who could be told.
        Nobody = "no_users",
        TenantDisabled = "tenant_disabled",
        /// There is no mail server to send through; the mail waits.
        NoMailServer = "no_mail_server",
    }
}

impl NotTold {
    /// The reason of a user to whom this rule does not let mail go.
    #[must_use]
    pub const fn of(rule: Rule) -> Self {
        match rule {
            Rule::UserEnabled => Self::Disabled,
            Rule::UserActivated => Self::NotActivated,
            Rule::HasAddress => Self::NoAddress,
            Rule::TenantEnabled => Self::TenantDisabled,
            _ => Self::NotSubscribed,
        }
    }
}

label! {
    /// Into a level or out of it.
    Direction = "direction" {
        Entered = "entered",
        Left = "left",
    }
}

label! {
    /// Where a mail of the outbox stands.
    OutboxState = "state" {
        /// To be sent: its window is open, it is due, or it waits for its next attempt.
        Waiting = "waiting",
        Dead = "dead",
    }
}

label! {
    /// How an attempt to send ended.
    MailOutcome = "outcome" {
        Sent = "sent",
        Deferred = "deferred",
        /// The mail server refused it for good, or it was tried long enough.
        Dead = "dead",
        /// There was no reason any more to send it.
        Withdrawn = "withdrawn",
    }
}

label! {
    /// Why a mail ended unsent.
    Unsent = "reason" {
        Refused = "refused",
        /// It was tried as often as mails are.
        Attempts = "attempts",
        /// It is older than mails are tried.
        Age = "age",
        RecipientDeleted = "recipient_deleted",
        /// A rule lets no quota mail go to the recipient; `upsell_people_not_told_total` says which.
        NotTold = "not_told",
        /// None of its own causes stands any more.
        Resolved = "resolved",
        /// The account that it asks to activate is active.
        Activated = "activated",
        /// The account that it asks to activate has no address.
        NoAddress = "no_address",
    }
}

impl From<GaveUp> for Unsent {
    fn from(reason: GaveUp) -> Self {
        match reason {
            GaveUp::Refused => Self::Refused,
            GaveUp::Attempts => Self::Attempts,
            GaveUp::Age => Self::Age,
        }
    }
}

impl From<CancelReason> for Unsent {
    fn from(reason: CancelReason) -> Self {
        match reason {
            CancelReason::RecipientDeleted => Self::RecipientDeleted,
            CancelReason::NotTold(_) => Self::NotTold,
            CancelReason::Resolved => Self::Resolved,
            CancelReason::Activated => Self::Activated,
            CancelReason::NoAddress => Self::NoAddress,
        }
    }
}

label! {
    /// How a click is counted; one click may be counted in all three ways.
    ClickKind = "kind" {
        /// Every one.
        Raw = "raw",
        /// One per user, placement and hour.
        Unique = "unique",
        /// Not a scanner, a prefetch or a burst.
        LikelyHuman = "likely_human",
    }
}

label! {
    /// How a tracked link was answered.
    RedirectOutcome = "outcome" {
        Shop = "shop",
        /// Shown the "contact your sales representative" page.
        ContactSales = "contact_sales",
        Expired = "expired",
        Invalid = "invalid",
        /// The state was not to be had.
        Unavailable = "unavailable",
    }
}

label! {
    /// How a commit ended.
    CommitOutcome = "outcome" {
        Committed = "committed",
        Conflict = "conflict",
        Failed = "failed",
    }
}

label! {
    /// What happened on the way to the servers of a shared store.
    RedisEvent = "event" {
        Connect = "connect",
        ConnectFailure = "connect_failure",
        Retry = "retry",
        /// A command was sent to a node that has a slot only for now.
        Redirection = "redirection",
        Timeout = "timeout",
        Error = "error",
        /// A call was refused because too many were under way.
        Overload = "overload",
        /// A change spanned partitions.
        Across = "across_partitions",
        /// Such a change of somebody else was cut short, and was ended here.
        EndedForOthers = "ended_for_others",
        /// All that was remembered was forgotten, because changes may have been missed.
        ForgotAll = "forgot_all",
    }
}

label! {
    /// Which limit refused a request.
    RateLimit = "limit" {
        Address = "address",
        /// Of one address, on tracked links.
        Redirect = "redirect",
        /// Of one client, or of a user with a token of their own.
        Client = "client",
        Tenant = "tenant",
    }
}

label! {
    /// Why a log-in failed.
    LogInFailure = "cause" {
        /// A wrong secret, or no such client.
        Secret = "secret",
        /// A token that is none of this service.
        Token = "token",
        /// Not looked at, after too many failures.
        Blocked = "blocked",
    }
}

impl Label for Level {
    const NAME: &'static str = "level";
    const ALL: &'static [Self] = &Self::ALL;

    fn text(&self) -> &'static str {
        self.name()
    }
}

impl Label for Placement {
    const NAME: &'static str = "placement";
    const ALL: &'static [Self] = &Self::ALL;

    fn text(&self) -> &'static str {
        self.name()
    }
}

label! {
    /// Which limit a mail was above.
    MailLimit = "limit" {
        Address = "address",
        User = "user",
        Tenant = "tenant",
    }
}
