//! Which words decided, for sentence encoders.

use super::reading::Reading;
use crate::model::transformer::SentenceClassifier;
use crate::text::WordSpan;
use rayon::prelude::*;
use ulmfit_ops::Device;

/// Texts that are explained side by side; each may need a few ten megabytes.
const TEXTS: usize = 4;

/// What each word of each document adds to a weighted sum of the outputs: what its tokens do.
pub(super) fn weights<D: Device>(
    network: &SentenceClassifier<D>,
    reading: &Reading,
    factors: &[Vec<f64>],
    wanted: &[f64],
) -> Vec<Vec<f64>> {
    let explain = |n: usize| -> Vec<f64> {
        let tokens = network.token_weights(&reading.ids[n], &factors[n], wanted[n]);
        let of_word = |word: &WordSpan| tokens[word.first_token..word.end_token].iter().sum();
        reading.words[n].iter().map(of_word).collect()
    };
    let numbers: Vec<usize> = (0..reading.ids.len()).collect();
    let chunks = numbers.chunks(TEXTS);
    chunks.flat_map(|chunk| chunk.par_iter().map(|&n| explain(n)).collect::<Vec<_>>()).collect()
}
