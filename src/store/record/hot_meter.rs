//! Stored form of hot meters: binary, since each usage report reads and writes one.
//!
//! A byte of version, then numbers as LEB128. Times are differences to one time of the record,
//! usage names that most accounts have are one byte, and usage of an offering item points to it.
//! The account is not in it: it is in the key.

use super::super::engine::StoreError;
use super::bytes::{self, Reader, Writer, bit};
use crate::domain::evaluate::Standing;
use crate::domain::ids::{AccountId, InfraId};
use crate::domain::meter::{
    HotMeter, Limit, MAX_OFFERING_ITEMS, Standings, UsageKey, UsageName, UsageValue, Usages,
};
use crate::domain::quota::{Item, Level, Quota, State};
use crate::domain::time::Timestamp;

/// The version of the form.
const VERSION: u8 = 1;

/// Usage names that are stored as one byte: their place here, from 1. Names are only ever added,
/// at the end.
const KNOWN_NAMES: [UsageName; 5] = [
    UsageName::STORAGE,
    UsageName::WORKSTATIONS,
    UsageName::SERVERS,
    UsageName::VMS,
    UsageName::MOBILES,
];

const STATES: [State; 5] = [
    State::Unlimited,
    State::Ok,
    State::Soon,
    State::Exceeded,
    State::HardExceeded,
];

const HAS_EDITION: u8 = 1;
const HAS_INFRA: u8 = 1 << 1;
const HAS_QUOTA: u8 = 1 << 2;
const HAS_VALUE: u8 = 1 << 3;
const HAS_OVERAGE: u8 = 1 << 4;

/// Reads the stored meter of `account`.
///
/// # Errors
/// [`StoreError::Corrupt`] where it is damaged, or of another version.
pub fn decode(account: AccountId, body: &[u8]) -> Result<HotMeter, StoreError> {
    bytes::decode("meter", VERSION, body, |reader| read(account, reader))
}

/// The bytes to store, under the key of the meter's account.
#[must_use]
pub fn encode(meter: &HotMeter) -> Vec<u8> {
    let mut writer = Writer::new(VERSION);
    let base = base_of(meter);
    writer.signed(base);
    writer.count(meter.offering_items.len());
    for limit in &meter.offering_items {
        write_limit(&mut writer, limit);
    }
    writer.count(meter.usages.len());
    for (key, value) in meter.usages.iter() {
        let limits = &mut meter.offering_items.iter();
        match limits.position(|limit| limit.key == *key) {
            Some(index) => writer.count(index + 1),
            None => {
                writer.count(0);
                writer.byte(flags_of(key));
                write_key(&mut writer, key);
            }
        }
        writer.number(value.absolute);
        writer.signed(base.wrapping_sub(value.observed_at.micros()));
    }
    for (item, standing) in meter.standings.iter() {
        writer.byte(code_of(item, &standing));
        writer.signed(base.wrapping_sub(standing.since.micros()));
    }
    writer.into_bytes()
}

/// The newest time in the meter: the others are told by their distance to it.
fn base_of(meter: &HotMeter) -> i64 {
    let observed = meter.usages.iter().map(|(_, value)| value.observed_at);
    let since = meter.standings.iter().map(|(_, standing)| standing.since);
    observed.chain(since).max().unwrap_or_default().micros()
}

const fn flags_of(key: &UsageKey) -> u8 {
    bit(HAS_EDITION, key.edition.is_some()) | bit(HAS_INFRA, key.infra_id.is_some())
}

fn write_limit(writer: &mut Writer, limit: &Limit) {
    let Quota { value, overage } = limit.quota.unwrap_or_default();
    let quota = bit(HAS_QUOTA, limit.quota.is_some());
    let numbers = bit(HAS_VALUE, value.is_some()) | bit(HAS_OVERAGE, overage.is_some());
    writer.byte(flags_of(&limit.key) | quota | numbers);
    write_key(writer, &limit.key);
    for number in [value, overage].into_iter().flatten() {
        writer.number(number);
    }
}

fn write_key(writer: &mut Writer, key: &UsageKey) {
    let known = KNOWN_NAMES.iter().position(|name| *name == key.usage_name);
    match known {
        Some(index) => writer.count(index + 1),
        None => {
            writer.count(0);
            writer.text(&key.usage_name);
        }
    }
    if let Some(edition) = &key.edition {
        writer.text(edition);
    }
    if let Some(infra) = &key.infra_id {
        writer.bytes(infra.bytes());
    }
}

/// An item's standing but for its time, in one byte: three bits, three bits, two bits.
fn code_of(item: Item, standing: &Standing) -> u8 {
    let place = |found: Option<usize>| found.and_then(|i| u8::try_from(i).ok()).unwrap_or(0);
    let item = place(Some(item.index()));
    let state = place(STATES.iter().position(|state| *state == standing.state));
    let fired = standing.fired.map_or(0, |level| {
        1 + place(Level::ALL.iter().position(|l| *l == level))
    });
    item | state << 3 | fired << 6
}

fn read(account: AccountId, reader: &mut Reader<'_>) -> Result<HotMeter, &'static str> {
    let base = reader.signed()?;
    let mut offering_items = Vec::with_capacity(8);
    for _ in 0..reader.count()? {
        offering_items.push(read_limit(reader)?);
    }
    let count = reader.count()?;
    // It may be damaged.
    let mut usages = Usages::with_capacity(count.min(MAX_OFFERING_ITEMS));
    for _ in 0..count {
        let key = match reader.count()?.checked_sub(1) {
            Some(index) => {
                let limit = offering_items.get(index).ok_or("a limit is missing")?;
                limit.key.clone()
            }
            None => {
                let flags = reader.byte()?;
                read_key(reader, flags)?
            }
        };
        let value = UsageValue {
            absolute: reader.number()?,
            observed_at: Timestamp::from_micros(base.wrapping_sub(reader.signed()?)),
        };
        usages.insert(key, value);
    }
    let mut standings = Standings::new();
    while !reader.is_empty() {
        let (item, state, fired) = standing_of(reader.byte()?)?;
        let standing = Standing {
            state,
            since: Timestamp::from_micros(base.wrapping_sub(reader.signed()?)),
            fired,
        };
        standings.insert(item, standing);
    }
    Ok(HotMeter {
        account,
        offering_items,
        usages,
        standings,
    })
}

fn read_limit(reader: &mut Reader<'_>) -> Result<Limit, &'static str> {
    let flags = reader.byte()?;
    let key = read_key(reader, flags)?;
    let mut number = |flag| match flags & flag {
        0 => Ok(None),
        _ => reader.number().map(Some),
    };
    let value = number(HAS_VALUE)?;
    let overage = number(HAS_OVERAGE)?;
    let quota = (flags & HAS_QUOTA != 0).then_some(Quota { value, overage });
    Ok(Limit { key, quota })
}

fn read_key(reader: &mut Reader<'_>, flags: u8) -> Result<UsageKey, &'static str> {
    let usage_name = match reader.count()?.checked_sub(1) {
        Some(index) => {
            let known = KNOWN_NAMES.get(index);
            known.ok_or("a usage name is not known")?.clone()
        }
        None => UsageName::from(reader.text()?),
    };
    let edition = match flags & HAS_EDITION {
        0 => None,
        _ => Some(reader.text()?.to_owned()),
    };
    let infra_id = match flags & HAS_INFRA {
        0 => None,
        _ => Some(InfraId::new(uuid::Uuid::from_bytes(*reader.array()?))),
    };
    Ok(UsageKey {
        usage_name,
        edition,
        infra_id,
    })
}

fn standing_of(code: u8) -> Result<(Item, State, Option<Level>), &'static str> {
    let item = Item::ALL.get(usize::from(code & 7));
    let state = STATES.get(usize::from(code >> 3 & 7));
    let fired = match usize::from(code >> 6).checked_sub(1) {
        None => None,
        Some(index) => Some(*Level::ALL.get(index).ok_or("a level is not known")?),
    };
    let item = item.ok_or("an item is not known")?;
    Ok((*item, *state.ok_or("a state is not known")?, fired))
}

#[cfg(test)]
mod tests;
