//! `/u/{token}`: unsubscribes from mail about quotas, and subscribes again. Only a POST does it
//! (RFC 8058), so a scanner that follows every link changes nothing.

use http::StatusCode;
use serde_json::json;

use super::{LinkToken, found, page};
use crate::http::endpoint::{Answer, Endpoint, Path, PublicCall, get, post};
use crate::http::message::Head;
use crate::render::Page;
use crate::usecases::Env;
use crate::usecases::unsubscribe::{self, Unsubscribing, Wish};
use crate::usecases::view::UserView;

const UNSUBSCRIBE: &str = "/u/{token}";

/// What stops mail about quotas. Open to everybody: the link proves itself.
pub(super) fn endpoints() -> [Endpoint; 2] {
    let one_click = json!({ "type": "object", "properties": { "List-Unsubscribe": { "type": "string" }, "wish": { "type": "string" } } });
    let example = json!({ "List-Unsubscribe": "One-Click" });
    let ask = "Asks whether to stop mail about quotas";
    [
        found(get(UNSUBSCRIBE, "askToUnsubscribe", ask).public(), "A page with a button.").to(show),
        found(
            post(UNSUBSCRIBE, "unsubscribe", "Stops mail about quotas")
                .public()
                .about("Also with one click in a mail program (RFC 8058). The page then offers to subscribe again, with a body of `wish=subscribe`.")
                .takes_as("application/x-www-form-urlencoded", one_click, Some(example))
                .or_nothing(),
            "It is done.",
        )
        .to(act),
    ]
}

async fn show(call: PublicCall, Path(LinkToken(token)): Path<LinkToken>) -> Answer {
    let found = unsubscribe::show(&call.env, &token, call.now()).await?;
    answer(&call.env, call.head(), &found)
}

/// A body of `wish=subscribe` is that of the form which subscribes again;
/// with any other it stops: with that of the other form, which is empty, and with
/// `List-Unsubscribe=One-Click` of a mail program (RFC 8058 §3.2) in any form encoding.
async fn act(call: PublicCall, Path(LinkToken(token)): Path<LinkToken>) -> Answer {
    let wish = match call.request.body.as_ref() {
        b"wish=subscribe" => Wish::Mail,
        _ => Wish::NoMail,
    };
    let found = unsubscribe::act(&call.env, &token, wish, call.now()).await?;
    answer(&call.env, call.head(), &found)
}

fn answer(env: &Env, head: &Head, found: &Unsubscribing) -> Answer {
    let ok = |view: &UserView, shown: fn(&str) -> Page<'_>| {
        let shown = shown(address_of(view));
        page(env, head, Some(view), StatusCode::OK, shown)
    };
    match found {
        Unsubscribing::Asked(view) => ok(view, |address| Page::UnsubscribeConfirm { address }),
        Unsubscribing::Undone(view) => ok(view, |address| Page::Subscribed { address }),
        Unsubscribing::Done(view) => ok(view, |address| Page::Unsubscribed { address }),
        Unsubscribing::Expired(view) => {
            let reader = view.as_deref();
            page(env, head, reader, StatusCode::GONE, Page::LinkExpired)
        }
        Unsubscribing::Unknown => page(env, head, None, StatusCode::NOT_FOUND, Page::LinkNotFound),
    }
}

fn address_of(view: &UserView) -> &str {
    let email = view.user.contact.email.as_ref();
    email.map_or("", |email| email.as_str())
}
