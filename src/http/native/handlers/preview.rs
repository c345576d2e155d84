//! Any message for given states.

use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use crate::domain::client::ApiScope::AlertsRead;
use crate::domain::ids::TenantId;
use crate::domain::notification::MailKind;
use crate::domain::quota::{Item, Quota, Scope};
use crate::http::endpoint::{Answer, Call, Endpoint, Json, post};
use crate::http::error::ApiError;
use crate::http::native::names::ItemName;
use crate::http::native::wire::{AlertResponse, HeaderResponse};
use crate::http::output;
use crate::render::{Lang, Mail};
use crate::usecases::preview::{self, Message, Preview, PreviewItem, Previewed};

/// What to render.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = PreviewKind)]
pub(super) enum WhatRequest {
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
pub(super) enum ScopeRequest {
    /// The user's own.
    User,
    /// The tenant's.
    Tenant,
}

/// A quota, and how much of it is used.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PreviewItem)]
pub(super) struct ItemRequest {
    /// Whose quota.
    scope: ScopeRequest,
    /// What the quota is about.
    #[schema(value_type = ItemName)]
    item: String,
    /// How much is used.
    usage: u64,
    /// How much is allowed; null is unlimited, and must be said.
    #[serde(deserialize_with = "Option::deserialize")]
    #[schema(required)]
    quota: Option<u64>,
    /// How far usage may go beyond it; null: unlimited.
    overage: Option<u64>,
}

/// What to render, for whom.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Preview)]
pub(super) struct PreviewRequest {
    /// What to render.
    what: WhatRequest,
    /// The reader's language.
    #[schema(pattern = "^[A-Za-z]{2,3}([-_][A-Za-z0-9]{1,8})*$")]
    lang: Option<String>,
    /// Whether the reader is a Company Administrator.
    company_admin: bool,
    /// Whether the reader is a buyer.
    buyer: bool,
    /// Whether branding is enabled.
    branding: bool,
    /// The Buy URL.
    #[schema(max_length = 2048)]
    buy_url: Option<String>,
    /// The tenant whose name, settings and brand it is to have: the nearest enabled brand, as in what
    /// the tenant's users are really told.
    #[schema(format = Uuid)]
    tenant_id: Option<String>,
    /// The quotas.
    items: Vec<ItemRequest>,
}

/// A mail, as it would be.
#[derive(Serialize, ToSchema)]
#[schema(as = RenderedMail)]
pub(super) struct MailResponse<'a> {
    /// The subject.
    subject: &'a str,
    /// The body as text.
    text: &'a str,
    /// The body as HTML.
    html: &'a str,
}

impl<'a> From<&'a Mail> for MailResponse<'a> {
    fn from(mail: &'a Mail) -> Self {
        Self {
            subject: &mail.subject,
            text: &mail.text,
            html: &mail.html,
        }
    }
}

/// A message, as it would be.
#[derive(Serialize, ToSchema)]
#[serde(tag = "what", rename_all = "snake_case")]
#[schema(as = Rendered)]
pub(super) enum PreviewResponse<'a> {
    /// Alerts.
    Alert {
        /// The alerts.
        items: Vec<AlertResponse<'a>>,
    },
    /// The mail about quotas.
    Mail(MailResponse<'a>),
    /// The same as a reminder.
    Reminder(MailResponse<'a>),
    /// The mail that invites a new user.
    Activation(MailResponse<'a>),
    /// The portal header.
    Header {
        /// As JSON.
        header: Box<HeaderResponse<'a>>,
        /// As HTML.
        html: &'a str,
    },
}

/// What renders a message for given states.
pub(super) fn endpoints() -> [Endpoint; 1] {
    let example = json!({
        "what": "alert",
        "lang": "en",
        "company_admin": true,
        "buyer": true,
        "branding": true,
        "buy_url": "https://shop.example.com/buy?campaign=7",
        "items": [{
            "scope": "tenant",
            "item": "storage_size",
            "usage": 111_669_149_696_u64,
            "quota": 107_374_182_400_u64,
        }],
    });
    [post(
        "/api/upsell/v1/preview",
        "preview",
        "Renders a message for given states",
    )
    .scope(AlertsRead)
    .about("Nothing is stored or sent.")
    .example(example)
    .answers::<PreviewResponse<'_>>(200, "The message.")
    .refuses(404)
    .to(preview)]
}

async fn preview(call: Call, Json(form): Json<PreviewRequest>) -> Answer {
    let preview = read(form)?;
    let rendered = preview::preview(call.context(), &preview).await?;
    Ok(match &rendered {
        Previewed::Alerts(alerts) => output::ok(&PreviewResponse::Alert {
            items: alerts.iter().map(AlertResponse::from).collect(),
        }),
        Previewed::Mail(kind, mail) => output::ok(&match kind {
            MailKind::Quota => PreviewResponse::Mail(mail.into()),
            MailKind::Reminder => PreviewResponse::Reminder(mail.into()),
            MailKind::Activation => PreviewResponse::Activation(mail.into()),
        }),
        Previewed::Header(header) => output::ok(&PreviewResponse::Header {
            header: Box::new(HeaderResponse::from(header.as_ref())),
            html: &header.html,
        }),
    })
}

fn read(form: PreviewRequest) -> Result<Preview, ApiError> {
    if form
        .lang
        .as_deref()
        .is_some_and(|tag| Lang::parse(tag).is_none())
    {
        let why = "must be a language tag such as de or pt-BR";
        return Err(ApiError::malformed("lang", why));
    }
    let tenant_id = form
        .tenant_id
        .map(|id| id.parse::<TenantId>())
        .transpose()
        .map_err(|why| ApiError::malformed("tenant_id", why))?;
    let items = form.items.into_iter().enumerate();
    Ok(Preview {
        what: match form.what {
            WhatRequest::Alert => Message::Alert,
            WhatRequest::Mail => Message::Mail(MailKind::Quota),
            WhatRequest::Reminder => Message::Mail(MailKind::Reminder),
            WhatRequest::Activation => Message::Mail(MailKind::Activation),
            WhatRequest::Header => Message::Header,
        },
        lang: form.lang,
        company_admin: form.company_admin,
        buyer: form.buyer,
        branding: form.branding,
        buy_url: form.buy_url,
        tenant_id,
        items: items
            .map(|(index, item)| read_item(index, &item))
            .collect::<Result<_, _>>()?,
    })
}

fn read_item(index: usize, form: &ItemRequest) -> Result<PreviewItem, ApiError> {
    let item: Item = form
        .item
        .parse()
        .map_err(|why| ApiError::malformed(format!("items[{index}].item"), why))?;
    Ok(PreviewItem {
        scope: match form.scope {
            ScopeRequest::User => Scope::User,
            ScopeRequest::Tenant => Scope::Tenant,
        },
        item,
        usage: form.usage,
        quota: Quota {
            value: form.quota,
            overage: form.overage,
        },
    })
}
