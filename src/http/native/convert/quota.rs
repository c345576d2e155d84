//! Quotas, and the soon thresholds of a tenant.

use crate::domain::ids::AccountId;
use crate::domain::meter::ItemStatus;
use crate::domain::quota::{Item, Percent, utilization};
use crate::domain::tenant::SoonSetting;
use crate::http::error::ApiError;
use crate::http::native::wire::names::{ItemName, StateName, UnitName};
use crate::http::native::wire::quota::{QuotaResponse, QuotasResponse, SettingsResponse};
use crate::http::output::time;
use crate::usecases::show_quotas::{QuotaSettings, Quotas};

fn quota((status, soon): &(ItemStatus, Option<Percent>)) -> QuotaResponse {
    QuotaResponse {
        item: ItemName(status.item.name()),
        state: StateName(status.state.name()),
        since: time(status.since),
        usage: status.usage,
        quota: status.quota.value,
        overage: status.quota.overage,
        unit: UnitName(status.item.unit().name()),
        utilization: utilization(status.usage, status.quota.value),
        soon_percent: soon.map(Percent::get),
    }
}

pub(crate) fn quotas(quotas: &Quotas) -> QuotasResponse {
    let (tenant_id, user_id) = match quotas.account {
        AccountId::Tenant(id) => (Some(id.uuid()), None),
        AccountId::User(id) => (None, Some(id.uuid())),
    };
    QuotasResponse {
        tenant_id,
        user_id,
        generated_at: time(quotas.generated_at),
        items: quotas.items.iter().map(quota).collect(),
    }
}

pub(crate) fn soon_setting(
    name: &str,
    percent: Option<u8>,
) -> Result<(Item, SoonSetting), ApiError> {
    let field = || format!("soon_percent.{}", name.chars().take(64).collect::<String>());
    let item = name.parse();
    let item = item.map_err(|why| ApiError::malformed(field(), why))?;
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

pub(crate) fn settings(settings: &QuotaSettings) -> SettingsResponse {
    let soon = Item::ALL.into_iter().zip(settings.settings.soon_percent);
    let soon = soon.map(|(item, setting)| {
        let percent = match setting {
            SoonSetting::Inherit => None,
            SoonSetting::Off => Some(0),
            SoonSetting::At(percent) => Some(percent.get()),
        };
        (item.name(), percent)
    });
    SettingsResponse {
        soon_percent: soon.collect(),
        version: settings.version,
    }
}
