//! The result of training a classifier: the model and its report.

use crate::data::Record;
use crate::decisions::Calibration;
use crate::input::LearnedTexts;
use crate::models::ClassifierBundle;
use crate::report::Report;

/// A classifier and its report.
pub struct TrainedClassifier {
    /// The classifier.
    pub classifier: ClassifierBundle,
    /// Its scores, and how it was made.
    pub report: Report,
    /// What it said about the rows that the report scores; none if there were none.
    pub calibration: Option<Calibration>,
    /// The texts that it was trained on.
    pub learned: LearnedTexts,
    /// All examples with answers of classifiers that have not learned them; only of a training with
    /// folds.
    pub(crate) scored: Option<ScoredRows>,
}

/// Examples with answers.
pub(crate) struct ScoredRows {
    /// The examples.
    pub(crate) records: Vec<Record>,
    /// Probabilities or values, one row each.
    pub(crate) rows: Vec<Vec<f32>>,
    /// The fold that each was held out in.
    pub(crate) folds: Vec<usize>,
}
