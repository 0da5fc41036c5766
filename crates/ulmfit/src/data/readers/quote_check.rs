//! Whether double quotes are used as the dialect says.
//!
//! `csv_core` splits any bytes into rows without a complaint. This follows the same bytes and notices
//! text after a closing quote, and a quoted field that has taken in whole rows.

use std::collections::HashSet;

use super::delimiter::Delimiter;
use super::quoting::Quoting;

/// Longer cells are hardly labels.
const LABEL_BYTES: usize = 40;
/// How many different cells are remembered of the first and of the last column.
const MOST_KNOWN: usize = 512;

/// The state of the scan at a byte.
#[derive(Clone, Copy, PartialEq, Eq)]
enum At {
    FieldStart,
    Unquoted,
    Quoted,
    /// After a backslash inside quotes.
    Escaped,
    /// After a quote inside quotes: it closes, or is the first of two.
    Closed,
}

/// What a byte ended.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    Nothing,
    Row,
    /// Text after a closing quote.
    Stray,
}

/// Follows the bytes of rows.
pub(crate) struct QuoteCheck {
    delimiter: Delimiter,
    quoting: Quoting,
    /// Fields of the first row, once it has ended.
    columns: Option<usize>,
    at: At,
    /// Fields of this row, without empty ones at its end.
    pub(crate) filled: usize,
    /// Fields of this row.
    pub(crate) fields: usize,
    /// Quotes in fields of this row that do not begin with one.
    pub(crate) inner_quotes: usize,
    /// Whether a backslash stood before a quote in this row.
    pub(crate) escaped: bool,
    field_is_empty: bool,
    line: Line,
    /// Lines of this row that have ended, and those among them that look like rows.
    lines: (usize, usize),
    known: Known,
    /// Lines so far with an odd number of quotes.
    odd_lines: u64,
}

/// A line as it looks when quotes are text.
#[derive(Default)]
struct Line {
    delimiters: usize,
    first: Vec<u8>,
    cell: Vec<u8>,
    bytes: usize,
    odd: bool,
}

/// Short cells seen in the first and the last column of rows that are one line.
#[derive(Default)]
struct Known {
    first: HashSet<Vec<u8>>,
    last: HashSet<Vec<u8>>,
}

impl QuoteCheck {
    pub(crate) fn new(delimiter: Delimiter, quoting: Quoting) -> Self {
        Self {
            delimiter,
            quoting,
            columns: None,
            at: At::FieldStart,
            filled: 0,
            fields: 0,
            inner_quotes: 0,
            escaped: false,
            field_is_empty: true,
            line: Line::default(),
            lines: (0, 0),
            known: Known::default(),
            odd_lines: 0,
        }
    }

    /// Forgets the rows, but not what cells of the first and last column look like.
    pub(crate) fn restart(self) -> Self {
        let fresh = Self::new(self.delimiter, self.quoting);
        Self { columns: self.columns, known: self.known, ..fresh }
    }

    /// Before the first byte of a row.
    pub(crate) fn begin_row(&mut self) {
        self.at = At::FieldStart;
        (self.filled, self.fields, self.inner_quotes) = (0, 0, 0);
        (self.escaped, self.field_is_empty) = (false, true);
        self.line.clear();
        self.lines = (0, 0);
    }

    /// Takes the next byte.
    pub(crate) fn step(&mut self, byte: u8) -> Step {
        let ends_line = matches!(byte, b'\r' | b'\n');
        let was = self.at;
        let quoting = self.quoting;
        let next = match (was, byte) {
            (At::FieldStart, b'"') if quoting != Quoting::Literal => At::Quoted,
            (At::Quoted, b'"') => At::Closed,
            (At::Quoted, b'\\') if quoting == Quoting::Backslash => At::Escaped,
            (At::Escaped, _) => {
                self.escaped |= byte == b'"';
                At::Quoted
            }
            (At::Quoted, _) | (At::Closed, b'"') => At::Quoted,
            (_, byte) if byte == self.delimiter.byte() || ends_line => At::FieldStart,
            (At::Closed, b' ' | b'\t') => At::Closed,
            (At::Closed, _) => return Step::Stray,
            (At::FieldStart | At::Unquoted, _) => At::Unquoted,
        };
        self.at = next;
        self.inner_quotes += usize::from(was == At::Unquoted && byte == b'"');
        if next == At::FieldStart {
            self.fields += 1;
            if !self.field_is_empty {
                self.filled = self.fields;
            }
            self.field_is_empty = true;
        } else {
            self.field_is_empty &= byte == b'"';
        }
        if ends_line {
            self.end_line();
        } else {
            self.line.push(byte, self.delimiter.byte());
        }
        if ends_line && next == At::FieldStart { Step::Row } else { Step::Nothing }
    }

    fn end_line(&mut self) {
        self.odd_lines += u64::from(self.line.odd);
        if self.line.bytes > 0 {
            let sure = self.delimiter == Delimiter::TAB; // text has commas, but hardly tabs
            let alike = self.columns.is_some_and(|columns| {
                columns > 1
                    && self.line.delimiters + 1 == columns
                    && (sure || self.known.has(&self.line))
            });
            self.lines.0 += 1;
            self.lines.1 += usize::from(alike);
        }
        if self.lines.0 > 1 || self.at == At::Quoted {
            self.line.clear();
        } // else the only line of its row, which is learned from
    }

    /// How many lines that look like rows the row that ended, or the open one, has taken in.
    pub(crate) fn swallowed(&self) -> Option<usize> {
        let (lines, alike) = self.lines;
        (alike > 1 && 2 * alike >= lines).then_some(alike)
    }

    /// After the last byte of a row.
    pub(crate) fn end_row(&mut self) {
        if self.lines.0 <= 1 && self.fields > 1 {
            match self.columns {
                None => self.columns = Some(self.fields),
                Some(_) => self.known.learn(&self.line),
            }
        }
    }

    /// How many lines had an odd number of quotes, and whether this one has so far.
    pub(crate) fn odd_lines(&self) -> (u64, bool) {
        (self.odd_lines, self.line.odd)
    }

    /// Whether a quoted field is open.
    pub(crate) fn is_open(&self) -> bool {
        matches!(self.at, At::Quoted | At::Escaped)
    }
}

impl Line {
    fn push(&mut self, byte: u8, delimiter: u8) {
        self.bytes += 1;
        if byte == delimiter {
            self.delimiters += 1;
            if self.delimiters == 1 {
                self.first.clone_from(&self.cell);
            }
            self.cell.clear();
        } else if byte == b'"' {
            self.odd = !self.odd;
        } else if self.cell.len() <= LABEL_BYTES {
            self.cell.push(byte);
        }
    }

    fn clear(&mut self) {
        self.cell.clear();
        self.first.clear();
        (self.delimiters, self.bytes, self.odd) = (0, 0, false);
    }
}

impl Known {
    fn has(&self, line: &Line) -> bool {
        let is = |set: &HashSet<Vec<u8>>, cell: &[u8]| set.contains(cell.trim_ascii());
        is(&self.first, &line.first) || is(&self.last, &line.cell)
    }

    fn learn(&mut self, line: &Line) {
        for (set, cell) in [(&mut self.first, &line.first), (&mut self.last, &line.cell)] {
            let cell = cell.trim_ascii();
            let is_short = !cell.is_empty() && cell.len() <= LABEL_BYTES;
            if is_short && set.len() < MOST_KNOWN && !set.contains(cell) {
                set.insert(cell.to_vec());
            }
        }
    }
}
