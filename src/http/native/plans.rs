//! The partner plan by which a tenant buys, and the currency of a partner's plans.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::domain::ids::TenantId;
use crate::domain::plan::{Currency, PlanId, PlanRef};
use crate::http::error::ApiError;
use crate::http::input::{self, Params, if_match};
use crate::http::message::Response;
use crate::http::output;
use crate::http::router::{Answer, Call};
use crate::usecases::access::Caller;
use crate::usecases::error::{Error, What};
use crate::usecases::tenant_plan::{self as usecase, Setting};

/// The partner plan by which a tenant buys.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = TenantPlan)]
pub(super) struct PlanForm {
    /// The partner's id.
    #[schema(format = Uuid)]
    partner: String,
    /// The number of the plan there.
    plan_id: u64,
}

/// The currency of a partner's plans.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PlanCurrency)]
pub(super) struct CurrencyForm {
    /// A code of ISO 4217, such as `EUR`.
    #[schema(pattern = "^[A-Z]{3}$")]
    currency: String,
}

fn plan_answer(set: Setting<PlanRef>) -> Response {
    let form = PlanForm {
        partner: set.value.partner.to_string(),
        plan_id: set.value.plan.0,
    };
    output::versioned(output::ok(&form), set.version)
}

fn currency_answer(currency: Currency, version: u64) -> Response {
    let form = CurrencyForm {
        currency: currency.to_string(),
    };
    output::versioned(output::ok(&form), version)
}

/// GET `/tenants/{tenant_id}/plan`.
pub(super) async fn show_plan(call: Call, caller: Caller) -> Answer {
    Params::of_query(&call.request.head)?.only(&[])?;
    let set = usecase::show_plan(&call.env, &caller, tenant_of(&call)?).await?;
    Ok(plan_answer(set))
}

/// PUT `/tenants/{tenant_id}/plan`.
pub(super) async fn name_plan(call: Call, caller: Caller) -> Answer {
    let (tenant, head) = (tenant_of(&call)?, &call.request.head);
    let form: PlanForm = input::json(&call.request)?;
    let partner = form.partner.parse();
    let named = PlanRef {
        partner: partner.map_err(|why| ApiError::malformed("partner", why))?,
        plan: PlanId(form.plan_id),
    };
    let (expected, now) = (if_match(head)?, head.received_at);
    let done = usecase::name_plan(&call.env, &caller, tenant, named, expected, now).await;
    done.map(plan_answer).map_err(stale)
}

/// DELETE `/tenants/{tenant_id}/plan`.
pub(super) async fn drop_plan(call: Call, caller: Caller) -> Answer {
    let (tenant, head) = (tenant_of(&call)?, &call.request.head);
    let (expected, now) = (if_match(head)?, head.received_at);
    let done = usecase::drop_plan(&call.env, &caller, tenant, expected, now).await;
    done.map_err(stale)?;
    Ok(output::no_content())
}

/// GET `/tenants/{tenant_id}/currency`.
pub(super) async fn show_currency(call: Call, caller: Caller) -> Answer {
    Params::of_query(&call.request.head)?.only(&[])?;
    let set = usecase::show_currency(&call.env, &caller, tenant_of(&call)?).await?;
    Ok(currency_answer(set.value, set.version))
}

/// PUT `/tenants/{tenant_id}/currency`.
pub(super) async fn set_currency(call: Call, caller: Caller) -> Answer {
    let form: CurrencyForm = input::json(&call.request)?;
    let currency = usecase::read_currency(&form.currency)?;
    let version = change_currency(&call, &caller, Some(currency)).await?;
    Ok(currency_answer(currency, version))
}

/// DELETE `/tenants/{tenant_id}/currency`.
pub(super) async fn drop_currency(call: Call, caller: Caller) -> Answer {
    change_currency(&call, &caller, None).await?;
    Ok(output::no_content())
}

async fn change_currency(
    call: &Call,
    caller: &Caller,
    currency: Option<Currency>,
) -> Result<u64, ApiError> {
    let (tenant, head) = (tenant_of(call)?, &call.request.head);
    let (expected, now) = (if_match(head)?, head.received_at);
    let done = usecase::set_currency(&call.env, caller, tenant, currency, expected, now).await;
    done.map_err(stale)
}

/// A stale `If-Match` is 412: there is no other way to name a version here.
fn stale(error: Error) -> ApiError {
    match error {
        Error::VersionMismatch { .. } => ApiError::PreconditionFailed,
        other => other.into(),
    }
}

fn tenant_of(call: &Call) -> Result<TenantId, ApiError> {
    let missing = ApiError::UseCase(Error::NotFound(What::Tenant));
    call.path.id("tenant_id", missing)
}
