//! Scores of predictions, each a pure function of targets and predictions.

mod class_scores;
mod confusion;
mod interval;
mod multi_label;
mod regression;

pub use class_scores::ClassScores;
pub use confusion::{ClassCounts, Confusion};
pub(super) use interval::Z;
pub(crate) use interval::{in_words, student_t};
pub use interval::{mean_interval, wilson};
pub use multi_label::MultiLabelScores;
pub use regression::RegressionScores;

/// `part` divided by `whole`; 0 if `whole` is 0.
fn ratio(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

#[cfg(test)]
mod tests;
