//! Why a user is shown and sent what they are.

use super::alerts::LangTag;
use crate::domain::client::ApiScope::AlertsRead;
use crate::domain::ids::UserId;
use crate::http::endpoint::{Answer, Call, Endpoint, Path, get, query};
use crate::http::native::convert::explain as convert;
use crate::http::native::wire::explain::ExplanationResponse;
use crate::http::output;
use crate::usecases::explain as usecase;

pub(super) fn endpoints() -> [Endpoint; 1] {
    let path = "/api/upsell/v1/users/{user_id}/explain";
    [get(path, "explainUser", "Why a user sees what they see")
        .scope(AlertsRead)
        .about("Every rule that was looked at for each proposal and for mail, in order, with its outcome: the last one decided. How each item stands and is armed, and what is to be bought or why nothing is. `lang` is the language of what to buy; the rest is English, for operators.")
        .answers::<ExplanationResponse<'_>>(200, "The explanation.")
        .to(show)]
}

query! {
    /// How to explain it.
    struct ExplainQuery {
        /// The language; missing: the reader's.
        lang: Option<LangTag>,
    }
}

async fn show(call: Call, Path(user): Path<UserId>, query: ExplainQuery) -> Answer {
    let lang = query.lang.as_ref().map(LangTag::as_str);
    let explanation = usecase::explain(call.context(), user, lang).await?;
    Ok(output::ok(&convert::explanation(&explanation)))
}
