//! Who changed what.

use crate::domain::client::ApiScope::AuditRead;
use crate::domain::ids::{AuditId, TenantId};
use crate::domain::time::Timestamp;
use crate::http::cursor::{self, Cursor};
use crate::http::endpoint::{Answer, Call, Endpoint, Limit, get, query};
use crate::http::native::convert::audit as convert;
use crate::http::native::examples;
use crate::http::native::wire::audit::AuditResponse;
use crate::http::output;
use crate::usecases::list_audit as usecase;

pub(super) fn endpoints() -> [Endpoint; 1] {
    let summary = "Lists changes, the newest first";
    let list = get("/api/upsell/v1/audit", "listAudit", summary)
        .scope(AuditRead)
        .answers::<AuditResponse<'_>>(200, "A page of changes.")
        .refuses(404)
        .to(list);
    [list]
}

query! {
    /// Which changes to list.
    struct AuditQuery {
        /// Of this tenant and all below it; missing: all within reach.
        tenant_id: Option<TenantId> = examples::TENANT,
        /// How many at most.
        limit: Limit<50, 500>,
        /// `paging.cursors.after` of the page before.
        after: Option<Cursor>,
    }
}

/// The name of the list for its cursors.
const LIST: &str = "audit";

async fn list(call: Call, query: AuditQuery) -> Answer {
    let after = query.after.map(|after| after.read("after", LIST));
    let after = after.transpose()?.map(|(micros, id)| usecase::Cursor {
        at: Timestamp::from_micros(micros),
        id: AuditId::new(id),
    });
    let (tenant, limit) = (query.tenant_id.unwrap_or(call.caller.root), query.limit.0);
    let page = usecase::list_audit(call.context(), tenant, limit, after).await?;
    let next = page.after.map(|at| (at.at.micros(), at.id.uuid()));
    Ok(output::ok(&AuditResponse {
        items: page.items.iter().map(convert::entry).collect(),
        paging: next.map(|next| cursor::write(&next, LIST)).into(),
    }))
}
