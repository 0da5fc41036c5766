//! A location in a file.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use serde::{Serialize, Serializer};

/// A file and a line in it, shown as `FILE:LINE` so that editors can jump there, with the row of a
/// spreadsheet behind it where that is another number. In JSON it is `FILE:LINE` only.
///
/// The line is the one where the record begins, counted from 1. Parquet has no lines: there it
/// is the row.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The path as the user gave it, `<stdin>`, or a document inside a folder.
    pub file: Arc<Path>,
    /// Line (Parquet: row), from 1.
    pub line: u64,
    /// Row of a spreadsheet, from 1, a header included; only where cells with line breaks or blank
    /// lines make it another number than `line`.
    pub row: Option<u64>,
}

impl Place {
    /// Line `line` of `file`.
    pub fn new(file: &Arc<Path>, line: u64) -> Self {
        Self { file: Arc::clone(file), line, row: None }
    }

    /// The same place, which is in this row of a spreadsheet.
    pub(crate) fn in_row(self, row: u64) -> Self {
        Self { row: (row != self.line).then_some(row), ..self }
    }

    /// Row of a spreadsheet, from 1, a header included.
    pub fn spreadsheet_row(&self) -> u64 {
        self.row.unwrap_or(self.line)
    }

    /// `FILE:LINE`.
    pub fn file_and_line(&self) -> String {
        format!("{}:{}", self.file.display(), self.line)
    }

    /// Without the folder, which should not be passed on with a report.
    pub(crate) fn without_folder(&self) -> Self {
        match self.file.file_name() {
            Some(name) => Self { file: Arc::from(Path::new(name)), ..*self },
            None => self.clone(),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file.display(), self.line)?;
        self.row.map_or(Ok(()), |row| write!(f, " (row {row})"))
    }
}

impl Serialize for Place {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.file_and_line())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_row_is_told_where_it_is_another_number() {
        let place = |row| Place::new(&Arc::from(Path::new("a.csv")), 7).in_row(row);
        assert_eq!(place(7).to_string(), "a.csv:7");
        assert_eq!(place(5).to_string(), "a.csv:7 (row 5)");
        assert_eq!(serde_json::to_string(&place(5)).unwrap(), "\"a.csv:7\"");
        assert_eq!((place(5).spreadsheet_row(), place(7).spreadsheet_row()), (5, 7));
    }

    #[test]
    fn the_folder_can_be_left_out() {
        let short = |path: &str| {
            Place::new(&Arc::from(Path::new(path)), 7).in_row(5).without_folder().to_string()
        };
        assert_eq!(short("/home/me/a.csv"), "a.csv:7 (row 5)");
        assert_eq!(short("<stdin>"), "<stdin>:7 (row 5)");
    }
}
