//! Messages for given quotas.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::alert::{AlertResponse, HeaderResponse};
use super::names::ItemName;

/// What to render.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = PreviewKind)]
pub(crate) enum WhatRequest {
    /// Alerts.
    Alert,
    /// The mail that is sent when usage comes near a quota or beyond it.
    Mail,
    /// The same, sent again where nothing has changed.
    Reminder,
    /// The mail that invites a new user; the quotas do not matter to it.
    Activation,
    /// The portal header.
    Header,
}

/// Whose quota.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = PreviewScope)]
pub(crate) enum ScopeRequest {
    /// The user's own.
    User,
    /// The tenant's.
    Tenant,
}

/// A quota, and how much of it is used.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PreviewItem)]
pub(crate) struct ItemRequest {
    /// Whose quota.
    pub(crate) scope: ScopeRequest,
    /// What the quota is about.
    #[schema(value_type = ItemName)]
    pub(crate) item: String,
    /// How much is used.
    pub(crate) usage: u64,
    /// How much is allowed; null is unlimited, and must be said.
    #[serde(deserialize_with = "Option::deserialize")]
    #[schema(required)]
    pub(crate) quota: Option<u64>,
    /// How far usage may go beyond it; null: unlimited.
    pub(crate) overage: Option<u64>,
}

/// What to render, for whom.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Preview)]
pub(crate) struct PreviewRequest {
    /// What to render.
    pub(crate) what: WhatRequest,
    /// The reader's language.
    #[schema(pattern = "^[A-Za-z]{2,3}([-_][A-Za-z0-9]{1,8})*$")]
    pub(crate) lang: Option<String>,
    /// Whether the reader is a Company Administrator.
    pub(crate) company_admin: bool,
    /// Whether the reader is a buyer.
    pub(crate) buyer: bool,
    /// Whether branding is enabled.
    pub(crate) branding: bool,
    /// The Buy URL.
    #[schema(max_length = 2048)]
    pub(crate) buy_url: Option<String>,
    /// The tenant whose name, settings and brand it is to have: the nearest enabled brand, as in what
    /// the tenant's users are really told.
    #[schema(format = Uuid)]
    pub(crate) tenant_id: Option<String>,
    /// The quotas.
    pub(crate) items: Vec<ItemRequest>,
}

/// Which mail.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = RenderedMailKind)]
pub(crate) enum MailResponseKind {
    /// About quotas.
    Mail,
    /// The same as a reminder.
    Reminder,
    /// The invitation of a new user.
    Activation,
}

/// A mail, as it would be.
#[derive(Serialize, ToSchema)]
#[schema(as = RenderedMail)]
pub(crate) struct RenderedMailResponse<'a> {
    /// Which mail.
    pub(crate) what: MailResponseKind,
    /// The subject.
    pub(crate) subject: &'a str,
    /// The body as text.
    pub(crate) text: &'a str,
    /// The body as HTML.
    pub(crate) html: &'a str,
}

/// What a page shows, as it would be.
#[derive(Serialize, ToSchema)]
#[serde(tag = "what", rename_all = "snake_case")]
#[schema(as = RenderedPart)]
pub(crate) enum RenderedPartResponse<'a> {
    /// Alerts.
    Alert {
        /// The alerts.
        items: Vec<AlertResponse<'a>>,
    },
    /// The portal header.
    Header {
        /// As JSON.
        header: Box<HeaderResponse<'a>>,
        /// As HTML.
        html: &'a str,
    },
}

/// A message, as it would be.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
#[schema(as = Rendered)]
pub(crate) enum PreviewResponse<'a> {
    /// Alerts, or the portal header.
    Part(RenderedPartResponse<'a>),
    /// A mail.
    Mail(RenderedMailResponse<'a>),
}
