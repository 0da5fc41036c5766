//! Scores of one class.

use super::ClassCounts;
use serde::{Deserialize, Serialize};

/// Scores of one class.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClassScores {
    /// Name of the class.
    pub label: String,
    /// Share of the predictions that are correct.
    pub precision: f64,
    /// Share of the rows that are found.
    pub recall: f64,
    /// Harmonic mean of both.
    pub f1: f64,
    /// Rows of this class.
    pub support: u64,
}

impl ClassScores {
    /// Scores from counts and names.
    pub fn new(label: &str, counts: ClassCounts) -> Self {
        Self {
            label: label.to_owned(),
            precision: counts.precision(),
            recall: counts.recall(),
            f1: counts.f1(),
            support: counts.support,
        }
    }
}
