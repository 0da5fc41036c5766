//! Which rows a classifier predicts wrong.

use ulmfit::Error;
use ulmfit::data::Record;
use ulmfit::data::labels::{LabelKind, LabelSet};
use ulmfit::input::texts;
use ulmfit::model::scoring::argmax;
use ulmfit::models::ClassifierBundle;
use ulmfit::run::Runner;
use ulmfit::stages::answers;

/// Rows scored, and which of them were predicted wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Score {
    pub(crate) rows: usize,
    pub(crate) wrong: Vec<u32>,
}

/// The test set of all runs.
pub(crate) struct EvaluationSet<'a> {
    pub(crate) records: &'a [Record],
    targets: Vec<u32>,
}

impl<'a> EvaluationSet<'a> {
    /// From labelled rows.
    pub(crate) fn new(records: &'a [Record], labels: &LabelSet) -> Result<Self, Error> {
        if labels.kind() != LabelKind::Single {
            let message = "only tasks with one label per text can be compared here".into();
            let hint = Some("train and evaluate models of other tasks one by one".into());
            return Err(Error::Usage { message, hint });
        }
        if records.is_empty() {
            let message = "there is no test set".into();
            let hint = Some("give a test set, or hold one out".into());
            return Err(Error::TooLittle { message, hint });
        }
        let targets =
            answers(&labels.with_unseen(records), records)?.into_iter().flatten().collect();
        Ok(Self { records, targets })
    }

    /// Compares rows of probabilities, or of logits, with the labels.
    pub(crate) fn score(&self, rows: &[Vec<f32>]) -> Score {
        let guesses = rows.iter().map(|row| argmax(row) as u32);
        self.score_guesses(guesses)
    }

    /// Compares predictions with the labels.
    pub(crate) fn score_guesses(&self, guesses: impl Iterator<Item = u32>) -> Score {
        let pairs = (0..).zip(guesses.zip(&self.targets));
        let wrong = pairs.filter(|(_, (guess, target))| guess != *target).map(|(row, _)| row);
        Score { rows: self.targets.len(), wrong: wrong.collect() }
    }

    /// Scores a classifier.
    pub(crate) fn of(
        &self,
        runner: &mut Runner<'_>,
        model: &ClassifierBundle,
        batch_size: usize,
    ) -> Result<Score, Error> {
        let documents = model.encode_all(&texts(self.records));
        let mut tick = |done, total| runner.progress.tick("documents scored", done, Some(total));
        Ok(self.score(&model.probabilities_of(&documents, batch_size, &mut tick)?))
    }
}
