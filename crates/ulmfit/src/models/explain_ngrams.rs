//! Which words decided, for a linear layer on n-grams, in one pass.

use super::explain::{Explanation, WordWeight, explained};
use super::part::Part;
use crate::Error;
use crate::data::labels::LabelKind;
use crate::model::linear::LinearClassifier;
use crate::text::ngrams::{FieldBytes, NgramVocab};
use rustc_hash::FxHashMap;
use ulmfit_ops::Device;

/// Points at which the path from an empty text to the document is looked at.
const POINTS: usize = 50;

impl<D: Device> Part<D> {
    /// Explains an answer of `network`, the part's own, to the n-grams of a document.
    pub(super) fn fast_by_ngrams<S: AsRef<str>>(
        &self,
        (text, network): (&NgramVocab, &LinearClassifier<D>),
        document: &[S],
        empty: &[f32],
    ) -> Result<Explanation, Error> {
        let ids = text.encode(document);
        let row = self.probabilities_of_ids(&[&ids], 1, &mut |_, _| ())?.remove(0);
        let output = explained(self.task(), &row);
        let words = text.words(document);
        let of_gram = contributions(network, &ids, output);
        let weights = shared_out(text, document, &words, &of_gram);
        let word = |(place, weight): (FieldBytes, f32)| WordWeight {
            field: place.field,
            start: place.bytes.start,
            end: place.bytes.end,
            weight,
        };
        let words = words.into_iter().zip(weights).map(word).collect();
        Ok(Explanation { row, output, empty: empty[output], words })
    }
}

/// What each column of a document adds to an output, per occurrence: integrated gradients
/// (Sundararajan, Taly & Yan 2017, <https://arxiv.org/abs/1703.01365>) along the straight path from
/// a text without n-grams. Over all occurrences they add up to the difference from its answer.
fn contributions<D: Device>(
    network: &LinearClassifier<D>,
    document: &[u32],
    output: usize,
) -> FxHashMap<u32, f64> {
    let config = network.config();
    let bag = network.tfidf(document);
    let mut alone = vec![Vec::new()];
    alone.extend(bag.iter().map(|&cell| vec![cell]));
    let logits = network.logits(&alone).to_f64();
    let (bias, of_cells) = logits.split_at(config.classes);
    let added = |cell: usize, class: usize| of_cells[cell * config.classes + class] - bias[class];
    let totals: Vec<f64> = (0..config.classes)
        .map(|class| (0..bag.len()).map(|cell| added(cell, class)).sum())
        .collect();
    // the mean slope of the output's answer along the path, by the logit of each class
    let mut slopes = vec![0.0; config.classes];
    for point in 0..POINTS {
        let along = (point as f64 + 0.5) / POINTS as f64;
        let at: Vec<f64> = bias.iter().zip(&totals).map(|(b, total)| b + along * total).collect();
        match config.task {
            LabelKind::Single => {
                let highest = at.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                let powers: Vec<f64> = at.iter().map(|logit| (logit - highest).exp()).collect();
                let sum: f64 = powers.iter().sum();
                let own = powers[output] / sum;
                for (class, slope) in slopes.iter_mut().enumerate() {
                    let is_own = if class == output { 1.0 } else { 0.0 };
                    *slope += own * (is_own - powers[class] / sum);
                }
            }
            LabelKind::Multi => {
                let own = 1.0 / (1.0 + (-at[output]).exp());
                slopes[output] += own * (1.0 - own);
            }
            LabelKind::Regression => {
                slopes[output] += config.target_scale.map_or(1.0, |scale| scale.sd);
            }
        }
    }
    let counts = document.chunk_by(|a, b| a == b).map(|run| (run[0], run.len()));
    let counts: FxHashMap<u32, usize> = counts.collect();
    let of_cell = |(cell, &(id, _)): (usize, &(u32, f32))| {
        let sum: f64 = (0..config.classes).map(|class| slopes[class] * added(cell, class)).sum();
        (id, sum / (POINTS * counts[&id]) as f64)
    };
    bag.iter().enumerate().map(of_cell).collect()
}

/// What n-grams add, shared out between the words that they are made of, by their bytes.
fn shared_out<S: AsRef<str>>(
    text: &NgramVocab,
    document: &[S],
    words: &[FieldBytes],
    of_gram: &FxHashMap<u32, f64>,
) -> Vec<f32> {
    let mut weights = vec![0.0; words.len()];
    for (id, place) in text.places(document) {
        let Some(&added) = of_gram.get(&id) else { continue };
        let key = (place.field, place.bytes.start);
        let first = words.partition_point(|word| (word.field, word.bytes.end) <= key);
        let common = |word: &FieldBytes| {
            let end = word.bytes.end.min(place.bytes.end);
            end.saturating_sub(word.bytes.start.max(place.bytes.start))
        };
        let touched = words[first..]
            .iter()
            .take_while(|word| word.field == place.field && word.bytes.start < place.bytes.end);
        let shares: Vec<usize> = touched.map(common).collect();
        let all: usize = shares.iter().sum();
        for (weight, share) in weights[first..].iter_mut().zip(&shares) {
            *weight += added * *share as f64 / all.max(1) as f64;
        }
    }
    weights.into_iter().map(|weight| weight as f32).collect()
}
