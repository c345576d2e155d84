//! `/u/{token}`: stopping mail about quotas, and getting it again. Only a POST does it (RFC 8058), so
//! that scanners that follow every link stop nothing.

use http::StatusCode;

use super::page;
use crate::http::message::Head;
use crate::http::router::{Answer, Call};
use crate::render::Page;
use crate::usecases::Env;
use crate::usecases::unsubscribe::{self, Unsubscribing, Wish};
use crate::usecases::view::UserView;

/// GET `/u/{token}`: asks.
pub(super) async fn show(call: Call) -> Answer {
    let head = &call.request.head;
    let token = call.path.get("token");
    let found = unsubscribe::show(&call.env, token, head.received_at).await?;
    answer(&call.env, head, &found)
}

/// POST `/u/{token}`: does it. A body of `wish=subscribe` is that of the form which subscribes again;
/// with any other it stops: with that of the other form, which is empty, and with
/// `List-Unsubscribe=One-Click` of a mail program (RFC 8058 §3.2) in any form encoding.
pub(super) async fn act(call: Call) -> Answer {
    let head = &call.request.head;
    let token = call.path.get("token");
    let wish = match call.request.body.as_ref() {
        b"wish=subscribe" => Wish::Mail,
        _ => Wish::NoMail,
    };
    let found = unsubscribe::act(&call.env, token, wish, head.received_at).await?;
    answer(&call.env, head, &found)
}

fn answer(env: &Env, head: &Head, found: &Unsubscribing) -> Answer {
    match found {
        Unsubscribing::Asked(view) => {
            let address = address_of(view);
            let asked = Page::UnsubscribeConfirm { address };
            page(env, head, Some(view), StatusCode::OK, asked)
        }
        Unsubscribing::Undone(view) => {
            let address = address_of(view);
            let undone = Page::Subscribed { address };
            page(env, head, Some(view), StatusCode::OK, undone)
        }
        Unsubscribing::Done(view) => {
            let address = address_of(view);
            let done = Page::Unsubscribed { address };
            page(env, head, Some(view), StatusCode::OK, done)
        }
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
