//! `/search`.

use super::convert::accounts::hit;
use super::wire::list::Items;
use crate::domain::ids::TenantId;
use crate::http::input::Params;
use crate::http::output;
use crate::http::router::{Answer, Call};
use crate::usecases::access::Caller;
use crate::usecases::search as usecase;

const DEFAULT_LIMIT: usize = 10;
const MAX_LIMIT: usize = 100;

pub(super) async fn search(call: Call, caller: Caller) -> Answer {
    let params = Params::of_query(&call.request.head)?;
    let root = params.parsed::<TenantId>("tenant")?.unwrap_or(caller.root);
    let text = params.require("text")?;
    let limit = params.whole("limit", 1..=MAX_LIMIT)?;
    let limit = limit.unwrap_or(DEFAULT_LIMIT);
    let hits = usecase::search(&call.env, &caller, root, text, limit).await?;
    let items = hits.into_iter().map(hit).collect();
    Ok(output::ok(&Items { items }))
}
