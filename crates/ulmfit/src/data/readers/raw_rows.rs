//! Delimited bytes to fields, within bounds.

use std::io::BufRead;

use super::decode::{Decoder, Ending};
use super::input::Input;
use super::options::{Format, Quotes};
use crate::data::error::DataError;
use crate::data::place::Place;

/// More columns than any data has; a row of a million separators is refused, not stored.
const MOST_COLUMNS: usize = 16_384;
/// How many full-length documents a row may hold.
const DOCUMENTS_PER_ROW: usize = 16;

/// The fields of a row, one after the other in one buffer.
#[derive(Default)]
pub(crate) struct RawRow {
    /// Where the row begins.
    pub(crate) line: u64,
    bytes: Vec<u8>,
    ends: Vec<(usize, bool)>, // where a field ends in `bytes`, and whether it was cut
}

impl RawRow {
    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    pub(crate) fn field(&self, index: usize) -> (&[u8], Ending) {
        let start = if index == 0 { 0 } else { self.ends[index - 1].0 };
        let (end, cut) = self.ends[index];
        (&self.bytes[start..end], if cut { Ending::Cut } else { Ending::Whole })
    }
}

/// Rows of any separator, none held beyond a bound.
///
/// `csv_core` splits; the `csv` crate above it would keep a row of any length.
pub(crate) struct RawRows {
    pub(crate) input: Input,
    parser: csv_core::Reader,
    pub(crate) decoder: Decoder,
    scratch: Vec<u8>,
    /// The line reading has come to.
    pub(crate) line: u64,
    after_return: bool,
}

impl RawRows {
    pub(crate) fn new(input: Input, format: Format, quotes: Quotes, decoder: Decoder) -> Self {
        let delimiter = if format == Format::Tsv { b'\t' } else { sniff_delimiter(input.head()) };
        let parser = csv_core::ReaderBuilder::new()
            .delimiter(delimiter)
            .quoting(quotes == Quotes::Enclose)
            .build();
        Self { input, parser, decoder, scratch: vec![0; 1 << 14], line: 1, after_return: false }
    }

    pub(crate) fn place(&self, line: u64) -> Place {
        Place::new(&self.input.file, line)
    }

    /// Reads the next row; `false` at the end of the file.
    pub(crate) fn read(&mut self, row: &mut RawRow) -> Result<bool, DataError> {
        row.bytes.clear();
        row.ends.clear();
        self.skip_line_ends()?;
        row.line = self.line;
        let (mut start, mut cut, mut ended) = (0, false, false);
        loop {
            let source = match self.input.fill_buf() {
                Ok(buffer) => buffer,
                Err(source) => return Err(self.input.error(source)),
            };
            let at_end = source.is_empty();
            // A line end that the file itself may lack: inside quotes alone it becomes text.
            let bytes: &[u8] = match (at_end, ended) {
                (true, false) => b"\n",
                _ => source,
            };
            let (result, taken, given) = self.parser.read_field(bytes, &mut self.scratch);
            if at_end && !ended {
                ended = true;
                if given > 0 && matches!(result, csv_core::ReadFieldResult::InputEmpty) {
                    return Err(DataError::UnclosedQuote { place: self.place(row.line) });
                }
            } else {
                let (lines, after_return) = line_ends(&bytes[..taken], self.after_return);
                self.line += lines;
                self.after_return = after_return;
                self.input.consume(taken);
            }
            let room = (self.decoder.keep()).saturating_sub(row.bytes.len() - start);
            cut |= given > room;
            row.bytes.extend_from_slice(&self.scratch[..given.min(room)]);
            match result {
                csv_core::ReadFieldResult::InputEmpty | csv_core::ReadFieldResult::OutputFull => {}
                csv_core::ReadFieldResult::End => return Ok(false),
                csv_core::ReadFieldResult::Field { record_end } => {
                    row.ends.push((row.bytes.len(), cut));
                    (start, cut) = (row.bytes.len(), false);
                    let limit = self.decoder.keep().saturating_mul(DOCUMENTS_PER_ROW);
                    if row.len() > MOST_COLUMNS || row.bytes.len() > limit {
                        return Err(DataError::TooLong { place: self.place(row.line), limit });
                    }
                    if record_end {
                        return Ok(true);
                    }
                }
            }
        }
    }

    /// Passes blank lines, so that a row is placed where its text begins.
    fn skip_line_ends(&mut self) -> Result<(), DataError> {
        loop {
            let buffer = match self.input.fill_buf() {
                Ok(buffer) => buffer,
                Err(source) => return Err(self.input.error(source)),
            };
            let blank = buffer.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
            if blank == 0 {
                self.after_return = false;
                return Ok(());
            }
            let (lines, after_return) = line_ends(&buffer[..blank], self.after_return);
            self.line += lines;
            self.after_return = after_return;
            self.input.consume(blank);
        }
    }
}

/// Line ends in `bytes` (`\n`, `\r\n` or `\r`), and whether the last byte is a `\r`.
fn line_ends(bytes: &[u8], mut after_return: bool) -> (u64, bool) {
    let mut lines = 0;
    for byte in bytes {
        lines += u64::from(*byte == b'\r' || (*byte == b'\n' && !after_return));
        after_return = *byte == b'\r';
    }
    (lines, after_return)
}

/// The comma, unless the first line has none but semicolons (Excel in much of Europe) or tabs.
fn sniff_delimiter(head: &[u8]) -> u8 {
    let line = head
        .split(|byte| matches!(byte, b'\r' | b'\n'))
        .find(|line| !line.is_empty())
        .unwrap_or_default();
    [b',', b';', b'\t'].into_iter().find(|delimiter| line.contains(delimiter)).unwrap_or(b',')
}
