//! A report as text for a terminal.

use super::baseline::{BaselineScores, Rival, TfIdfErrors};
use super::contents::{Cost, EvaluationSplit, Report, SelfTrainingReport};
use super::metrics::in_words;
use super::part_table::PartTable;
use super::table::{Table, percent};
use crate::input::RowCounts;
use std::fmt;

/// An expected calibration error above this makes a threshold on probabilities unreliable.
pub(super) const BADLY_CALIBRATED: f64 = 0.1;
/// What to do about it.
pub(super) const CALIBRATION_ADVICE: &str = "do not rely on a fixed confidence threshold with this classifier; more labelled rows usually help";

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(verdict) = &self.verdict {
            writeln!(f, "{verdict}\n")?;
        }
        match self.evaluated() {
            Some((scores, split)) => {
                let rows = match (split, self.rows.train_like_test) {
                    (EvaluationSplit::Test, 0) => "the test set",
                    (EvaluationSplit::Test, _) => {
                        "the test set, which has near-duplicates in the training set (optimistic)"
                    }
                    (EvaluationSplit::Folds, _) => {
                        "all examples, each predicted by a classifier that was not trained on it \
                         (cross-validation)"
                    }
                    (EvaluationSplit::Validation, _) => {
                        "the validation set, on which nothing was selected"
                    }
                    (EvaluationSplit::Selection, _) => {
                        "the validation set, on which the best epoch was selected (optimistic)"
                    }
                };
                writeln!(f, "score on {rows}\n{scores}")?;
            }
            None => writeln!(f, "not scored: there is no test set\n")?,
        }
        if let Some(baselines) = &self.baselines {
            writeln!(f, "{baselines}")?;
        }
        if !self.parts.is_empty() {
            writeln!(f, "{}", PartTable(self))?;
        }
        if let Some(error) = self.calibration_error {
            writeln!(
                f,
                "probabilities are off by {} percentage points on average (expected calibration error)",
                percent(error)
            )?;
            let reliability = self.reliability.as_ref().filter(|found| !found.is_telling());
            if let Some(few) = reliability.filter(|_| error > BADLY_CALIBRATED) {
                writeln!(f, "{} answers are too few to say whether that is chance", few.answers())?;
            } else if error > BADLY_CALIBRATED {
                writeln!(f, "warning: {CALIBRATION_ADVICE}")?;
            }
            writeln!(f)?;
        }
        if let Some(automation) = &self.automation {
            writeln!(f, "{}\n", automation.sentence)?;
            if let Some(stricter) = &automation.stricter {
                writeln!(f, "{stricter}\n")?;
            }
        }
        self.mistakes_table(f)?;
        let RowCounts { train, valid, test, train_like_test } = self.rows;
        writeln!(f, "examples: {train} training, {valid} validation, {test} test")?;
        if train_like_test > 0 {
            writeln!(f, "training rows that are near-duplicates of a test row: {train_like_test}")?;
        }
        if self.unlabeled > 0 {
            writeln!(f, "unlabelled texts: {}", self.unlabeled)?;
        }
        if let Some(found) = &self.self_training {
            writeln!(f, "{found}")?;
        }
        for score in &self.language_model {
            write!(f, "language model, {}: perplexity {:.1}", score.direction, score.perplexity)?;
            match score.perplexity_before {
                Some(before) => writeln!(f, ", before these texts {before:.1}")?,
                None => writeln!(f)?,
            }
        }
        self.cost.fmt(f)
    }
}

/// Mistakes that are listed.
const LISTED: usize = 5;

impl Report {
    /// Where the first mistakes are. Their texts are in the other forms of a report only: this one can
    /// be passed on.
    fn mistakes_table(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.mistakes.is_empty() {
            return Ok(());
        }
        let is_number = self.mistakes.iter().any(|row| row.confidence.is_none());
        let heads = ["place", "actual", "predicted", "confidence"];
        let columns = if is_number { 3 } else { heads.len() }; // a number has no confidence
        let mut table = Table::new(heads.into_iter().take(columns));
        for row in self.mistakes.iter().take(LISTED) {
            let confidence = row.confidence.map(|p| format!("{p:.3}")).unwrap_or_default();
            let cells = [row.place.to_string(), row.label.clone(), row.guess.clone(), confidence];
            table.row(cells.into_iter().take(columns));
        }
        let title = if is_number { "largest errors" } else { "most confident mistakes" };
        writeln!(f, "{title} (their texts are in report.html)\n{table}")
    }
}

impl fmt::Display for SelfTrainingReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { labelled, learned, first_accuracy } = self;
        write!(f, "self-training: learned from {learned} of {labelled} pseudo-labelled texts")?;
        match first_accuracy {
            Some(accuracy) => {
                write!(
                    f,
                    "; the first classifier alone predicts {} % correctly",
                    percent(*accuracy)
                )
            }
            None => Ok(()),
        }
    }
}

impl fmt::Display for BaselineScores {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Labels { majority_accuracy, majority_ci95, tfidf } => {
                let mut line = |name, part: f64, interval: [f64; 2]| {
                    let ([low, high], right) = (interval.map(percent), percent(part));
                    writeln!(f, "{name}: {right} % right (95 % interval {low} to {high})")
                };
                line("most frequent label", *majority_accuracy, *majority_ci95)?;
                tfidf.map_or(Ok(()), |score| {
                    line(Rival::TfIdf.name(), score.tfidf_accuracy, score.tfidf_ci95)
                })
            }
            Self::Numbers { mean_mae, mean_mae_ci95, mean_rmse, tfidf, .. } => {
                let mut line = |name, mae: f64, interval, rmse: f64| {
                    let interval = in_words(interval);
                    writeln!(
                        f,
                        "{name}: mean absolute error {mae:.4} ({interval}), root mean squared error {rmse:.4}"
                    )
                };
                line(Rival::Mean.name(), *mean_mae, *mean_mae_ci95, *mean_rmse)?;
                tfidf.map_or(Ok(()), |found| {
                    let TfIdfErrors { tfidf_mae, tfidf_mae_ci95, tfidf_rmse, .. } = found;
                    line(Rival::TfIdfOfNumbers.name(), tfidf_mae, tfidf_mae_ci95, tfidf_rmse)
                })
            }
        }
    }
}

impl fmt::Display for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "took {:.0} s", self.seconds)?;
        let parts = self.stages.iter().map(|part| format!("{} {:.0} s", part.stage, part.seconds));
        let parts = parts.collect::<Vec<_>>().join(", ");
        if !parts.is_empty() {
            write!(f, " ({parts})")?;
        }
        if let Some(memory) = self.peak_rss_mb {
            write!(f, " and {memory:.0} MiB of memory")?;
        }
        writeln!(f, "{}", if self.continued { ", all processes of it together" } else { "" })
    }
}
