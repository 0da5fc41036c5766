//! How much a file may cost: memory for rows that are held, room for a copy, expansion of what is
//! compressed. A file of some megabytes can hold terabytes.

#![cfg_attr(not(feature = "compression"), allow(dead_code, reason = "nothing is decompressed"))]

use std::io::{self, BufRead, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::options::Limits;
use crate::data::error::DataError;
use crate::data::record::Record;

/// Memory for the dictionary or window of a compressed file: a hostile header may ask for 4 GiB,
/// while `xz -9` needs 65 MiB and `zstd --ultra -22` 128 MiB.
pub(crate) const DICTIONARY_MIB: u32 = 256;

/// A row costs this besides its texts: the vectors, the place, the allocator, and room to grow.
/// Rows of one letter take 300 bytes in all.
const OF_A_ROW: u64 = 250;
/// So much is not worth a look at how it was compressed: the shortest rows that fill it take
/// about 600 MiB when they are held.
const HARMLESS: u64 = 8 << 20;

/// Rows held in memory, counted.
#[derive(Debug)]
pub struct Held {
    limit: u64,
    bytes: u64,
}

impl Held {
    /// Nothing yet.
    pub fn new(limits: &Limits) -> Self {
        Self { limit: limits.rows, bytes: 0 }
    }

    /// Counts one more.
    ///
    /// # Errors
    /// [`DataError::TooManyRows`] when all of them are over the limit.
    pub fn add(&mut self, record: &Record) -> Result<(), DataError> {
        let columns = record.columns.iter().map(|(name, value)| {
            name.len() + value.as_str().map_or(size_of::<serde_json::Value>(), str::len)
        });
        let fields = record.fields.iter().map(|field| field.len() + size_of::<String>());
        let labels = record.label.iter().flat_map(crate::data::RawLabel::names).map(String::len);
        self.bytes += OF_A_ROW + (columns.sum::<usize>() + fields.sum::<usize>()) as u64;
        self.bytes += labels.sum::<usize>() as u64;
        if self.bytes <= self.limit {
            return Ok(());
        }
        Err(DataError::TooManyRows { place: record.place.clone(), limit: self.limit })
    }
}

/// A [`DataError`] on its way through a decoder's interface.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the data expands to more than {limit} times its size")]
pub(crate) struct Expands {
    pub(crate) limit: u64,
}

/// Counts the bytes that pass.
pub(crate) struct Counted<R> {
    inner: R,
    count: Arc<AtomicU64>,
}

impl<R> Counted<R> {
    pub(crate) fn new(inner: R) -> (Self, Arc<AtomicU64>) {
        let count = Arc::new(AtomicU64::new(0));
        (Self { inner, count: Arc::clone(&count) }, count)
    }
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.count.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

impl<R: BufRead> BufRead for Counted<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.inner.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        self.count.fetch_add(amount as u64, Ordering::Relaxed);
        self.inner.consume(amount);
    }
}

/// The output of a decoder, as long as it is not absurdly larger than the input.
pub(crate) struct Expanded<R> {
    inner: R,
    /// Bytes that went into the decoder.
    compressed: Arc<AtomicU64>,
    bytes: u64,
    limit: u64,
}

impl<R> Expanded<R> {
    pub(crate) fn new(inner: R, compressed: Arc<AtomicU64>, limits: &Limits) -> Self {
        Self { inner, compressed, bytes: 0, limit: limits.expansion }
    }
}

impl<R: Read> Read for Expanded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.bytes += read as u64;
        let allowed = self.limit.saturating_mul(self.compressed.load(Ordering::Relaxed));
        if self.bytes > HARMLESS.max(allowed) {
            return Err(io::Error::other(Expands { limit: self.limit }));
        }
        Ok(read)
    }
}

/// Most bytes that may come out of this many.
#[cfg(feature = "parquet")]
pub(crate) fn expanded(compressed: u64, limits: &Limits) -> u64 {
    HARMLESS.max(compressed.saturating_mul(limits.expansion))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::place::Place;
    use std::path::Path;

    #[test]
    fn rows_over_the_limit_are_named() {
        let file = Arc::from(Path::new("f"));
        let record = |line| Record {
            fields: vec!["x".repeat(100)],
            label: Some("y".into()),
            place: Place::new(&file, line),
            columns: Vec::new(),
        };
        let mut held = Held::new(&Limits { rows: 1500, ..Limits::default() });
        assert!((1..=4).all(|line| held.add(&record(line)).is_ok()));
        let error = held.add(&record(5)).unwrap_err();
        assert!(matches!(error, DataError::TooManyRows { limit: 1500, .. }), "{error}");
        assert!(error.to_string().starts_with("f:5: "), "{error}");
        assert!(error.hint().unwrap().contains("`max-memory`"));
    }

    #[test]
    fn what_expands_too_far_ends() {
        let read = |compressed: u64, expansion| {
            let limits = Limits { expansion, ..Limits::default() };
            let count = Arc::new(AtomicU64::new(compressed));
            let mut from = Expanded::new(io::repeat(0).take(HARMLESS + 10), count, &limits);
            io::copy(&mut from, &mut io::sink())
        };
        assert_eq!(read(HARMLESS / 2, 3).unwrap(), HARMLESS + 10);
        let error = read(1000, 250).unwrap_err();
        assert!(error.get_ref().unwrap().is::<Expands>());
    }
}
