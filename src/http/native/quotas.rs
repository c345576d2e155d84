//! How accounts stand, and a tenant's own soon thresholds.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::wire::{Forecast, NO_FORECAST};
use crate::domain::ids::{AccountId, TenantId};
use crate::domain::meter::ItemStatus;
use crate::domain::quota::{Item, Percent, utilization};
use crate::domain::tenant::SoonSetting;
use crate::http::error::ApiError;
use crate::http::input::{self, Params};
use crate::http::message::Response;
use crate::http::output::{self, time};
use crate::http::precondition::{Precondition, unless_known};
use crate::http::router::{Answer, Call};
use crate::usecases::access::Caller;
use crate::usecases::error::{Error, What};
use crate::usecases::show_quotas::{self, QuotaSettings, Quotas};

#[derive(Serialize)]
struct QuotaForm {
    item: &'static str,
    state: &'static str,
    since: String,
    usage: u64,
    quota: Option<u64>,
    overage: Option<u64>,
    unit: &'static str,
    utilization: Option<String>,
    soon_percent: Option<u8>,
    forecast: Option<Forecast>,
}

impl From<&(ItemStatus, Option<Percent>)> for QuotaForm {
    fn from((status, soon): &(ItemStatus, Option<Percent>)) -> Self {
        Self {
            item: status.item.name(),
            state: status.state.name(),
            since: time(status.since),
            usage: status.usage,
            quota: status.quota.value,
            overage: status.quota.overage,
            unit: status.item.unit().name(),
            utilization: utilization(status.usage, status.quota.value),
            soon_percent: soon.map(Percent::get),
            forecast: NO_FORECAST,
        }
    }
}

/// GET `/tenants/{tenant_id}/quotas`.
pub(super) async fn of_tenant(call: Call, caller: Caller) -> Answer {
    let account = AccountId::Tenant(tenant_of(&call)?);
    show(call, caller, account).await
}

/// GET `/users/{user_id}/quotas`.
pub(super) async fn of_user(call: Call, caller: Caller) -> Answer {
    let missing = ApiError::UseCase(Error::NotFound(What::User));
    let account = AccountId::User(call.path.id("user_id", missing)?);
    show(call, caller, account).await
}

async fn show(call: Call, caller: Caller, account: AccountId) -> Answer {
    Params::of_query(&call.request.head)?.only(&[])?;
    let now = call.request.head.received_at;
    let quotas = show_quotas::show_quotas(&call.env, &caller, account, now).await?;
    Ok(answer(&quotas))
}

fn answer(quotas: &Quotas) -> Response {
    let (name, id) = match quotas.account {
        AccountId::Tenant(id) => ("tenant_id", id.uuid()),
        AccountId::User(id) => ("user_id", id.uuid()),
    };
    let items: Vec<QuotaForm> = quotas.items.iter().map(QuotaForm::from).collect();
    output::ok(&json!({
        name: id,
        "generated_at": time(quotas.generated_at),
        "stale": false,
        "items": items,
    }))
}

/// GET `/tenants/{tenant_id}/quota-settings`.
pub(super) async fn show_settings(call: Call, caller: Caller) -> Answer {
    let tenant = tenant_of(&call)?;
    let settings = show_quotas::show_settings(&call.env, &caller, tenant).await?;
    let response = settings_answer(&settings);
    Ok(unless_known(&call.request.head, response))
}

/// What is to change: 1 to 99, 0 for "no soon level", null for "as the deployment has it".
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SettingsForm {
    soon_percent: BTreeMap<String, Option<u8>>,
    version: Option<u64>,
}

/// PUT `/tenants/{tenant_id}/quota-settings`.
pub(super) async fn change_settings(call: Call, caller: Caller) -> Answer {
    let tenant = tenant_of(&call)?;
    let form: SettingsForm = input::json(&call.request)?;
    let named = form.soon_percent.into_iter();
    let soon = named
        .map(|(name, percent)| soon_setting(&name, percent))
        .collect::<Result<Vec<_>, _>>()?;
    let head = &call.request.head;
    let expected = Precondition::optional(head, form.version)?;
    let (version, now) = (expected.version, head.received_at);
    let done = show_quotas::change_settings(&call.env, &caller, tenant, &soon, version, now).await;
    Ok(settings_answer(&expected.checked(done)?))
}

fn soon_setting(name: &str, percent: Option<u8>) -> Result<(Item, SoonSetting), ApiError> {
    let field = || format!("soon_percent.{}", name.chars().take(64).collect::<String>());
    let item: Item = name
        .parse()
        .map_err(|why| ApiError::malformed(field(), why))?;
    let setting = match percent {
        None => SoonSetting::Inherit,
        Some(0) => SoonSetting::Off,
        Some(percent) => {
            let why = "must be 1 to 99, 0 for no soon level, or null for the deployment's";
            let percent = Percent::new(percent).ok_or_else(|| ApiError::malformed(field(), why))?;
            SoonSetting::At(percent)
        }
    };
    Ok((item, setting))
}

fn settings_answer(settings: &QuotaSettings) -> Response {
    let soon: BTreeMap<&str, Option<u8>> = Item::ALL
        .into_iter()
        .map(|item| {
            let percent = match settings.settings.soon_percent[item.index()] {
                SoonSetting::Inherit => None,
                SoonSetting::Off => Some(0),
                SoonSetting::At(percent) => Some(percent.get()),
            };
            (item.name(), percent)
        })
        .collect();
    let body = json!({ "soon_percent": soon, "version": settings.version });
    output::versioned(output::ok(&body), settings.version)
}

fn tenant_of(call: &Call) -> Result<TenantId, ApiError> {
    let missing = ApiError::UseCase(Error::NotFound(What::Tenant));
    call.path.id("tenant_id", missing)
}
