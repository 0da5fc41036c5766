//! Delimited bytes to fields, within bounds.

use std::io::BufRead;

use super::decode::{Decoder, Ending};
use super::dialect::Dialect;
use super::input::{BYTE_ORDER_MARK, Input};
use super::options::{Format, Quotes, ReadOptions};
use super::quote_check::{QuoteCheck, Step};
use super::quoting::Quoting;
use super::warnings::Warnings;
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

/// Rows with any delimiter, of bounded length in memory.
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
    pub(crate) dialect: Dialect,
    /// The quoting that the user gave.
    quotes: Quotes,
    check: QuoteCheck,
}

impl RawRows {
    pub(crate) fn new(mut input: Input, format: Format, options: &ReadOptions) -> Self {
        let dialect = Dialect::of(input.head(), input.is_whole(), format, options);
        let parser = csv_core::ReaderBuilder::new()
            .delimiter(dialect.delimiter.byte())
            .quoting(dialect.quoting != Quoting::Literal)
            .escape((dialect.quoting == Quoting::Backslash).then_some(b'\\'))
            .build();
        input.consume(dialect.preamble);
        Self {
            input,
            parser,
            decoder: Decoder::new(options),
            scratch: vec![0; 1 << 14],
            line: if dialect.preamble > 0 { 2 } else { 1 },
            after_return: false,
            dialect,
            quotes: options.quotes,
            check: QuoteCheck::new(dialect.delimiter, dialect.quoting),
        }
    }

    /// What was noticed about the quotes of the row that was read last.
    pub(crate) fn note_quotes(&self, row: &RawRow, warnings: &mut Warnings) {
        let opens = |index| row.field(index).0.first() == Some(&b'"');
        let place = || self.place(row.line);
        match (self.quotes, self.dialect.quoting) {
            (Quotes::Auto, Quoting::Literal) if (0..row.len()).any(opens) => {
                warnings.literal_quotes.add(&place());
            }
            (Quotes::Auto, Quoting::Backslash) if self.check.escaped => {
                warnings.escaped_quotes.add(&place());
            }
            _ => {}
        }
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
        self.check.begin_row();
        let (mut start, mut cut, mut ended) = (0, false, false);
        let mut counted = 0; // bytes of the row, of each cell no more than a text may have
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
            let stray =
                bytes[..taken].iter().position(|byte| self.check.step(*byte) == Step::Stray);
            if let Some(at) = stray {
                self.input.consume(at + 1);
                return Err(self.stray_quote(row.line));
            }
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
            let room = self.decoder.keep_of_cell().saturating_sub(row.bytes.len() - start);
            cut |= given > room;
            row.bytes.extend_from_slice(&self.scratch[..given.min(room)]);
            match result {
                csv_core::ReadFieldResult::InputEmpty | csv_core::ReadFieldResult::OutputFull => {}
                csv_core::ReadFieldResult::End => return Ok(false),
                csv_core::ReadFieldResult::Field { record_end } => {
                    row.ends.push((row.bytes.len(), cut));
                    counted += (row.bytes.len() - start).min(self.decoder.keep());
                    (start, cut) = (row.bytes.len(), false);
                    let limit = self.decoder.keep().saturating_mul(DOCUMENTS_PER_ROW);
                    let place = || Place::new(&self.input.file, row.line);
                    if row.len() > MOST_COLUMNS {
                        let limit = MOST_COLUMNS;
                        return Err(DataError::TooManyColumns { place: place(), limit });
                    }
                    if counted > limit {
                        return Err(DataError::TooLong { place: place(), limit });
                    }
                    if record_end {
                        return self.end_row(row.line).map(|()| true);
                    }
                }
            }
        }
    }

    fn end_row(&mut self, line: u64) -> Result<(), DataError> {
        match self.check.swallowed() {
            Some(lines) if self.quotes == Quotes::Auto => {
                Err(DataError::SwallowedRows { place: self.place(line), lines })
            }
            _ => {
                self.check.end_row();
                Ok(())
            }
        }
    }

    /// The error, with a count from the rest of the file; whoever types is not waited for.
    fn stray_quote(&mut self, line: u64) -> DataError {
        let place = self.place(line);
        let (mut lines, mut odd) = self.check.odd_lines();
        while !self.input.is_stdin() {
            let bytes = match self.input.fill_buf() {
                Ok([]) | Err(_) => break,
                Ok(bytes) => bytes,
            };
            for byte in bytes {
                match byte {
                    b'"' => odd = !odd,
                    b'\r' | b'\n' => lines += u64::from(std::mem::take(&mut odd)),
                    _ => {}
                }
            }
            let length = bytes.len();
            self.input.consume(length);
        }
        DataError::StrayQuote { place, lines: lines + u64::from(odd) }
    }

    /// Passes blank lines, so that a row is placed where its text begins, and byte order marks, which
    /// lie between files that were put together.
    fn skip_line_ends(&mut self) -> Result<(), DataError> {
        loop {
            let buffer = match self.input.fill_buf() {
                Ok(buffer) => buffer,
                Err(source) => return Err(self.input.error(source)),
            };
            if buffer.starts_with(BYTE_ORDER_MARK) {
                self.input.consume(3);
                continue;
            }
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
