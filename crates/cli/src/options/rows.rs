//! Labelled rows: training set, validation set, test set.

use super::DataOptions;
use std::path::PathBuf;
use ulmfit::data::readers::{Columns, ReadOptions};
use ulmfit::run::Progress;
use ulmfit::{Error, Examples, Reader};

/// Labelled rows of a training.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct LabelledRows {
    /// Labelled rows: CSV, TSV, JSONL, Parquet, or a folder with one folder per class; several files are read
    /// as one
    #[arg(value_name = "DATA", required = true)]
    data_files: Vec<PathBuf>,
    /// Validation set, for early stopping and for selecting the best epoch [default: see --valid-share]
    #[arg(long, value_name = "FILE", conflicts_with = "valid_share")]
    valid: Option<PathBuf>,
    /// Test set, scored once at the end [default: see --test-share]
    #[arg(long, value_name = "FILE", conflicts_with = "test_share")]
    test: Option<PathBuf>,
}

impl LabelledRows {
    /// Reads all of them; the text and label columns of the first file are read in the others.
    /// Options for CSV may be meant for the unlabelled files.
    pub(crate) fn read(
        &self,
        data: &DataOptions,
        unlabeled: &[PathBuf],
        columns: Columns,
        progress: &mut dyn Progress,
    ) -> Result<Examples, Error> {
        let mut reader = Reader::new(ReadOptions { columns, ..data.read_options() });
        let mut examples = Examples::default();
        for path in &self.data_files {
            examples = examples.and(reader.read(path, progress)?);
        }
        if let Some(path) = &self.valid {
            examples = examples.with_validation(reader.read(path, progress)?);
        }
        if let Some(path) = &self.test {
            examples = examples.with_test(reader.read(path, progress)?);
        }
        if unlabeled.is_empty() {
            data.refuse_csv_options(reader.formats())?;
        }
        Ok(examples)
    }
}
