//! Stored form of meters.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Stored, known};
use crate::domain::evaluate::Standing;
use crate::domain::ids::{AccountId, ApplicationId, InfraId, TenantId, UserId};
use crate::domain::meter::{
    MeasurementUnit, Meter, OfferingItem, OfferingType, UsageKey, UsageValue,
};
use crate::domain::quota::{Item, Level, Quota, State};
use crate::domain::time::Timestamp;

#[derive(Serialize, Deserialize)]
pub enum AccountForm {
    #[serde(rename = "t")]
    Tenant(Uuid),
    #[serde(rename = "u")]
    User(Uuid),
}

impl From<AccountId> for AccountForm {
    fn from(account: AccountId) -> Self {
        match account {
            AccountId::Tenant(id) => Self::Tenant(id.uuid()),
            AccountId::User(id) => Self::User(id.uuid()),
        }
    }
}

impl From<AccountForm> for AccountId {
    fn from(form: AccountForm) -> Self {
        match form {
            AccountForm::Tenant(id) => Self::Tenant(TenantId::new(id)),
            AccountForm::User(id) => Self::User(UserId::new(id)),
        }
    }
}

#[derive(Serialize, Deserialize)]
struct KeyForm {
    usage_name: String,
    edition: Option<String>,
    infra_id: Option<Uuid>,
}

impl From<UsageKey> for KeyForm {
    fn from(key: UsageKey) -> Self {
        Self {
            usage_name: key.usage_name.into(),
            edition: key.edition,
            infra_id: key.infra_id.map(InfraId::uuid),
        }
    }
}

impl From<KeyForm> for UsageKey {
    fn from(form: KeyForm) -> Self {
        Self {
            usage_name: form.usage_name.into(),
            edition: form.edition,
            infra_id: form.infra_id.map(InfraId::new),
        }
    }
}

#[derive(Serialize, Deserialize)]
struct OfferingForm {
    application_id: Uuid,
    name: String,
    key: KeyForm,
    unit: String,
    kind: String,
    active: bool,
    locked: bool,
    /// `[value, overage]`.
    quota: Option<(Option<u64>, Option<u64>)>,
    quota_version: u64,
    updated_us: i64,
}

impl From<OfferingItem> for OfferingForm {
    fn from(item: OfferingItem) -> Self {
        Self {
            application_id: item.application_id.uuid(),
            name: item.name,
            key: item.key.into(),
            unit: item.measurement_unit.name().to_owned(),
            kind: item.kind.name().to_owned(),
            active: item.active,
            locked: item.locked,
            quota: item.quota.map(|quota| (quota.value, quota.overage)),
            quota_version: item.quota_version,
            updated_us: item.updated_at.micros(),
        }
    }
}

impl OfferingForm {
    fn into_item(self) -> Result<OfferingItem, String> {
        Ok(OfferingItem {
            application_id: ApplicationId::new(self.application_id),
            name: self.name,
            key: self.key.into(),
            measurement_unit: known("unit", &self.unit, MeasurementUnit::from_name(&self.unit))?,
            kind: known("type", &self.kind, OfferingType::from_name(&self.kind))?,
            active: self.active,
            locked: self.locked,
            quota: self.quota.map(|(value, overage)| Quota { value, overage }),
            quota_version: self.quota_version,
            updated_at: Timestamp::from_micros(self.updated_us),
        })
    }
}

#[derive(Serialize, Deserialize)]
struct UsageForm {
    key: KeyForm,
    absolute: u64,
    observed_us: i64,
}

#[derive(Serialize, Deserialize)]
struct StandingForm {
    item: String,
    state: String,
    since_us: i64,
    fired: Option<String>,
}

#[derive(Serialize, Deserialize)]
pub struct MeterForm {
    account: AccountForm,
    offering_items: Vec<OfferingForm>,
    usages: Vec<UsageForm>,
    standings: Vec<StandingForm>,
}

impl From<Meter> for MeterForm {
    fn from(meter: Meter) -> Self {
        let usages = meter.usages.into_iter().map(|(key, value)| UsageForm {
            key: key.into(),
            absolute: value.absolute,
            observed_us: value.observed_at.micros(),
        });
        let standings = meter.standings.iter().map(|(item, standing)| StandingForm {
            item: item.name().to_owned(),
            state: standing.state.name().to_owned(),
            since_us: standing.since.micros(),
            fired: standing.fired.map(|level| level.name().to_owned()),
        });
        Self {
            account: meter.account.into(),
            offering_items: meter.offering_items.into_iter().map(Into::into).collect(),
            usages: usages.collect(),
            standings: standings.collect(),
        }
    }
}

fn state(name: &str) -> Result<State, String> {
    let all = [
        State::Unlimited,
        State::Ok,
        State::Soon,
        State::Exceeded,
        State::HardExceeded,
    ];
    known(
        "state",
        name,
        all.into_iter().find(|state| state.name() == name),
    )
}

pub(super) fn level(name: &str) -> Result<Level, String> {
    known(
        "level",
        name,
        Level::ALL.into_iter().find(|level| level.name() == name),
    )
}

pub(super) fn item(name: &str) -> Result<Item, String> {
    known("item", name, name.parse().ok())
}

impl Stored for Meter {
    const NAME: &'static str = "meter";
    type Form = MeterForm;

    fn from_form(form: MeterForm) -> Result<Self, String> {
        let usages = form.usages.into_iter().map(|usage| {
            let observed_at = Timestamp::from_micros(usage.observed_us);
            (
                usage.key.into(),
                UsageValue {
                    absolute: usage.absolute,
                    observed_at,
                },
            )
        });
        let standings = form.standings.into_iter().map(|standing| {
            let value = Standing {
                state: state(&standing.state)?,
                since: Timestamp::from_micros(standing.since_us),
                fired: standing.fired.map(|name| level(&name)).transpose()?,
            };
            Ok((item(&standing.item)?, value))
        });
        let offering_items = form.offering_items.into_iter().map(OfferingForm::into_item);
        Ok(Self {
            account: form.account.into(),
            offering_items: offering_items.collect::<Result<_, _>>()?,
            usages: usages.collect(),
            standings: standings.collect::<Result<_, String>>()?,
        })
    }
}

/// The offering items of an account: what of its meter only changes when an admin changes it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OfferingItems(pub Vec<OfferingItem>);

#[derive(Serialize, Deserialize)]
pub struct OfferingItemsForm {
    offering_items: Vec<OfferingForm>,
}

impl From<OfferingItems> for OfferingItemsForm {
    fn from(items: OfferingItems) -> Self {
        Self {
            offering_items: items.0.into_iter().map(Into::into).collect(),
        }
    }
}

impl Stored for OfferingItems {
    const NAME: &'static str = "offering items";
    type Form = OfferingItemsForm;

    fn from_form(form: OfferingItemsForm) -> Result<Self, String> {
        let items = form.offering_items.into_iter().map(OfferingForm::into_item);
        items.collect::<Result<_, _>>().map(Self)
    }
}
