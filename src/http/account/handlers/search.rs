//! One question over all names.

use super::common::SearchText;
use crate::domain::client::ApiScope::AccountRead;
use crate::domain::ids::TenantId;
use crate::http::account::convert::accounts::hit;
use crate::http::account::wire::list::ItemsResponse;
use crate::http::account::wire::search::HitResponse;
use crate::http::endpoint::{Answer, Call, Endpoint, Limit, Required, get, query};
use crate::http::output;
use crate::usecases::search as usecase;

pub(super) fn endpoints() -> [Endpoint; 1] {
    let search = get("/api/2/search", "search", "Finds tenants and users by name")
        .scope(AccountRead)
        .about(
            "By the beginning of a name, a login or an e-mail address, or by the whole API v1 id.",
        )
        .answers::<ItemsResponse<HitResponse>>(200, "What was found.")
        .refuses(404)
        .to(search);
    [search]
}

query! {
    /// What to find, and where.
    struct SearchQuery {
        /// Only this one and what is below it; missing: all within reach.
        tenant: Option<TenantId>,
        /// What it begins with.
        text: Required<SearchText> = "Foo",
        /// How many at most.
        limit: Limit<10, 100>,
    }
}

async fn search(call: Call, query: SearchQuery) -> Answer {
    let root = query.tenant.unwrap_or(call.caller.root);
    let (text, limit) = (&query.text.0.0, query.limit.0);
    let hits = usecase::search(call.context(), root, text, limit).await?;
    let items = hits.into_iter().map(hit).collect();
    Ok(output::ok(&ItemsResponse { items }))
}
