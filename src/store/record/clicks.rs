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
pub fn decode_log(
    bytes: &[u8],
) -> Result<impl Iterator<Item = Result<LoggedClick, StoreError>>, StoreError> {
    let entries = entries_of::<CLICK_BYTES>("click log", bytes)?;
    Ok(entries.iter().map(|entry| {
        let (tenant, rest) = leading(entry);
        let (user, rest) = leading(rest);
        let (hour, rest) = leading(rest);
        let [placement, is_likely_human] = leading(rest).0;
        Ok(LoggedClick {
            tenant_id: TenantId::new(Uuid::from_bytes(tenant)),
            user_id: UserId::new(Uuid::from_bytes(user)),
            placement: placed("click log", placement)?,
            hour: u32::from_be_bytes(hour),
            is_likely_human: is_likely_human != 0,
        })
    }))
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
pub fn decode_marks(
    bytes: &[u8],
) -> Result<impl Iterator<Item = Result<ClickMark, StoreError>>, StoreError> {
    let entries = entries_of::<MARK_BYTES>("click marks", bytes)?;
    Ok(entries.iter().map(|entry| {
        let (user, rest) = leading(entry);
        let [placement] = leading(rest).0;
        Ok(ClickMark {
            user_id: UserId::new(Uuid::from_bytes(user)),
            placement: placed("click marks", placement)?,
        })
    }))
}

/// The entries of a record, each `N` bytes long.
fn entries_of<'a, const N: usize>(
    name: &str,
    bytes: &'a [u8],
) -> Result<&'a [[u8; N]], StoreError> {
    match bytes.split_first() {
        Some((&VERSION, entries)) => match entries.as_chunks::<N>() {
            (entries, []) => Ok(entries),
            _ => Err(corrupt(name, "cut short")),
        },
        Some(_) => Err(corrupt(name, "of a newer form; use a newer upsell")),
        None => Err(corrupt(name, "empty")),
    }
}

/// The first `N` bytes, and the rest. Entries are as long as their parts together.
fn leading<const N: usize>(bytes: &[u8]) -> ([u8; N], &[u8]) {
    match bytes.split_first_chunk::<N>() {
        Some((first, rest)) => (*first, rest),
        None => ([0; N], &[]),
    }
}

fn placed(name: &str, code: u8) -> Result<Placement, StoreError> {
    Placement::from_code(code).ok_or_else(|| corrupt(name, NO_PLACEMENT))
}

const NO_PLACEMENT: &str = "a placement that is not known";

fn corrupt(name: &str, why: &str) -> StoreError {
    StoreError::Corrupt(format!("{name}: {why}"))
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
    let name = "click counts";
    let Some((&VERSION, rest)) = bytes.split_first() else {
        return Err(corrupt(name, "of a newer form; use a newer upsell"));
    };
    read_day(&mut Reader::new(rest)).map_err(|why| corrupt(name, why))
}

fn read_day(reader: &mut Reader<'_>) -> Result<DayOfClicks, &'static str> {
    let counted_to = reader.number()?;
    let mut counts = Vec::new();
    while !reader.is_empty() {
        let tenant = TenantId::new(Uuid::from_bytes(*reader.array()?));
        for _ in 0..reader.count()? {
            let placement = Placement::from_code(reader.byte()?).ok_or(NO_PLACEMENT)?;
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
        let read: Result<Vec<_>, _> = decode_log(&log).unwrap().collect();
        assert_eq!(read.unwrap(), clicks);
        let marks = clicks.iter().map(|click| ClickMark {
            user_id: click.user_id,
            placement: click.placement,
        });
        let marks: Vec<_> = marks.collect();
        let encoded = encode_marks(&marks);
        let read: Result<Vec<_>, _> = decode_marks(&encoded).unwrap().collect();
        assert_eq!(read.unwrap(), marks);
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
        assert!(decode_log(&elsewhere).unwrap().any(|click| click.is_err()));
    }
}
