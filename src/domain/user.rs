//! User accounts, their roles and the notifications that they ask for.

use serde::de::{Deserializer, Error};
use serde::{Deserialize, Serialize};

use super::contact::Contact;
use super::ids::{AccountId, AccountRef, TenantId, UserId, V1Id};
use super::proposal::Reader;
use super::rules::{Rule, Trail};
use super::time::Timestamp;
use uuid::Uuid;

/// The role that makes a user a Company Administrator (rule `user-object`), on the user's own tenant.
pub const COMPANY_ADMIN: &str = "company_admin";

/// The only business type there is (rule `user-object`).
pub const BUYER: &str = "buyer";

/// The notification kind that quota mail belongs to (rule `user-object`).
pub const QUOTA_NOTIFICATION: &str = "quota";

/// The kinds of notification that a user may ask for.
pub const NOTIFICATION_KINDS: [&str; 10] = [
    "maintenance",
    QUOTA_NOTIFICATION,
    "reports",
    "backup_error",
    "backup_warning",
    "backup_info",
    "backup_critical",
    "backup_daily_report",
    "device_control",
    "certificate_management",
];

/// The roles that an access policy may give.
pub const ROLES: [&str; 16] = [
    "root_admin",
    "partner_admin",
    COMPANY_ADMIN,
    "unit_admin",
    "users_admin",
    "readonly_admin",
    "cyber_admin",
    "cyber_operator",
    "protection_admin",
    "protection_readonly_admin",
    "protection_restore_operator",
    "backup_user",
    "sync_share_user",
    "notary_user",
    "fc_admin",
    "security_analyst",
];

/// The name of a role: one of [`ROLES`].
pub type RoleName = &'static str;

/// One role given to a user on one tenant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessPolicy {
    /// Names the policy.
    pub id: Uuid,
    /// Who gave it.
    pub issuer_id: Uuid,
    /// The tenant the role holds on.
    pub tenant_id: TenantId,
    /// What it lets the user do.
    #[serde(deserialize_with = "stored_role")]
    pub role: RoleName,
    /// Grows by one with each change.
    pub version: u64,
}

/// A user account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// Its UUID.
    pub id: UserId,
    /// Its API v1 id, the `user_id` of Buy links.
    pub v1_id: V1Id,
    /// The tenant it belongs to.
    pub tenant_id: TenantId,
    /// Unique over the deployment, ignoring case.
    pub login: String,
    /// How to reach the person.
    pub contact: Contact,
    /// Whether the account is in use.
    pub enabled: bool,
    /// Whether the person has accepted the account.
    pub activated: bool,
    /// Has the business type `buyer` (rule `who-may-buy`).
    pub buyer: bool,
    /// What the person wants mail about; of [`NOTIFICATION_KINDS`].
    #[serde(deserialize_with = "stored_notifications")]
    pub notifications: Vec<&'static str>,
    /// `en`, `de`, …
    pub language: String,
    /// The id under which the user's own quotas are also reached as a tenant's; given when such
    /// quotas are first set. It names no tenant otherwise.
    pub personal_tenant_id: Option<TenantId>,
    /// Whether the terms were accepted.
    pub terms_accepted: bool,
    /// The roles given to the user.
    pub policies: Vec<AccessPolicy>,
    /// When it was created.
    #[serde(rename = "created_us")]
    pub created_at: Timestamp,
    /// When it last changed.
    #[serde(rename = "updated_us")]
    pub updated_at: Timestamp,
    /// Grows by one with each change.
    pub version: u64,
}

impl User {
    /// A new user of whom nothing is said yet.
    #[must_use]
    pub fn new(v1_id: V1Id, tenant_id: TenantId, now: Timestamp) -> Self {
        Self {
            id: UserId::random(),
            v1_id,
            tenant_id,
            login: String::new(),
            contact: Contact::default(),
            enabled: true,
            activated: false,
            buyer: false,
            notifications: Vec::new(),
            language: String::new(),
            personal_tenant_id: None,
            terms_accepted: false,
            policies: Vec::new(),
            created_at: now,
            updated_at: now,
            version: 1,
        }
    }

    /// The account that the user is.
    #[must_use]
    pub const fn account(&self) -> AccountRef {
        AccountRef {
            id: AccountId::User(self.id),
            number: self.v1_id,
        }
    }

    /// Whether the user is a Company Administrator: the role, on the own tenant.
    #[must_use]
    pub fn is_company_admin(&self) -> bool {
        self.policies
            .iter()
            .any(|policy| policy.role == COMPANY_ADMIN && policy.tenant_id == self.tenant_id)
    }

    /// What the proposal depends on.
    #[must_use]
    pub fn reader(&self) -> Reader {
        Reader {
            company_admin: self.is_company_admin(),
            buyer: self.buyer,
        }
    }

    /// Whether quota mail goes to this user, and if not, why not.
    ///
    /// # Errors
    /// The first rule that speaks against it.
    pub fn receives_quota_mail(&self) -> Result<(), Rule> {
        self.quota_mail(&mut Trail::silent())
    }

    /// The same, noting each rule that was looked at.
    ///
    /// # Errors
    /// The first rule that speaks against it.
    pub fn quota_mail(&self, trail: &mut Trail) -> Result<(), Rule> {
        let rules = [
            (Rule::UserEnabled, self.enabled),
            (Rule::UserActivated, self.activated),
            (Rule::HasAddress, self.contact.email.is_some()),
            (Rule::WantsQuotaMail, self.wants_quota_mail()),
        ];
        let against = rules
            .into_iter()
            .find(|(rule, holds)| !trail.holds(*rule, *holds));
        against.map_or(Ok(()), |(rule, _)| Err(rule))
    }

    /// Whether the user asked for quota mail.
    #[must_use]
    pub fn wants_quota_mail(&self) -> bool {
        self.notifications.contains(&QUOTA_NOTIFICATION)
    }
}

/// The entry of `known` that equals `name`, so that only known names are ever stored.
#[must_use]
pub fn known_name(known: &[&'static str], name: &str) -> Option<&'static str> {
    known.iter().copied().find(|entry| *entry == name)
}

fn stored_role<'de, D: Deserializer<'de>>(deserializer: D) -> Result<RoleName, D::Error> {
    let name = String::deserialize(deserializer)?;
    known_name(&ROLES, &name).ok_or_else(|| D::Error::unknown_variant(&name, &ROLES))
}

fn stored_notifications<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<&'static str>, D::Error> {
    const KNOWN: &[&str] = &NOTIFICATION_KINDS;
    let names = Vec::<String>::deserialize(deserializer)?;
    let kinds = names
        .iter()
        .map(|name| known_name(KNOWN, name).ok_or_else(|| D::Error::unknown_variant(name, KNOWN)));
    kinds.collect()
}
