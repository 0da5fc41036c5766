//! How a delimited file separates and quotes its fields, detected from its first bytes.

use super::delimiter::Delimiter;
use super::options::{Format, Quotes, ReadOptions};
use super::quote_check::{QuoteCheck, Step};
use super::quoting::Quoting;

/// How many rows the delimiter is detected from.
const ROWS: usize = 100;

/// How a file is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Dialect {
    pub(crate) delimiter: Delimiter,
    pub(crate) quoting: Quoting,
    /// Bytes of a first line `sep=;`, which Excel writes and which is not data.
    pub(crate) preamble: usize,
}

impl Dialect {
    /// `whole` means that `head` is the whole file.
    pub(crate) fn of(head: &[u8], whole: bool, format: Format, options: &ReadOptions) -> Self {
        let (preamble, told) = preamble(head).unwrap_or_default();
        let rows = &head[preamble..];
        let given = options.delimiter.or(told);
        let delimiter = given.unwrap_or_else(|| find_delimiter(rows, format, options.quotes));
        let quoting = match options.quotes {
            Quotes::Auto => find_quoting(rows, whole, delimiter),
            Quotes::Enclose => Quoting::Enclose,
            Quotes::Backslash => Quoting::Backslash,
            Quotes::Literal => Quoting::Literal,
        };
        Self { delimiter, quoting, preamble }
    }
}

/// The length of a first line such as `sep=;`, and its delimiter.
pub(crate) fn preamble(head: &[u8]) -> Option<(usize, Option<Delimiter>)> {
    let end = head.iter().position(|byte| matches!(byte, b'\r' | b'\n'))?;
    let line = &head[..end];
    let line = line.strip_prefix(b"\"").and_then(|rest| rest.strip_suffix(b"\"")).unwrap_or(line);
    let (name, delimiter) = line.split_at_checked(4)?;
    let &[byte] = delimiter else { return None };
    let length = if head[end..].starts_with(b"\r\n") { end + 2 } else { end + 1 };
    name.eq_ignore_ascii_case(b"sep=").then(|| (length, Delimiter::new(byte)))
}

/// The delimiter that gives all rows as many fields as the first one; among several the one that
/// leaves no double quotes inside fields, then the most usual one.
fn find_delimiter(rows: &[u8], format: Format, quotes: Quotes) -> Delimiter {
    let usual = [Delimiter::COMMA, Delimiter::SEMICOLON, Delimiter::TAB, Delimiter::PIPE];
    let line = rows.split(|byte| matches!(byte, b'\r' | b'\n')).find(|line| !line.is_empty());
    if format == Format::Tsv && line.is_none_or(|line| line.contains(&b'\t')) {
        return Delimiter::TAB;
    }
    let quoting = match quotes {
        Quotes::Auto | Quotes::Enclose => Quoting::Enclose,
        Quotes::Backslash => Quoting::Backslash,
        Quotes::Literal => Quoting::Literal,
    };
    let fitness = |delimiter: &Delimiter| {
        let (columns, agree, inner_quotes) = sample(rows, *delimiter, quoting);
        (columns > 1).then_some((agree, std::cmp::Reverse(inner_quotes)))
    };
    let fallback = if format == Format::Tsv { Delimiter::TAB } else { Delimiter::COMMA };
    let candidates =
        usual.into_iter().filter_map(|delimiter| Some((fitness(&delimiter)?, delimiter)));
    // `max_by_key` takes the last of equals
    let best = candidates.rev().max_by_key(|(fitness, _)| *fitness);
    best.map_or(fallback, |(_, delimiter)| delimiter)
}

/// Columns of the first row, whether the next rows have as many, and quotes inside fields.
fn sample(rows: &[u8], delimiter: Delimiter, quoting: Quoting) -> (usize, bool, usize) {
    let mut check = QuoteCheck::new(delimiter, quoting);
    let (mut columns, mut agree, mut inner_quotes, mut seen) = (0, true, 0, 0);
    let mut row = |check: &mut QuoteCheck| {
        if check.filled > 0 {
            if seen == 0 {
                columns = check.filled;
            }
            agree &= check.filled <= columns && columns <= check.fields;
            inner_quotes += check.inner_quotes;
            seen += 1;
        }
        check.begin_row();
        seen < ROWS
    };
    for byte in rows {
        match check.step(*byte) {
            Step::Nothing => {}
            Step::Row if row(&mut check) => {}
            Step::Row => break,
            Step::Stray => {
                // what follows is not split as meant
                return (columns, agree, inner_quotes + 1);
            }
        }
    }
    if columns == 0 {
        check.step(b'\n'); // a row longer than what was looked at
        return (check.filled, true, check.inner_quotes);
    }
    (columns, agree, inner_quotes)
}

fn find_quoting(rows: &[u8], whole: bool, delimiter: Delimiter) -> Quoting {
    let suits = |quoting| suits(rows, whole, delimiter, quoting);
    let escapes = rows.windows(2).any(|pair| pair == b"\\\"");
    if suits(Quoting::Enclose) {
        Quoting::Enclose
    } else if escapes && suits(Quoting::Backslash) {
        Quoting::Backslash
    } else if delimiter == Delimiter::TAB && literal_rows_agree(rows, whole) {
        Quoting::Literal
    } else {
        Quoting::Enclose // reading stops where that is wrong
    }
}

/// Whether no quote is out of place.
fn suits(rows: &[u8], whole: bool, delimiter: Delimiter, quoting: Quoting) -> bool {
    let mut check = QuoteCheck::new(delimiter, quoting);
    let walk = |check: &mut QuoteCheck| {
        for byte in rows {
            match check.step(*byte) {
                Step::Nothing => {}
                Step::Row => {
                    if check.swallowed().is_some() {
                        return false;
                    }
                    check.end_row();
                    check.begin_row();
                }
                Step::Stray => return false,
            }
        }
        check.swallowed().is_none() && !(whole && check.is_open())
    };
    if !walk(&mut check) {
        return false;
    }
    // a second pass, knowing what first and last cells look like
    walk(&mut check.restart())
}

/// Whether all lines have the same number of tabs, empty fields at the end aside.
fn literal_rows_agree(rows: &[u8], whole: bool) -> bool {
    let complete = match rows.iter().rposition(|byte| matches!(byte, b'\r' | b'\n')) {
        Some(end) if !whole => &rows[..end],
        _ => rows,
    };
    let tabs = |line: &[u8]| memchr::memchr_iter(b'\t', line).count();
    let mut counts = complete
        .split(|byte| matches!(byte, b'\r' | b'\n'))
        .filter(|line| !line.is_empty())
        .map(|line| (tabs(line.trim_ascii_end()), tabs(line)));
    counts.next().is_some_and(|(columns, _)| {
        columns > 0 && counts.all(|(filled, fields)| filled <= columns && columns <= fields)
    })
}
