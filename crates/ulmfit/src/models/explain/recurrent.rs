//! Which words decided, for recurrent networks, in one pass.

use super::BATCH;
use super::reading::Reading;
use crate::Error;
use crate::data::batches::evaluation_batches;
use crate::models::classifier_network::ClassifierNetwork;
use crate::models::part::Part;
use crate::text::{Direction, TokenId, WordSpan};
use ulmfit_ops::{Device, Tensor};

impl<D: Device> Part<D> {
    /// Differences between the answers to ever longer beginnings (and, of a backward network,
    /// endings), all outputs at once.
    pub(super) fn read_along(
        &self,
        ids: Vec<Vec<TokenId>>,
        words: Vec<Vec<WordSpan>>,
    ) -> Result<Reading, Error> {
        let classes = self.networks[0].1.config().outputs().map_or(0, |(_, classes)| classes);
        let share = 1.0 / self.networks.len() as f32;
        let mut rows = vec![vec![0.0_f32; classes]; ids.len()];
        // for each document, token and class
        let mut changes: Vec<Vec<f64>> =
            ids.iter().map(|ids| vec![0.0; ids.len() * classes]).collect();
        let lengths: Vec<usize> = ids.iter().map(Vec::len).collect();
        for (direction, network) in &self.networks {
            let ClassifierNetwork::Recurrent(network) = network else { continue };
            let activate = |logits: &[f32]| -> Result<Vec<f32>, Error> {
                let found = network.probabilities(&Tensor::from_f32(&[1, classes], logits));
                let is_sound = found.iter().all(|p| p.is_finite());
                is_sound.then_some(found).ok_or_else(|| self.not_finite(*direction))
            };
            let alone = self.text.encode(&[""]);
            let start = network.running_logits(&[&alone]).remove(0);
            let start = activate(&start.whole)?;
            for items in evaluation_batches(&lengths, BATCH) {
                let oriented = items.iter().map(|&item| {
                    let mut ids = ids[item].clone();
                    direction.orient(&mut ids);
                    ids
                });
                let oriented: Vec<Vec<u32>> = oriented.collect();
                let texts: Vec<&[u32]> = oriented.iter().map(Vec::as_slice).collect();
                for (&item, found) in items.iter().zip(network.running_logits(&texts)) {
                    let whole = activate(&found.whole)?;
                    rows[item].iter_mut().zip(&whole).for_each(|(sum, p)| *sum += p * share);
                    let (mut before, last) = (start.clone(), found.after.len() - 1);
                    for (n, logits) in found.after.iter().enumerate() {
                        // the last answer is the one that is given
                        let after = if n == last { whole.clone() } else { activate(logits)? };
                        let token = match direction {
                            Direction::Forward => found.first + n,
                            Direction::Backward => lengths[item] - 1 - found.first - n,
                        };
                        let at = token * classes;
                        for class in 0..classes {
                            let change = f64::from(after[class]) - f64::from(before[class]);
                            changes[item][at + class] += change * f64::from(share);
                        }
                        before = after;
                    }
                }
            }
        }
        let of_words = |(words, changes): (&Vec<WordSpan>, &Vec<f64>)| -> Vec<f64> {
            let of_word = |(n, word): (usize, &WordSpan)| -> Vec<f64> {
                // `xxbos` is nothing of the text: what it does counts at the first word
                let first = if n == 0 { 0 } else { word.first_token };
                let of_class = |class| {
                    (first..word.end_token).map(|token| changes[token * classes + class]).sum()
                };
                (0..classes).map(of_class).collect()
            };
            words.iter().enumerate().flat_map(of_word).collect()
        };
        let weights = words.iter().zip(&changes).map(of_words).collect();
        Ok(Reading { rows, ids, words, weights })
    }
}

/// What was read, as weighted sums of the outputs.
pub(super) fn weights(reading: &Reading, factors: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let of_document = |(weights, factors): (&Vec<f64>, &Vec<f64>)| -> Vec<f64> {
        let of_word = |weights: &[f64]| weights.iter().zip(factors).map(|(w, f)| w * f).sum();
        weights.chunks_exact(factors.len().max(1)).map(of_word).collect()
    };
    reading.weights.iter().zip(factors).map(of_document).collect()
}
