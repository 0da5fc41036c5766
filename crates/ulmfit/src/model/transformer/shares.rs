//! What each token of a text adds to its logits, in the pass that computes them.
//!
//! The vector of a text is the mean of its tokens' states, at unit length or as it is, and the logits are
//! linear in the vector. So the logits are a sum to which each token adds the share of its state.
//! What the special tokens add, and what is taken away for the logits of an empty text, is shared out
//! evenly. Attention has mixed the states before: a token stands for what the network has made of it in
//! this text.

use super::{SentenceClassifier, TextBatch, VectorScale};
use ulmfit_ops::Device;

/// A text as a classifier has read it.
pub struct TokenShares {
    /// Probabilities, or a value.
    pub row: Vec<f32>,
    /// What each token adds to each logit, `[tokens, classes]`, without the special tokens: the sums over the
    /// tokens are the differences from the logits of an empty text.
    pub shares: Vec<f64>,
}

impl<D: Device> SentenceClassifier<D> {
    /// The logits of an empty text.
    pub fn logits_of_empty(&self) -> Vec<f64> {
        let empty = self.encoder.vectors(&TextBatch::new(&[&[]], self.encoder.config()));
        self.head.forward(&self.encoder.device().exact(), &empty).to_f64()
    }

    /// Reads texts, which are ids without special tokens; all of them are a batch. `empty` is
    /// [of an empty text](Self::logits_of_empty).
    ///
    /// The rows have the bits of [`probabilities`](Self::probabilities).
    pub fn token_shares(&self, texts: &[&[u32]], empty: &[f64]) -> Vec<TokenShares> {
        let (config, device) = (self.encoder.config(), self.encoder.device());
        let batch = TextBatch::new(texts, config);
        let states = self.encoder.last_states(&batch);
        let means = device.mean_pool_forward(&states, &batch.texts);
        let lengths: Vec<f64> = match config.vectors {
            VectorScale::AsIs => vec![1.0; texts.len()],
            VectorScale::Unit => means.to_f64().chunks_exact(config.width).map(length).collect(),
        };
        let vectors = self.encoder.scaled(means.clone()).to_f32();
        let bias = self.head.bias.value.to_f64();
        let parts = device.exact().linear_forward(&states, &self.head.weight.value, None).to_f64();
        let mut parts = parts.chunks_exact(self.classes);
        let mut pieces = batch.pieces.iter().copied();
        let mut found = Vec::with_capacity(texts.len());
        for (n, vector) in vectors.chunks_exact(config.width).enumerate() {
            let (mut left, scale) = (batch.texts[n], 1.0 / (batch.texts[n] as f64 * lengths[n]));
            let mut shares = Vec::with_capacity(texts[n].len() * self.classes);
            let mut rest: Vec<f64> = bias.iter().zip(empty).map(|(b, e)| b - e).collect();
            for piece in pieces.by_ref() {
                for (token, part) in parts.by_ref().take(piece).enumerate() {
                    if token == 0 || token + 1 == piece {
                        rest.iter_mut().zip(part).for_each(|(sum, x)| *sum += scale * x);
                    } else {
                        shares.extend(part.iter().map(|x| scale * x));
                    }
                }
                left -= piece;
                if left == 0 {
                    break;
                }
            }
            for token in shares.chunks_exact_mut(self.classes) {
                let count = texts[n].len() as f64;
                token.iter_mut().zip(&rest).for_each(|(x, rest)| *x += rest / count);
            }
            found.push(TokenShares { row: self.of_vector(vector), shares });
        }
        found
    }
}

/// Euclidean length.
fn length(row: &[f64]) -> f64 {
    row.iter().map(|x| x * x).sum::<f64>().sqrt().max(f64::MIN_POSITIVE)
}

#[cfg(test)]
mod tests {
    use super::super::presence::tests::network;
    use super::*;
    use crate::data::labels::LabelKind;
    use ulmfit_ops::{Cpu, Reference};

    #[test]
    fn shares_add_up_to_the_difference_of_the_logits() {
        let long: Vec<u32> = (0..60).map(|n| n % 9).collect(); // of two pieces
        let texts: [&[u32]; 4] = [&[5], &[1, 2, 3, 1, 7], &long, &[]];
        for vectors in [VectorScale::AsIs, VectorScale::Unit] {
            let network = network::<Reference>(LabelKind::Regression, vectors);
            let scale = network.config().target_scale.unwrap();
            let empty = network.logits_of_empty();
            for (found, text) in network.token_shares(&texts, &empty).iter().zip(texts) {
                assert_eq!(found.shares.len(), text.len() * empty.len());
                let mut sums = empty.clone();
                for token in found.shares.chunks_exact(empty.len()) {
                    sums.iter_mut().zip(token).for_each(|(sum, x)| *sum += x);
                }
                for (sum, value) in sums.into_iter().zip(&found.row) {
                    let (found, wanted) = (scale.restore(sum), f64::from(*value));
                    assert!(
                        (found - wanted).abs() < 1e-5,
                        "{vectors:?} {text:?}: {found} {wanted}"
                    );
                }
            }
        }
    }

    #[test]
    fn rows_have_the_bits_of_predictions() {
        let network = network::<Cpu>(LabelKind::Single, VectorScale::Unit);
        let texts: Vec<Vec<u32>> = vec![vec![1, 2, 3], (0..50).map(|n| n % 9).collect(), vec![]];
        let wanted = network.probabilities(&texts, &mut |_| ());
        let slices: Vec<&[u32]> = texts.iter().map(Vec::as_slice).collect();
        let found = network.token_shares(&slices, &network.logits_of_empty());
        assert_eq!(found.into_iter().map(|text| text.row).collect::<Vec<_>>(), wanted);
    }
}
