//! How fast this machine trains and predicts: synthetic data, real networks.

use serde::Serialize;
use std::time::Instant;
use ulmfit::data::batches::{ClassifierBatch, Corpus, LmBatchConfig, LmEpoch, Order, pad};
use ulmfit::data::labels::LabelKind;
use ulmfit::model::{
    AwdLstmConfig, ClassifierConfig, LanguageModel, Network, RandomMasks, TextClassifier,
    TrainableGroups,
};
use ulmfit::optim::{Optimizer, Update, clip_gradients, gradient_norm, zero_gradients};
use ulmfit::recipe::TrainingRecipe;
use ulmfit::text::special::BOS_ID;
use ulmfit_ops::class_loss::Targets;
use ulmfit_ops::{Cpu, Key, Precision};

/// What is measured.
#[derive(Clone, Copy, Debug)]
pub struct BenchOptions {
    /// Sizes of the network.
    pub sizes: AwdLstmConfig,
    /// Batch size.
    pub batch_size: usize,
    /// Tokens of a window.
    pub bptt: usize,
    /// Tokens of a document, for classifiers; `None`: as many as those of IMDb have, and 300 for
    /// one alone.
    pub document: Option<usize>,
    /// Timed steps; one more runs before them.
    pub steps: usize,
    /// Numbers of the products; integers for predictions only.
    pub precision: Precision,
    /// See [`Cpu::sampled_below`]; language models only.
    pub sampled_below: f64,
    /// Bytes of activations that a classifier keeps in training; see
    /// [`TextClassifier::keep_activations`].
    pub kept_bytes: u64,
    /// Root of all randomness.
    pub seed: u64,
}

/// Times of some steps.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Speed {
    /// All tokens over all time.
    pub tokens_per_s: f64,
    /// Slowest step.
    pub tokens_per_s_min: f64,
    /// Fastest step.
    pub tokens_per_s_max: f64,
    /// Multiplications and additions of the matrix products, over all time; those that a sampled
    /// gradient leaves out are counted, too.
    pub gflops: f64,
}

impl Speed {
    /// From steps of this many tokens and seconds, with this many operations per token.
    fn new(steps: &[(usize, f64)], flops: f64) -> Self {
        let rates = || steps.iter().map(|&(tokens, seconds)| tokens as f64 / seconds);
        let tokens: usize = steps.iter().map(|(tokens, _)| tokens).sum();
        let tokens_per_s = tokens as f64 / steps.iter().map(|(_, seconds)| seconds).sum::<f64>();
        Self {
            tokens_per_s,
            tokens_per_s_min: rates().fold(f64::INFINITY, f64::min),
            tokens_per_s_max: rates().fold(0.0, f64::max),
            gflops: tokens_per_s * flops / 1e9,
        }
    }
}

/// Seconds of each step but the first, which warms up.
pub(crate) fn timed(steps: usize, mut work: impl FnMut(usize)) -> Vec<f64> {
    let time = |step| {
        let started = Instant::now();
        work(step);
        started.elapsed().as_secs_f64()
    };
    (0..=steps).map(time).skip(1).collect()
}

/// Tokens of a document alone.
const SINGLE: usize = 300;
/// Lengths of IMDb's training documents in words and signs, at some quantiles.
const IMDB_LENGTHS: [(f64, f64); 11] = [
    (0.0, 10.0),
    (0.01, 52.0),
    (0.05, 80.0),
    (0.1, 115.0),
    (0.25, 158.0),
    (0.5, 220.0),
    (0.75, 360.0),
    (0.9, 581.0),
    (0.95, 757.0),
    (0.99, 1141.0),
    (1.0, 1440.0),
];
/// Batches whose documents are sorted by length together, as fastai's `SortedDL` does.
const SORTED: usize = 50;

/// Lengths of the documents of `step` of `steps`: batches evenly spaced among documents as long
/// as those of IMDb, sorted.
fn imdb_lengths(step: usize, steps: usize, batch_size: usize) -> Vec<usize> {
    let batch = (2 * step + 1) * SORTED / (2 * steps);
    let quantile = |n| (((batch * batch_size + n) as f64) + 0.5) / (SORTED * batch_size) as f64;
    let length = |q: f64| {
        let above = IMDB_LENGTHS.partition_point(|&(at, _)| at < q).max(1);
        let ((q0, l0), (q1, l1)) = (IMDB_LENGTHS[above - 1], IMDB_LENGTHS[above]);
        (l0 + (l1 - l0) * (q - q0) / (q1 - q0)) as usize
    };
    (0..batch_size).map(|n| length(quantile(n))).collect()
}

/// Operations of the LSTM products for a token, forward only.
fn lstm_flops(sizes: AwdLstmConfig) -> f64 {
    let layer = |n| {
        let (inputs, hidden) = sizes.layer(n);
        (8 * hidden * (inputs + hidden)) as f64
    };
    (0..sizes.layers).map(layer).sum()
}

pub(crate) fn tokens(count: usize, vocab: usize, key: Key) -> Vec<u32> {
    let draw = key.uniform_values(count, 1.0);
    // many frequent words, few rare ones, as in text
    let id = |u: f32| (vocab as f32 * u.abs().powi(3)) as u32;
    draw.into_iter().map(|u| id(u).clamp(BOS_ID, vocab as u32 - 1)).collect()
}

/// Whole training steps of a language model: forward, backward, clipping, update.
///
/// # Panics
/// When a size is zero.
pub fn bench_lm(options: &BenchOptions, recipe: &TrainingRecipe) -> Speed {
    let BenchOptions { sizes, batch_size, bptt, steps, precision, sampled_below, seed, .. } =
        *options;
    let device = Cpu::with_precision(precision).with_sampled_below(sampled_below);
    let key = Key::new(seed);
    let mut model = LanguageModel::new(device, sizes, recipe.dropouts(), key.child(0));
    let trainable = TrainableGroups::all(model.groups());
    let mut optimizer = Optimizer::new(device, recipe.optimizer, &model);
    let mut corpus = Corpus::default();
    corpus.push(&tokens(batch_size * bptt * (steps + 1) + 1, sizes.vocab, key.child(1)));
    let config = LmBatchConfig { batch_size, seq_len: bptt, ..LmBatchConfig::default() };
    let epoch = LmEpoch::new(&corpus, &config, Order::InFile).expect("enough tokens");
    let mut state = model.zero_state(epoch.batch_size());
    let seconds = timed(steps, |step| {
        let batch = epoch.batch(step);
        zero_gradients(&device, &mut model, &trainable);
        let masks = RandomMasks::new(device, key.child(2).child(step as u64));
        model.train_step(&batch, &mut state, &masks, recipe.regularisation(), &trainable, 1.0);
        update(&mut model, &mut optimizer, recipe, &trainable);
    });
    let read = epoch.batch_size() * bptt;
    let steps: Vec<_> = seconds.into_iter().map(|seconds| (read, seconds)).collect();
    let decoder = (2 * sizes.emb * sizes.vocab) as f64;
    Speed::new(&steps, 3.0 * (lstm_flops(sizes) + decoder))
}

pub(crate) fn update<N: Network<Cpu>>(
    model: &mut N,
    optimizer: &mut Optimizer<Cpu>,
    recipe: &TrainingRecipe,
    trainable: &TrainableGroups,
) {
    let (norm, _) = gradient_norm(&Cpu::default(), model);
    clip_gradients(&Cpu::default(), model, norm, recipe.clip.unwrap_or(f64::MAX));
    let rates = vec![1e-4; trainable.groups()];
    let weight_decay = recipe.weight_decay;
    optimizer.step(model, Update { rates: &rates, mom: None, weight_decay, trainable });
}

/// Speeds of a classifier.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ClassifierSpeed {
    /// Training, all layers unfrozen.
    #[serde(flatten)]
    pub training: Speed,
    /// Documents predicted in batches.
    pub docs_per_s: f64,
    /// One document alone; median.
    pub latency_ms_p50: f64,
}

/// The documents of a batch for each step.
pub(crate) fn classifier_batches(options: &BenchOptions, key: Key) -> Vec<Vec<Vec<u32>>> {
    let BenchOptions { sizes, batch_size, document, steps, .. } = *options;
    let batch = |step| {
        let lengths = document.map_or_else(
            || imdb_lengths(step, steps, batch_size),
            |length| vec![length; batch_size],
        );
        let ids = tokens(lengths.iter().sum(), sizes.vocab, key.child(1).child(step as u64));
        let mut rest = ids.as_slice();
        lengths.iter().map(|&n| rest.split_off(..n).unwrap_or_default().to_vec()).collect()
    };
    (0..steps).map(batch).collect()
}

/// Training steps and predictions of a binary classifier.
pub fn bench_classifier(options: &BenchOptions, recipe: &TrainingRecipe) -> ClassifierSpeed {
    let BenchOptions { sizes, batch_size, bptt, document, steps, precision, seed, .. } = *options;
    let trained = if precision == Precision::Int8 { Precision::F32 } else { precision };
    let (device, key) = (Cpu::with_precision(trained), Key::new(seed));
    let config =
        ClassifierConfig { seq_len: bptt, ..ClassifierConfig::new(sizes, 2, LabelKind::Single) };
    let mut model = TextClassifier::new(device, config, recipe.dropouts(), key.child(0));
    model.keep_activations(options.kept_bytes);
    let trainable = TrainableGroups::all(model.groups());
    let mut optimizer = Optimizer::new(device, recipe.optimizer, &model);
    let batches = classifier_batches(options, key);
    let batches: Vec<Vec<&[u32]>> =
        batches.iter().map(|batch| batch.iter().map(Vec::as_slice).collect()).collect();
    let padded: Vec<ClassifierBatch> = batches.iter().map(|batch| pad(batch, bptt)).collect();
    // The first step warms up.
    let place = |step: usize| step.saturating_sub(1);
    let classes = (0..batch_size as u32).map(|n| n % 2).collect();
    let targets = Targets::Classes { classes, smoothing: 0.0, weights: None };
    let seconds = timed(steps, |step| {
        zero_gradients(&device, &mut model, &trainable);
        let masks = RandomMasks::new(device, key.child(2).child(step as u64));
        let regularisation = recipe.regularisation();
        model.train_step(&padded[place(step)], &targets, &masks, regularisation, &trainable, 1.0);
        update(&mut model, &mut optimizer, recipe, &trainable);
    });
    let read = batches.iter().map(|batch| batch.iter().map(|text| text.len()).sum());
    let training = Speed::new(&read.zip(seconds).collect::<Vec<_>>(), 3.0 * lstm_flops(sizes));
    model.set_device(Cpu::with_precision(precision));
    let predicted = timed(steps, |step| drop(model.logits(&batches[place(step)]).to_f32()));
    let single = tokens(document.unwrap_or(SINGLE), sizes.vocab, key.child(3));
    let mut alone = timed(steps, |_| drop(model.logits(&[&single]).to_f32()));
    alone.sort_by(f64::total_cmp);
    ClassifierSpeed {
        training,
        docs_per_s: (steps * batch_size) as f64 / predicted.iter().sum::<f64>(),
        latency_ms_p50: 1e3 * alone[alone.len() / 2],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_as_long_as_those_of_imdb() {
        let all: Vec<usize> = (0..SORTED).flat_map(|step| imdb_lengths(step, SORTED, 64)).collect();
        assert!(all.is_sorted());
        assert_eq!((all[0], all[1600], all[3199]), (10, 220, 1435));
        let mean = all.iter().sum::<usize>() as f64 / all.len() as f64;
        assert!((mean - 295.0).abs() < 10.0, "{mean}");
        assert_eq!(imdb_lengths(1, 3, 64), all[25 * 64..26 * 64]);
    }
}
