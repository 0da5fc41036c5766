//! Texts without labels beside the examples: for pseudo-labels, and for a language model.

use super::plan::{PortfolioPlan, UlmfitStart};
use crate::Error;
use crate::data::readers::ReadOptions;
use crate::input::{Document, LabelledSplits, sample_texts, spool_stdin};
use crate::progress::Progress;
use crate::randomness::Purpose;
use crate::stages::fit::Unlabelled;
use std::path::PathBuf;
use tempfile::TempDir;

/// Texts without labels.
pub(super) struct OtherTexts {
    files: Vec<PathBuf>,
    reading: ReadOptions,
    /// Those that may get a pseudo-label.
    drawn: Vec<Document>,
    /// Whether there are any that are not copies of examples.
    are_there: bool,
    /// Standard input, which both uses read.
    _spooled: Option<TempDir>,
}

impl OtherTexts {
    /// Draws at most `most` of them for pseudo-labels.
    ///
    /// # Errors
    /// [`Error`] when a file cannot be read.
    pub(super) fn draw(
        mut files: Vec<PathBuf>,
        reading: ReadOptions,
        rows: &LabelledSplits,
        (most, seed, start): (usize, u64, UlmfitStart),
        progress: &mut dyn Progress,
    ) -> Result<Self, Error> {
        let spooled = spool_stdin(&mut files)?;
        let drawn = if most > 0 && !files.is_empty() {
            let key = Purpose::DrawnTexts.key(seed);
            // by what ULMFiT reads
            let is_told = PortfolioPlan::has_ulmfit(rows.train.len(), false, start);
            sample_texts(&files, &reading, rows, (most, &key), is_told, progress)?
        } else {
            Vec::new()
        };
        let all_are_copies = most > 0 && drawn.is_empty();
        let are_there = !files.is_empty() && !all_are_copies;
        Ok(Self { files, reading, drawn, are_there, _spooled: spooled })
    }

    /// Whether there are any that are not copies of examples.
    pub(super) fn are_there(&self) -> bool {
        self.are_there
    }

    /// Those that may get a pseudo-label.
    pub(super) fn drawn(&self) -> &[Document] {
        &self.drawn
    }

    /// All of them, for a language model.
    pub(super) fn for_language_model(&self) -> Unlabelled {
        Unlabelled { files: self.files.clone(), options: self.reading.clone() }
    }
}
