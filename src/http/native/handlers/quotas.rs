//! How accounts stand, and a tenant's own soon thresholds.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::domain::client::ApiScope::{AccountWrite, AlertsRead};
use crate::domain::ids::{AccountId, TenantId, UserId};
use crate::domain::meter::ItemStatus;
use crate::domain::quota::{Item, Percent, utilization};
use crate::domain::tenant::SoonSetting;
use crate::http::endpoint::{Answer, Call, Endpoint, Json, Path, get, put};
use crate::http::error::ApiError;
use crate::http::message::Response;
use crate::http::native::names::{ItemName, StateName, UnitName};
use crate::http::output::{self, time};
use crate::http::precondition::{Precondition, unless_known};
use crate::usecases::show_quotas::{self, QuotaSettings, Quotas};

/// A quota, and where usage stands against it.
#[derive(Serialize, ToSchema)]
#[schema(as = QuotaState)]
pub(super) struct QuotaResponse {
    /// What the quota is about.
    #[schema(value_type = ItemName)]
    item: &'static str,
    /// Where usage stands.
    #[schema(value_type = StateName)]
    state: &'static str,
    /// Since when.
    #[schema(format = DateTime)]
    since: String,
    /// How much is used.
    usage: u64,
    /// How much is allowed; null: unlimited.
    #[schema(required)]
    quota: Option<u64>,
    /// How far usage may go beyond it; null: unlimited.
    #[schema(required)]
    overage: Option<u64>,
    /// What the numbers count.
    #[schema(value_type = UnitName)]
    unit: &'static str,
    /// Usage in percent of the quota, with one decimal; null without a quota.
    #[schema(required)]
    utilization: Option<String>,
    /// From how many percent on it counts as almost reached; null: never.
    #[schema(required)]
    soon_percent: Option<u8>,
}

impl From<&(ItemStatus, Option<Percent>)> for QuotaResponse {
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
        }
    }
}

/// Where an account stands. Either `tenant_id` or `user_id` says whose it is.
#[derive(Serialize, ToSchema)]
#[schema(as = QuotaStates)]
pub(super) struct QuotasResponse {
    /// The tenant.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    tenant_id: Option<Uuid>,
    /// The user.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    user_id: Option<Uuid>,
    /// The moment of the answer.
    #[schema(format = DateTime)]
    generated_at: String,
    /// The quotas.
    items: Vec<QuotaResponse>,
}

const SETTINGS: &str = "/api/upsell/v1/tenants/{tenant_id}/quota-settings";

/// What tells how accounts stand.
pub(super) fn endpoints() -> [Endpoint; 4] {
    let user = "/api/upsell/v1/users/{user_id}/quotas";
    let tenant = "/api/upsell/v1/tenants/{tenant_id}/quotas";
    [
        get(user, "readUserQuotas", "How a user's own quotas stand")
            .scope(AlertsRead)
            .answers::<QuotasResponse>(200, "The quotas.")
            .to(of_user),
        get(tenant, "readTenantQuotas", "How a tenant's quotas stand")
            .scope(AlertsRead)
            .answers::<QuotasResponse>(200, "The quotas.")
            .to(of_tenant),
        get(
            SETTINGS,
            "readQuotaSettings",
            "A tenant's own soon thresholds",
        )
        .scope(AlertsRead)
        .answers::<SettingsResponse>(200, "The thresholds.")
        .tagged()
        .cached()
        .to(show_settings),
        put(
            SETTINGS,
            "updateQuotaSettings",
            "Sets a tenant's own soon thresholds",
        )
        .scope(AccountWrite)
        .example(json!({ "soon_percent": { "storage_size": 80 }, "version": 1 }))
        .answers::<SettingsResponse>(200, "The thresholds.")
        .tagged()
        .conditional()
        .to(change_settings),
    ]
}

async fn of_tenant(call: Call, Path(id): Path<TenantId>) -> Answer {
    show(call, AccountId::Tenant(id)).await
}

async fn of_user(call: Call, Path(id): Path<UserId>) -> Answer {
    show(call, AccountId::User(id)).await
}

async fn show(call: Call, account: AccountId) -> Answer {
    let quotas = show_quotas::show_quotas(call.context(), account).await?;
    Ok(answer(&quotas))
}

fn answer(quotas: &Quotas) -> Response {
    let (tenant_id, user_id) = match quotas.account {
        AccountId::Tenant(id) => (Some(id.uuid()), None),
        AccountId::User(id) => (None, Some(id.uuid())),
    };
    output::ok(&QuotasResponse {
        tenant_id,
        user_id,
        generated_at: time(quotas.generated_at),
        items: quotas.items.iter().map(QuotaResponse::from).collect(),
    })
}

async fn show_settings(call: Call, Path(tenant): Path<TenantId>) -> Answer {
    let settings = show_quotas::show_settings(call.context(), tenant).await?;
    Ok(unless_known(call.head(), settings_answer(&settings)))
}

/// Soon thresholds in percent, by item.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "describes the maps of the forms below")]
struct SoonPercent {
    /// Storage.
    #[schema(maximum = 99)]
    storage_size: Option<u8>,
    /// Physical machines.
    #[schema(maximum = 99)]
    physical_machines: Option<u8>,
    /// Physical servers.
    #[schema(maximum = 99)]
    physical_servers: Option<u8>,
    /// Virtual machines.
    #[schema(maximum = 99)]
    virtual_machines: Option<u8>,
    /// Mobile devices.
    #[schema(maximum = 99)]
    mobile_devices: Option<u8>,
}

/// What to change of a tenant's own soon thresholds.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = QuotaSettingsChange)]
pub(super) struct SettingsRequest {
    /// By item: 1 to 99, 0 for no soon level, null for as the deployment has it. What is missing is kept.
    #[schema(value_type = SoonPercent)]
    soon_percent: BTreeMap<String, Option<u8>>,
    /// The current version; `If-Match` may say it instead. Missing: none in particular.
    version: Option<u64>,
}

/// A tenant's own soon thresholds.
#[derive(Serialize, ToSchema)]
#[schema(as = QuotaSettings)]
pub(super) struct SettingsResponse {
    /// By item: 1 to 99, 0 for no soon level, null for as the deployment has it.
    #[schema(value_type = SoonPercent)]
    soon_percent: BTreeMap<&'static str, Option<u8>>,
    /// The tenant's version.
    version: u64,
}

async fn change_settings(
    call: Call,
    Path(tenant): Path<TenantId>,
    Json(body): Json<SettingsRequest>,
) -> Answer {
    let named = body.soon_percent.into_iter();
    let soon = named
        .map(|(name, percent)| soon_setting(&name, percent))
        .collect::<Result<Vec<_>, _>>()?;
    let expected = Precondition::optional(call.head(), body.version)?;
    let done = show_quotas::change_settings(call.context(), tenant, &soon, expected.version).await;
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
    let soon_percent = Item::ALL
        .into_iter()
        .zip(settings.settings.soon_percent)
        .map(|(item, setting)| {
            let percent = match setting {
                SoonSetting::Inherit => None,
                SoonSetting::Off => Some(0),
                SoonSetting::At(percent) => Some(percent.get()),
            };
            (item.name(), percent)
        })
        .collect();
    let body = SettingsResponse {
        soon_percent,
        version: settings.version,
    };
    output::versioned(output::ok(&body), settings.version)
}
