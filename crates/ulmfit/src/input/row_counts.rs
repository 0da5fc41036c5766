//! How many rows are in the training, validation and test sets.

use serde::Serialize;

/// How many rows went where.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct RowCounts {
    /// Learned from.
    pub train: usize,
    /// Held out for validation.
    pub valid: usize,
    /// Scored on.
    pub test: usize,
    /// Training rows whose text nearly repeats a test row's; only possible where the user chose
    /// the test rows.
    pub train_like_test: usize,
}

/// How many rows have a label.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LabelCounts {
    /// Its name.
    pub label: String,
    /// Of those learned from.
    pub train: usize,
    /// Of those chosen by.
    pub valid: usize,
    /// Of those scored on.
    pub test: usize,
}
