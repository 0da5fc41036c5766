//! A table in several files of a folder, as Spark and the Hugging Face hub write it.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};

use super::column_use::ColumnUse;
use super::folder::entries;
use super::options::{Format, ReadOptions};
use super::warnings::Warnings;
use super::{Records, Rows, TextUnit};
use crate::data::error::DataError;
use crate::data::place::Place;
use crate::data::record::Record;

/// The files of `folder` in the order of their names, if they are the numbered parts of one table:
/// all of the same format, with names that differ in digits only. Names that begin with `_`, such as
/// `_SUCCESS`, are passed over.
pub(crate) fn parts(folder: &Path) -> Result<Vec<PathBuf>, DataError> {
    let mut files = entries(folder)?;
    files.retain(|file| !name(file).starts_with('_'));
    let stem = |file: &PathBuf| name(file).replace(|c: char| c.is_ascii_digit(), "");
    let is_part = |file: &PathBuf| {
        let format = Format::from_path(file);
        file.is_file()
            && matches!(format, Some(format) if format != Format::Text)
            && stem(file) != name(file)
            && stem(file) == stem(&files[0])
    };
    Ok(if files.iter().all(is_part) { files } else { Vec::new() })
}

fn name(file: &Path) -> String {
    file.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// Records of all parts, one file open at a time.
pub(crate) struct Parts {
    waiting: VecDeque<PathBuf>,
    current: Records,
    options: ReadOptions,
    columns: ColumnUse,
}

impl Parts {
    /// Opens the first of `files`; the others are read with its columns.
    ///
    /// # Panics
    /// If there are no files.
    pub(crate) fn open(files: Vec<PathBuf>, options: &ReadOptions) -> Result<Self, DataError> {
        let mut waiting = VecDeque::from(files);
        let first = waiting.pop_front().expect("a table has a first part");
        let current = super::open_as(&first, options, TextUnit::Line)?;
        let columns = current.columns();
        let options = ReadOptions {
            text: columns.text.clone(),
            label: columns.label.clone(),
            ..options.clone()
        };
        Ok(Self { waiting, current, options, columns })
    }

    /// The format of the part that is open.
    pub(crate) fn format(&self) -> Format {
        self.current.format()
    }
}

impl Rows for Parts {
    fn next_record(&mut self, warnings: &mut Warnings) -> Result<Option<Record>, DataError> {
        loop {
            if let Some(record) = self.current.rows.next_record(warnings)? {
                return Ok(Some(record));
            }
            let Some(next) = self.waiting.pop_front() else {
                return Ok(None);
            };
            self.current = super::open_as(&next, &self.options, TextUnit::Line)?;
        }
    }

    fn end(&self) -> Place {
        self.current.rows.end()
    }

    fn columns(&self) -> ColumnUse {
        self.columns.clone()
    }
}
