//! `PUT /domain/{domain}/plan`, which the seed prints as `/domain/domain/plan`.

use super::convert;
use super::domains::domain_of;
use super::request::IfMatch;
use super::wire::{KeepRoleIn, PlanChangeIn};
use crate::domain::reseller::change::KeepRole;
use crate::domain::reseller::name::Name;
use crate::http::error::ApiError;
use crate::http::input::{self, Params};
use crate::http::message::Request;
use crate::http::output;
use crate::http::router::{Answer, Call};
use crate::usecases::access::Caller;
use crate::usecases::reseller::{change_plan as usecase, domains};

/// The name in the seed's path, which may be read as a placeholder that lost its braces.
const LITERAL: &str = "domain";

/// What is asked for, in the query, in JSON, or in parts in both.
#[derive(Debug, PartialEq, Eq)]
struct Wanted {
    plan: Name,
    keep: KeepRole,
    domain: Option<Name>,
}

impl Wanted {
    fn of(request: &Request) -> Result<Self, ApiError> {
        let query = Params::of_query(&request.head)?;
        let body = match request.body.is_empty() {
            true => PlanChangeIn::default(),
            false => input::json::<PlanChangeIn>(request)?,
        };
        let either = |name: &str, body: Option<String>| match (query.get(name), body) {
            (Some(query), Some(body)) if query != body => Err(ApiError::malformed(
                name,
                "the query and the body say different things",
            )),
            (Some(query), _) => Ok(Some(query.to_owned())),
            (None, body) => Ok(body),
        };
        let plan = either("pricePlan", body.price_plan)?;
        let plan = plan.ok_or_else(|| {
            ApiError::malformed("pricePlan", "name the new plan; it is mandatory")
        })?;
        let keep = either("keepRole", body.keep_role.map(|KeepRoleIn(text)| text))?;
        let keep = keep.map_or(Ok(KeepRole::None), |text| text.parse());
        let domain = either("domain", body.domain)?;
        Ok(Self {
            plan: convert::name("pricePlan", &plan)?,
            keep: keep.map_err(|why| ApiError::malformed("keepRole", why))?,
            domain: domain
                .map(|text| convert::name("domain", &text))
                .transpose()?,
        })
    }
}

/// The domain that is meant. `/domain/domain/plan` means the domain called `domain`; where there
/// is none, the one that the parameter `domain` names.
async fn target(call: &Call, caller: &Caller, wanted: &Wanted) -> Result<Name, ApiError> {
    let path = domain_of(call)?;
    let Some(named) = &wanted.domain else {
        return Ok(path);
    };
    if path.as_str() != LITERAL || named.is(&path) {
        return Ok(path);
    }
    if domains::exists(&call.env, caller, &path).await? {
        return Err(ApiError::malformed(
            "domain",
            "there is a domain called \"domain\", which the path means; name another one in the path",
        ));
    }
    Ok(named.clone())
}

pub(super) async fn change(call: Call, caller: Caller) -> Answer {
    let wanted = Wanted::of(&call.request)?;
    let domain = target(&call, &caller, &wanted).await?;
    let expected = IfMatch::of(&call.request.head)?;
    let now = call.request.head.received_at;
    let to = (&wanted.plan, &wanted.keep);
    let done = usecase::change(&call.env, &caller, &domain, to, expected.0, now).await;
    let done = expected.checked(done)?;
    let body = convert::plan_change(&done);
    Ok(output::versioned(output::ok(&body), done.domain.version))
}
