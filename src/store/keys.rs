//! The names of records. One byte of family, then the parts; numbers big-endian, so that the order
//! of keys is the order of times and counts. Text that may hold any byte stands last or is ended
//! by a zero byte.

/// Functions that make keys: each by its family and the parts that follow.
macro_rules! key_functions {
    ($(
        $(#[$doc:meta])*
        $name:ident($($argument:ident: $type:ty),*) = $family:ident $(, $part:expr)*;
    )+) => {$(
        $(#[$doc])*
        #[must_use]
        pub fn $name($($argument: $type),*) -> $crate::store::engine::Key {
            $crate::store::keys::Family::$family.key()$(.then($part))*
        }
    )+};
}

pub mod audit;
pub mod billing;
pub mod clicks;
mod family;
pub mod limits;
mod mails;
pub mod nodes;
mod notices;
pub mod place;
mod read;
pub mod request;
pub mod reseller;

use uuid::Uuid;

use super::engine::Key;
use crate::domain::ids::{
    AccountId, AccountRef, AuditId, ClientId, CustomerId, MailId, NodeId, TaxId, TenantId, UserId,
    V1Id,
};
use crate::domain::plan::PlanRef;
use crate::domain::time::Timestamp;

pub(in crate::store) use family::Family;
pub use mails::{
    QueueEntry, end_of_route, mail, mail_by_state, mail_due, mails_by_state, mails_due,
    mails_due_by, mails_due_until, mails_older,
};
pub use notices::{notice, notice_of, notices};
pub use read::Subject;

/// The usual length of a key, and a little more.
const USUAL_BYTES: usize = 24;

impl Family {
    /// The key that all keys of the family begin with.
    fn key(self) -> Key {
        let mut bytes = Vec::with_capacity(USUAL_BYTES);
        bytes.push(self as u8);
        Key(bytes)
    }
}

impl Key {
    /// This key with a part behind it.
    fn then(mut self, part: impl Part) -> Self {
        part.write_to(&mut self.0);
        self
    }
}

/// A part of a key.
trait Part {
    fn write_to(self, key: &mut Vec<u8>);
}

impl Part for &[u8] {
    fn write_to(self, key: &mut Vec<u8>) {
        key.extend_from_slice(self);
    }
}

impl<const N: usize> Part for [u8; N] {
    fn write_to(self, key: &mut Vec<u8>) {
        key.extend_from_slice(&self);
    }
}

impl Part for &str {
    fn write_to(self, key: &mut Vec<u8>) {
        key.extend_from_slice(self.as_bytes());
    }
}

impl Part for Uuid {
    fn write_to(self, key: &mut Vec<u8>) {
        key.extend_from_slice(self.as_bytes());
    }
}

macro_rules! ids {
    ($($id:ty),+) => {
        $(impl Part for $id {
            fn write_to(self, key: &mut Vec<u8>) {
                key.extend_from_slice(self.bytes());
            }
        })+
    };
}

ids!(
    TenantId, UserId, ClientId, MailId, NodeId, AuditId, CustomerId, TaxId
);

impl Part for V1Id {
    fn write_to(self, key: &mut Vec<u8>) {
        key.extend_from_slice(&self.0.to_be_bytes());
    }
}

/// A byte for tenant or user, and the id.
impl Part for AccountId {
    fn write_to(self, key: &mut Vec<u8>) {
        key.push(match self {
            Self::Tenant(_) => 0,
            Self::User(_) => 1,
        });
        self.uuid().write_to(key);
    }
}

/// Microseconds since 1970. Earlier times do not occur; if one did, it would sort first.
fn micros(time: Timestamp) -> u64 {
    u64::try_from(time.micros()).unwrap_or(0)
}

impl Part for Timestamp {
    fn write_to(self, key: &mut Vec<u8>) {
        key.extend_from_slice(&micros(self).to_be_bytes());
    }
}

/// A time in a list that has the newest first.
struct NewestFirst(Timestamp);

impl Part for NewestFirst {
    fn write_to(self, key: &mut Vec<u8>) {
        key.extend_from_slice(&(u64::MAX - micros(self.0)).to_be_bytes());
    }
}

/// The folded form under which names and logins are looked up: lower case, outer space cut.
#[must_use]
pub fn folded(text: &str) -> String {
    text.trim().to_lowercase()
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

key_functions! {
    /// A tenant's profile.
    tenant(id: TenantId) = Tenant, id;
    /// A user's profile.
    user(id: UserId) = User, id;
    /// All brands.
    brands() = Brand;
    /// A tenant's brand.
    brand(id: TenantId) = Brand, id;
    /// A tenant's logo.
    logo(id: TenantId) = Logo, id;
    /// An API client.
    client(id: ClientId) = Client, id;
    /// What a user has snoozed.
    snoozes(id: UserId) = Snoozes, id;
    /// The meter of an account: what of it reports change. Its revision is that of the whole meter.
    /// The number stands first, so that an engine finds the record without a search.
    meter(account: AccountRef) = Meter, account.number, account.id;
    /// The offering items of an account's meter.
    offering_items(account: AccountId) = OfferingItems, account;
    /// The mail of a recipient that still takes items in.
    open_mail(recipient: UserId) = OpenMail, recipient;
    /// When a recipient was sent quota mail, and is to be reminded.
    recipient(id: UserId) = Recipient, id;
    /// Recipients by the time their next reminder is due.
    reminder_due(due: Timestamp, id: UserId) = ReminderDue, due, id;
    /// All reminders that are due some time.
    reminders_due() = ReminderDue;
    /// A login, folded, to its user.
    login(login: &str) = Login, folded(login).as_str();
    /// The name of a child, folded, to its tenant.
    child_name(parent: TenantId, name: &str) = ChildName, parent, folded(name).as_str();
    /// A child of a tenant.
    child(parent: TenantId, child: TenantId) = Child, parent, child;
    /// All children of a tenant.
    children(parent: TenantId) = Child, parent;
    /// A tenant at or below `root`.
    subtree_tenant(root: TenantId, tenant: TenantId) = SubtreeTenant, root, tenant;
    /// All tenants at or below `root`.
    subtree_tenants(root: TenantId) = SubtreeTenant, root;
    /// A user of a tenant at or below `root`.
    subtree_user(root: TenantId, user: UserId) = SubtreeUser, root, user;
    /// All users of tenants at or below `root`.
    subtree_users(root: TenantId) = SubtreeUser, root;
    /// A user of a tenant itself.
    tenant_user(tenant: TenantId, user: UserId) = TenantUser, tenant, user;
    /// All users of a tenant itself.
    tenant_users(tenant: TenantId) = TenantUser, tenant;
    /// A company admin of a tenant.
    company_admin(tenant: TenantId, user: UserId) = CompanyAdmin, tenant, user;
    /// All company admins of a tenant.
    company_admins(tenant: TenantId) = CompanyAdmin, tenant;
    /// An API v1 id to its account.
    v1_id(id: V1Id) = Number, id;
    /// All API v1 ids.
    v1_ids() = Number;
    /// A personal tenant id to its user.
    personal_tenant(id: TenantId) = PersonalTenant, id;
    /// A text by which an account can be found.
    search_text(text: &str, account: AccountId)
        = SearchText, search_bytes(text).as_str(), [0_u8], account;
    /// All texts that start with `prefix`.
    search_prefix(prefix: &str) = SearchText, search_bytes(prefix).as_str();
    /// All tenants that are called exactly this, by the index of [`search_text`]; of names that are
    /// longer than its texts, those that begin like it.
    tenants_called(name: &str) = SearchText, search_bytes(name).as_str(), [0_u8, 0];
    /// A client of a tenant.
    tenant_client(tenant: TenantId, client: ClientId) = TenantClient, tenant, client;
    /// All clients of a tenant.
    tenant_clients(tenant: TenantId) = TenantClient, tenant;
    /// Is there while an account is disabled. Whoever caches callers watches it: profiles change for
    /// many reasons, this does for one.
    disabled(account: AccountId) = Disabled, account;
    /// A token that was revoked before its time. Kept until it would have expired.
    revoked_token(id: &str) = RevokedToken, id;
    /// Revoked tokens by the time they expire.
    revoked_expiry(expires: Timestamp, id: &str) = RevokedExpiry, expires, id;
    /// All revoked tokens, the first to expire first.
    revoked_expiries() = RevokedExpiry;
    /// A partner plan. In the order of their numbers.
    plan(named: PlanRef) = PartnerPlan, named.partner, named.plan.0.to_be_bytes();
    /// All plans of a partner.
    plans(partner: TenantId) = PartnerPlan, partner;
    /// A tenant that buys by a plan.
    plan_tenant(named: PlanRef, tenant: TenantId)
        = PlanTenant, named.partner, named.plan.0.to_be_bytes(), tenant;
    /// All tenants that buy by a plan.
    plan_tenants(named: PlanRef) = PlanTenant, named.partner, named.plan.0.to_be_bytes();
    /// The number that a partner's last plan was given; it only grows.
    last_plan(partner: TenantId) = Counter, format!("plan/{partner}").as_str();
    /// A number that only grows.
    counter(name: &str) = Counter, name;
    /// The root tenant's id.
    root() = Root;
    /// The format of all records together.
    format() = Format;
    /// The progress of an import into this store that was not finished.
    import_progress() = ImportProgress;
    /// Which keys the nodes of a shared store have.
    keyring() = Keyring;
}

/// Whether the record says something of the one store that it stands in: it is not moved with the
/// others.
#[must_use]
pub fn is_of_one_store(key: &Key) -> bool {
    matches!(
        Family::of(&key.0),
        Some(Family::ImportProgress | Family::Keyring)
    )
}

#[cfg(test)]
mod tests;
