//! `/u/{token}`: stopping mail about quotas. Only a POST does it (RFC 8058), so that scanners
//! that follow every link stop nothing.

use http::StatusCode;

use super::page;
use crate::http::message::Head;
use crate::http::router::{Answer, Call};
use crate::render::Page;
use crate::usecases::Env;
use crate::usecases::unsubscribe::{self, Unsubscribing};
use crate::usecases::view::UserView;

/// GET `/u/{token}`: asks.
pub(super) async fn show(call: Call) -> Answer {
    let head = &call.request.head;
    let token = call.path.get("token");
    let found = unsubscribe::show(&call.env, token, head.received_at).await?;
    answer(&call.env, head, &found)
}

/// POST `/u/{token}`: does it. The body is the form's, or `List-Unsubscribe=One-Click` of a mail
/// program (RFC 8058 §3.2) in any form encoding; it adds nothing to the token, so it is not read.
pub(super) async fn act(call: Call) -> Answer {
    let head = &call.request.head;
    let token = call.path.get("token");
    let found = unsubscribe::unsubscribe(&call.env, token, head.received_at).await?;
    answer(&call.env, head, &found)
}

fn answer(env: &Env, head: &Head, found: &Unsubscribing) -> Answer {
    match found {
        Unsubscribing::Asked(view) => {
            let address = address_of(view);
            let asked = Page::UnsubscribeConfirm { address };
            page(env, head, Some(view), StatusCode::OK, asked)
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
