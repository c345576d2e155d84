//! Why a mail that is due is not sent.

use crate::rules::Rule;

/// Why a mail that is due is not sent, nor tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CancelReason {
    /// The recipient was deleted.
    RecipientDeleted,
    /// This rule lets no quota mail go to the recipient any more.
    NotTold(Rule),
    /// None of its own causes stands any more.
    Resolved,
    /// The account that it asks to activate is active.
    Activated,
    /// The account that it asks to activate has no address.
    NoAddress,
}

impl CancelReason {
    /// The reason as it is stored with the mail and shown to operators.
    #[must_use]
    pub const fn says(self) -> &'static str {
        match self {
            Self::RecipientDeleted => "the recipient was deleted",
            Self::NotTold(rule) => rule.says(false),
            Self::Resolved => "no quota is exceeded or almost reached any more",
            Self::Activated => "the account is activated already",
            Self::NoAddress => "the account has no e-mail address",
        }
    }
}
