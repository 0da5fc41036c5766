//! Scores of a classifier of any kind.

use super::ClassificationScores;
use super::metrics::{ClassScores, MultiLabelScores, RegressionScores, in_words};
use super::scores::{class_table, untested};
use super::table::percent;
use serde::Serialize;
use std::fmt;

/// Scores of a classifier, by kind of prediction.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum ClassifierEvaluation {
    /// One label per text.
    SingleLabel(ClassificationScores),
    /// Any number of labels per text.
    MultiLabel(MultiLabelScores),
    /// One number per text.
    Regression(RegressionScores),
}

impl ClassifierEvaluation {
    /// Rows scored.
    pub fn rows(&self) -> u64 {
        match self {
            Self::SingleLabel(scores) => scores.n,
            Self::MultiLabel(scores) => scores.n as u64,
            Self::Regression(scores) => scores.n as u64,
        }
    }

    /// One entry per class or label; none for numbers.
    pub fn per_class(&self) -> &[ClassScores] {
        match self {
            Self::SingleLabel(scores) => &scores.per_class,
            Self::MultiLabel(scores) => &scores.per_class,
            Self::Regression(_) => &[],
        }
    }
}

impl fmt::Display for ClassifierEvaluation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SingleLabel(scores) => scores.fmt(f),
            Self::MultiLabel(scores) => {
                let [low, high] = scores.subset_accuracy_ci95.map(percent);
                let all = percent(scores.subset_accuracy);
                writeln!(f, "all labels right  {all} % (95 % interval {low} to {high})")?;
                writeln!(f, "micro F1          {} %", percent(scores.micro_f1))?;
                let untested = untested(&scores.per_class);
                writeln!(f, "macro F1          {} %{untested}", percent(scores.macro_f1))?;
                writeln!(f, "rows              {}", scores.n)?;
                write!(f, "\n{}", class_table(&scores.per_class))
            }
            Self::Regression(scores) => {
                writeln!(f, "root mean squared error  {:.4}", scores.rmse)?;
                writeln!(
                    f,
                    "mean absolute error      {:.4} ({})",
                    scores.mae,
                    in_words(scores.mae_ci95)
                )?;
                if let Some(r2) = scores.r2 {
                    writeln!(f, "R²                       {r2:.4}")?;
                }
                writeln!(f, "rows                     {}", scores.n)
            }
        }
    }
}
