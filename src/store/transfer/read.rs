//! Reads an export, and believes nothing of it that its sums do not vouch for.

use std::io::{ErrorKind, Read};

use super::format::{
    CHUNK, END, FORMAT_VERSION, Header, MAX_HEADER_BYTES, MAX_PAYLOAD_BYTES, SUM_BYTES, Sum, WORD,
    header_sum, part_sum,
};
use super::{Done, TransferError};
use crate::store::engine::{Key, MAX_KEY_BYTES};

/// A place between two parts of an export.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Place {
    /// Bytes before it.
    pub offset: u64,
    /// The sum of all before it.
    pub sum: Sum,
    /// Chunks before it.
    pub chunks: u64,
    /// What is in those chunks.
    pub done: Done,
    /// The key of the last record before it.
    pub last: Option<Key>,
}

impl Place {
    /// What the end mark says here.
    pub(super) fn end_mark(&self) -> Vec<u8> {
        let numbers = [self.chunks, self.done.records, self.done.bytes];
        numbers.iter().flat_map(|n| n.to_be_bytes()).collect()
    }
}

/// Reads an export part by part.
pub struct ExportReader<R> {
    input: R,
    header: Header,
    place: Place,
}

/// Records of a chunk, in the order of their keys.
pub type Records = Vec<(Key, Vec<u8>)>;

impl<R: Read> ExportReader<R> {
    /// Reads the header.
    ///
    /// # Errors
    /// It is none, or of a newer format, cut or damaged.
    pub fn open(mut input: R) -> Result<Self, TransferError> {
        let lines = read_lines(&mut input)?;
        let sum = header_sum(&lines);
        let mut found = [0; SUM_BYTES];
        fill(&mut input, &mut found, 0)?;
        let damaged = |why: String| TransferError::Damaged { offset: 0, why };
        if found != sum {
            return Err(damaged("the sum of its header is wrong".to_owned()));
        }
        let json = lines.split(|byte| *byte == b'\n').nth(1);
        let header = serde_json::from_slice(json.unwrap_or_default());
        let header = header.map_err(|error| damaged(format!("its header: {error}")))?;
        let place = Place {
            offset: (lines.len() + SUM_BYTES) as u64,
            sum,
            ..Place::default()
        };
        Ok(Self {
            input,
            header,
            place,
        })
    }

    /// What it says of itself.
    pub const fn header(&self) -> &Header {
        &self.header
    }

    /// Behind the last part that was read whole.
    pub const fn place(&self) -> &Place {
        &self.place
    }

    /// The next chunk; `None` at the end, when everything is as it was written.
    ///
    /// # Errors
    /// It is cut or damaged here.
    pub fn next_chunk(&mut self) -> Result<Option<Records>, TransferError> {
        let offset = self.place.offset;
        let mut head = [0; 5];
        fill(&mut self.input, &mut head, offset)?;
        let [kind, length @ ..] = head;
        let payload_length = u32::from_be_bytes(length) as usize;
        if !matches!(kind, CHUNK | END) || payload_length > MAX_PAYLOAD_BYTES {
            return Err(self.damaged("what stands there is no part of an export"));
        }
        let mut payload = vec![0; payload_length];
        fill(&mut self.input, &mut payload, offset)?;
        let mut found = [0; SUM_BYTES];
        fill(&mut self.input, &mut found, offset)?;
        let sum = part_sum(&self.place.sum, kind, length, &payload);
        if found != sum {
            return Err(self.damaged("the sum of that part is wrong"));
        }
        if kind == END {
            return self.end(&payload).map(|()| None);
        }
        let records = decode(&payload, self.place.last.as_ref());
        let records = records.map_err(|why| self.damaged(why))?;
        let place = &mut self.place;
        place.offset += (head.len() + payload.len() + SUM_BYTES) as u64;
        place.sum = sum;
        place.chunks += 1;
        place.done.records += records.len() as u64;
        let bytes = records.iter().map(|(key, body)| key.0.len() + body.len());
        place.done.bytes += bytes.sum::<usize>() as u64;
        place.last = records.last().map(|(key, _)| key.clone());
        Ok(Some(records))
    }

    /// Reads to the last whole part, and says whether that is the end.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn to_last_whole(mut self) -> Result<(Place, bool), TransferError> {
        loop {
            match self.next_chunk() {
                Ok(Some(_)) => {}
                Ok(None) => return Ok((self.place, true)),
                // After a power failure the tail may be there and hold nothing.
                Err(TransferError::Cut { .. } | TransferError::Damaged { .. }) => {
                    return Ok((self.place, false));
                }
                Err(error) => return Err(error),
            }
        }
    }

    fn end(&mut self, payload: &[u8]) -> Result<(), TransferError> {
        if payload != self.place.end_mark() {
            return Err(self.damaged("its end mark counts other records than there are"));
        }
        let mut more = [0];
        let behind = read_some(&mut self.input, &mut more)?;
        if behind > 0 {
            return Err(self.damaged("something stands behind its end"));
        }
        Ok(())
    }

    fn damaged(&self, why: &str) -> TransferError {
        TransferError::Damaged {
            offset: self.place.offset,
            why: why.to_owned(),
        }
    }
}

/// The two lines of the header, byte by byte: what stands behind is not lines.
fn read_lines(input: &mut impl Read) -> Result<Vec<u8>, TransferError> {
    let mut lines = Vec::new();
    let mut ends = 0;
    while ends < 2 {
        let mut byte = [0];
        if read_some(input, &mut byte)? == 0 {
            return Err(TransferError::Cut { offset: 0 });
        }
        lines.extend_from_slice(&byte);
        let begins_right = lines.iter().zip(WORD.as_bytes()).all(|(a, b)| a == b);
        if !begins_right || lines.len() > MAX_HEADER_BYTES {
            return Err(TransferError::NotAnExport);
        }
        if byte == *b"\n" {
            ends += 1;
            if ends == 1 {
                check_version(&lines)?;
            }
        }
    }
    Ok(lines)
}

fn check_version(line: &[u8]) -> Result<(), TransferError> {
    let version = line.get(WORD.len()..).and_then(|rest| {
        let text = std::str::from_utf8(rest).ok()?;
        text.trim_end().parse::<u32>().ok()
    });
    match version {
        Some(FORMAT_VERSION) => Ok(()),
        Some(found) if found > FORMAT_VERSION => Err(TransferError::NewerFormat {
            found,
            supported: FORMAT_VERSION,
        }),
        _ => Err(TransferError::NotAnExport),
    }
}

/// The records of a chunk. Its sum is right: what makes no sense was written so.
fn decode(mut payload: &[u8], before: Option<&Key>) -> Result<Records, &'static str> {
    const SHORT: &str = "a chunk is shorter than its records";
    let mut records = Records::new();
    while !payload.is_empty() {
        let (key_length, rest) = payload.split_first_chunk().ok_or(SHORT)?;
        let (body_length, rest) = rest.split_first_chunk().ok_or(SHORT)?;
        let key_length = u16::from_be_bytes(*key_length) as usize;
        let body_length = u32::from_be_bytes(*body_length) as usize;
        let (key, rest) = rest.split_at_checked(key_length).ok_or(SHORT)?;
        let (body, rest) = rest.split_at_checked(body_length).ok_or(SHORT)?;
        if !(1..=MAX_KEY_BYTES).contains(&key_length) {
            return Err("a key is too long, or empty");
        }
        let key = Key(key.to_vec());
        let last = records.last().map(|(key, _)| key).or(before);
        if last.is_some_and(|last| *last >= key) {
            return Err("its records are not in the order of their keys");
        }
        records.push((key, body.to_vec()));
        payload = rest;
    }
    Ok(records)
}

/// Fills `buffer`, or says that the export was cut behind `whole`.
fn fill(input: &mut impl Read, buffer: &mut [u8], whole: u64) -> Result<(), TransferError> {
    input
        .read_exact(buffer)
        .map_err(|error| match error.kind() {
            ErrorKind::UnexpectedEof => TransferError::Cut { offset: whole },
            _ => TransferError::Read(error),
        })
}

/// As much as there is at once; 0 at the end.
fn read_some(input: &mut impl Read, buffer: &mut [u8]) -> Result<usize, TransferError> {
    loop {
        match input.read(buffer) {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            other => return other.map_err(TransferError::Read),
        }
    }
}
