//! What accounts use, next to what they are sold.

use futures_util::{StreamExt, TryStreamExt};

use super::access::Context;
use super::error::Error;
use super::manage_offering_items::Holder;
use super::offering_patch::unit_of;
use crate::domain::ids::{AccountId, TenantId};
use crate::domain::meter::{MeasurementUnit, Meter, OfferingItem, UsageKey, UsageNames};

/// Accounts of a list that are read at once.
const CONCURRENT_READS: usize = 32;

/// One measurement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Usage {
    /// Whose.
    pub holder: Holder,
    /// What is measured.
    pub key: UsageKey,
    /// How much: bytes or things; 0 where nothing was reported.
    pub absolute: u64,
    /// What the number counts.
    pub unit: MeasurementUnit,
    /// What is sold; `None` where something is used that is not sold.
    pub offering: Option<OfferingItem>,
}

/// The usages of one account.
///
/// # Errors
/// It is unknown or out of reach.
pub async fn of_account(cx: Context<'_>, account: AccountId) -> Result<Vec<Usage>, Error> {
    let account = cx.account(account).await?;
    let (meter, _) = cx.env.store.meter(account.account()).await?;
    let names = &cx.env.settings.usage_names;
    Ok(usages(&meter, Holder::from(&account), names))
}

/// The usages of several tenants, in their order; those out of reach are left out. With `names`
/// only those measurements.
///
/// # Errors
/// The store failed.
pub async fn of_tenants(
    cx: Context<'_>,
    tenants: &[TenantId],
    names: Option<&[String]>,
) -> Result<Vec<Usage>, Error> {
    let lists: Vec<Vec<Usage>> = futures_util::stream::iter(tenants.to_vec())
        .map(|tenant| async move {
            match of_account(cx, AccountId::Tenant(tenant)).await {
                Err(Error::NotFound(_)) => Ok(Vec::new()),
                other => other,
            }
        })
        .buffered(CONCURRENT_READS)
        .try_collect()
        .await?;
    let wanted = |usage: &Usage| {
        names.is_none_or(|names| names.iter().any(|name| usage.key.usage_name == *name))
    };
    Ok(lists.into_iter().flatten().filter(wanted).collect())
}

/// What is sold with what is used of it, then what is used without being sold.
fn usages(meter: &Meter, holder: Holder, names: &UsageNames) -> Vec<Usage> {
    let active = meter.offering_items.iter().filter(|item| item.active);
    let sold = active.map(|item| Usage {
        holder,
        key: item.key.clone(),
        absolute: meter.usage_of(item).map_or(0, |value| value.absolute),
        unit: item.measurement_unit,
        offering: Some(item.clone()),
    });
    let mut all: Vec<Usage> = sold.collect();
    let unsold = meter.usages.iter().filter(|(key, _)| {
        let mut offered = meter.offering_items.iter().filter(|item| item.active);
        !offered.any(|item| key.fits(&item.key))
    });
    all.extend(unsold.map(|(key, value)| {
        Usage {
            holder,
            key: key.clone(),
            absolute: value.absolute,
            unit: names
                .get(&key.usage_name)
                .map_or(MeasurementUnit::Quantity, |item| unit_of(*item)),
            offering: None,
        }
    }));
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::{ApplicationId, V1Id};
    use crate::domain::meter::{Observed, OfferingType};
    use crate::domain::quota::{Item, Quota};
    use crate::domain::time::Timestamp;

    fn key(usage_name: &str) -> UsageKey {
        UsageKey {
            usage_name: usage_name.into(),
            edition: None,
            infra_id: None,
        }
    }

    #[test]
    fn what_is_sold_comes_first_then_what_is_only_used() {
        let id = TenantId::random();
        let mut meter = Meter::new(AccountId::Tenant(id));
        for (name, active) in [("storage", true), ("vms", true), ("mobiles", false)] {
            meter.offering_items.push(OfferingItem {
                application_id: ApplicationId::new(uuid::Uuid::nil()),
                name: name.to_owned(),
                key: key(name),
                measurement_unit: MeasurementUnit::Quantity,
                kind: OfferingType::Count,
                active,
                locked: false,
                quota: Some(Quota::soft(1)),
                quota_version: 1,
                updated_at: Timestamp::default(),
            });
        }
        for (name, value) in [("storage", 7), ("mobiles", 3), ("servers", 2)] {
            meter
                .report(
                    &key(name),
                    value,
                    Observed::OnArrival(Timestamp::from_secs(1)),
                )
                .unwrap();
        }
        let holder = Holder {
            tenant_id: Some(id),
            v1_id: V1Id(1),
        };
        let names = [("servers".into(), Item::PhysicalServers)].into();
        let found = usages(&meter, holder, &names);
        let shown: Vec<_> = found
            .iter()
            .map(|usage| {
                (
                    &*usage.key.usage_name,
                    usage.absolute,
                    usage.offering.is_some(),
                )
            })
            .collect();
        assert_eq!(
            shown,
            [
                ("storage", 7, true),
                ("vms", 0, true),
                ("mobiles", 3, false),
                ("servers", 2, false)
            ]
        );
    }
}
