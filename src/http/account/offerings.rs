//! `/tenants/{id}/offering_items` and `/users/{id}/offering_items`.

use super::convert::accounts::kind;
use super::convert::meters as convert;
use super::tenants::tenant_of;
use super::users::user_of;
use super::wire::list::Items;
use super::wire::offering::OfferingsIn;
use crate::domain::ids::AccountId;
use crate::http::error::ApiError;
use crate::http::input::{self, Params};
use crate::http::message::Response;
use crate::http::output;
use crate::http::precondition::{Precondition, unless_known};
use crate::http::router::{Answer, Call};
use crate::usecases::access::Caller;
use crate::usecases::manage_offering_items::{self as usecase, EditionFilter, Offerings};

fn shown(offerings: &Offerings) -> Response {
    let items = offerings.items.iter();
    let items = items
        .map(|item| convert::offering(item, offerings.holder))
        .collect();
    output::versioned(output::ok(&Items { items }), offerings.version)
}

fn edition_of(params: &Params) -> EditionFilter {
    match params.get("edition") {
        None | Some("*") => EditionFilter::All,
        Some(edition) => EditionFilter::Only(edition.to_owned()),
    }
}

pub(super) async fn read_of_tenant(call: Call, caller: Caller) -> Answer {
    let account = AccountId::Tenant(tenant_of(&call)?);
    read(&call, &caller, account).await
}

pub(super) async fn read_of_user(call: Call, caller: Caller) -> Answer {
    let account = AccountId::User(user_of(&call)?);
    read(&call, &caller, account).await
}

async fn read(call: &Call, caller: &Caller, account: AccountId) -> Answer {
    let filter = edition_of(&Params::of_query(&call.request.head)?);
    let offerings = usecase::read(&call.env, caller, account, &filter).await?;
    Ok(unless_known(&call.request.head, shown(&offerings)))
}

pub(super) async fn update_of_tenant(call: Call, caller: Caller) -> Answer {
    let account = AccountId::Tenant(tenant_of(&call)?);
    update(&call, &caller, account).await
}

pub(super) async fn update_of_user(call: Call, caller: Caller) -> Answer {
    let account = AccountId::User(user_of(&call)?);
    update(&call, &caller, account).await
}

async fn update(call: &Call, caller: &Caller, account: AccountId) -> Answer {
    let body = input::json::<OfferingsIn>(&call.request)?;
    let items = body.offering_items.into_iter().enumerate();
    let patches = items
        .map(|(index, item)| convert::offering_patch(index, item))
        .collect::<Result<Vec<_>, ApiError>>()?;
    let head = &call.request.head;
    let expected = Precondition::optional(head, None)?;
    let (version, now) = (expected.version, head.received_at);
    let done = usecase::update(&call.env, caller, account, &patches, version, now).await;
    Ok(shown(&expected.checked(done)?))
}

pub(super) async fn available_for_child(call: Call, caller: Caller) -> Answer {
    let id = tenant_of(&call)?;
    let params = Params::of_query(&call.request.head)?;
    let kind = params.get("kind").map(kind).transpose()?;
    let filter = edition_of(&params);
    let items = usecase::available_for_child(&call.env, &caller, id, kind, &filter).await?;
    let items = items.iter().map(convert::available).collect();
    Ok(output::ok(&Items { items }))
}
