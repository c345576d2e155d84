//! Where accounts stand, and the soon thresholds of a tenant.

use serde_json::json;

use crate::domain::client::ApiScope::{AccountWrite, AlertsRead};
use crate::domain::ids::{AccountId, TenantId, UserId};
use crate::http::endpoint::{Answer, Call, Endpoint, Json, Path, get, put};
use crate::http::message::Response;
use crate::http::native::convert::quota as convert;
use crate::http::native::wire::quota::{QuotasResponse, SettingsRequest, SettingsResponse};
use crate::http::output;
use crate::http::precondition::{Precondition, unless_known};
use crate::usecases::show_quotas::{self as usecase, QuotaSettings};

const SETTINGS: &str = "/api/upsell/v1/tenants/{tenant_id}/quota-settings";

pub(super) fn endpoints() -> [Endpoint; 4] {
    let path = "/api/upsell/v1/users/{user_id}/quotas";
    let of_user = get(path, "readUserQuotas", "How a user's own quotas stand")
        .scope(AlertsRead)
        .answers::<QuotasResponse>(200, "The quotas.")
        .to(|call: Call, Path(id): Path<UserId>| show(call, AccountId::User(id)));
    let path = "/api/upsell/v1/tenants/{tenant_id}/quotas";
    let of_tenant = get(path, "readTenantQuotas", "How a tenant's quotas stand")
        .scope(AlertsRead)
        .answers::<QuotasResponse>(200, "The quotas.")
        .to(|call: Call, Path(id): Path<TenantId>| show(call, AccountId::Tenant(id)));
    let summary = "A tenant's own soon thresholds";
    let show_settings = get(SETTINGS, "readQuotaSettings", summary)
        .scope(AlertsRead)
        .answers::<SettingsResponse>(200, "The thresholds.")
        .tagged()
        .cached()
        .to(show_settings);
    let summary = "Sets a tenant's own soon thresholds";
    let change_settings = put(SETTINGS, "updateQuotaSettings", summary)
        .scope(AccountWrite)
        .example(json!({ "soon_percent": { "storage_size": 80 }, "version": 1 }))
        .answers::<SettingsResponse>(200, "The thresholds.")
        .tagged()
        .conditional()
        .to(change_settings);
    [of_user, of_tenant, show_settings, change_settings]
}

fn shown(settings: &QuotaSettings) -> Response {
    output::versioned(output::ok(&convert::settings(settings)), settings.version)
}

async fn show(call: Call, account: AccountId) -> Answer {
    let quotas = usecase::show_quotas(call.context(), account).await?;
    Ok(output::ok(&convert::quotas(&quotas)))
}

async fn show_settings(call: Call, Path(tenant): Path<TenantId>) -> Answer {
    let settings = usecase::show_settings(call.context(), tenant).await?;
    Ok(unless_known(call.head(), shown(&settings)))
}

async fn change_settings(
    call: Call,
    Path(tenant): Path<TenantId>,
    Json(body): Json<SettingsRequest>,
) -> Answer {
    let named = body.soon_percent.into_iter();
    let soon = named
        .map(|(name, percent)| convert::soon_setting(&name, percent))
        .collect::<Result<Vec<_>, _>>()?;
    let expected = Precondition::optional(call.head(), body.version)?;
    let done = usecase::change_settings(call.context(), tenant, &soon, expected.version).await;
    Ok(shown(&expected.checked(done)?))
}
