//! `/domain/{domain}` and its retention.

use http::StatusCode;
use serde_json::json;

use super::common::{
    DomainName, New, check_repeated, reads_retention, sets_retention, show_retention,
};
use crate::domain::client::ApiScope::Plans;
use crate::http::endpoint::{Answer, Call, Endpoint, Json, Path, delete, get, put};
use crate::http::message::Response;
use crate::http::output;
use crate::http::precondition::{Precondition, by_header};
use crate::http::reseller::convert;
use crate::http::reseller::wire::{DomainRequest, DomainResponse, RetentionRequest};
use crate::usecases::error::{Error, What};
use crate::usecases::precondition::Expected;
use crate::usecases::reseller::domains::{self as usecase, DomainView};

pub(super) fn endpoints() -> [Endpoint; 6] {
    let path = "/domain/{domain}";
    let show = get(path, "readDomain", "Reads a domain")
        .scope(Plans)
        .answers::<DomainResponse>(200, "The domain.")
        .tagged()
        .to(show);
    let save = put(path, "putDomain", "Creates or changes a domain")
        .scope(Plans)
        .example(json!({ "plan": "Gold" }))
        .answers::<DomainResponse>(200, "The domain.")
        .tagged()
        .answers::<DomainResponse>(201, "The domain is new.")
        .tagged()
        .to(save);
    let remove = delete(path, "deleteDomain", "Deletes a domain with its roles")
        .scope(Plans)
        .answers_nothing(204, "It is deleted.")
        .to(remove);
    let path = "/domain/{domain}/retention";
    let retention = reads_retention(path, "readDomainRetention").to(retention);
    let set_retention = sets_retention(path, "setDomainRetention").to(set_retention);
    let back = "Goes back to the values of the domain's plan";
    let clear_retention = delete(path, "clearDomainRetention", back)
        .scope(Plans)
        .answers_nothing(204, "It has none of its own.")
        .to(clear_retention);
    [
        show,
        save,
        remove,
        retention,
        set_retention,
        clear_retention,
    ]
}

fn shown(status: StatusCode, view: DomainView) -> Response {
    let version = view.domain.version;
    output::versioned(output::json(status, &convert::domain(view)), version)
}

async fn show(call: Call, Path(DomainName(name)): Path<DomainName>) -> Answer {
    let view = usecase::read(call.context(), &name).await?;
    Ok(shown(StatusCode::OK, view))
}

async fn save(
    call: Call,
    Path(New(name, _)): Path<New<DomainName>>,
    Json(body): Json<DomainRequest>,
    expected: Expected,
) -> Answer {
    check_repeated(&name, body.name.as_deref())?;
    let patch = convert::domain_patch(body)?;
    let done = usecase::put(call.context(), &name, &patch, expected).await;
    let (view, is_new) = by_header(done)?;
    let status = match is_new {
        true => StatusCode::CREATED,
        false => StatusCode::OK,
    };
    Ok(shown(status, view))
}

async fn remove(
    call: Call,
    Path(DomainName(name)): Path<DomainName>,
    expected: Precondition,
) -> Answer {
    let done = usecase::delete(call.context(), &name, expected.version).await;
    expected.checked(done)?;
    Ok(output::no_content())
}

async fn retention(call: Call, Path(DomainName(name)): Path<DomainName>) -> Answer {
    let view = usecase::read(call.context(), &name).await?;
    let retention = view.retention.ok_or(Error::NotFound(What::Retention))?;
    Ok(show_retention(retention, view.domain.version))
}

async fn set_retention(
    call: Call,
    Path(DomainName(name)): Path<DomainName>,
    Json(body): Json<RetentionRequest>,
    expected: Precondition,
) -> Answer {
    let retention = convert::retention(&body)?;
    let (own, version) = (Some(retention), expected.version);
    let done = usecase::set_retention(call.context(), &name, own, version).await;
    let domain = expected.checked(done)?;
    Ok(show_retention(retention, domain.version))
}

async fn clear_retention(
    call: Call,
    Path(DomainName(name)): Path<DomainName>,
    expected: Precondition,
) -> Answer {
    let done = usecase::set_retention(call.context(), &name, None, expected.version).await;
    expected.checked(done)?;
    Ok(output::no_content())
}
