//! `/tenants/{id}/brand`: the steps of seed 001.

use http::{HeaderName, HeaderValue};

use super::convert::brand as convert;
use super::tenants::tenant_of;
use super::wire::brand::BrandIn;
use crate::http::error::ApiError;
use crate::http::input::{self, Params};
use crate::http::message::Response;
use crate::http::output;
use crate::http::precondition::{Precondition, unless_known};
use crate::http::router::{Answer, Call};
use crate::usecases::access::Caller;
use crate::usecases::brand_patch::BrandPatch;
use crate::usecases::manage_brand::{self as usecase, BrandView, LogoFormat};

/// Says whether branding is enabled: the object of seed 001 has no room for it.
const ENABLED: HeaderName = HeaderName::from_static("x-upsell-brand-enabled");

const IMAGE: ApiError = ApiError::MediaType("image/png or image/jpeg");

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

/// The tenant's version in the query, where it is given.
fn expected(call: &Call) -> Result<Precondition, ApiError> {
    let params = Params::of_query(&call.request.head)?;
    Precondition::optional(&call.request.head, params.version()?)
}

pub(super) async fn read(call: Call, caller: Caller) -> Answer {
    let view = usecase::read(&call.env, &caller, tenant_of(&call)?).await?;
    Ok(unless_known(&call.request.head, shown(view)))
}

/// Seed 001: the version of the tenant stands in the query.
pub(super) async fn update(call: Call, caller: Caller) -> Answer {
    let id = tenant_of(&call)?;
    let head = &call.request.head;
    let in_query: Option<u64> = Params::of_query(head)?.version()?;
    let body = input::json::<BrandIn>(&call.request)?;
    let expected = Precondition::required(head, one_version(in_query, body.version)?)?;
    let patch = convert::brand_patch(body);
    let done = usecase::update(
        &call.env,
        &caller,
        id,
        &patch,
        expected.version,
        head.received_at,
    );
    Ok(shown(expected.checked(done.await)?))
}

/// Enables branding; options may come along.
pub(super) async fn enable(call: Call, caller: Caller) -> Answer {
    let id = tenant_of(&call)?;
    let head = &call.request.head;
    let in_query = Params::of_query(head)?.version()?;
    let (patch, in_body) = if call.request.body.is_empty() {
        (BrandPatch::default(), None)
    } else {
        let body = input::json::<BrandIn>(&call.request)?;
        let version = body.version;
        (convert::brand_patch(body), version)
    };
    let expected = Precondition::optional(head, one_version(in_query, in_body)?)?;
    let now = head.received_at;
    let done = usecase::enable(&call.env, &caller, id, &patch, expected.version, now);
    Ok(shown(expected.checked(done.await)?))
}

/// Disables branding; the options are kept.
pub(super) async fn disable(call: Call, caller: Caller) -> Answer {
    let id = tenant_of(&call)?;
    let expected = expected(&call)?;
    let now = call.request.head.received_at;
    let done = usecase::disable(&call.env, &caller, id, expected.version, now);
    expected.checked(done.await)?;
    Ok(output::no_content())
}

pub(super) async fn read_logo(call: Call, caller: Caller) -> Answer {
    let (logo, version) = usecase::read_logo(&call.env, &caller, tenant_of(&call)?).await?;
    let media_type = logo.format.media_type();
    let response = output::with_body(http::StatusCode::OK, media_type, logo.image);
    let response = output::versioned(response, version);
    Ok(unless_known(&call.request.head, response))
}

/// What the header says must be what the bytes are.
pub(super) async fn set_logo(call: Call, caller: Caller) -> Answer {
    let id = tenant_of(&call)?;
    let expected = expected(&call)?;
    let head = &call.request.head;
    let said = input::media_type(head).ok_or(IMAGE)?;
    let formats = [LogoFormat::Png, LogoFormat::Jpeg];
    let said = formats
        .into_iter()
        .find(|format| format.media_type() == said);
    let image = &call.request.body;
    if LogoFormat::detect(image) != Some(said.ok_or(IMAGE)?) {
        return Err(ApiError::malformed(
            "body",
            "must be the PNG or JPEG image that Content-Type says",
        ));
    }
    let now = head.received_at;
    let done = usecase::set_logo(&call.env, &caller, id, image, expected.version, now);
    Ok(shown(expected.checked(done.await)?))
}
