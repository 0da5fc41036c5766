//! Where in a file something was read.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use serde::{Serialize, Serializer};

/// A file and a line in it, shown as `FILE:LINE` so that editors can jump there.
///
/// The line is the one where the record begins, counted from 1. Parquet has no lines: there it
/// is the row.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The path as the user gave it, `<stdin>`, or a document inside a folder.
    pub file: Arc<Path>,
    /// Line (Parquet: row), from 1.
    pub line: u64,
}

impl Place {
    /// Line `line` of `file`.
    pub fn new(file: &Arc<Path>, line: u64) -> Self {
        Self { file: Arc::clone(file), line }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file.display(), self.line)
    }
}

impl Serialize for Place {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
