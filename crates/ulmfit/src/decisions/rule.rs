//! What a user asks of the answers.

use super::DecisionError;

/// What a user asks of the answers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Rule {
    /// Answer where the confidence reaches this.
    Threshold(f32),
    /// Answer where at most this share of the answers is wrong, with probability
    /// [`CONFIDENCE`](super::CONFIDENCE).
    MaxError(f64),
    /// Give a set of labels (for numbers, an interval) that holds the right one with this
    /// probability.
    Coverage {
        /// The probability.
        share: f64,
        /// Whether it holds for the texts of every class, not only for all together.
        per_class: bool,
    },
}

impl Rule {
    /// Refuses what is not a share.
    ///
    /// # Errors
    /// [`DecisionError::Share`].
    pub(super) fn check(self) -> Result<(), DecisionError> {
        let (what, share, inside) = match self {
            Self::Threshold(p) => ("the threshold", f64::from(p), (0.0..=1.0).contains(&p)),
            Self::MaxError(e) => ("the share of errors", e, e > 0.0 && e < 1.0),
            Self::Coverage { share, .. } => ("the coverage", share, share > 0.0 && share < 1.0),
        };
        if inside { Ok(()) } else { Err(DecisionError::Share { what, share }) }
    }
}
