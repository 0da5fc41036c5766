//! What a part of a classifier says about some documents, and how it explains it.

use super::BATCH;
use super::spans::Span;
use crate::Error;
use crate::models::classifier_network::ClassifierNetwork;
use crate::models::classifier_text::ClassifierText;
use crate::models::part::Part;
use crate::text::{TokenId, WordSpan};
use ulmfit_ops::Device;

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

impl<D: Device> Part<D> {
    /// Reads documents.
    pub(super) fn read(&self, documents: &[Vec<&str>]) -> Result<Reading, Error> {
        let encoded = documents.iter().map(|fields| self.text.encode_words(fields));
        let (ids, words): (Vec<_>, Vec<_>) = encoded.unzip();
        if matches!(self.networks[..], [(_, ClassifierNetwork::Recurrent(_)), ..]) {
            return self.read_along(ids, words);
        }
        let rows = self.probabilities_of_ids(&ids, BATCH, &mut |_, _| ())?;
        Ok(Reading { rows, ids, words, weights: Vec::new() })
    }

    /// What each word of each document adds to a weighted sum of the outputs, whose factors there are
    /// for each document. The weights add up to the difference from `empty`, the answer to an empty
    /// text.
    pub(super) fn weights(
        &self,
        documents: &[Vec<&str>],
        reading: &Reading,
        empty: &[f32],
        factors: &[Vec<f64>],
    ) -> Vec<Vec<f64>> {
        let wanted = |row: &[f32], factors: &[f64]| -> f64 {
            let rise = row.iter().zip(empty).map(|(&p, &empty)| f64::from(p) - f64::from(empty));
            rise.zip(factors).map(|(rise, factor)| rise * factor).sum()
        };
        let wanted: Vec<f64> =
            reading.rows.iter().zip(factors).map(|(row, factors)| wanted(row, factors)).collect();
        let mut weights = match (&self.text, &self.networks[..]) {
            (ClassifierText::Ngrams(text), [(_, ClassifierNetwork::Linear(network))]) => {
                super::ngrams::weights(text, network, documents, reading, factors)
            }
            (_, [(_, ClassifierNetwork::Transformer(network))]) => {
                super::encoder::weights(network, reading, factors, &wanted)
            }
            _ => super::recurrent::weights(reading, factors),
        };
        weights.iter_mut().zip(wanted).for_each(|(weights, wanted)| complete(weights, wanted));
        weights
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
        assert_eq!(weights, [0.25; 4]);
        complete(&mut [], 1.0);
    }
}
