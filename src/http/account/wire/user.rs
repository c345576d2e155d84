//! Users. The fields are those that seed 000 prints, no more and no fewer.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Text;
use super::contact::{ContactIn, ContactOut};
use super::names::{BusinessType, NotificationKind};
use crate::domain::ids::TenantId;

/// A user account: the fields that the vendor documents, no more and no fewer.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = User)]
pub(in super::super) struct UserOut {
    /// Whether the person has accepted the account.
    pub(in super::super) activated: bool,
    /// `buyer`, or nothing.
    #[schema(value_type = Vec<BusinessType>)]
    pub(in super::super) business_types: Vec<&'static str>,
    /// How to reach the person.
    pub(in super::super) contact: ContactOut,
    /// When it was created.
    #[schema(format = DateTime)]
    pub(in super::super) created_at: String,
    /// Whether the account is in use.
    pub(in super::super) enabled: bool,
    /// Its id.
    #[schema(format = Uuid)]
    pub(in super::super) id: String,
    /// The identity provider.
    #[schema(format = Uuid)]
    pub(in super::super) idp_id: &'static str,
    /// Language of what the person reads.
    pub(in super::super) language: String,
    /// Unique over the deployment, ignoring case.
    pub(in super::super) login: String,
    /// Always `disabled`.
    pub(in super::super) mfa_status: &'static str,
    /// What the person wants mail about.
    #[schema(value_type = Vec<NotificationKind>)]
    pub(in super::super) notifications: Vec<&'static str>,
    /// The id under which the user's own quotas are also reached as a tenant's.
    #[schema(required, format = Uuid)]
    pub(in super::super) personal_tenant_id: Option<String>,
    /// The tenant it belongs to.
    #[schema(format = Uuid)]
    pub(in super::super) tenant_id: String,
    /// Whether the terms were accepted.
    pub(in super::super) terms_accepted: bool,
    /// Grows by one with each change.
    pub(in super::super) version: u64,
}

/// A user to be created, or what to change of one; what is missing is kept.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = UserChange)]
pub(in super::super) struct UserIn {
    /// To change a user: the current version; `If-Match` may say it instead.
    pub(in super::super) version: Option<u64>,
    /// To create a user: the tenant it belongs to. It cannot change.
    #[schema(value_type = Option<uuid::Uuid>)]
    pub(in super::super) tenant_id: Option<Text<TenantId>>,
    /// Unique over the deployment, ignoring case. A new user without one has the e-mail address.
    #[schema(
        min_length = 3,
        max_length = 128,
        pattern = "^[A-Za-z0-9.@_+:!#$%^*={}'`/?-]+$"
    )]
    pub(in super::super) login: Option<String>,
    /// How to reach the person.
    pub(in super::super) contact: Option<ContactIn>,
    /// Language of what the person reads.
    #[schema(max_length = 35, pattern = "^[A-Za-z]{2,3}([-_][A-Za-z0-9]{1,8})*$")]
    pub(in super::super) language: Option<String>,
    /// Whether the account is in use.
    pub(in super::super) enabled: Option<bool>,
    /// Whether the person has accepted the account.
    pub(in super::super) activated: Option<bool>,
    /// Whether the terms were accepted.
    pub(in super::super) terms_accepted: Option<bool>,
    /// The business types, all of them: `buyer`, or nothing.
    #[schema(value_type = Option<Vec<BusinessType>>)]
    pub(in super::super) business_types: Option<Vec<String>>,
    /// What the person wants mail about, all of it.
    #[schema(value_type = Option<Vec<NotificationKind>>)]
    pub(in super::super) notifications: Option<Vec<String>>,
}
