//! Which words decided, for sentence encoders.
//!
//! One pass gives what each word adds to each logit. On the straight path from the logits of an empty text
//! to those of the text, an answer rises by the sum over the logits of what they gain, times the mean
//! slope of the answer by them ([`mean_slopes`]), so each word has its part of the rise.

use super::BATCH;
use super::reading::Reading;
use crate::model::slopes::mean_slopes;
use crate::model::transformer::{SentenceClassifier, TokenShares};
use crate::text::{TokenId, WordSpan};
use rayon::prelude::*;
use ulmfit_ops::Device;

/// Texts whose gradients are computed side by side; each may need a few ten megabytes.
const TEXTS: usize = 4;

/// Reads documents: what each word adds to each logit.
pub(super) fn read<D: Device>(
    network: &SentenceClassifier<D>,
    ids: Vec<Vec<TokenId>>,
    words: Vec<Vec<WordSpan>>,
) -> Reading {
    let empty = network.logits_of_empty();
    let texts: Vec<&[TokenId]> = ids.iter().map(Vec::as_slice).collect();
    let batches: Vec<Vec<TokenShares>> =
        texts.par_chunks(BATCH).map(|batch| network.token_shares(batch, &empty)).collect();
    let (mut rows, mut weights) = (Vec::new(), Vec::new());
    for (found, words) in batches.into_iter().flatten().zip(&words) {
        let tokens: Vec<&[f64]> = found.shares.chunks_exact(empty.len()).collect();
        let of_word = |word: &WordSpan| {
            let mut sums = vec![0.0; empty.len()];
            for token in &tokens[word.first_token..word.end_token] {
                sums.iter_mut().zip(*token).for_each(|(sum, x)| *sum += x);
            }
            sums
        };
        weights.push(words.iter().flat_map(of_word).collect());
        rows.push(found.row);
    }
    Reading { rows, ids, words, weights }
}

/// What each word of each document adds to a weighted sum of the answers.
pub(super) fn weights<D: Device>(
    network: &SentenceClassifier<D>,
    reading: &Reading,
    factors: &[Vec<f64>],
) -> Vec<Vec<f64>> {
    let (empty, config) = (network.logits_of_empty(), network.config());
    let of_document = |(words, factors): (&Vec<f64>, &Vec<f64>)| -> Vec<f64> {
        let words = words.chunks_exact(empty.len());
        let mut rise = vec![0.0; empty.len()];
        for word in words.clone() {
            rise.iter_mut().zip(word).for_each(|(sum, x)| *sum += x);
        }
        let mean = mean_slopes(config.task, config.target_scale, &empty, &rise, factors);
        words.map(|word| word.iter().zip(&mean).map(|(x, slope)| x * slope).sum()).collect()
    };
    reading.weights.par_iter().zip(factors).map(of_document).collect()
}

/// The same by integrated gradients: `wanted` is what the weights of each document should add up to.
pub(super) fn gradients<D: Device>(
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
