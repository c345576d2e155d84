//! Numbers and texts as bytes. LEB128: seven bits a byte, the lowest first.

use crate::store::engine::StoreError;

/// Writes them.
pub(in crate::store) struct Writer(Vec<u8>);

impl Writer {
    /// Starts with a byte of version.
    pub(in crate::store) fn new(version: u8) -> Self {
        let mut bytes = Vec::with_capacity(128);
        bytes.push(version);
        Self(bytes)
    }

    pub(in crate::store) fn byte(&mut self, byte: u8) {
        self.0.push(byte);
    }

    pub(in crate::store) fn bytes(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    pub(in crate::store) fn number(&mut self, mut number: u64) {
        while number > 0x7F {
            self.0.push(low_bits(number) | 0x80);
            number >>= 7;
        }
        self.0.push(low_bits(number));
    }

    /// Small for small numbers of either sign.
    pub(in crate::store) fn signed(&mut self, number: i64) {
        self.number((number << 1 ^ number >> 63).cast_unsigned());
    }

    pub(in crate::store) fn count(&mut self, count: usize) {
        self.number(count as u64);
    }

    pub(in crate::store) fn text(&mut self, text: &str) {
        self.blob(text.as_bytes());
    }

    /// Bytes with their number before them.
    pub(in crate::store) fn blob(&mut self, bytes: &[u8]) {
        self.count(bytes.len());
        self.bytes(bytes);
    }

    pub(in crate::store) fn into_bytes(self) -> Vec<u8> {
        self.0
    }
}

/// The lowest seven bits.
fn low_bits(number: u64) -> u8 {
    u8::try_from(number & 0x7F).unwrap_or(0)
}

/// The flag, where it is set.
pub(in crate::store) const fn bit(flag: u8, is_set: bool) -> u8 {
    if is_set { flag } else { 0 }
}

/// What `read` makes of the bytes behind the byte of version: all of them.
///
/// # Errors
/// [`StoreError::Corrupt`] where they are damaged, or of another version.
pub(in crate::store) fn decode<T>(
    name: &str,
    version: u8,
    bytes: &[u8],
    read: impl FnOnce(&mut Reader<'_>) -> Result<T, &'static str>,
) -> Result<T, StoreError> {
    let corrupt = |why: &str| StoreError::Corrupt(format!("{name}: {why}"));
    let (found, rest) = bytes.split_first().ok_or_else(|| corrupt("empty"))?;
    if *found != version {
        return Err(corrupt("its form is not known here; use a newer upsell"));
    }
    let mut reader = Reader::new(rest);
    let value = read(&mut reader).map_err(corrupt)?;
    reader.end().map_err(corrupt)?;
    Ok(value)
}

/// Reads them. Errors say what is wrong with the bytes.
pub(in crate::store) struct Reader<'a>(&'a [u8]);

const SHORT: &str = "it ends too early";

impl<'a> Reader<'a> {
    pub(in crate::store) const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(in crate::store) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(in crate::store) fn byte(&mut self) -> Result<u8, &'static str> {
        let (first, rest) = self.0.split_first().ok_or(SHORT)?;
        self.0 = rest;
        Ok(*first)
    }

    pub(in crate::store) fn array<const N: usize>(&mut self) -> Result<&'a [u8; N], &'static str> {
        let (first, rest) = self.0.split_first_chunk().ok_or(SHORT)?;
        self.0 = rest;
        Ok(first)
    }

    pub(in crate::store) fn number(&mut self) -> Result<u64, &'static str> {
        let mut number = 0;
        for shift in (0..u64::BITS).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7F);
            if bits << shift >> shift != bits {
                return Err("a number is too large");
            }
            number |= bits << shift;
            if byte & 0x80 == 0 {
                return Ok(number);
            }
        }
        Err("a number is too long")
    }

    pub(in crate::store) fn signed(&mut self) -> Result<i64, &'static str> {
        let number = self.number()?;
        Ok((number >> 1).cast_signed() ^ -(number & 1).cast_signed())
    }

    pub(in crate::store) fn count(&mut self) -> Result<usize, &'static str> {
        usize::try_from(self.number()?).map_err(|_| "a count is too large")
    }

    pub(in crate::store) fn text(&mut self) -> Result<&'a str, &'static str> {
        std::str::from_utf8(self.blob()?).map_err(|_| "a text is no UTF-8")
    }

    /// Bytes with their number before them.
    pub(in crate::store) fn blob(&mut self) -> Result<&'a [u8], &'static str> {
        let length = self.count()?;
        self.take(length)
    }

    /// The next `length` bytes.
    pub(in crate::store) fn take(&mut self, length: usize) -> Result<&'a [u8], &'static str> {
        let (bytes, rest) = self.0.split_at_checked(length).ok_or(SHORT)?;
        self.0 = rest;
        Ok(bytes)
    }

    /// # Errors
    /// Something is left.
    pub(in crate::store) const fn end(&self) -> Result<(), &'static str> {
        if self.0.is_empty() {
            return Ok(());
        }
        Err("something stands behind its end")
    }
}
