//! Previews: what to render, and what was rendered.

use super::alert;
use crate::domain::mail::MailKind;
use crate::domain::quota::{Quota, Scope};
use crate::http::error::ApiError;
use crate::http::native::wire::preview::{
    ItemRequest, MailResponseKind, PreviewRequest, PreviewResponse, RenderedMailResponse,
    RenderedPartResponse, ScopeRequest, WhatRequest,
};
use crate::render::{Lang, Mail};
use crate::usecases::preview::{Message, Preview, PreviewItem, Previewed};

pub(crate) fn read(request: PreviewRequest) -> Result<Preview, ApiError> {
    let lang = request.lang.as_deref();
    if lang.is_some_and(|tag| Lang::parse(tag).is_none()) {
        let why = "must be a language tag such as de or pt-BR";
        return Err(ApiError::malformed("lang", why));
    }
    let tenant_id = request.tenant_id.map(|id| id.parse()).transpose();
    let items = request.items.into_iter().enumerate();
    Ok(Preview {
        what: match request.what {
            WhatRequest::Alert => Message::Alert,
            WhatRequest::Mail => Message::Mail(MailKind::Quota),
            WhatRequest::Reminder => Message::Mail(MailKind::Reminder),
            WhatRequest::Activation => Message::Mail(MailKind::Activation),
            WhatRequest::Header => Message::Header,
        },
        lang: request.lang,
        company_admin: request.company_admin,
        buyer: request.buyer,
        branding: request.branding,
        buy_url: request.buy_url,
        tenant_id: tenant_id.map_err(|why| ApiError::malformed("tenant_id", why))?,
        items: items
            .map(|(index, item)| read_item(index, &item))
            .collect::<Result<_, _>>()?,
    })
}

fn read_item(index: usize, item: &ItemRequest) -> Result<PreviewItem, ApiError> {
    let known = item.item.parse();
    let why = |why| ApiError::malformed(format!("items[{index}].item"), why);
    Ok(PreviewItem {
        scope: match item.scope {
            ScopeRequest::User => Scope::User,
            ScopeRequest::Tenant => Scope::Tenant,
        },
        item: known.map_err(why)?,
        usage: item.usage,
        quota: Quota {
            value: item.quota,
            overage: item.overage,
        },
    })
}

pub(crate) fn previewed(rendered: &Previewed) -> PreviewResponse<'_> {
    match rendered {
        Previewed::Alerts(alerts) => PreviewResponse::Part(RenderedPartResponse::Alert {
            items: alerts.iter().map(alert::alert).collect(),
        }),
        Previewed::Mail(kind, rendered) => PreviewResponse::Mail(mail(*kind, rendered)),
        Previewed::Header(header) => PreviewResponse::Part(RenderedPartResponse::Header {
            header: Box::new(alert::header(header)),
            html: &header.html,
        }),
    }
}

fn mail(kind: MailKind, mail: &Mail) -> RenderedMailResponse<'_> {
    RenderedMailResponse {
        what: match kind {
            MailKind::Quota => MailResponseKind::Mail,
            MailKind::Reminder => MailResponseKind::Reminder,
            MailKind::Activation => MailResponseKind::Activation,
        },
        subject: &mail.subject,
        text: &mail.text,
        html: &mail.html,
    }
}
