//! Records from CSV, TSV, JSON lines, Parquet, class folders and text files, compressed or not.
//!
//! [`open`] streams them, [`documents`] does the same for language models.

mod column_use;
mod columns;
mod decode;
mod delimited;
mod delimiter;
mod dialect;
mod documents;
mod folder;
mod foreign;
mod input;
mod json_columns;
mod json_object;
mod json_repair;
mod jsonl;
mod limits;
mod lines;
mod options;
#[cfg(feature = "parquet")]
mod parquet;
mod parts;
mod quote_check;
mod quoting;
mod raw_rows;
mod sniff;
mod text_lines;
mod warnings;

pub use column_use::ColumnUse;
pub use delimiter::{Delimiter, UnknownDelimiter};
pub use documents::documents;
pub use limits::Held;
pub use options::{
    BadRows, Columns, DocumentUnit, EncodingErrors, Format, Header, LabelUse, Limits, Quotes,
    ReadOptions, UnknownFormat,
};
pub use warnings::{Tally, Warnings};

use super::error::DataError;
use super::place::Place;
use super::record::Record;
use input::Input;
use std::path::Path;

/// One format's way to the next record.
trait Rows: Send {
    /// The next record, or `None` at the end of the data.
    fn next_record(&mut self, warnings: &mut Warnings) -> Result<Option<Record>, DataError>;

    /// The position reached, for the message that there is no row.
    fn end(&self) -> Place;

    /// Which columns are read, where columns have names.
    fn columns(&self) -> ColumnUse {
        ColumnUse::default()
    }
}

/// What to do with blank documents.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Blank {
    /// Counted and kept, so that predictions match rows.
    Keep,
    /// Left out: they are useless to a language model.
    Skip,
}

/// The records of a file or folder, read as they are asked for; ends after the first error.
pub struct Records {
    rows: Box<dyn Rows>,
    warnings: Warnings,
    format: Format,
    blank: Blank,
    bad_rows: Option<BadRows>,
    /// Whether a row without a label is of use.
    needs_labels: bool,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    NothingYet,
    Running,
    Done,
}

impl Records {
    fn new(rows: Box<dyn Rows>, format: Format, options: &ReadOptions) -> Self {
        Self {
            rows,
            warnings: Warnings::default(),
            format,
            blank: Blank::Keep,
            bad_rows: options.bad_rows,
            needs_labels: options.labels == LabelUse::Required,
            state: State::NothingYet,
        }
    }

    /// What was repaired so far.
    pub fn warnings(&self) -> &Warnings {
        &self.warnings
    }

    /// The format the data turned out to have.
    pub fn format(&self) -> Format {
        self.format
    }

    /// Which columns are read; all empty for folders and text files. The other columns of JSON
    /// lines are those of the objects that were looked at to choose.
    pub fn columns(&self) -> ColumnUse {
        self.rows.columns()
    }

    /// All that are left, in memory.
    ///
    /// # Errors
    /// The first [`DataError`] met; [`DataError::TooManyRows`] when they need more memory than
    /// [`Limits::rows`].
    pub fn hold(&mut self, limits: &Limits) -> Result<Vec<Record>, DataError> {
        let mut held = Held::new(limits);
        self.map(|record| record.and_then(|record| held.add(&record).map(|()| record))).collect()
    }

    fn advance(&mut self) -> Result<Option<Record>, DataError> {
        while let Some((record, told)) = self.next_row()? {
            if record.is_blank() {
                if self.blank == Blank::Skip {
                    continue;
                }
                match self.bad_rows {
                    Some(BadRows::Skip) => {
                        self.warnings.skipped.add(&record.place);
                        continue;
                    }
                    Some(BadRows::Fail) => return Err(self.blank_error(record.place)),
                    Some(BadRows::Empty) | None => {}
                }
                if !told {
                    self.warnings.empty.add(&record.place);
                }
            }
            self.state = State::Running;
            return Ok(Some(record));
        }
        if self.state == State::NothingYet {
            return Err(DataError::NoRows { place: self.rows.end() });
        }
        Ok(None)
    }
}

impl Records {
    /// What is wrong with a row without text.
    fn blank_error(&self, place: Place) -> DataError {
        let column = self.columns().text.first().cloned().unwrap_or_else(|| "text".to_owned());
        DataError::NotText { place, column, found: "empty" }
    }

    /// The next row that is not left out, and whether a warning says already why it has no text.
    fn next_row(&mut self) -> Result<Option<(Record, bool)>, DataError> {
        let reasons = |warnings: &Warnings| warnings.null_text.count + warnings.missing_text.count;
        loop {
            let before = reasons(&self.warnings);
            let error = match self.rows.next_record(&mut self.warnings) {
                Ok(row) => {
                    let told = reasons(&self.warnings) > before;
                    return Ok(row.map(|record| (record, told)));
                }
                Err(error) => error,
            };
            match (self.bad_rows, error.bad_row()) {
                (Some(BadRows::Skip), Some(place)) => self.warnings.skipped.add(place),
                (Some(BadRows::Empty), Some(place)) if !self.needs_labels => {
                    self.warnings.bad.add(place);
                    let fields = vec![String::new(); self.columns().text.len().max(1)];
                    let place = place.clone();
                    let row = Record { fields, label: None, place, columns: Vec::new() };
                    return Ok(Some((row, true)));
                }
                _ => return Err(error),
            }
        }
    }
}

impl std::fmt::Debug for Records {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Records").field("format", &self.format).finish_non_exhaustive()
    }
}

impl Iterator for Records {
    type Item = Result<Record, DataError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.state == State::Done {
            return None;
        }
        let next = self.advance().transpose();
        if !matches!(next, Some(Ok(_))) {
            self.state = State::Done;
        }
        next
    }
}

/// Opens a data file, a folder of class folders or of the numbered parts of a table, or standard
/// input (`-`).
///
/// The format is detected from the name and the first bytes unless `options` gives it; compression
/// is detected from the content. Names, columns and the first row are checked here, the rest as it
/// is read.
///
/// # Errors
/// [`DataError`] if the file is missing, unreadable, empty, or its columns cannot be determined.
pub fn open(path: &Path, options: &ReadOptions) -> Result<Records, DataError> {
    open_as(path, options, TextUnit::Line)
}

/// What one record of a text file is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum TextUnit {
    Line,
    /// As [`ReadOptions::unit`] says.
    Document,
}

fn open_as(path: &Path, options: &ReadOptions, unit: TextUnit) -> Result<Records, DataError> {
    if path.is_dir() {
        let parts = match options.format {
            Some(Format::Folder) => Vec::new(),
            _ => parts::parts(path)?,
        };
        if !parts.is_empty() {
            let parts = parts::Parts::open(parts, options)?;
            let format = parts.format();
            return Ok(Records::new(Box::new(parts), format, options));
        }
        return match options.format {
            None | Some(Format::Folder) => Ok(Records::new(
                Box::new(folder::Folder::open(path, options)?),
                Format::Folder,
                options,
            )),
            Some(_) => Err(DataError::WrongKind { path: path.to_path_buf(), wanted: "file" }),
        };
    }
    let input = Input::open(path, &options.limits)?;
    let format = match options.format {
        Some(format) => format,
        None => sniff::format_of(&input.file, input.head(), options)?,
    };
    let may_be_page = options.format.is_some() || Format::from_path(path) == Some(Format::Text);
    if let Some(kind) = foreign::web_page(input.head()).filter(|_| !may_be_page) {
        return Err(DataError::Foreign {
            path: input.file.to_path_buf(),
            kind: kind.what,
            hint: kind.hint,
        });
    }
    let rows: Box<dyn Rows> = match format {
        Format::Csv | Format::Tsv => Box::new(delimited::Delimited::open(input, format, options)?),
        Format::Jsonl => Box::new(jsonl::Jsonl::open(input, options)?),
        #[cfg(feature = "parquet")]
        Format::Parquet => Box::new(parquet::Parquet::open(input, options)?),
        #[cfg(not(feature = "parquet"))]
        Format::Parquet => {
            return Err(DataError::NotBuiltIn { path: path.to_path_buf(), what: "parquet" });
        }
        Format::Text if unit == TextUnit::Document && documents::is_articles(&input, options) => {
            Box::new(documents::Articles::open(input, options)?)
        }
        Format::Text => Box::new(text_lines::TextLines::open(input, options)?),
        Format::Folder => {
            return Err(DataError::WrongKind { path: path.to_path_buf(), wanted: "folder" });
        }
    };
    Ok(Records::new(rows, format, options))
}

/// Reads everything [`open`] gives.
///
/// # Errors
/// The first [`DataError`] met.
pub fn read_all(path: &Path, options: &ReadOptions) -> Result<(Vec<Record>, Warnings), DataError> {
    let mut records = open(path, options)?;
    let all = records.hold(&options.limits)?;
    Ok((all, records.warnings))
}
