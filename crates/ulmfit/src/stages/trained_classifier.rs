//! What training a classifier comes to: the model and an honest report.

use crate::models::ClassifierBundle;
use crate::report::Report;

/// A classifier and how good it is.
pub struct TrainedClassifier {
    /// The classifier.
    pub classifier: ClassifierBundle,
    /// How good it is.
    pub report: Report,
}
