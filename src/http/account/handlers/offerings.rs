//! What is sold to tenants and users, and how much of it.

use serde_json::{Value, json};

use crate::domain::client::ApiScope::{AccountRead, AccountWrite};
use crate::domain::ids::{AccountId, TenantId};
use crate::domain::tenant::TenantKind;
use crate::http::account::convert::meters as convert;
use crate::http::account::wire::list::ItemsResponse;
use crate::http::account::wire::offering::{OfferingResponse, OfferingsRequest};
use crate::http::endpoint::{
    Answer, Call, Endpoint, Json, Operation, ParameterValue, Path, get, put, query,
};
use crate::http::error::ApiError;
use crate::http::message::Response;
use crate::http::openapi::schema;
use crate::http::output;
use crate::http::precondition::{Precondition, unless_known};
use crate::usecases::manage_offering_items::{self as usecase, Offerings};

pub(super) fn endpoints() -> [Endpoint; 5] {
    let of_tenant = "/api/2/tenants/{id}/offering_items";
    let read_of_tenant = reads(of_tenant, "readTenantOfferingItems")
        .to(|call: Call, Path(id), query| read(call, AccountId::Tenant(id), query));
    let set_of_tenant = sets(of_tenant, "setTenantOfferingItems")
        .about(
            "All are set, or none. Each quota has a version of its own; a stale one is 409. Set by \
             clients of the tenants above: 403 for the tenant's own client, but for the root's.",
        )
        .to(|call: Call, Path(id), body, expected| {
            set(call, AccountId::Tenant(id), body, expected)
        });
    let of_user = "/api/2/users/{id}/offering_items";
    let read_of_user = reads(of_user, "readUserOfferingItems")
        .to(|call: Call, Path(id), query| read(call, AccountId::User(id), query));
    let set_of_user = sets(of_user, "setUserOfferingItems")
        .about("All are set, or none. Each quota has a version of its own; a stale one is 409.")
        .to(|call: Call, Path(id), body, expected| set(call, AccountId::User(id), body, expected));
    let path = "/api/2/tenants/{id}/offering_items/available_for_child";
    let about = "What a tenant below this one can be given";
    let available = get(path, "listAvailableOfferingItems", about)
        .scope(AccountRead)
        .answers::<ItemsResponse<OfferingResponse>>(200, "The offering items.")
        .to(available_for_child);
    [
        read_of_tenant,
        set_of_tenant,
        read_of_user,
        set_of_user,
        available,
    ]
}

fn reads(path: &'static str, id: &'static str) -> Operation {
    get(path, id, "Lists offering items and their quotas")
        .scope(AccountRead)
        .answers::<ItemsResponse<OfferingResponse>>(200, "The offering items.")
        .tagged()
        .cached()
}

/// The example is a quota of 100 GiB that may be exceeded by 10.
fn sets(path: &'static str, id: &'static str) -> Operation {
    put(path, id, "Sets offering items and their quotas")
        .scope(AccountWrite)
        .example(json!({
            "offering_items": [{
                "name": "storage",
                "usage_name": "storage",
                "measurement_unit": "bytes",
                "quota": {
                    "value": 107_374_182_400_u64, "overage": 10_737_418_240_u64, "version": 0,
                },
            }],
        }))
        .answers::<ItemsResponse<OfferingResponse>>(200, "All offering items.")
        .tagged()
}

query! {
    /// Which offering items to read.
    struct OfferingsQuery {
        /// Only those of this edition; `*` is all.
        edition: Option<String>,
    }
}

query! {
    /// Which offering items a tenant below can be given.
    struct AvailableQuery {
        /// Only those of this edition; `*` is all.
        edition: Option<String>,
        /// The kind of that tenant.
        kind: Option<TenantKind>,
    }
}

impl ParameterValue for TenantKind {
    fn schema() -> Value {
        schema::one_of(Self::ALL.map(Self::name))
    }

    fn parse(text: &str) -> Result<Self, String> {
        let known = Self::ALL.map(Self::name).join(", ");
        Self::from_name(text).ok_or_else(|| format!("must be one of {known}"))
    }
}

/// `*`, or nothing said: all editions.
fn filter(edition: Option<&str>) -> Option<&str> {
    edition.filter(|edition| *edition != "*")
}

fn shown(offerings: &Offerings) -> Response {
    let items = offerings.items.iter();
    let items = items
        .map(|item| convert::offering(item, offerings.holder))
        .collect();
    output::versioned(output::ok(&ItemsResponse { items }), offerings.version)
}

async fn read(call: Call, account: AccountId, query: OfferingsQuery) -> Answer {
    let edition = filter(query.edition.as_deref());
    let offerings = usecase::read(call.context(), account, edition).await?;
    Ok(unless_known(call.head(), shown(&offerings)))
}

async fn set(
    call: Call,
    account: AccountId,
    Json(body): Json<OfferingsRequest>,
    expected: Precondition,
) -> Answer {
    let items = body.offering_items.into_iter().enumerate();
    let patches = items
        .map(|(index, item)| convert::offering_patch(index, item))
        .collect::<Result<Vec<_>, ApiError>>()?;
    let done = usecase::update(call.context(), account, &patches, expected.version).await;
    Ok(shown(&expected.checked(done)?))
}

async fn available_for_child(
    call: Call,
    Path(id): Path<TenantId>,
    query: AvailableQuery,
) -> Answer {
    let edition = filter(query.edition.as_deref());
    let items = usecase::available_for_child(call.context(), id, query.kind, edition).await?;
    let items = items.iter().map(convert::available).collect();
    Ok(output::ok(&ItemsResponse { items }))
}
