//! Which words decided, for a linear layer on n-grams, in one pass.

use super::reading::Reading;
use crate::model::linear::LinearClassifier;
use crate::model::slopes::mean_slopes;
use crate::text::WordSpan;
use crate::text::ngrams::NgramVocab;
use rayon::prelude::*;
use rustc_hash::FxHashMap;
use ulmfit_ops::Device;

/// What each word of each document adds to a weighted sum of the outputs.
pub(super) fn weights<D: Device>(
    text: &NgramVocab,
    network: &LinearClassifier<D>,
    documents: &[Vec<&str>],
    reading: &Reading,
    factors: &[Vec<f64>],
) -> Vec<Vec<f64>> {
    let explain = |n: usize| {
        let of_gram = contributions(network, &reading.ids[n], &factors[n]);
        shared_out(text, &documents[n], &reading.words[n], &of_gram)
    };
    (0..documents.len()).into_par_iter().map(explain).collect()
}

/// What each column of a document adds to the weighted sum, per occurrence, on the straight path from a
/// text without n-grams. Over all occurrences they add up to the difference from its answer.
fn contributions<D: Device>(
    network: &LinearClassifier<D>,
    document: &[u32],
    factors: &[f64],
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
    let mean = mean_slopes(config.task, config.target_scale, bias, &totals, factors);
    let counts = document.chunk_by(|a, b| a == b).map(|run| (run[0], run.len()));
    let counts: FxHashMap<u32, usize> = counts.collect();
    let of_cell = |(cell, &(id, _)): (usize, &(u32, f32))| {
        let sum: f64 = (0..config.classes).map(|class| mean[class] * added(cell, class)).sum();
        (id, sum / counts[&id] as f64)
    };
    bag.iter().enumerate().map(of_cell).collect()
}

/// What n-grams add, shared out between the words that they are made of, by their bytes.
fn shared_out<S: AsRef<str>>(
    text: &NgramVocab,
    document: &[S],
    words: &[WordSpan],
    of_gram: &FxHashMap<u32, f64>,
) -> Vec<f64> {
    let mut weights = vec![0.0; words.len()];
    for (id, place) in text.places(document) {
        let Some(&added) = of_gram.get(&id) else { continue };
        let key = (place.field, place.bytes.start);
        let first = words.partition_point(|word| (word.field, word.end) <= key);
        let common = |word: &WordSpan| {
            let end = word.end.min(place.bytes.end);
            end.saturating_sub(word.start.max(place.bytes.start))
        };
        let touched = words[first..]
            .iter()
            .take_while(|word| word.field == place.field && word.start < place.bytes.end);
        let shares: Vec<usize> = touched.map(common).collect();
        let all: usize = shares.iter().sum();
        for (weight, share) in weights[first..].iter_mut().zip(&shares) {
            *weight += added * *share as f64 / all.max(1) as f64;
        }
    }
    weights
}
