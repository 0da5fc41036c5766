//! Why a decision cannot be made.

use crate::ErrorClass;
use crate::text::Direction;
use std::path::PathBuf;

/// Why a decision cannot be made.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum DecisionError {
    /// The model folder has no `calibration.json`.
    #[error("the model has no calibration, so its error rate is not known")]
    NotCalibrated,
    /// The calibration was made for other weights, labels or words.
    #[error("the calibration in the model folder was made for another model")]
    OtherModel,
    /// The calibration was made for other reading directions.
    #[error(
        "the calibration is for the directions {}, but the model is used with {}",
        list(made),
        list(used)
    )]
    OtherDirections {
        /// Those it was made for.
        made: Vec<Direction>,
        /// Those that are used.
        used: Vec<Direction>,
    },
    /// There are too few labelled rows for this request.
    #[error("{} too few: at least {needed} are needed", rows_are(*rows))]
    TooFew {
        /// Calibration rows.
        rows: usize,
        /// How many it would take.
        needed: usize,
        /// Whether these are all rows that the model was trained on, by folds.
        folds: bool,
    },
    /// No label of several is predicted for enough rows.
    #[error(
        "a label must be predicted in at least {needed} calibration rows; `{most}` is predicted most often, in {rows}"
    )]
    TooFewPredicted {
        /// The label that is predicted most.
        most: String,
        /// For how many calibration rows it is.
        rows: usize,
        /// How many it would take.
        needed: usize,
    },
    /// No class has enough labelled rows for a set of its own.
    #[error(
        "no class has the {needed} calibration rows that are needed; `{most}` has the most, {rows}"
    )]
    TooFewPerClass {
        /// The class with the most calibration rows.
        most: String,
        /// How many it has.
        rows: usize,
        /// How many it would take.
        needed: usize,
    },
    /// No threshold has the error rate that was asked for, as far as the rows can show.
    #[error(
        "{rows} calibration rows do not show, with 95 % confidence, a threshold above which at most {} % of \
         the answers are wrong{}", 100.0 * most, smallest(*possible)
    )]
    NotShown {
        /// The share of wrong answers that was asked for.
        most: f64,
        /// Calibration rows.
        rows: usize,
        /// The smallest limit in percent that they show, if it is known.
        possible: Option<u8>,
        /// Whether these are all rows that the model was trained on, by folds.
        folds: bool,
    },
    /// The rule needs a probability, and the model predicts a number.
    #[error("a predicted number has no probability, so there is no threshold on it")]
    NoProbability,
    /// A set per class where classes are not exclusive, or there are no classes.
    #[error("a set per class needs a model that predicts exactly one label per text")]
    NoClasses,
    /// A share outside 0 to 1.
    #[error("{what} is {share}, which is not between 0 and 1")]
    Share {
        /// Its name.
        what: &'static str,
        /// What was given.
        share: f64,
    },
    /// The file cannot be used.
    #[error("{}: {message}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        message: String,
    },
}

fn rows_are(rows: usize) -> String {
    if rows == 1 { "1 calibration row is".into() } else { format!("{rows} calibration rows are") }
}

fn smallest(limit: Option<u8>) -> String {
    limit
        .map(|limit| format!("; the smallest limit that they show is {limit} %"))
        .unwrap_or_default()
}

fn list(directions: &[Direction]) -> String {
    directions.iter().map(ToString::to_string).collect::<Vec<_>>().join(" and ")
}

impl DecisionError {
    /// The same of a calibration on all rows that the model was trained on, by folds: more folds would not
    /// help.
    pub(super) fn of_folds(self) -> Self {
        match self {
            Self::TooFew { rows, needed, .. } => Self::TooFew { rows, needed, folds: true },
            Self::NotShown { most, rows, possible, .. } => {
                Self::NotShown { most, rows, possible, folds: true }
            }
            other => other,
        }
    }

    /// What to try next, in one line.
    pub fn hint(&self) -> Option<&'static str> {
        Some(match self {
            Self::NotCalibrated | Self::OtherModel | Self::OtherDirections { .. } => {
                "calibrate it on labelled rows that it was not trained on: `ulmfit calibrate MODEL ROWS`"
            }
            Self::TooFew { folds: false, .. } => {
                "calibrate on more labelled rows with `ulmfit calibrate`, or train with 5 \
                 folds, which calibrates on all rows"
            }
            Self::TooFewPerClass { .. } => {
                "ask for a lower coverage, or calibrate on more labelled rows; sets that are not per class \
                 need fewer"
            }
            Self::NotShown { folds: false, .. } => {
                "allow more errors, or calibrate on more labelled rows with `ulmfit calibrate`, or train with \
                 5 folds, which calibrates on all rows"
            }
            Self::TooFew { .. } | Self::TooFewPredicted { .. } | Self::NotShown { .. } => {
                "allow more errors, or calibrate on more labelled rows with `ulmfit calibrate`"
            }
            Self::NoProbability => "ask for a coverage: it gives an interval around the number",
            Self::NoClasses | Self::Share { .. } => return None,
            Self::File { .. } => "the file was changed after it was written; calibrate again",
        })
    }

    /// What kind of failure this is.
    pub fn class(&self) -> ErrorClass {
        match self {
            Self::NoProbability | Self::NoClasses | Self::Share { .. } => ErrorClass::Usage,
            Self::NotCalibrated => ErrorClass::MissingInput,
            _ => ErrorClass::Data,
        }
    }
}
