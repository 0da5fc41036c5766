//! CSV and TSV.

use std::io::BufRead;

use serde_json::Value;

use super::columns::{self, Selection};
use super::decode::{Decoder, Ending};
use super::input::Input;
use super::label_cell::LabelCell;
use super::{
    Columns, DataError, Format, Header, LabelUse, Place, Quotes, ReadOptions, Record, Rows,
    Warnings,
};

/// More columns than any data has; a row of a million separators is refused, not stored.
const MOST_COLUMNS: usize = 16_384;
/// How many full-length documents a row may hold.
const DOCUMENTS_PER_ROW: usize = 16;

/// Records of a CSV or TSV file.
pub(crate) struct Delimited {
    rows: RawRows,
    names: Vec<String>,
    selection: Selection,
    labels: LabelCell,
    columns: Columns,
    /// The first row, if it is data.
    first: Option<RawRow>,
    row: RawRow,
}

impl Delimited {
    pub(crate) fn open(
        input: Input,
        format: Format,
        options: &ReadOptions,
    ) -> Result<Self, DataError> {
        input.refuse_utf16()?;
        let decoder = Decoder::new(options);
        let mut rows = RawRows::new(input, format, options.quotes, decoder);
        let mut row = RawRow::default();
        if !rows.read(&mut row)? {
            return Err(DataError::Empty {
                path: rows.input.file.to_path_buf(),
            });
        }
        let place = rows.place(row.line);
        let cells = (0..row.len())
            .map(|index| Ok(decoder.name(row.field(index).0, &place)?.trim().to_owned()))
            .collect::<Result<Vec<_>, DataError>>();
        let numbers = || {
            (1..=row.len())
                .map(|number| number.to_string())
                .collect::<Vec<_>>()
        };
        let (names, first) = match (options.header, cells) {
            (Header::Absent, _) => (numbers(), true),
            (_, Err(error)) => return Err(error),
            (Header::Auto, Ok(cells)) if !is_header(&cells, options) => (numbers(), true),
            (Header::Auto | Header::Present, Ok(cells)) => (cells, false),
        };
        let selection = match class_number(&row, &decoder) {
            Some(label) if first && options.text.is_empty() && options.label.is_none() => {
                Selection {
                    text: (0..names.len()).filter(|index| *index != label).collect(),
                    label: (options.labels != LabelUse::Ignored).then_some(label),
                }
            }
            _ => columns::select(&names, |_| true, options, &place)?,
        };
        let first = first.then(|| std::mem::take(&mut row));
        let labels = LabelCell::new(options);
        Ok(Self {
            rows,
            names,
            selection,
            labels,
            columns: options.columns,
            first,
            row,
        })
    }

    fn record(&self, row: &RawRow, warnings: &mut Warnings) -> Result<Record, DataError> {
        let place = self.rows.place(row.line);
        if row.len() != self.names.len() {
            return Err(DataError::Ragged {
                place,
                found: row.len(),
                expected: self.names.len(),
            });
        }
        let decoder = &self.rows.decoder;
        let text = |index: usize, warnings: &mut Warnings| {
            let (bytes, ending) = row.field(index);
            decoder.text(bytes, ending, &place, warnings)
        };
        let fields = self
            .selection
            .text
            .iter()
            .map(|index| text(*index, warnings))
            .collect::<Result<_, _>>()?;
        let label = match self.selection.label {
            Some(index) => {
                self.labels
                    .text(&decoder.name(row.field(index).0, &place)?, &place, warnings)?
            }
            None => None,
        };
        let columns = match self.columns {
            Columns::Drop => Vec::new(),
            Columns::Keep => {
                let mut quiet = Warnings::default(); // the text columns are counted already
                let pair = |(index, name): (usize, &String)| {
                    Ok((name.clone(), Value::String(text(index, &mut quiet)?)))
                };
                self.names
                    .iter()
                    .enumerate()
                    .map(pair)
                    .collect::<Result<_, DataError>>()?
            }
        };
        Ok(Record {
            fields,
            label,
            place,
            columns,
        })
    }
}

impl Rows for Delimited {
    fn next_record(&mut self, warnings: &mut Warnings) -> Result<Option<Record>, DataError> {
        let first = self.first.take();
        let is_first = first.is_some();
        let mut row = first.unwrap_or_else(|| std::mem::take(&mut self.row));
        if !is_first && !self.rows.read(&mut row)? {
            return Ok(None);
        }
        let record = self.record(&row, warnings);
        std::mem::swap(&mut self.row, &mut row); // its memory serves the next row
        record.map(Some)
    }

    fn end(&self) -> Place {
        self.rows.place(self.rows.line)
    }

    fn text_columns(&self) -> Vec<String> {
        self.selection
            .text
            .iter()
            .map(|index| self.names[*index].clone())
            .collect()
    }

    fn label_column(&self) -> Option<String> {
        self.selection.label.map(|index| self.names[index].clone())
    }
}

/// [`Header::Auto`].
fn is_header(cells: &[String], options: &ReadOptions) -> bool {
    let mut asked = options.text.iter().chain(&options.label).peekable();
    if asked.peek().is_some() {
        let asked: Vec<&String> = asked.collect();
        return asked.iter().any(|name| cells.contains(name))
            || asked.iter().any(|name| name.parse::<usize>().is_err());
    }
    cells.iter().any(|cell| columns::is_known(cell)) || number_beside_text(cells).is_none()
}

/// The column of a class number in a first row such as `3,"Title","Description"`.
fn number_beside_text(cells: &[String]) -> Option<usize> {
    let is_number = |cell: &String| cell.parse::<f64>().is_ok();
    let mut numbers = (0..cells.len()).filter(|index| is_number(&cells[*index]));
    let label = numbers
        .next()
        .filter(|index| *index == 0 || index + 1 == cells.len())?;
    (cells.len() > 1 && numbers.next().is_none() && cells[label].parse::<i64>().is_ok())
        .then_some(label)
}

fn class_number(row: &RawRow, decoder: &Decoder) -> Option<usize> {
    let cells: Vec<String> = (0..row.len())
        .map(|index| {
            String::from_utf8_lossy(
                &row.field(index).0[..row.field(index).0.len().min(decoder.limit)],
            )
            .into()
        })
        .collect();
    number_beside_text(&cells)
}

/// The fields of a row, one after the other in one buffer.
#[derive(Default)]
struct RawRow {
    line: u64,
    bytes: Vec<u8>,
    ends: Vec<(usize, bool)>, // where a field ends in `bytes`, and whether it was cut
}

impl RawRow {
    fn len(&self) -> usize {
        self.ends.len()
    }

    fn field(&self, index: usize) -> (&[u8], Ending) {
        let start = if index == 0 {
            0
        } else {
            self.ends[index - 1].0
        };
        let (end, cut) = self.ends[index];
        (
            &self.bytes[start..end],
            if cut { Ending::Cut } else { Ending::Whole },
        )
    }
}

/// Rows of any separator, none held beyond a bound.
///
/// `csv_core` splits; the `csv` crate above it would keep a row of any length.
struct RawRows {
    input: Input,
    parser: csv_core::Reader,
    decoder: Decoder,
    scratch: Vec<u8>,
    line: u64,
    after_return: bool,
}

impl RawRows {
    fn new(input: Input, format: Format, quotes: Quotes, decoder: Decoder) -> Self {
        let delimiter = if format == Format::Tsv {
            b'\t'
        } else {
            sniff_delimiter(input.head())
        };
        let parser = csv_core::ReaderBuilder::new()
            .delimiter(delimiter)
            .quoting(quotes == Quotes::Enclose)
            .build();
        Self {
            input,
            parser,
            decoder,
            scratch: vec![0; 1 << 14],
            line: 1,
            after_return: false,
        }
    }

    fn place(&self, line: u64) -> Place {
        Place::new(&self.input.file, line)
    }

    /// Reads the next row; `false` at the end of the file.
    fn read(&mut self, row: &mut RawRow) -> Result<bool, DataError> {
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
                    return Err(DataError::UnclosedQuote {
                        place: self.place(row.line),
                    });
                }
            } else {
                let (lines, after_return) = line_ends(&bytes[..taken], self.after_return);
                self.line += lines;
                self.after_return = after_return;
                self.input.consume(taken);
            }
            let room = (self.decoder.keep()).saturating_sub(row.bytes.len() - start);
            cut |= given > room;
            row.bytes
                .extend_from_slice(&self.scratch[..given.min(room)]);
            match result {
                csv_core::ReadFieldResult::InputEmpty | csv_core::ReadFieldResult::OutputFull => {}
                csv_core::ReadFieldResult::End => return Ok(false),
                csv_core::ReadFieldResult::Field { record_end } => {
                    row.ends.push((row.bytes.len(), cut));
                    (start, cut) = (row.bytes.len(), false);
                    let limit = self.decoder.keep().saturating_mul(DOCUMENTS_PER_ROW);
                    if row.len() > MOST_COLUMNS || row.bytes.len() > limit {
                        return Err(DataError::TooLong {
                            place: self.place(row.line),
                            limit,
                        });
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
            let blank = buffer
                .iter()
                .take_while(|byte| matches!(byte, b'\r' | b'\n'))
                .count();
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
    [b',', b';', b'\t']
        .into_iter()
        .find(|delimiter| line.contains(delimiter))
        .unwrap_or(b',')
}
