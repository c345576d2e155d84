//! From a store into a file.

use std::io::{self, Write};

use super::format::{
    CHUNK, CHUNK_BYTES, CHUNK_RECORDS, END, Header, MAX_PAYLOAD_BYTES, header_sum, part_sum,
};
use super::pages::Pages;
use super::read::Place;
use super::{Done, TransferError};
use crate::store::engine::{Engine, Key};

/// Writes an export.
pub struct ExportWriter<W> {
    output: W,
    /// Behind what was written; records of the chunk in the making are counted, its bytes are not.
    place: Place,
    /// The chunk in the making.
    payload: Vec<u8>,
    records: usize,
}

impl<W: Write> ExportWriter<W> {
    /// Begins a new export.
    ///
    /// # Errors
    /// The header cannot be written.
    pub fn begin(mut output: W, header: &Header) -> Result<Self, TransferError> {
        let lines = header.lines();
        let lines = lines.map_err(|error| TransferError::Write(error.into()))?;
        let sum = header_sum(&lines);
        write(&mut output, &[&lines, &sum])?;
        let place = Place {
            sum,
            ..Place::default()
        };
        Ok(Self::behind(output, place))
    }

    /// Goes on where the reader of what is there came to its last whole part; `output` writes from
    /// there.
    #[must_use]
    pub fn behind(output: W, place: Place) -> Self {
        Self {
            output,
            place,
            payload: Vec::new(),
            records: 0,
        }
    }

    /// Adds a record, the key of which comes after all before.
    fn push(&mut self, key: Key, body: &[u8]) -> Result<(), TransferError> {
        let too_long = || TransferError::TooLong {
            key: key.0.escape_ascii().to_string(),
            bytes: body.len(),
        };
        let key_length = u16::try_from(key.0.len()).map_err(|_| too_long())?;
        let body_length = u32::try_from(body.len()).map_err(|_| too_long())?;
        let bytes = 2 + 4 + key.0.len() + body.len();
        if bytes > MAX_PAYLOAD_BYTES {
            return Err(too_long());
        }
        let is_full = self.records == CHUNK_RECORDS || self.payload.len() + bytes > CHUNK_BYTES;
        if is_full && self.records > 0 {
            self.end_chunk()?;
        }
        self.payload.extend_from_slice(&key_length.to_be_bytes());
        self.payload.extend_from_slice(&body_length.to_be_bytes());
        self.payload.extend_from_slice(&key.0);
        self.payload.extend_from_slice(body);
        self.records += 1;
        self.place.done.records += 1;
        self.place.done.bytes += (key.0.len() + body.len()) as u64;
        self.place.last = Some(key);
        Ok(())
    }

    fn end_chunk(&mut self) -> Result<(), TransferError> {
        let payload = std::mem::take(&mut self.payload);
        self.part(CHUNK, &payload)?;
        self.place.chunks += 1;
        self.records = 0;
        self.payload = payload;
        self.payload.clear();
        Ok(())
    }

    fn part(&mut self, kind: u8, payload: &[u8]) -> Result<(), TransferError> {
        let length = u32::try_from(payload.len());
        let length = length.map_err(|error| TransferError::Write(io::Error::other(error)))?;
        let length = length.to_be_bytes();
        let sum = part_sum(&self.place.sum, kind, length, payload);
        self.place.sum = sum;
        write(&mut self.output, &[&[kind], &length, payload, &sum])
    }

    /// Writes what is left, and the end mark.
    fn finish(mut self) -> Result<(W, Done), TransferError> {
        if self.records > 0 {
            self.end_chunk()?;
        }
        self.part(END, &self.place.end_mark())?;
        self.output.flush().map_err(TransferError::Write)?;
        Ok((self.output, self.place.done))
    }
}

fn write(output: &mut impl Write, pieces: &[&[u8]]) -> Result<(), TransferError> {
    pieces
        .iter()
        .try_for_each(|piece| output.write_all(piece))
        .map_err(TransferError::Write)
}

/// Writes all records of `engine` that are not in the export yet, and its end. `tell` learns now and
/// then how far it is.
///
/// # Errors
/// The store failed, or the file cannot be written. What was written can be continued.
pub async fn export<W: Write>(
    engine: &dyn Engine,
    mut writer: ExportWriter<W>,
    tell: &mut dyn FnMut(Done),
) -> Result<(W, Done), TransferError> {
    let mut pages = Pages::behind(engine, writer.place.last.clone());
    while let Some(page) = pages.next().await? {
        for (key, record) in page {
            writer.push(key, &record.body)?;
        }
        tell(writer.place.done);
    }
    writer.finish()
}
