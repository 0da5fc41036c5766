//! A report as a person reads it in a terminal.

use super::contents::{BaselineScores, Cost, Judge, Report, RowCounts, SelfTrainingReport};
use super::table::percent;
use std::fmt;

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(verdict) = &self.verdict {
            writeln!(f, "{verdict}\n")?;
        }
        match self.judged() {
            Some((scores, judge)) => {
                let rows = match (judge, self.rows.train_like_test) {
                    (Judge::Test, 0) => "rows never seen before",
                    (Judge::Test, _) => {
                        "the test rows, some of which training rows nearly repeat (it flatters)"
                    }
                    (Judge::Valid, _) => "rows held out of the training",
                    (Judge::Chosen, _) => "the rows that choices were made by (it flatters)",
                };
                writeln!(f, "score on {rows}\n{scores}")?;
            }
            None => writeln!(f, "no rows were left to score on\n")?,
        }
        if let Some(baselines) = &self.baselines {
            writeln!(f, "{baselines}")?;
        }
        if let Some(error) = self.calibration_error {
            writeln!(
                f,
                "probabilities are off by {} % (expected calibration error)\n",
                percent(error)
            )?;
        }
        let RowCounts { train, valid, test, train_like_test } = self.rows;
        writeln!(f, "rows: {train} to learn from, {valid} to choose by, {test} to score on")?;
        if train_like_test > 0 {
            writeln!(f, "training rows that nearly repeat a test row: {train_like_test}")?;
        }
        if self.unlabeled > 0 {
            writeln!(f, "texts without labels: {}", self.unlabeled)?;
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

impl fmt::Display for SelfTrainingReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { labelled, learned, first_accuracy } = self;
        write!(f, "learned from {learned} of {labelled} texts that a first classifier labelled")?;
        match first_accuracy {
            Some(accuracy) => write!(f, ", which has {} % right by itself", percent(*accuracy)),
            None => Ok(()),
        }
    }
}

impl fmt::Display for BaselineScores {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Labels { majority_accuracy, majority_ci95, tfidf_accuracy, tfidf_ci95 } => {
                for (name, part, interval) in [
                    ("always the most frequent answer", majority_accuracy, majority_ci95),
                    ("TF-IDF with logistic regression", tfidf_accuracy, tfidf_ci95),
                ] {
                    let [low, high] = interval.map(percent);
                    let right = percent(*part);
                    writeln!(f, "{name}: {right} % right (95 % interval {low} to {high})")?;
                }
                Ok(())
            }
            Self::Numbers { mean_mae, mean_mae_ci95: [low, high], mean_rmse, .. } => writeln!(
                f,
                "always the mean: mean absolute error {mean_mae:.4} (95 % interval {low:.4} to \
                 {high:.4}), root mean squared error {mean_rmse:.4}"
            ),
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
