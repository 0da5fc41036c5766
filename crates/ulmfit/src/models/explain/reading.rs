//! What a part of a classifier says about some documents.

use super::spans::Span;
use crate::text::{TokenId, WordSpan};

/// A part's answers to some documents, and their words as it tells them apart.
pub(super) struct Reading {
    /// Its answers, one row per document.
    pub(super) rows: Vec<Vec<f32>>,
    /// Ids of each document.
    pub(super) ids: Vec<Vec<TokenId>>,
    /// Words of each document.
    pub(super) words: Vec<Vec<WordSpan>>,
    /// What each word adds to each output, for each document; empty where it is computed only for
    /// the outputs that are asked for.
    pub(super) weights: Vec<Vec<f64>>,
}

impl Reading {
    /// The words of a document.
    pub(super) fn spans(&self, document: usize) -> Vec<Span> {
        self.words[document].iter().map(Span::from).collect()
    }
}

/// Adds what is missing in the sum to all weights, in proportion to their sizes.
pub(super) fn complete(weights: &mut [f64], wanted: f64) {
    let missing = wanted - weights.iter().sum::<f64>();
    let all: f64 = weights.iter().map(|weight| weight.abs()).sum();
    let count = weights.len() as f64;
    for weight in weights {
        *weight += missing * if all > 0.0 { weight.abs() / all } else { 1.0 / count };
    }
}

#[cfg(test)]
mod tests {
    use super::complete;

    #[test]
    fn what_is_missing_goes_to_the_large_weights() {
        let mut weights = [3.0, -1.0, 0.0];
        complete(&mut weights, 2.4);
        assert!(
            weights.iter().zip([3.3, -0.9, 0.0]).all(|(a, b): (&f64, f64)| (a - b).abs() < 1e-12)
        );
        let mut weights = [0.0; 4];
        complete(&mut weights, 1.0);
        assert!(weights.iter().all(|weight| (weight - 0.25).abs() < 1e-12));
        complete(&mut [], 1.0);
    }
}
