//! Changes of offering items and their quotas.
//!
//! Quota semantics (vendor's documentation): `value` null is unlimited and resets overage to null
//! and the version to 0; `overage` null is soft, a number hard at `value + overage`. Each quota has
//! a version of its own.

use std::collections::HashSet;

use uuid::Uuid;

use super::error::Error;
use super::precondition::check_version;
use crate::domain::ids::{ApplicationId, InfraId};
use crate::domain::meter::{
    MAX_OFFERING_ITEMS, MeasurementUnit, Meter, OfferingItem, OfferingType, UsageKey, UsageNames,
};
use crate::domain::quota::{Item, Quota, Unit};
use crate::domain::text::check_name;
use crate::domain::time::Timestamp;

/// Longest usage name, edition and item name, in characters.
pub const MAX_NAME_CHARS: usize = 128;

/// A quota as a caller gives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QuotaInput {
    /// Value and overage; an unlimited quota loses its overage.
    pub quota: Quota,
    /// The version that the caller knows; `None` expects none in particular.
    pub version: Option<u64>,
}

/// An offering item as a caller gives it. What is `None` is kept, or has a default in a new item.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OfferingPatch {
    /// The service it belongs to.
    pub application_id: Option<ApplicationId>,
    /// The vendor's name of it; its usage name where not given.
    pub name: Option<String>,
    /// What usage counts against it. Needed for a new item.
    pub usage_name: Option<String>,
    /// The edition it is sold in.
    pub edition: Option<String>,
    /// The infrastructure component it is bound to.
    pub infra_id: Option<InfraId>,
    /// What the numbers count.
    pub measurement_unit: Option<MeasurementUnit>,
    /// How the vendor classes it.
    pub kind: Option<OfferingType>,
    /// Whether it is switched on.
    pub active: Option<bool>,
    /// Whether the tenant itself may change it.
    pub locked: Option<bool>,
    /// What is allowed.
    pub quota: Option<QuotaInput>,
}

impl OfferingPatch {
    /// The quota of what a usage name counts, whatever its version.
    #[must_use]
    pub fn quota(usage_name: &str, quota: Quota) -> Self {
        Self {
            usage_name: Some(usage_name.to_owned()),
            quota: Some(QuotaInput {
                quota,
                version: None,
            }),
            ..Self::default()
        }
    }
}

/// The unit that an item is measured in, as the account dialect names it.
#[must_use]
pub const fn unit_of(item: Item) -> MeasurementUnit {
    match item.unit() {
        Unit::Bytes => MeasurementUnit::Bytes,
        Unit::Quantity => MeasurementUnit::Quantity,
    }
}

/// Makes all of `patches`, or none.
///
/// # Errors
/// The first that makes no sense, or whose quota version is stale.
#[expect(
    clippy::indexing_slicing,
    reason = "the place was found in the list, or is that of what was just added"
)]
pub fn merge(
    meter: &mut Meter,
    patches: &[OfferingPatch],
    names: &UsageNames,
    now: Timestamp,
) -> Result<(), Error> {
    let mut items = meter.offering_items.clone();
    let mut touched = HashSet::new();
    for (index, patch) in patches.iter().enumerate() {
        let field = |name: &str| format!("offering_items[{index}].{name}");
        check_texts(patch, &field)?;
        let at = match find(&items, patch, &field)? {
            Some(at) => {
                apply(&mut items[at], patch, now)?;
                at
            }
            None => {
                items.push(create(patch, names, &field, now)?);
                items.len() - 1
            }
        };
        check_unit(&items[at], names, &field)?;
        if !touched.insert(at) {
            return Err(Error::invalid(field("name"), "the item stands twice"));
        }
    }
    if items.len() > MAX_OFFERING_ITEMS {
        return Err(Error::Refused(format!(
            "an account has at most {MAX_OFFERING_ITEMS} offering items"
        )));
    }
    meter.offering_items = items;
    Ok(())
}

fn check_texts(patch: &OfferingPatch, field: &dyn Fn(&str) -> String) -> Result<(), Error> {
    for (name, text) in [
        ("name", &patch.name),
        ("usage_name", &patch.usage_name),
        ("edition", &patch.edition),
    ] {
        if let Some(text) = text {
            check_name(text, MAX_NAME_CHARS).map_err(|bad| Error::invalid(field(name), bad))?;
        }
    }
    Ok(())
}

/// What counts against one of the five items is measured as that item is: a quota that is said to
/// be of another unit would be compared with something else than its giver meant.
fn check_unit(
    item: &OfferingItem,
    names: &UsageNames,
    field: &dyn Fn(&str) -> String,
) -> Result<(), Error> {
    let usage_name = &item.key.usage_name;
    let Some(expected) = names.get(&**usage_name).copied().map(unit_of) else {
        return Ok(());
    };
    let is_none = item.measurement_unit == MeasurementUnit::NotApplicable;
    let is_feature = item.kind == OfferingType::Feature;
    if item.measurement_unit == expected || (is_none && is_feature) {
        return Ok(());
    }
    Err(Error::invalid(
        field("measurement_unit"),
        format!("{usage_name:?} is measured in {:?}", expected.name()),
    ))
}

/// Which item is meant: by application, name, edition and component; without a name by what it
/// measures.
fn find(
    items: &[OfferingItem],
    patch: &OfferingPatch,
    field: &dyn Fn(&str) -> String,
) -> Result<Option<usize>, Error> {
    let named = |item: &OfferingItem| match (&patch.name, &patch.usage_name) {
        (Some(name), _) => item.name == *name,
        (None, Some(usage_name)) => item.key.usage_name == *usage_name,
        (None, None) => false,
    };
    let fits = |item: &OfferingItem| {
        named(item)
            && item.key.edition == patch.edition
            && item.key.infra_id == patch.infra_id
            && patch
                .application_id
                .is_none_or(|id| id == item.application_id)
    };
    let mut found = items
        .iter()
        .enumerate()
        .filter(|(_, item)| fits(item))
        .map(|(at, _)| at);
    match (found.next(), found.next()) {
        (Some(_), Some(_)) => Err(Error::invalid(
            field("application_id"),
            "several offering items fit; give application_id and name",
        )),
        (first, _) => Ok(first),
    }
}

fn apply(item: &mut OfferingItem, patch: &OfferingPatch, now: Timestamp) -> Result<(), Error> {
    let before = item.clone();
    if let Some(usage_name) = &patch.usage_name {
        item.key.usage_name = usage_name.clone().into();
    }
    item.measurement_unit = patch.measurement_unit.unwrap_or(item.measurement_unit);
    item.kind = patch.kind.unwrap_or(item.kind);
    item.active = patch.active.unwrap_or(item.active);
    item.locked = patch.locked.unwrap_or(item.locked);
    if let Some(input) = patch.quota {
        check_version(input.version, item.quota_version)?;
        let quota = limited(input.quota);
        if item.quota != Some(quota) {
            item.quota = Some(quota);
            item.quota_version = next_version(quota, item.quota_version);
        }
    }
    if *item != before {
        item.updated_at = now;
    }
    Ok(())
}

fn create(
    patch: &OfferingPatch,
    names: &UsageNames,
    field: &dyn Fn(&str) -> String,
    now: Timestamp,
) -> Result<OfferingItem, Error> {
    let Some(usage_name) = patch.usage_name.clone() else {
        return Err(Error::invalid(field("usage_name"), "a new item needs it"));
    };
    let counted = names.get(usage_name.as_str()).copied();
    let kind = patch.kind.unwrap_or(match patch.infra_id {
        Some(_) => OfferingType::Infra,
        None => OfferingType::Count,
    });
    let default_unit = match (kind, counted) {
        (OfferingType::Feature, _) => MeasurementUnit::NotApplicable,
        (_, Some(item)) => unit_of(item),
        (_, None) => MeasurementUnit::Quantity,
    };
    let quota = match (patch.quota, kind) {
        (Some(input), _) => Some(limited(input.quota)),
        (None, OfferingType::Feature) => None,
        (None, _) => Some(Quota::UNLIMITED),
    };
    Ok(OfferingItem {
        application_id: patch
            .application_id
            .unwrap_or(ApplicationId::new(Uuid::nil())),
        name: patch.name.clone().unwrap_or_else(|| usage_name.clone()),
        key: UsageKey {
            usage_name: usage_name.into(),
            edition: patch.edition.clone(),
            infra_id: patch.infra_id,
        },
        measurement_unit: patch.measurement_unit.unwrap_or(default_unit),
        kind,
        active: patch.active.unwrap_or(true),
        locked: patch.locked.unwrap_or(false),
        quota,
        quota_version: quota.map_or(0, |quota| next_version(quota, 0)),
        updated_at: now,
    })
}

/// An unlimited quota has no overage.
fn limited(quota: Quota) -> Quota {
    match quota.value {
        Some(_) => quota,
        None => Quota::UNLIMITED,
    }
}

const fn next_version(quota: Quota, version: u64) -> u64 {
    match quota.value {
        Some(_) => version + 1,
        None => 0,
    }
}

#[cfg(test)]
mod tests;
