//! Any message for given states.

use serde::Deserialize;
use serde_json::json;

use super::wire::{AlertForm, HeaderForm};
use crate::domain::ids::TenantId;
use crate::domain::quota::{Item, Quota, Scope};
use crate::http::error::ApiError;
use crate::http::input;
use crate::http::output;
use crate::http::router::{Answer, Call};
use crate::render::Lang;
use crate::usecases::access::Caller;
use crate::usecases::preview::{self, Message, Preview, PreviewItem, Previewed};

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum WhatForm {
    Alert,
    Mail,
    Header,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum ScopeForm {
    User,
    Tenant,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ItemForm {
    scope: ScopeForm,
    item: String,
    usage: u64,
    /// Null is unlimited; it must be said.
    #[serde(deserialize_with = "Option::deserialize")]
    quota: Option<u64>,
    overage: Option<u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PreviewForm {
    what: WhatForm,
    lang: Option<String>,
    company_admin: bool,
    buyer: bool,
    branding: bool,
    buy_url: Option<String>,
    tenant_id: Option<String>,
    items: Vec<ItemForm>,
}

/// POST `/preview`.
pub(super) async fn preview(call: Call, caller: Caller) -> Answer {
    let form: PreviewForm = input::json(&call.request)?;
    let preview = read(form)?;
    let now = call.request.head.received_at;
    let rendered = preview::preview(&call.env, &caller, &preview, now).await?;
    Ok(match rendered {
        Previewed::Alerts(alerts) => {
            let items: Vec<AlertForm<'_>> = alerts.iter().map(AlertForm::from).collect();
            output::ok(&json!({ "what": "alert", "items": items }))
        }
        Previewed::Mail(mail) => output::ok(&json!({
            "what": "mail",
            "subject": mail.subject,
            "text": mail.text,
            "html": mail.html,
        })),
        Previewed::Header(header) => output::ok(&json!({
            "what": "header",
            "header": HeaderForm::from(header.as_ref()),
            "html": header.html,
        })),
    })
}

fn read(form: PreviewForm) -> Result<Preview, ApiError> {
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
            WhatForm::Alert => Message::Alert,
            WhatForm::Mail => Message::Mail,
            WhatForm::Header => Message::Header,
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

fn read_item(index: usize, form: &ItemForm) -> Result<PreviewItem, ApiError> {
    let item: Item = form
        .item
        .parse()
        .map_err(|why| ApiError::malformed(format!("items[{index}].item"), why))?;
    Ok(PreviewItem {
        scope: match form.scope {
            ScopeForm::User => Scope::User,
            ScopeForm::Tenant => Scope::Tenant,
        },
        item,
        usage: form.usage,
        quota: Quota {
            value: form.quota,
            overage: form.overage,
        },
    })
}
