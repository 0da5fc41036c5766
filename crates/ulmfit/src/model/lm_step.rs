//! Losses of a language model on one batch.

/// Losses of one batch, each a mean.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct LmStep {
    /// Cross entropy in nats a token.
    pub loss: f64,
    /// Activation regularisation.
    pub ar: f64,
    /// Temporal activation regularisation.
    pub tar: f64,
    /// Tokens whose prediction was right.
    pub correct: usize,
    /// Tokens predicted.
    pub tokens: usize,
}

impl LmStep {
    /// What training descends: the sum of the three losses.
    pub fn total(&self) -> f64 {
        self.loss + self.ar + self.tar
    }
}
