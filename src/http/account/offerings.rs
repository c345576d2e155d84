//! `/tenants/{id}/offering_items` and `/users/{id}/offering_items`.

use super::convert::accounts::kind;
use super::convert::meters as convert;
use super::tenants::tenant_of;
use super::users::user_of;
use super::wire::list::Items;
use super::wire::offering::OfferingsIn;
use crate::domain::ids::AccountId;
use crate::domain::meter::OfferingItem;
use crate::http::error::ApiError;
use crate::http::input::{self, Params};
use crate::http::message::Response;
use crate::http::output;
use crate::http::router::{Answer, Call};
use crate::usecases::access::Caller;
use crate::usecases::manage_offering_items::{self as usecase, EditionFilter, Holder};

fn shown(holder: Holder, items: &[OfferingItem]) -> Response {
    let items = items
        .iter()
        .map(|item| convert::offering(item, holder))
        .collect();
    output::ok(&Items { items })
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
    let (holder, items) = usecase::read(&call.env, caller, account, &filter).await?;
    Ok(shown(holder, &items))
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
    let now = call.request.head.received_at;
    let (holder, items) = usecase::update(&call.env, caller, account, &patches, now).await?;
    Ok(shown(holder, &items))
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
