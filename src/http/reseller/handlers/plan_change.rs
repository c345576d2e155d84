//! `PUT /domain/{domain}/plan`, which the vendor prints as `/domain/domain/plan`.

use serde_json::{Value, json};

use super::common::DomainName;
use crate::domain::client::ApiScope::Plans;
use crate::domain::reseller::change::KeepRole;
use crate::domain::reseller::name::Name;
use crate::domain::text::BadText;
use crate::http::endpoint::{Answer, Call, Endpoint, Json, ParameterValue, Path, put, query};
use crate::http::error::ApiError;
use crate::http::output;
use crate::http::precondition::Precondition;
use crate::http::reseller::convert;
use crate::http::reseller::wire::{PlanChangeRequest, PlanChangeResponse};
use crate::usecases::reseller::{change_plan as usecase, domains};

pub(super) fn endpoints() -> [Endpoint; 1] {
    let path = "/domain/{domain}/plan";
    let summary = "Changes the price plan of a domain";
    let about = "The vendor prints it as `/domain/domain/plan`. All roles of the old plan change \
                 as `keepRole` says, roles that the domain owns stay, in one step; the answer says \
                 what happened to each user. Query and body may each say a part.";
    let change = put(path, "changeDomainPlan", summary)
        .scope(Plans)
        .about(about)
        .example(json!({ "pricePlan": "Silver", "keepRole": true }))
        .answers::<PlanChangeResponse>(200, "What it did.")
        .tagged()
        .to(change);
    [change]
}

query! {
    /// What is asked for, as far as the body does not say it.
    struct PlanChangeQuery {
        /// The new plan; mandatory, here or in the body.
        plan as "pricePlan": Option<Name>,
        /// `false`, `true`, or the name of a role.
        keep as "keepRole": Option<KeepRole>,
        /// The domain meant by the vendor's literal path.
        domain: Option<Name>,
    }
}

impl ParameterValue for KeepRole {
    fn schema() -> Value {
        Name::schema()
    }

    fn parse(text: &str) -> Result<Self, String> {
        text.parse().map_err(|why: BadText| why.to_string())
    }
}

/// What the query says, or the body.
fn either<T: PartialEq>(
    field: &str,
    query: Option<T>,
    body: Option<String>,
    read: impl Fn(&str) -> Result<T, BadText>,
) -> Result<Option<T>, ApiError> {
    let body = body.map(|text| read(&text)).transpose();
    match (query, body.map_err(|why| ApiError::malformed(field, why))?) {
        (Some(query), Some(body)) if query != body => Err(ApiError::malformed(
            field,
            "the query and the body say different things",
        )),
        (query, body) => Ok(query.or(body)),
    }
}

/// The name in the vendor's path, which may be read as a placeholder that lost its braces.
const LITERAL: &str = "domain";

/// The domain that is meant. `/domain/domain/plan` means the domain called `domain`; where there
/// is none, the one that the parameter `domain` names.
async fn target(call: &Call, path: Name, named: Option<Name>) -> Result<Name, ApiError> {
    let other = |named: &Name| path.as_str() == LITERAL && !named.is(&path);
    let Some(named) = named.filter(other) else {
        return Ok(path);
    };
    if domains::exists(call.context(), &path).await? {
        return Err(ApiError::malformed(
            "domain",
            "there is a domain called \"domain\", which the path means; name another one in the path",
        ));
    }
    Ok(named)
}

async fn change(
    call: Call,
    Path(DomainName(path)): Path<DomainName>,
    query: PlanChangeQuery,
    body: Option<Json<PlanChangeRequest>>,
    expected: Precondition,
) -> Answer {
    let body = body.map_or_else(PlanChangeRequest::default, |Json(body)| body);
    let needed = || ApiError::malformed("pricePlan", "name the new plan; it is mandatory");
    let plan = either("pricePlan", query.plan, body.price_plan, Name::parse)?.ok_or_else(needed)?;
    let keep = body.keep_role.map(String::from);
    let keep = either("keepRole", query.keep, keep, str::parse)?.unwrap_or(KeepRole::None);
    let domain = either("domain", query.domain, body.domain, Name::parse)?;
    let domain = target(&call, path, domain).await?;
    let (to, version) = ((&plan, &keep), expected.version);
    let done = usecase::change(call.context(), &domain, to, version).await;
    let done = expected.checked(done)?;
    let body = convert::plan_change(&done);
    Ok(output::versioned(output::ok(&body), done.domain.version))
}
