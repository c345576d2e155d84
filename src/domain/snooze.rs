//! Alert ids, and the alerts that a user has snoozed.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::ids::{AccountId, TenantId, UserId};
use super::quota::Item;
use super::time::Timestamp;

/// The stable id of an alert: whose quota, which item. The same alert keeps its id over all
/// levels and reports. Written `tenant.<uuid>.storage_size`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AlertId {
    /// Whose quota.
    pub account: AccountId,
    /// Which item.
    pub item: Item,
}

impl fmt::Display for AlertId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.account {
            AccountId::Tenant(id) => write!(f, "tenant.{id}.{}", self.item),
            AccountId::User(id) => write!(f, "user.{id}.{}", self.item),
        }
    }
}

/// The text is not an alert's id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidAlertId;

impl FromStr for AlertId {
    type Err = InvalidAlertId;

    fn from_str(text: &str) -> Result<Self, InvalidAlertId> {
        let mut parts = text.splitn(3, '.');
        let (Some(scope), Some(id), Some(item)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(InvalidAlertId);
        };
        let account = match scope {
            "tenant" => AccountId::Tenant(id.parse::<TenantId>().map_err(|_| InvalidAlertId)?),
            "user" => AccountId::User(id.parse::<UserId>().map_err(|_| InvalidAlertId)?),
            _ => return Err(InvalidAlertId),
        };
        let item = item.parse().map_err(|_| InvalidAlertId)?;
        Ok(Self { account, item })
    }
}

/// What one user has snoozed, and until when.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Snoozes(pub BTreeMap<AlertId, Timestamp>);

impl Snoozes {
    /// Until when `alert` is snoozed, if it still is.
    #[must_use]
    pub fn until(&self, alert: AlertId, now: Timestamp) -> Option<Timestamp> {
        self.0.get(&alert).copied().filter(|until| *until > now)
    }

    /// Snoozes `alert`; forgets what has run out.
    pub fn snooze(&mut self, alert: AlertId, until: Timestamp, now: Timestamp) {
        self.0.retain(|_, until| *until > now);
        self.0.insert(alert, until);
    }

    /// Shows `alert` again.
    pub fn wake(&mut self, alert: AlertId) {
        self.0.remove(&alert);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alert_id_reads_back() {
        let alert = AlertId {
            account: AccountId::User(UserId::random()),
            item: Item::MobileDevices,
        };
        assert_eq!(alert.to_string().parse(), Ok(alert));
        for bad in [
            "",
            "tenant",
            "tenant.x.storage_size",
            "folder.a.b",
            "user..",
        ] {
            assert_eq!(bad.parse::<AlertId>(), Err(InvalidAlertId), "{bad}");
        }
    }

    #[test]
    fn a_snooze_runs_out() {
        let alert = AlertId {
            account: AccountId::Tenant(TenantId::random()),
            item: Item::StorageSize,
        };
        let mut snoozes = Snoozes::default();
        let [first, before, end] = [1, 9, 10].map(Timestamp::from_secs);
        snoozes.snooze(alert, end, first);
        assert_eq!(snoozes.until(alert, before), Some(end));
        assert_eq!(snoozes.until(alert, end), None);
        snoozes.wake(alert);
        assert_eq!(snoozes.until(alert, before), None);
    }
}
