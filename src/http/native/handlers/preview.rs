//! Any message for given states.

use serde_json::json;

use crate::domain::client::ApiScope::AlertsRead;
use crate::http::endpoint::{Answer, Call, Endpoint, Json, post};
use crate::http::native::convert::preview as convert;
use crate::http::native::wire::preview::{PreviewRequest, PreviewResponse};
use crate::http::output;
use crate::usecases::preview as usecase;

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

async fn preview(call: Call, Json(body): Json<PreviewRequest>) -> Answer {
    let rendered = usecase::preview(call.context(), &convert::read(body)?).await?;
    Ok(output::ok(&convert::previewed(&rendered)))
}
