//! The result of training a classifier: the model and its report.

use crate::decisions::Calibration;
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
}
