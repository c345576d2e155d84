//! Offering items and usages.

use chrono::{DateTime, Datelike, SecondsFormat, TimeZone, Utc};

use crate::domain::ids::AccountId;
use crate::domain::meter::{MeasurementUnit, OfferingItem, OfferingType, UsageKey};
use crate::domain::quota::Quota;
use crate::domain::text::check_name;
use crate::domain::time::Timestamp;
use crate::http::account::wire::names::{MeasurementUnitName, OfferingTypeName};
use crate::http::account::wire::offering::{OfferingRequest, OfferingResponse, QuotaResponse};
use crate::http::account::wire::usage::{ReportRequest, UsageOffering, UsageResponse};
use crate::http::error::ApiError;
use crate::http::output;
use crate::usecases::list_usages::Usage;
use crate::usecases::manage_offering_items::Holder;
use crate::usecases::offering_patch::{MAX_NAME_CHARS, OfferingPatch, QuotaInput};
use crate::usecases::report_usage::UsageReport;

pub(crate) fn offering(item: &OfferingItem, holder: Holder) -> OfferingResponse {
    OfferingResponse {
        tenant_id: holder.tenant_id.map(|id| id.uuid()),
        ..available(item)
    }
}

/// An offering item that belongs to nobody yet.
pub(crate) fn available(item: &OfferingItem) -> OfferingResponse {
    OfferingResponse {
        application_id: item.application_id.uuid(),
        deleted_at: None,
        edition: item.key.edition.clone(),
        infra_id: item.key.infra_id.map(|id| id.uuid()),
        locked: item.locked,
        measurement_unit: MeasurementUnitName(item.measurement_unit.name()),
        name: item.name.clone(),
        quota: quota(item),
        status: u8::from(item.active),
        tenant_id: None,
        kind: OfferingTypeName(item.kind.name()),
        updated_at: output::time(item.updated_at),
        usage_name: item.key.usage_name.to_string(),
    }
}

fn quota(item: &OfferingItem) -> Option<QuotaResponse> {
    item.quota.map(|quota| QuotaResponse {
        overage: quota.overage,
        value: quota.value,
        version: item.quota_version,
    })
}

/// `index` is the place of the item in its request, for the words of errors.
pub(crate) fn offering_patch(
    index: usize,
    item: OfferingRequest,
) -> Result<OfferingPatch, ApiError> {
    let unknown = |name: &str, known: &str| {
        ApiError::malformed(
            format!("offering_items[{index}].{name}"),
            format!("must be one of {known}"),
        )
    };
    let unit = item.measurement_unit.map(|name| {
        MeasurementUnit::from_name(&name)
            .ok_or_else(|| unknown("measurement_unit", "bytes, quantity, n/a"))
    });
    let kind = item.kind.map(|name| {
        OfferingType::from_name(&name).ok_or_else(|| unknown("type", "count, feature, infra"))
    });
    Ok(OfferingPatch {
        application_id: item.application_id.map(|id| id.0),
        name: item.name,
        usage_name: item.usage_name,
        edition: item.edition,
        infra_id: item.infra_id.map(|id| id.0),
        measurement_unit: unit.transpose()?,
        kind: kind.transpose()?,
        active: item.status.map(|flag| flag.0),
        locked: item.locked,
        quota: item.quota.map(|quota| QuotaInput {
            quota: Quota {
                value: quota.value,
                overage: quota.overage,
            },
            version: quota.version,
        }),
    })
}

pub(crate) fn usage(usage: Usage, now: Timestamp) -> UsageResponse {
    let offering = usage.offering.as_ref();
    let usage_name = String::from(usage.key.usage_name);
    let kind = offering.map_or(OfferingType::Count, |item| item.kind);
    UsageResponse {
        absolute_value: usage.absolute,
        application_id: offering.map(|item| item.application_id.uuid()),
        infra_id: usage.key.infra_id.map(|id| id.uuid()),
        measurement_unit: MeasurementUnitName(usage.unit.name()),
        name: offering.map_or_else(|| usage_name.clone(), |item| item.name.clone()),
        offering_item: offering.map(|item| UsageOffering {
            quota: quota(item),
            status: u8::from(item.active),
        }),
        range_start: month_start(now),
        tenant_id: usage.holder.v1_id.0.into(),
        tenant_uuid: usage.holder.tenant_id.map(|id| id.uuid()),
        kind: OfferingTypeName(kind.name()),
        // None of what is measured here starts anew with the month.
        value: usage.absolute,
        edition: usage.key.edition,
        usage_name,
    }
}

/// The first moment of the month: where the vendor's billing periods start by default.
fn month_start(now: Timestamp) -> String {
    let now = DateTime::from_timestamp_micros(now.micros()).unwrap_or_default();
    let start = Utc.with_ymd_and_hms(now.year(), now.month(), 1, 0, 0, 0);
    start
        .single()
        .unwrap_or(now)
        .to_rfc3339_opts(SecondsFormat::Secs, false)
}

pub(crate) fn report(line: ReportRequest) -> Result<UsageReport, ApiError> {
    let account = match (line.tenant_id, line.user_id) {
        (Some(id), None) => AccountId::Tenant(id.0),
        (None, Some(id)) => AccountId::User(id.0),
        _ => {
            return Err(ApiError::malformed(
                "tenant_id",
                "give either tenant_id or user_id",
            ));
        }
    };
    for (name, text) in [
        ("usage_name", Some(&line.usage_name)),
        ("edition", line.edition.as_ref()),
    ] {
        if let Some(text) = text {
            check_name(text, MAX_NAME_CHARS).map_err(|bad| ApiError::malformed(name, bad))?;
        }
    }
    let observed_at = line.observed_at.map(|text| {
        output::parse_time(&text).ok_or_else(|| {
            ApiError::malformed(
                "observed_at",
                "must be a time such as 2026-01-31T12:00:00+00:00",
            )
        })
    });
    Ok(UsageReport {
        account,
        key: UsageKey {
            usage_name: line.usage_name.into(),
            edition: line.edition,
            infra_id: line.infra_id.map(|id| id.0),
        },
        absolute: line.absolute_value,
        observed_at: observed_at.transpose()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::account::wire::offering::OfferingsRequest;

    #[test]
    fn months_start_at_their_first_moment() {
        let at = output::parse_time("2026-02-28T23:59:59.999999+00:00").unwrap();
        assert_eq!(month_start(at), "2026-02-01T00:00:00+00:00");
        assert_eq!(
            month_start(Timestamp::default()),
            "1970-01-01T00:00:00+00:00"
        );
    }

    #[test]
    fn quotas_are_whole_numbers_and_their_value_is_said() {
        let read = |quota: &str| {
            let text =
                format!(r#"{{"offering_items":[{{"usage_name":"storage","quota":{quota}}}]}}"#);
            crate::http::input::json_bytes::<OfferingsRequest>(&text.into_bytes().into())
        };
        for good in [
            r#"{"value":null}"#,
            r#"{"value":0,"overage":null,"version":3}"#,
            r#"{"value":18446744073709551615,"overage":18446744073709551615}"#,
        ] {
            assert!(read(good).is_ok(), "{good}");
        }
        for (bad, field) in [
            (r#"{"overage":5}"#, "offering_items[0].quota"),
            (r#"{"value":-1}"#, "offering_items[0].quota.value"),
            (r#"{"value":1.5}"#, "offering_items[0].quota.value"),
            (
                r#"{"value":18446744073709551616}"#,
                "offering_items[0].quota.value",
            ),
            (r#"{"value":"5"}"#, "offering_items[0].quota.value"),
            (
                r#"{"value":5,"overage":-1}"#,
                "offering_items[0].quota.overage",
            ),
        ] {
            match read(bad) {
                Err(ApiError::Malformed { field: found, .. }) => assert_eq!(found, field, "{bad}"),
                other => panic!("{bad}: {other:?}"),
            }
        }
    }
}
