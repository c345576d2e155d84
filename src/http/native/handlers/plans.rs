//! The partner plan by which a tenant buys, and the currency of a partner's plans.

use serde_json::json;

use crate::domain::client::ApiScope::{PartnersRead, PartnersWrite};
use crate::domain::ids::TenantId;
use crate::domain::plan::{Currency, PlanId, PlanRef};
use crate::http::endpoint::{Answer, Call, Endpoint, Json, Path, delete, get, put};
use crate::http::error::ApiError;
use crate::http::message::Response;
use crate::http::native::examples;
use crate::http::native::wire::plan::{CurrencySetting, PlanSetting};
use crate::http::output;
use crate::http::precondition::Precondition;
use crate::usecases::tenant_plan::{self as usecase, Setting};

const PLAN: &str = "/api/upsell/v1/tenants/{tenant_id}/plan";
const CURRENCY: &str = "/api/upsell/v1/tenants/{tenant_id}/currency";

pub(super) fn endpoints() -> [Endpoint; 6] {
    let named = json!({ "partner": examples::TENANT, "plan_id": 1 });
    let plan = "The partner plan by which a tenant buys";
    let names_plan = "Names the partner plan by which a tenant buys";
    let currency = "The currency of a partner's plans";
    let sets_currency = "Sets the currency of a partner's plans";
    [
        get(PLAN, "readTenantPlan", plan)
            .scope(PartnersRead)
            .answers::<PlanSetting>(200, "The plan.")
            .tagged()
            .to(show_plan),
        put(PLAN, "nameTenantPlan", names_plan)
            .scope(PartnersWrite)
            .example(named)
            .answers::<PlanSetting>(200, "The plan.")
            .tagged()
            .to(name_plan),
        delete(PLAN, "dropTenantPlan", "Names no plan any more")
            .scope(PartnersWrite)
            .answers_nothing(204, "There is none.")
            .to(drop_plan),
        get(CURRENCY, "readCurrency", currency)
            .scope(PartnersRead)
            .answers::<CurrencySetting>(200, "The currency.")
            .tagged()
            .to(show_currency),
        put(CURRENCY, "setCurrency", sets_currency)
            .scope(PartnersWrite)
            .example(json!({ "currency": "EUR" }))
            .answers::<CurrencySetting>(200, "The currency.")
            .tagged()
            .to(set_currency),
        delete(CURRENCY, "dropCurrency", "Names no currency any more")
            .scope(PartnersWrite)
            .answers_nothing(204, "There is none.")
            .to(drop_currency),
    ]
}

fn plan_answer(set: Setting<PlanRef>) -> Response {
    let body = PlanSetting {
        partner: set.value.partner.to_string(),
        plan_id: set.value.plan.0,
    };
    output::versioned(output::ok(&body), set.version)
}

fn currency_answer(currency: Currency, version: u64) -> Response {
    let body = CurrencySetting {
        currency: currency.to_string(),
    };
    output::versioned(output::ok(&body), version)
}

async fn show_plan(call: Call, Path(tenant): Path<TenantId>) -> Answer {
    let set = usecase::show_plan(call.context(), tenant).await?;
    Ok(plan_answer(set))
}

async fn name_plan(
    call: Call,
    Path(tenant): Path<TenantId>,
    Json(body): Json<PlanSetting>,
    expected: Precondition,
) -> Answer {
    let partner = body.partner.parse();
    let named = PlanRef {
        partner: partner.map_err(|why| ApiError::malformed("partner", why))?,
        plan: PlanId(body.plan_id),
    };
    let done = usecase::name_plan(call.context(), tenant, named, expected.version).await;
    expected.checked(done).map(plan_answer)
}

async fn drop_plan(call: Call, Path(tenant): Path<TenantId>, expected: Precondition) -> Answer {
    expected.checked(usecase::drop_plan(call.context(), tenant, expected.version).await)?;
    Ok(output::no_content())
}

async fn show_currency(call: Call, Path(tenant): Path<TenantId>) -> Answer {
    let set = usecase::show_currency(call.context(), tenant).await?;
    Ok(currency_answer(set.value, set.version))
}

async fn set_currency(
    call: Call,
    Path(tenant): Path<TenantId>,
    Json(body): Json<CurrencySetting>,
    expected: Precondition,
) -> Answer {
    let currency = usecase::read_currency(&body.currency)?;
    let (wanted, version) = (Some(currency), expected.version);
    let done = usecase::set_currency(call.context(), tenant, wanted, version).await;
    Ok(currency_answer(currency, expected.checked(done)?))
}

async fn drop_currency(call: Call, Path(tenant): Path<TenantId>, expected: Precondition) -> Answer {
    let done = usecase::set_currency(call.context(), tenant, None, expected.version).await;
    expected.checked(done)?;
    Ok(output::no_content())
}
