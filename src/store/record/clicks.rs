//! Stored forms of clicks: binary, since there may be very many. A byte of version, then, in the log and
//! the marks, one entry of fixed length after the other.

use uuid::Uuid;

use super::bytes::{Reader, Writer};
use crate::domain::click::{ClickCounts, DayOfClicks, LoggedClick};
use crate::domain::ids::{TenantId, UserId};
use crate::domain::link::Placement;
use crate::store::engine::StoreError;

const VERSION: u8 = 1;

/// Tenant, user, hour, placement, and whether a person is likely behind it.
const CLICK_BYTES: usize = 16 + 16 + 4 + 1 + 1;

/// User and placement.
const MARK_BYTES: usize = 16 + 1;

/// Says that a user has clicked in a place within an hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ClickMark {
    /// Who.
    pub user_id: UserId,
    /// Where.
    pub placement: Placement,
}

/// The bytes of an entry of the click log.
#[must_use]
pub fn encode_log(clicks: &[LoggedClick]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(1 + clicks.len() * CLICK_BYTES);
    bytes.push(VERSION);
    for click in clicks {
        bytes.extend_from_slice(click.tenant_id.bytes());
        bytes.extend_from_slice(click.user_id.bytes());
        bytes.extend_from_slice(&click.hour.to_be_bytes());
        bytes.push(click.placement.code());
        bytes.push(u8::from(click.is_likely_human));
    }
    bytes
}

/// How many clicks are in an entry of the log.
#[must_use]
pub const fn clicks_in(log: &[u8]) -> usize {
    log.len() / CLICK_BYTES
}

/// Reads an entry of the click log.
///
/// # Errors
/// [`StoreError::Corrupt`] where it is damaged, or of a newer version.
pub fn decode_log(bytes: &[u8]) -> Result<Vec<LoggedClick>, StoreError> {
    decode("click log", bytes, |reader| {
        let mut clicks = Vec::with_capacity(clicks_in(bytes));
        while !reader.is_empty() {
            clicks.push(LoggedClick {
                tenant_id: TenantId::new(uuid(reader)?),
                user_id: UserId::new(uuid(reader)?),
                hour: u32::from_be_bytes(*reader.array()?),
                placement: placement(reader)?,
                is_likely_human: reader.byte()? != 0,
            });
        }
        Ok(clicks)
    })
}

/// The bytes of marks.
#[must_use]
pub fn encode_marks(marks: &[ClickMark]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(1 + marks.len() * MARK_BYTES);
    bytes.push(VERSION);
    for mark in marks {
        bytes.extend_from_slice(mark.user_id.bytes());
        bytes.push(mark.placement.code());
    }
    bytes
}

/// Reads marks.
///
/// # Errors
/// As [`decode_log`].
pub fn decode_marks(bytes: &[u8]) -> Result<Vec<ClickMark>, StoreError> {
    decode("click marks", bytes, |reader| {
        let mut marks = Vec::with_capacity(bytes.len() / MARK_BYTES);
        while !reader.is_empty() {
            marks.push(ClickMark {
                user_id: UserId::new(uuid(reader)?),
                placement: placement(reader)?,
            });
        }
        Ok(marks)
    })
}

/// The bytes of counts: how far they are counted; then of each tenant its id, the number of its
/// places, and of each place its code and three counts, as LEB128.
#[must_use]
pub fn encode_day(day: &DayOfClicks) -> Vec<u8> {
    let mut writer = Writer::new(VERSION);
    writer.number(day.counted_to);
    let places: Vec<_> = day.counts.iter().collect();
    for places in places.chunk_by(|((one, _), _), ((next, _), _)| one == next) {
        if let Some(((tenant, _), _)) = places.first() {
            writer.bytes(tenant.bytes());
            writer.count(places.len());
        }
        for ((_, placement), counts) in places {
            writer.byte(placement.code());
            writer.number(counts.raw);
            writer.number(counts.unique);
            writer.number(counts.likely_human);
        }
    }
    writer.into_bytes()
}

/// Reads counts.
///
/// # Errors
/// As [`decode_log`].
pub fn decode_day(bytes: &[u8]) -> Result<DayOfClicks, StoreError> {
    decode("click counts", bytes, read_day)
}

fn read_day(reader: &mut Reader<'_>) -> Result<DayOfClicks, &'static str> {
    let counted_to = reader.number()?;
    let mut counts = Vec::new();
    while !reader.is_empty() {
        let tenant = TenantId::new(uuid(reader)?);
        for _ in 0..reader.count()? {
            let placement = placement(reader)?;
            let count = ClickCounts {
                raw: reader.number()?,
                unique: reader.number()?,
                likely_human: reader.number()?,
            };
            counts.push(((tenant, placement), count));
        }
    }
    Ok(DayOfClicks {
        counted_to,
        counts: counts.into_iter().collect(),
    })
}

/// What `read` makes of a record, behind its version.
fn decode<T>(
    name: &str,
    bytes: &[u8],
    read: impl FnOnce(&mut Reader<'_>) -> Result<T, &'static str>,
) -> Result<T, StoreError> {
    let corrupt = |why| StoreError::Corrupt(format!("{name}: {why}"));
    match bytes.split_first() {
        Some((&VERSION, rest)) => read(&mut Reader::new(rest)).map_err(corrupt),
        Some(_) => Err(corrupt("of a newer form; use a newer upsell")),
        None => Err(corrupt("empty")),
    }
}

fn uuid(reader: &mut Reader<'_>) -> Result<Uuid, &'static str> {
    Ok(Uuid::from_bytes(*reader.array()?))
}

fn placement(reader: &mut Reader<'_>) -> Result<Placement, &'static str> {
    Placement::from_code(reader.byte()?).ok_or("a placement that is not known")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clicks() -> Vec<LoggedClick> {
        let clicks = Placement::ALL.into_iter().zip(7..);
        let clicks = clicks.map(|(placement, hour)| LoggedClick {
            tenant_id: TenantId::random(),
            user_id: UserId::random(),
            placement,
            hour,
            is_likely_human: hour % 2 == 0,
        });
        clicks.collect()
    }

    #[test]
    fn log_and_marks_read_back() {
        let clicks = clicks();
        let log = encode_log(&clicks);
        assert_eq!(clicks_in(&log), clicks.len());
        assert_eq!(decode_log(&log).unwrap(), clicks);
        let marks = clicks.iter().map(|click| ClickMark {
            user_id: click.user_id,
            placement: click.placement,
        });
        let marks: Vec<_> = marks.collect();
        let encoded = encode_marks(&marks);
        assert_eq!(decode_marks(&encoded).unwrap(), marks);
    }

    #[test]
    fn counts_read_back() {
        let counts = clicks().into_iter().zip(1..).map(|(click, number)| {
            let counts = ClickCounts {
                raw: number,
                unique: number << 32,
                likely_human: u64::MAX - number,
            };
            ((click.tenant_id, click.placement), counts)
        });
        let day = DayOfClicks {
            counted_to: 7,
            counts: counts.collect(),
        };
        let bytes = encode_day(&day);
        assert_eq!(decode_day(&bytes), Ok(day));
        for bad in [&[], &bytes[..20], &bytes[..bytes.len() - 1], &[9; 9]] {
            assert!(decode_day(bad).is_err(), "{} bytes", bad.len());
        }
    }

    #[test]
    fn damage_is_an_error() {
        let whole = encode_log(&clicks());
        let cut = &whole[..whole.len() - 1];
        let newer = [&[VERSION + 1], &whole[1..]].concat();
        for bad in [&[], cut, newer.as_slice()] {
            assert!(decode_log(bad).is_err(), "{} bytes", bad.len());
        }
        let mut elsewhere = whole;
        elsewhere[CLICK_BYTES - 1] = 0xEE;
        assert!(decode_log(&elsewhere).is_err());
    }
}
