//! How surprised a language model is.

/// Summed loss of the tokens seen so far.
///
/// Weighted by token. fastai averages over batches instead, so that its short last batch of a
/// validation set counts as much per row as a full one.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Perplexity {
    total: f64,
    tokens: u64,
}

impl Perplexity {
    /// Adds a batch of `tokens` tokens with this mean loss.
    pub fn add(&mut self, mean_loss: f64, tokens: u64) {
        self.total += mean_loss * tokens as f64;
        self.tokens += tokens;
    }

    /// Tokens seen.
    pub fn tokens(&self) -> u64 {
        self.tokens
    }

    /// Mean loss of a token in nats; `None` before the first.
    pub fn loss(&self) -> Option<f64> {
        (self.tokens > 0).then(|| self.total / self.tokens as f64)
    }

    /// `exp` of the mean loss; `None` before the first token.
    pub fn value(&self) -> Option<f64> {
        self.loss().map(f64::exp)
    }
}
