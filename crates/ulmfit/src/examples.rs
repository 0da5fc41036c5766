//! Labelled examples for a training.

use crate::Error;
use crate::data::readers::{ColumnUse, Format, ReadOptions, Records, open};
use crate::data::{Place, RawLabel, Record};
use crate::input::LabelledInput;
use crate::run::{NoProgress, Progress};
use std::path::Path;
use std::sync::Arc;

/// Labelled examples: a training set, and a validation and a test set where they are given.
///
/// From files, or from pairs in memory:
///
/// ```
/// use ulmfit::Examples;
/// let examples: Examples = [("Where is my parcel?", "shipping"), ("I want a refund.", "billing")]
///     .into_iter()
///     .collect();
/// assert_eq!(examples.len(), 2);
/// ```
///
/// A label is a string, a number, or a list of strings where a text may have several.
#[derive(Clone, Debug, Default)]
pub struct Examples {
    pub(crate) train: Vec<Record>,
    pub(crate) valid: Option<Vec<Record>>,
    pub(crate) test: Option<Vec<Record>>,
    /// Names of the text columns, where they have names.
    pub(crate) text_columns: Vec<String>,
    /// Name of the label column, where it has a name.
    pub(crate) label_column: Option<String>,
    pub(crate) read: ReadOptions,
}

impl Examples {
    /// Reads a file, or a folder with one folder per class; columns are guessed from their names.
    ///
    /// # Errors
    /// [`Error::Data`] with file and line.
    pub fn read(path: impl AsRef<Path>) -> Result<Self, Error> {
        Reader::new(ReadOptions::default()).read(path.as_ref(), &mut NoProgress)
    }

    /// How many training examples there are, before any are held out.
    pub fn len(&self) -> usize {
        self.train.len()
    }

    /// Whether there is no training example.
    pub fn is_empty(&self) -> bool {
        self.train.is_empty()
    }

    /// These examples, then the training examples of others. Columns are called as in the first ones that have any
    /// example.
    #[must_use]
    pub fn and(mut self, others: Self) -> Self {
        if self.train.is_empty() {
            return Self { valid: self.valid, test: self.test, ..others };
        }
        self.train.extend(others.train);
        self
    }

    /// Selects the best epoch on these, if the recipe selects any.
    #[must_use]
    pub fn with_validation(mut self, validation: Self) -> Self {
        self.valid = Some(validation.train);
        self
    }

    /// Scores the classifier on these, once.
    #[must_use]
    pub fn with_test(mut self, test: Self) -> Self {
        self.test = Some(test.train);
        self
    }

    /// Names the texts of a document, in their order: the classifier finds these columns again in
    /// files.
    #[must_use]
    pub fn with_text_columns(mut self, names: Vec<String>) -> Self {
        self.text_columns = names;
        self
    }

    pub(crate) fn into_rows(self) -> LabelledInput {
        LabelledInput { train: self.train, valid: self.valid, test: self.test }
    }
}

impl From<Vec<Record>> for Examples {
    fn from(train: Vec<Record>) -> Self {
        Self { train, ..Self::default() }
    }
}

impl<T: Into<String>, L: Into<RawLabel>> FromIterator<(T, L)> for Examples {
    fn from_iter<I: IntoIterator<Item = (T, L)>>(pairs: I) -> Self {
        let file: Arc<Path> = Arc::from(Path::new("<memory>"));
        let record = |(line, (text, label)): (u64, (T, L))| Record {
            fields: vec![text.into()],
            label: Some(label.into()),
            place: Place::new(&file, line),
            columns: Vec::new(),
        };
        let train: Vec<Record> = (1..).zip(pairs).map(record).collect();
        train.into()
    }
}

/// Reads several labelled files alike: the text and label columns of the first one are read in the
/// others.
pub struct Reader {
    options: ReadOptions,
    seen: Vec<ColumnUse>,
    formats: Vec<Format>,
}

impl Reader {
    /// Reads as `options` say; [`ReadOptions::learned_text`] and [`ReadOptions::learned_label`] may
    /// name the columns of a model.
    pub fn new(options: ReadOptions) -> Self {
        Self { options, seen: Vec::new(), formats: Vec::new() }
    }

    /// All examples of a file, as a training set.
    ///
    /// # Errors
    /// As [`records`](Self::records).
    pub fn read(&mut self, path: &Path, progress: &mut dyn Progress) -> Result<Examples, Error> {
        let train = self.records(path, progress)?;
        let text_columns = self.options.learned_text.clone();
        let label_column = self.options.learned_label.clone();
        let read = self.options.clone();
        Ok(Examples { train, text_columns, label_column, read, ..Examples::default() })
    }

    /// The columns of the last file that was read.
    pub fn columns(&self) -> ColumnUse {
        self.seen.last().cloned().unwrap_or_default()
    }

    /// The format of each file that was read.
    pub fn formats(&self) -> &[Format] {
        &self.formats
    }

    /// All rows of a file. `progress` is told which columns are read, once for files with the same
    /// columns, and gets all warnings.
    ///
    /// # Errors
    /// [`Error::Data`] with file and line.
    pub fn records(
        &mut self,
        path: &Path,
        progress: &mut dyn Progress,
    ) -> Result<Vec<Record>, Error> {
        let mut records = open(path, &self.options)?;
        self.formats.push(records.format());
        let columns = records.columns();
        if !self.seen.contains(&columns) {
            describe_columns(path, &records, &self.options.learned_text, progress);
        }
        if self.seen.is_empty() && self.options.learned_text.is_empty() {
            self.options.learned_text.clone_from(&columns.text);
        }
        if self.seen.is_empty() && self.options.learned_label.is_none() {
            self.options.learned_label.clone_from(&columns.label);
        }
        let rows = records.hold(&self.options.limits)?;
        let warnings = records.warnings().messages(progress.spelling());
        let empty = empty_column(&columns.text, &rows);
        self.seen.push(columns);
        empty.iter().for_each(|warning| progress.warn(warning));
        warnings.iter().for_each(|warning| progress.warn(warning));
        Ok(rows)
    }
}

/// That the first of several text columns that has no text in any row is empty, if there is one.
fn empty_column(names: &[String], rows: &[Record]) -> Option<String> {
    let is_empty = |field: &usize| {
        rows.iter().all(|row| row.fields.get(*field).is_none_or(|text| text.trim().is_empty()))
    };
    let several = (0..names.len()).filter(|_| names.len() > 1 && !rows.is_empty());
    let name = &names[several.clone().find(is_empty)?];
    let text = several.clone().any(|field| !is_empty(&field));
    text.then(|| format!("the text column `{name}` is empty in all {} rows", rows.len()))
}

/// Tells which columns are read, where they have names, and warns if a model learned from others.
pub fn describe_columns(
    path: &Path,
    records: &Records,
    learned: &[String],
    progress: &mut dyn Progress,
) {
    let columns = records.columns();
    let Some(description) = columns.told_of(path) else { return };
    progress.note(&description);
    if !learned.is_empty() && columns.text != learned {
        let (learned, read) = (learned.join("`, `"), columns.text.join("`, `"));
        progress.warn(&format!("the model was trained on `{learned}`, but `{read}` is read here"));
    }
}
