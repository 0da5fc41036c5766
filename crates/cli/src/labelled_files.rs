//! Labelled files, and what the user should know of their columns.

use std::path::Path;
use ulmfit::Error;
use ulmfit::data::readers::{ColumnUse, ReadOptions};
use ulmfit::data::readers::{Records, open};
use ulmfit::data::{DataError, Record};
use ulmfit::run::Progress;

/// Reads the labelled files of one command.
///
/// The text columns of a model, or else of the first file, are read in the others, too.
pub(crate) struct LabelledFiles {
    options: ReadOptions,
    said: Vec<ColumnUse>,
}

impl LabelledFiles {
    pub(crate) fn new(options: ReadOptions) -> Self {
        Self { options, said: Vec::new() }
    }

    /// All rows of a file; says which columns they are from, and passes warnings on.
    ///
    /// Columns that were said of another file are not said again.
    pub(crate) fn read(
        &mut self,
        path: &Path,
        progress: &mut dyn Progress,
    ) -> Result<Vec<Record>, Error> {
        let mut records = open(path, &self.options)?;
        let columns = records.columns();
        if !self.said.contains(&columns) {
            say_columns(path, &records, &self.options.learned_text, progress);
        }
        if self.said.is_empty() && self.options.learned_text.is_empty() {
            self.options.learned_text.clone_from(&columns.text);
        }
        self.said.push(columns);
        let rows = records.by_ref().collect::<Result<_, DataError>>()?;
        records.warnings().messages().iter().for_each(|warning| progress.warn(warning));
        Ok(rows)
    }

    /// Names of the text columns of the model or the first file, if they have names.
    pub(crate) fn text_columns(&self) -> Vec<String> {
        self.options.learned_text.clone()
    }
}

/// Says which columns are read, where they have names; warns if a model learned from others.
pub(crate) fn say_columns(
    path: &Path,
    records: &Records,
    learned: &[String],
    progress: &mut dyn Progress,
) {
    let columns = records.columns();
    let Some(told) = columns.told_of(path) else { return };
    progress.note(&told);
    if !learned.is_empty() && columns.text != learned {
        let (learned, read) = (learned.join("`, `"), columns.text.join("`, `"));
        progress.warn(&format!("learned from `{learned}`, but reads `{read}` here"));
    }
}
