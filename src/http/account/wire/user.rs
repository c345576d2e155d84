//! Users. The fields are those that the vendor prints, no more and no fewer.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::Text;
use super::contact::{ContactRequest, ContactResponse};
use super::names::{BusinessType, NotificationKind};
use crate::domain::ids::TenantId;

/// A user account: the fields that the vendor documents, no more and no fewer.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = User)]
pub(crate) struct UserResponse {
    /// Whether the person has accepted the account.
    pub(crate) activated: bool,
    /// `buyer`, or nothing.
    pub(crate) business_types: Vec<BusinessType>,
    /// How to reach the person.
    pub(crate) contact: ContactResponse,
    /// When it was created.
    #[schema(format = DateTime)]
    pub(crate) created_at: String,
    /// Whether the account is in use.
    pub(crate) enabled: bool,
    /// Its id.
    pub(crate) id: Uuid,
    /// The identity provider.
    pub(crate) idp_id: Uuid,
    /// Language of what the person reads.
    pub(crate) language: String,
    /// Unique over the deployment, ignoring case.
    pub(crate) login: String,
    /// Always `disabled`.
    pub(crate) mfa_status: &'static str,
    /// What the person wants mail about.
    pub(crate) notifications: Vec<NotificationKind>,
    /// The id under which the user's own quotas are also reached as a tenant's.
    #[schema(required)]
    pub(crate) personal_tenant_id: Option<Uuid>,
    /// The tenant it belongs to.
    pub(crate) tenant_id: Uuid,
    /// Whether the terms were accepted.
    pub(crate) terms_accepted: bool,
    /// Grows by one with each change.
    pub(crate) version: u64,
}

/// A user to be created, or what to change of one; what is missing is kept.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = UserChange)]
pub(crate) struct UserRequest {
    /// To change a user: the current version; `If-Match` may say it instead.
    pub(crate) version: Option<u64>,
    /// To create a user: the tenant it belongs to. It cannot change.
    #[schema(value_type = Option<Uuid>)]
    pub(crate) tenant_id: Option<Text<TenantId>>,
    /// Unique over the deployment, ignoring case. A new user without one has the e-mail address.
    #[schema(
        min_length = 3,
        max_length = 128,
        pattern = "^[A-Za-z0-9.@_+:!#$%^*={}'`/?-]+$"
    )]
    pub(crate) login: Option<String>,
    /// How to reach the person.
    pub(crate) contact: Option<ContactRequest>,
    /// Language of what the person reads.
    #[schema(max_length = 35, pattern = "^[A-Za-z]{2,3}([-_][A-Za-z0-9]{1,8})*$")]
    pub(crate) language: Option<String>,
    /// Whether the account is in use.
    pub(crate) enabled: Option<bool>,
    /// Whether the person has accepted the account.
    pub(crate) activated: Option<bool>,
    /// Whether the terms were accepted.
    pub(crate) terms_accepted: Option<bool>,
    /// The business types, all of them: `buyer`, or nothing.
    #[schema(value_type = Option<Vec<BusinessType>>)]
    pub(crate) business_types: Option<Vec<String>>,
    /// What the person wants mail about, all of it.
    #[schema(value_type = Option<Vec<NotificationKind>>)]
    pub(crate) notifications: Option<Vec<String>>,
}
