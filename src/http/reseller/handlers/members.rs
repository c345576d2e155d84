//! `/domain/{domain}/users/{user}/role`.

use serde_json::{Value, json};

use super::common::DomainName;
use crate::domain::client::ApiScope::Plans;
use crate::http::endpoint::{Answer, Call, Endpoint, Json, Path, Segment, delete, get, put};
use crate::http::error::ApiError;
use crate::http::message::Response;
use crate::http::output;
use crate::http::precondition::Precondition;
use crate::http::reseller::convert;
use crate::http::reseller::wire::{MemberRequest, MemberResponse};
use crate::usecases::reseller::members::{self as usecase, Member};

pub(super) fn endpoints() -> [Endpoint; 3] {
    let path = "/domain/{domain}/users/{user}/role";
    let show = get(path, "readDomainUser", "The roles of a user in a domain")
        .scope(Plans)
        .answers::<MemberResponse>(200, "The roles.")
        .tagged()
        .to(show);
    let sets = "Sets the roles of a user in a domain";
    let replace = put(path, "setDomainUser", sets)
        .scope(Plans)
        .example(json!({ "roles": ["Admin"] }))
        .answers::<MemberResponse>(200, "The roles.")
        .tagged()
        .to(replace);
    let take_out = delete(path, "removeDomainUser", "Takes a user out of a domain")
        .scope(Plans)
        .answers_nothing(204, "The user holds no role there.")
        .to(take_out);
    [show, replace, take_out]
}

/// What names a user.
struct UserText(String);

impl Segment for UserText {
    const ABOUT: &'static str = "The login or the id of the user.";

    fn schema() -> Value {
        json!({ "type": "string", "minLength": 1, "maxLength": 512 })
    }

    fn parse(text: &str) -> Result<Self, ApiError> {
        Ok(Self(text.to_owned()))
    }
}

type MemberPath = Path<(DomainName, UserText)>;

fn shown(member: &Member) -> Response {
    output::versioned(output::ok(&convert::member(member)), member.version)
}

async fn show(call: Call, Path((DomainName(domain), UserText(user))): MemberPath) -> Answer {
    let member = usecase::read(call.context(), &domain, &user).await?;
    Ok(shown(&member))
}

async fn replace(
    call: Call,
    Path((DomainName(domain), UserText(user))): MemberPath,
    Json(body): Json<MemberRequest>,
    expected: Precondition,
) -> Answer {
    let roles = convert::wanted(body)?;
    let (who, version) = ((&domain, &*user), expected.version);
    let done = usecase::replace(call.context(), who, &roles, version).await;
    Ok(shown(&expected.checked(done)?))
}

async fn take_out(
    call: Call,
    Path((DomainName(domain), UserText(user))): MemberPath,
    expected: Precondition,
) -> Answer {
    let (who, version) = ((&domain, &*user), expected.version);
    let done = usecase::take_out(call.context(), who, version).await;
    expected.checked(done)?;
    Ok(output::no_content())
}
