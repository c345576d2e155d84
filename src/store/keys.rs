//! The names of records. One byte of family, then the parts; numbers big-endian, so that the order
//! of keys is the order of times and counts. Text that may hold any byte stands last or is ended
//! by a zero byte.

pub mod audit;
pub mod billing;
pub mod clicks;
mod family;
pub mod limits;
mod mails;
mod meters;
pub mod nodes;
mod notices;
pub mod place;
mod plans;
mod read;
pub mod request;
pub mod reseller;
mod store;

use crate::domain::ids::{AccountId, ClientId, TenantId, UserId, V1Id};
use crate::domain::time::Timestamp;

use super::engine::Key;

pub(in crate::store) use family::Family;
pub use mails::{
    QueueEntry, end_of_route, mail, mail_by_state, mail_due, mails_by_state, mails_due,
    mails_due_by, mails_due_until, mails_older,
};
pub use meters::{meter, offering_items};
pub use notices::{notice, notice_of, notices};
pub use plans::{last_plan, plan, plan_tenant, plan_tenants, plans, tenants_called};
pub use read::Subject;
pub use store::{format, import_progress, is_of_one_store, keyring};

/// Starts a key of `family`.
const fn start(family: Family) -> Builder {
    Builder {
        bytes: Vec::new(),
        family: Some(family as u8),
    }
}

impl Family {
    /// The key of the family with one part, or none.
    fn key(self, part: &[u8]) -> Key {
        start(self).part(part).end()
    }
}

struct Builder {
    bytes: Vec<u8>,
    family: Option<u8>,
}

/// The usual length of a key, and a little more.
const USUAL_BYTES: usize = 24;

impl Builder {
    fn part(mut self, bytes: &[u8]) -> Self {
        if let Some(family) = self.family.take() {
            self.bytes.reserve_exact(USUAL_BYTES);
            self.bytes.push(family);
        }
        self.bytes.extend_from_slice(bytes);
        self
    }

    fn time(self, time: Timestamp) -> Self {
        // Times before 1970 do not occur; were one to, it sorts first.
        let micros = u64::try_from(time.micros()).unwrap_or(0);
        self.part(&micros.to_be_bytes())
    }

    /// The newest first.
    fn time_descending(self, time: Timestamp) -> Self {
        let micros = u64::try_from(time.micros()).unwrap_or(0);
        self.part(&(u64::MAX - micros).to_be_bytes())
    }

    fn number(self, number: V1Id) -> Self {
        self.part(&number.0.to_be_bytes())
    }

    fn account(self, account: AccountId) -> Self {
        match account {
            AccountId::Tenant(id) => self.part(&[0]).part(id.bytes()),
            AccountId::User(id) => self.part(&[1]).part(id.bytes()),
        }
    }

    fn end(self) -> Key {
        Key(self.part(&[]).bytes)
    }
}

/// The folded form under which names and logins are looked up: lower case, outer space cut.
#[must_use]
pub fn folded(text: &str) -> String {
    text.trim().to_lowercase()
}

/// A tenant's profile.
#[must_use]
pub fn tenant(id: TenantId) -> Key {
    Family::Tenant.key(id.bytes())
}

/// A user's profile.
#[must_use]
pub fn user(id: UserId) -> Key {
    Family::User.key(id.bytes())
}

/// All brands.
#[must_use]
pub fn brands() -> Key {
    Family::Brand.key(&[])
}

/// A tenant's brand.
#[must_use]
pub fn brand(id: TenantId) -> Key {
    Family::Brand.key(id.bytes())
}

/// A tenant's logo.
#[must_use]
pub fn logo(id: TenantId) -> Key {
    Family::Logo.key(id.bytes())
}

/// An API client.
#[must_use]
pub fn client(id: ClientId) -> Key {
    Family::Client.key(id.bytes())
}

/// What a user has snoozed.
#[must_use]
pub fn snoozes(id: UserId) -> Key {
    Family::Snoozes.key(id.bytes())
}

/// The mail of a recipient that still takes items in.
#[must_use]
pub fn open_mail(recipient: UserId) -> Key {
    Family::OpenMail.key(recipient.bytes())
}

/// What is remembered of a recipient of quota mail.
#[must_use]
pub fn recipient(id: UserId) -> Key {
    Family::Recipient.key(id.bytes())
}

/// Recipients by the time their next reminder is due.
#[must_use]
pub fn reminder_due(due: Timestamp, id: UserId) -> Key {
    start(Family::ReminderDue).time(due).part(id.bytes()).end()
}

/// All reminders that are due some time.
#[must_use]
pub fn reminders_due() -> Key {
    Family::ReminderDue.key(&[])
}

/// A login, folded, to its user.
#[must_use]
pub fn login(login: &str) -> Key {
    start(Family::Login).part(folded(login).as_bytes()).end()
}

/// The name of a child, folded, to its tenant.
#[must_use]
pub fn child_name(parent: TenantId, name: &str) -> Key {
    start(Family::ChildName)
        .part(parent.bytes())
        .part(folded(name).as_bytes())
        .end()
}

/// A child of a tenant.
#[must_use]
pub fn child(parent: TenantId, child: TenantId) -> Key {
    children(parent).then(child.bytes())
}

/// All children of a tenant.
#[must_use]
pub fn children(parent: TenantId) -> Key {
    Family::Child.key(parent.bytes())
}

/// A tenant at or below `root`.
#[must_use]
pub fn subtree_tenant(root: TenantId, tenant: TenantId) -> Key {
    subtree_tenants(root).then(tenant.bytes())
}

/// All tenants at or below `root`.
#[must_use]
pub fn subtree_tenants(root: TenantId) -> Key {
    Family::SubtreeTenant.key(root.bytes())
}

/// A user of a tenant at or below `root`.
#[must_use]
pub fn subtree_user(root: TenantId, user: UserId) -> Key {
    subtree_users(root).then(user.bytes())
}

/// All users of tenants at or below `root`.
#[must_use]
pub fn subtree_users(root: TenantId) -> Key {
    Family::SubtreeUser.key(root.bytes())
}

/// A user of a tenant itself.
#[must_use]
pub fn tenant_user(tenant: TenantId, user: UserId) -> Key {
    tenant_users(tenant).then(user.bytes())
}

/// All users of a tenant itself.
#[must_use]
pub fn tenant_users(tenant: TenantId) -> Key {
    Family::TenantUser.key(tenant.bytes())
}

/// A company admin of a tenant.
#[must_use]
pub fn company_admin(tenant: TenantId, user: UserId) -> Key {
    company_admins(tenant).then(user.bytes())
}

/// All company admins of a tenant.
#[must_use]
pub fn company_admins(tenant: TenantId) -> Key {
    Family::CompanyAdmin.key(tenant.bytes())
}

/// An API v1 id to its account.
#[must_use]
pub fn v1_id(id: V1Id) -> Key {
    start(Family::Number).number(id).end()
}

/// All API v1 ids.
#[must_use]
pub fn v1_ids() -> Key {
    Family::Number.key(&[])
}

/// A personal tenant id to its user.
#[must_use]
pub fn personal_tenant(id: TenantId) -> Key {
    Family::PersonalTenant.key(id.bytes())
}

/// A text by which an account can be found.
#[must_use]
pub fn search_text(text: &str, account: AccountId) -> Key {
    start(Family::SearchText)
        .part(search_bytes(text).as_bytes())
        .part(&[0])
        .account(account)
        .end()
}

/// All texts that start with `prefix`.
#[must_use]
pub fn search_prefix(prefix: &str) -> Key {
    start(Family::SearchText)
        .part(search_bytes(prefix).as_bytes())
        .end()
}

/// Folded, without the byte that ends a text, and no longer than keys may be.
fn search_bytes(text: &str) -> String {
    const MAX_CHARS: usize = 128;
    folded(text)
        .chars()
        .filter(|c| *c != '\0')
        .take(MAX_CHARS)
        .collect()
}

/// A client of a tenant.
#[must_use]
pub fn tenant_client(tenant: TenantId, client: ClientId) -> Key {
    tenant_clients(tenant).then(client.bytes())
}

/// All clients of a tenant.
#[must_use]
pub fn tenant_clients(tenant: TenantId) -> Key {
    Family::TenantClient.key(tenant.bytes())
}

/// Is there while an account is disabled. Whoever remembers callers watches it: profiles change for many reasons,
/// this does for one.
#[must_use]
pub fn disabled(account: AccountId) -> Key {
    start(Family::Disabled).account(account).end()
}

/// A token that was revoked before its time. Kept until it would have expired.
#[must_use]
pub fn revoked_token(id: &str) -> Key {
    Family::RevokedToken.key(id.as_bytes())
}

/// Revoked tokens by the time they expire.
#[must_use]
pub fn revoked_expiry(expires: Timestamp, id: &str) -> Key {
    start(Family::RevokedExpiry)
        .time(expires)
        .part(id.as_bytes())
        .end()
}

/// All revoked tokens, the first to expire first.
#[must_use]
pub fn revoked_expiries() -> Key {
    Family::RevokedExpiry.key(&[])
}

/// A number that only grows.
#[must_use]
pub fn counter(name: &str) -> Key {
    Family::Counter.key(name.as_bytes())
}

/// The root tenant's id.
#[must_use]
pub fn root() -> Key {
    Family::Root.key(&[])
}

impl Key {
    /// This key with more behind it.
    fn then(mut self, more: &[u8]) -> Self {
        self.0.extend_from_slice(more);
        self
    }
}

#[cfg(test)]
mod tests;
