//! How a tenant and all below it look, and the Buy URL.

use http::{HeaderName, HeaderValue, StatusCode};
use serde_json::json;

use crate::domain::client::ApiScope::{AccountRead, AccountWrite};
use crate::domain::ids::TenantId;
use crate::http::account::convert::brand as convert;
use crate::http::account::examples;
use crate::http::account::wire::brand::{BrandRequest, BrandResponse};
use crate::http::endpoint::{
    Answer, Call, Endpoint, Json, Operation, Path, delete, get, post, put, query,
};
use crate::http::error::ApiError;
use crate::http::input;
use crate::http::message::Response;
use crate::http::openapi::schema;
use crate::http::output;
use crate::http::precondition::{Precondition, unless_known};
use crate::usecases::manage_brand::{self as usecase, BrandView, Rules, logo_media_type};

/// Says whether branding is enabled: the vendor's object has no room for it.
const ENABLED: HeaderName = HeaderName::from_static("x-upsell-brand-enabled");

const IMAGE: ApiError = ApiError::MediaType("image/png or image/jpeg");

pub(super) fn endpoints() -> [Endpoint; 6] {
    let path = "/api/2/tenants/{id}/brand";
    let read = get(path, "readBrand", "Reads the branding options").scope(AccountRead);
    let read = answers_brand(read)
        .such_as(examples::brand())
        .cached()
        .to(show);
    let about = "Sets branding options, the Buy URL among them";
    let update = put(path, "updateBrand", about)
        .scope(AccountWrite)
        .about("The tenant's version grows by one.")
        .example(json!({ "upsell_url": "https://shop.example.com/buy?campaign=7" }));
    let update = answers_brand(update).conditional().to(change);
    let enable = post(path, "enableBrand", "Enables branding")
        .scope(AccountWrite)
        .about("Options may come along.")
        .example(json!({ "company_name": "FooBar" }));
    let enable = answers_brand(enable).conditional().to(switch_on);
    let disable = delete(path, "disableBrand", "Disables branding")
        .scope(AccountWrite)
        .about("The options are kept.")
        .answers_nothing(204, "It is disabled.")
        .conditional()
        .to(switch_off);
    let path = "/api/2/tenants/{id}/brand/logo";
    let read_logo = get(path, "readLogo", "Reads the logo")
        .scope(AccountRead)
        .answers_raw(200, "The picture.", "image/png", schema::binary())
        .answers_raw(200, "The picture.", "image/jpeg", schema::binary())
        .tagged()
        .cached()
        .to(read_logo);
    let set = post(path, "setLogo", "Sets the logo")
        .scope(AccountWrite)
        .limit(|limits| limits.logo_bytes)
        .about("PNG or JPEG; what the header says must be what the bytes are.")
        .takes_as("image/png", schema::binary(), None)
        .takes_as("image/jpeg", schema::binary(), None);
    let set_logo = answers_brand(set).conditional().to(set_logo);
    [read, update, enable, disable, read_logo, set_logo]
}

/// With the whole brand and the version of its tenant.
fn answers_brand(operation: Operation) -> Operation {
    let about = "Whether branding is enabled.";
    let is_enabled = schema::one_of(["true", "false"]);
    operation
        .answers::<BrandResponse>(200, "The branding options.")
        .tagged()
        .with_header("X-Upsell-Brand-Enabled", is_enabled, about)
}

query! {
    /// The version that a change expects: the vendor has it in the query.
    struct BrandQuery {
        /// The tenant's version; `If-Match` may say it instead.
        version: Option<u64> = 1,
    }
}

fn shown(view: BrandView) -> Response {
    let enabled = if view.brand.enabled { "true" } else { "false" };
    let mut response = output::ok(&convert::brand(view.brand));
    let headers = response.headers_mut();
    headers.insert(ENABLED, HeaderValue::from_static(enabled));
    output::versioned(response, view.tenant_version)
}

/// The version where query and body may both name one.
fn one_version(in_query: Option<u64>, in_body: Option<u64>) -> Result<Option<u64>, ApiError> {
    match (in_query, in_body) {
        (Some(query), Some(body)) if query != body => Err(ApiError::malformed(
            "version",
            "the query and the body name different versions; name one, the tenant's current",
        )),
        _ => Ok(in_query.or(in_body)),
    }
}

async fn show(call: Call, Path(id): Path<TenantId>) -> Answer {
    let view = usecase::read(call.context(), id).await?;
    Ok(unless_known(call.head(), shown(view)))
}

async fn change(
    call: Call,
    Path(id): Path<TenantId>,
    query: BrandQuery,
    Json(body): Json<BrandRequest>,
) -> Answer {
    let version = one_version(query.version, body.version)?;
    let expected = Precondition::required(call.head(), version)?;
    let (cx, change) = (call.context(), |brand, rules: &Rules<'_>| {
        body.apply(brand, rules)
    });
    let done = usecase::update(cx, id, expected.version, change).await;
    Ok(shown(expected.checked(done)?))
}

async fn switch_on(
    call: Call,
    Path(id): Path<TenantId>,
    query: BrandQuery,
    body: Option<Json<BrandRequest>>,
) -> Answer {
    let body = body.map(|Json(body)| body).unwrap_or_default();
    let version = one_version(query.version, body.version)?;
    let expected = Precondition::optional(call.head(), version)?;
    let (cx, change) = (call.context(), |brand, rules: &Rules<'_>| {
        body.apply(brand, rules)
    });
    let done = usecase::enable(cx, id, expected.version, change).await;
    Ok(shown(expected.checked(done)?))
}

async fn switch_off(call: Call, Path(id): Path<TenantId>, query: BrandQuery) -> Answer {
    let expected = Precondition::optional(call.head(), query.version)?;
    let done = usecase::disable(call.context(), id, expected.version).await;
    expected.checked(done)?;
    Ok(output::no_content())
}

async fn read_logo(call: Call, Path(id): Path<TenantId>) -> Answer {
    let (logo, version) = usecase::read_logo(call.context(), id).await?;
    let response = output::with_body(StatusCode::OK, logo.media_type, logo.image);
    let response = output::versioned(response, version);
    Ok(unless_known(call.head(), response))
}

async fn set_logo(call: Call, Path(id): Path<TenantId>, query: BrandQuery) -> Answer {
    let expected = Precondition::optional(call.head(), query.version)?;
    let is_image = |said: &String| ["image/png", "image/jpeg"].contains(&said.as_str());
    let said = input::media_type(call.head())
        .filter(is_image)
        .ok_or(IMAGE)?;
    let image = &call.request.body;
    if logo_media_type(image) != Some(said.as_str()) {
        let why = "must be the PNG or JPEG image that Content-Type says";
        return Err(ApiError::malformed("body", why));
    }
    let done = usecase::set_logo(call.context(), id, image, expected.version).await;
    Ok(shown(expected.checked(done)?))
}
