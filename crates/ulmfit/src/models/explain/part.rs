//! How a part of a classifier reads documents and explains its answers.

use super::reading::{Reading, complete};
use super::{BATCH, encoder, ngrams, recurrent};
use crate::Error;
use crate::models::classifier_network::ClassifierNetwork;
use crate::models::classifier_text::ClassifierText;
use crate::models::part::Part;
use rayon::prelude::*;
use ulmfit_ops::Device;

impl<D: Device> Part<D> {
    /// Reads documents.
    pub(super) fn read(&self, documents: &[Vec<&str>]) -> Result<Reading, Error> {
        let encoded = documents.par_iter().map(|fields| self.text.encode_words(fields));
        let (ids, words): (Vec<_>, Vec<_>) = encoded.unzip();
        if matches!(self.networks[..], [(_, ClassifierNetwork::Recurrent(_)), ..]) {
            return self.read_along(ids, words);
        }
        if let [(direction, ClassifierNetwork::Transformer(network))] = &self.networks[..] {
            let reading = encoder::read(network, ids, words);
            let is_sound = reading.rows.iter().flatten().all(|p| p.is_finite());
            return is_sound.then_some(reading).ok_or_else(|| self.not_finite(*direction));
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
        by_gradients: bool,
    ) -> Vec<Vec<f64>> {
        let wanted = |row: &[f32], factors: &[f64]| -> f64 {
            let rise = row.iter().zip(empty).map(|(&p, &empty)| f64::from(p) - f64::from(empty));
            rise.zip(factors).map(|(rise, factor)| rise * factor).sum()
        };
        let wanted: Vec<f64> =
            reading.rows.iter().zip(factors).map(|(row, factors)| wanted(row, factors)).collect();
        let mut weights = match (&self.text, &self.networks[..]) {
            (ClassifierText::Ngrams(text), [(_, ClassifierNetwork::Linear(network))]) => {
                ngrams::weights(text, network, documents, reading, factors)
            }
            (_, [(_, ClassifierNetwork::Transformer(network))]) if by_gradients => {
                encoder::gradients(network, reading, factors, &wanted)
            }
            (_, [(_, ClassifierNetwork::Transformer(network))]) => {
                encoder::weights(network, reading, factors)
            }
            _ => recurrent::weights(reading, factors),
        };
        weights.iter_mut().zip(wanted).for_each(|(weights, wanted)| complete(weights, wanted));
        weights
    }
}
