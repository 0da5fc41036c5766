//! What training a classifier comes to: the model and an honest report.

use crate::decisions::Calibration;
use crate::models::ClassifierBundle;
use crate::report::Report;

/// A classifier and how good it is.
pub struct TrainedClassifier {
    /// The classifier.
    pub classifier: ClassifierBundle,
    /// How good it is.
    pub report: Report,
    /// What it said about the rows that the report scores; none if there were none.
    pub calibration: Option<Calibration>,
}
