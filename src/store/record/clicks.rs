//! Stored forms of clicks: binary, since there may be very many. A byte of version, then numbers as LEB128.

use std::collections::BTreeMap;

use super::bytes::{Reader, Writer, decode};
use crate::domain::click::{BatchId, ClickCounts, CountsByPlacement, TenantClicks};
use crate::domain::ids::V1Id;
use crate::domain::link::Placement;
use crate::store::engine::StoreError;

const VERSION: u8 = 1;

/// The bytes of a tenant's latest clicks.
#[must_use]
pub fn encode_latest(clicks: &TenantClicks) -> Vec<u8> {
    let mut writer = Writer::new(VERSION);
    writer.number(clicks.hour.into());
    writer.number(clicks.days_closed.into());
    writer.count(clicks.batches.len());
    for batch in &clicks.batches {
        writer.bytes(&batch.node.to_be_bytes());
        writer.number(batch.number);
    }
    write_counts(&mut writer, &clicks.counts);
    let mut last = 0;
    for (user, places) in &clicks.visitors {
        writer.number(u64::from(user.0 - last));
        writer.byte(*places);
        last = user.0;
    }
    writer.into_bytes()
}

/// Reads a tenant's latest clicks.
///
/// # Errors
/// [`StoreError::Corrupt`] where they are damaged, or of a newer version.
pub fn decode_latest(bytes: &[u8]) -> Result<TenantClicks, StoreError> {
    decode("clicks", VERSION, bytes, |reader| {
        let hour = small(reader)?;
        let days_closed = small(reader)?;
        let mut batches = Vec::new();
        for _ in 0..reader.count()? {
            batches.push(BatchId {
                node: u32::from_be_bytes(*reader.array()?),
                number: reader.number()?,
            });
        }
        let counts = read_counts(reader)?;
        let mut visitors = Vec::new();
        let mut last: u32 = 0;
        while !reader.is_empty() {
            let more = small(reader)?;
            last = last.checked_add(more).ok_or("a number is too large")?;
            visitors.push((V1Id(last), reader.byte()?));
        }
        Ok(TenantClicks {
            hour,
            counts,
            visitors: visitors.into_iter().collect(),
            days_closed,
            batches,
        })
    })
}

/// The bytes of the counts of a day.
#[must_use]
pub fn encode_day(counts: &CountsByPlacement) -> Vec<u8> {
    let mut writer = Writer::new(VERSION);
    write_counts(&mut writer, counts);
    writer.into_bytes()
}

/// Reads the counts of a day.
///
/// # Errors
/// As [`decode_latest`].
pub fn decode_day(bytes: &[u8]) -> Result<CountsByPlacement, StoreError> {
    decode("click counts", VERSION, bytes, read_counts)
}

fn write_counts(writer: &mut Writer, counts: &CountsByPlacement) {
    writer.count(counts.len());
    for (placement, counts) in counts {
        writer.byte(placement.code());
        writer.number(counts.raw);
        writer.number(counts.unique);
        writer.number(counts.likely_human);
    }
}

fn read_counts(reader: &mut Reader<'_>) -> Result<CountsByPlacement, &'static str> {
    let mut counts = BTreeMap::new();
    for _ in 0..reader.count()? {
        let placement = Placement::from_code(reader.byte()?);
        let placement = placement.ok_or("a placement that is not known")?;
        let of_placement = ClickCounts {
            raw: reader.number()?,
            unique: reader.number()?,
            likely_human: reader.number()?,
        };
        counts.insert(placement, of_placement);
    }
    Ok(counts)
}

fn small(reader: &mut Reader<'_>) -> Result<u32, &'static str> {
    u32::try_from(reader.number()?).map_err(|_| "a number is too large")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn counts() -> impl Strategy<Value = CountsByPlacement> {
        let placement = proptest::sample::select(&Placement::ALL[..]);
        let counts = (any::<u64>(), any::<u64>(), any::<u64>());
        let counts = counts.prop_map(|(raw, unique, likely_human)| ClickCounts {
            raw,
            unique,
            likely_human,
        });
        proptest::collection::btree_map(placement, counts, 0..7)
    }

    fn clicks() -> impl Strategy<Value = TenantClicks> {
        let batch = (any::<u32>(), any::<u64>());
        let batch = batch.prop_map(|(node, number)| BatchId { node, number });
        let visitor = (any::<u32>().prop_map(V1Id), any::<u8>());
        (
            any::<u32>(),
            counts(),
            proptest::collection::btree_map(visitor.0, visitor.1, 0..9),
            any::<u32>(),
            proptest::collection::vec(batch, 0..4),
        )
            .prop_map(
                |(hour, counts, visitors, days_closed, batches)| TenantClicks {
                    hour,
                    counts,
                    visitors,
                    days_closed,
                    batches,
                },
            )
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(clicks in clicks()) {
            prop_assert_eq!(decode_latest(&encode_latest(&clicks)), Ok(clicks.clone()));
            prop_assert_eq!(decode_day(&encode_day(&clicks.counts)), Ok(clicks.counts));
        }

        #[test]
        fn damage_is_refused_or_read_and_never_panics(clicks in clicks(), at: usize, byte: u8) {
            let mut bytes = encode_latest(&clicks);
            let at = at % bytes.len();
            bytes[at] = byte;
            let _ = (decode_latest(&bytes), decode_day(&bytes));
        }
    }

    /// The bytes outlive the program that wrote them.
    #[test]
    fn the_forms_stay_as_they_are() {
        let counts = CountsByPlacement::from([(
            Placement::Email,
            ClickCounts {
                raw: 300,
                unique: 2,
                likely_human: 1,
            },
        )]);
        let clicks = TenantClicks {
            hour: 130,
            counts: counts.clone(),
            visitors: BTreeMap::from([(V1Id(1000), 1), (V1Id(1002), 65)]),
            days_closed: 3,
            batches: vec![BatchId { node: 7, number: 5 }],
        };
        let code = Placement::Email.code();
        let latest = [
            1, 130, 1, 3, 1, 0, 0, 0, 7, 5, 1, code, 172, 2, 2, 1, 232, 7, 1, 2, 65,
        ];
        assert_eq!(encode_latest(&clicks), latest);
        assert_eq!(encode_day(&counts), [1, 1, code, 172, 2, 2, 1]);
        assert!(
            decode_day(&[2])
                .unwrap_err()
                .to_string()
                .contains("newer upsell")
        );
    }
}
