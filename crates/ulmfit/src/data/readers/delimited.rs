//! CSV, TSV and their relatives.

use serde_json::Value;

use super::Rows;
use super::column_use::ColumnUse;
use super::columns::Selection;
use super::decode::Decoder;
use super::delimiter::Delimiter;
use super::input::Input;
use super::options::{Columns, Format, Header, LabelUse, ReadOptions};
use super::raw_rows::{RawRow, RawRows};
use super::warnings::Warnings;
use crate::data::error::DataError;
use crate::data::labels::LabelCell;
use crate::data::place::Place;
use crate::data::readers::columns;
use crate::data::record::Record;

/// Records of a CSV or TSV file.
pub(crate) struct Delimited {
    format: Format,
    rows: RawRows,
    names: Vec<String>,
    /// How many columns have names: spreadsheets write delimiters behind the last one.
    named: usize,
    /// Whether the names are a row of the file.
    has_header: bool,
    selection: Selection,
    labels: LabelCell,
    columns: Columns,
    /// The first row, if it is data.
    first: Option<RawRow>,
    row: RawRow,
    /// Line breaks inside the cells of the rows so far.
    wrapped: u64,
}

impl Delimited {
    pub(crate) fn open(
        input: Input,
        format: Format,
        options: &ReadOptions,
    ) -> Result<Self, DataError> {
        input.refuse_utf16()?;
        let decoder = Decoder::new(options);
        let mut rows = RawRows::new(input, format, options);
        let mut row = RawRow::default();
        if !rows.read(&mut row)? {
            return Err(DataError::Empty { path: rows.input.file.to_path_buf() });
        }
        let place = rows.place(row.line);
        let cells = (0..row.len())
            .map(|index| Ok(decoder.name(row.field(index).0, &place)?.trim().to_owned()))
            .collect::<Result<Vec<_>, DataError>>();
        let numbers = || (1..=row.len()).map(|number| number.to_string()).collect::<Vec<_>>();
        let (names, first) = match (options.header, cells) {
            (Header::Absent, _) => (numbers(), true),
            (_, Err(error)) => return Err(error),
            (Header::Auto, Ok(cells)) if !is_header(&cells, options) => (numbers(), true),
            (Header::Auto | Header::Present, Ok(cells)) => (cells, false),
        };
        let named =
            names.iter().rposition(|name| !name.is_empty()).map_or(names.len(), |at| at + 1);
        let selection = match class_number(&row, &decoder) {
            Some(label)
                if first
                    && options.text.is_empty()
                    && options.label.is_none()
                    && columns::learned(&names, options).is_empty() =>
            {
                Selection {
                    text: (0..names.len()).filter(|index| *index != label).collect(),
                    label: (options.labels != LabelUse::Ignored).then_some(label),
                }
            }
            _ => columns::select(&names[..named], |_| true, options, &place).map_err(|error| {
                let delimiter = rows.dialect.delimiter;
                match error {
                    DataError::NoTextColumn { place, .. }
                    | DataError::NoLabelColumn { place, .. }
                    | DataError::NoLearnedLabel { place, .. }
                        if named == 1 =>
                    {
                        DataError::OneColumn { place, delimiter }
                    }
                    error => error,
                }
            })?,
        };
        let (has_header, line) = (!first, row.line);
        let first = first.then(|| std::mem::take(&mut row));
        let labels = LabelCell::new(options);
        let columns = options.columns;
        let mut this = Self {
            format,
            rows,
            names,
            named,
            has_header,
            selection,
            labels,
            columns,
            first,
            row,
            wrapped: 0,
        };
        this.wrapped = this.breaks_in_cells(line);
        Ok(this)
    }

    /// Line breaks inside the cells of the row that was read last, and began in `line`.
    fn breaks_in_cells(&self, line: u64) -> u64 {
        self.rows.line.saturating_sub(line + 1)
    }

    /// Whether this is the header of a second file behind the first one. A single name may well be
    /// a text.
    fn repeats_header(&self, row: &RawRow) -> bool {
        self.has_header
            && self.named > 1
            && row.len() >= self.named
            && (0..row.len()).all(|index| {
                let name = self.names.get(index).map_or("", String::as_str);
                row.field(index).0.trim_ascii() == name.as_bytes()
            })
    }

    fn record(
        &self,
        row: &RawRow,
        is_first: bool,
        warnings: &mut Warnings,
    ) -> Result<Record, DataError> {
        let wrapped = if is_first { 0 } else { self.wrapped };
        let place = self.rows.place(row.line).in_row(row.line - wrapped);
        let is_empty = |index: usize| row.field(index).0.is_empty();
        let fits = row.len() >= self.named && (self.names.len()..row.len()).all(is_empty);
        if !fits {
            let delimiter = self.rows.dialect.delimiter;
            let expected = self.named;
            return Err(DataError::Ragged { place, found: row.len(), expected, delimiter });
        }
        self.rows.note_quotes(row, warnings);
        let decoder = &self.rows.decoder;
        let text = |index: usize, warnings: &mut Warnings| {
            if index >= row.len() {
                return Ok(String::new()); // a column without a name, which this row lacks
            }
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
                self.labels.text(&decoder.name(row.field(index).0, &place)?, &place, warnings)?
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
                    .take(row.len())
                    .map(pair)
                    .collect::<Result<_, DataError>>()?
            }
        };
        Ok(Record { fields, label, place, columns })
    }
}

impl Rows for Delimited {
    fn next_record(&mut self, warnings: &mut Warnings) -> Result<Option<Record>, DataError> {
        let first = self.first.take();
        let is_first = first.is_some();
        let mut row = first.unwrap_or_else(|| std::mem::take(&mut self.row));
        if !is_first {
            loop {
                if !self.rows.read(&mut row)? {
                    return Ok(None);
                }
                if !self.repeats_header(&row) {
                    break;
                }
                warnings.repeated_headers.add(&self.rows.place(row.line));
            }
        }
        let record = self.record(&row, is_first, warnings);
        if !is_first {
            self.wrapped += self.breaks_in_cells(row.line);
        }
        std::mem::swap(&mut self.row, &mut row); // its memory serves the next row
        record.map(Some)
    }

    fn end(&self) -> Place {
        self.rows.place(self.rows.line)
    }

    fn columns(&self) -> ColumnUse {
        let usual = match self.format {
            Format::Tsv => Delimiter::TAB,
            _ => Delimiter::COMMA,
        };
        let delimiter = self.rows.dialect.delimiter;
        ColumnUse {
            delimiter: (delimiter != usual).then_some(delimiter),
            byte_order_mark: self.rows.input.has_byte_order_mark(),
            ..ColumnUse::new(&self.names[..self.named], &self.selection)
        }
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
    let is_name = |cell: &String| {
        columns::is_known(cell) || (options.is_learned(cell) && cell.parse::<f64>().is_err())
    };
    cells.iter().any(is_name) || number_beside_text(cells).is_none()
}

/// The column of a class number in a first row such as `3,"Title","Description"`.
fn number_beside_text(cells: &[String]) -> Option<usize> {
    let is_number = |cell: &String| cell.parse::<f64>().is_ok();
    let mut numbers = (0..cells.len()).filter(|index| is_number(&cells[*index]));
    let label = numbers.next().filter(|index| *index == 0 || index + 1 == cells.len())?;
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
