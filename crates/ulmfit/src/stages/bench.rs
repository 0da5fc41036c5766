//! How fast this machine trains and predicts: synthetic data, real networks.

use super::recipe::StageRecipe;
use crate::data::{Corpus, LabelKind, LmBatchConfig, LmEpoch, Order, pad};
use crate::model::{
    AwdLstmConfig, ClassifierConfig, LanguageModel, Learn, Network, RandomMasks, TextClassifier,
};
use crate::optim::{Optimizer, Update, clip_gradients, gradient_norm, zero_gradients};
use crate::text::special::BOS_ID;
use serde::Serialize;
use std::time::Instant;
use ulmfit_ops::class_loss::Targets;
use ulmfit_ops::{Cpu, Key, Precision};

/// What is measured.
#[derive(Clone, Copy, Debug)]
pub struct BenchOptions {
    /// Sizes of the network.
    pub sizes: AwdLstmConfig,
    /// Rows of a batch.
    pub batch_size: usize,
    /// Tokens of a window.
    pub bptt: usize,
    /// Tokens of a document, for classifiers.
    pub document: usize,
    /// Timed steps; one more runs before them.
    pub steps: usize,
    /// Numbers of the products; integers for predictions only.
    pub precision: Precision,
    /// Root of all randomness.
    pub seed: u64,
}

/// Times of some steps.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Speed {
    /// Median.
    pub tokens_per_s: f64,
    /// Slowest step.
    pub tokens_per_s_min: f64,
    /// Fastest step.
    pub tokens_per_s_max: f64,
    /// Multiplications and additions of the matrix products of a step, over its median time.
    pub gflops: f64,
}

impl Speed {
    fn new(seconds: &mut [f64], tokens: usize, flops: f64) -> Self {
        seconds.sort_by(f64::total_cmp);
        let median = seconds[seconds.len() / 2];
        let rate = |seconds: f64| tokens as f64 / seconds;
        Self {
            tokens_per_s: rate(median),
            tokens_per_s_min: rate(seconds[seconds.len() - 1]),
            tokens_per_s_max: rate(seconds[0]),
            gflops: flops / median / 1e9,
        }
    }
}

/// Operations of the LSTM products for a token, forward only.
fn lstm_flops(sizes: AwdLstmConfig) -> f64 {
    let layer = |n| {
        let (inputs, hidden) = sizes.layer(n);
        (8 * hidden * (inputs + hidden)) as f64
    };
    (0..sizes.layers).map(layer).sum()
}

pub(super) fn tokens(count: usize, vocab: usize, key: Key) -> Vec<u32> {
    let draw = key.uniform_values(count, 1.0);
    // many frequent words, few rare ones, as in text
    let id = |u: f32| (vocab as f32 * u.abs().powi(3)) as u32;
    draw.into_iter().map(|u| id(u).clamp(BOS_ID, vocab as u32 - 1)).collect()
}

/// Whole training steps of a language model: forward, backward, clipping, update.
///
/// # Panics
/// When a size is zero.
pub fn bench_lm(options: &BenchOptions, recipe: &StageRecipe) -> Speed {
    let BenchOptions { sizes, batch_size, bptt, steps, precision, seed, .. } = *options;
    let (device, key) = (Cpu::with_precision(precision), Key::new(seed));
    let mut model = LanguageModel::new(device, sizes, recipe.dropouts(), key.child(0));
    let learn = Learn::all(model.groups());
    let mut optimizer = Optimizer::new(device, recipe.optimizer, &model);
    let mut corpus = Corpus::default();
    corpus.push(&tokens(batch_size * bptt * (steps + 1) + 1, sizes.vocab, key.child(1)));
    let config = LmBatchConfig { batch_size, seq_len: bptt, ..LmBatchConfig::default() };
    let epoch = LmEpoch::new(&corpus, &config, Order::InFile).expect("enough tokens");
    let mut state = model.zero_state(epoch.batch_size());
    let mut seconds = Vec::new();
    for step in 0..=steps {
        let started = Instant::now();
        let batch = epoch.batch(step);
        zero_gradients(&device, &mut model, &learn);
        let masks = RandomMasks::new(device, key.child(2).child(step as u64));
        model.train_step(&batch, &mut state, &masks, recipe.regularisation(), &learn, 1.0);
        update(&mut model, &mut optimizer, recipe, &learn);
        seconds.push(started.elapsed().as_secs_f64());
    }
    let tokens = epoch.batch_size() * bptt;
    let decoder = (2 * sizes.emb * sizes.vocab) as f64;
    Speed::new(&mut seconds[1..], tokens, 3.0 * tokens as f64 * (lstm_flops(sizes) + decoder))
}

fn update<N: Network<Cpu>>(
    model: &mut N,
    optimizer: &mut Optimizer<Cpu>,
    recipe: &StageRecipe,
    learn: &Learn,
) {
    let (norm, _) = gradient_norm(&Cpu::default(), model);
    clip_gradients(&Cpu::default(), model, norm, recipe.clip.unwrap_or(f64::MAX));
    let rates = vec![1e-4; learn.groups()];
    let weight_decay = recipe.weight_decay;
    optimizer.step(model, Update { rates: &rates, mom: None, weight_decay, learn });
}

/// Speeds of a classifier.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ClassifierSpeed {
    /// Training, all layers unfrozen.
    #[serde(flatten)]
    pub training: Speed,
    /// Documents predicted in batches; median.
    pub docs_per_s: f64,
    /// One document alone; median.
    pub latency_ms_p50: f64,
}

/// Training steps and predictions of a binary classifier.
pub fn bench_classifier(options: &BenchOptions, recipe: &StageRecipe) -> ClassifierSpeed {
    let BenchOptions { sizes, batch_size, bptt, document, steps, precision, seed } = *options;
    let trained = if precision == Precision::Int8 { Precision::F32 } else { precision };
    let (device, key) = (Cpu::with_precision(trained), Key::new(seed));
    let config =
        ClassifierConfig { seq_len: bptt, ..ClassifierConfig::new(sizes, 2, LabelKind::Single) };
    let mut model = TextClassifier::new(device, config, recipe.dropouts(), key.child(0));
    let learn = Learn::all(model.groups());
    let mut optimizer = Optimizer::new(device, recipe.optimizer, &model);
    let ids = tokens(batch_size * document, sizes.vocab, key.child(1));
    let documents: Vec<&[u32]> = ids.chunks_exact(document).collect();
    let batch = pad(&documents, bptt);
    let classes = (0..batch_size as u32).map(|n| n % 2).collect();
    let targets = Targets::Classes { classes, smoothing: 0.0, weights: None };
    let time = |work: &mut dyn FnMut(usize)| {
        let mut seconds = Vec::new();
        for step in 0..=steps {
            let started = Instant::now();
            work(step);
            seconds.push(started.elapsed().as_secs_f64());
        }
        seconds[1..].sort_by(f64::total_cmp);
        seconds.remove(0);
        seconds
    };
    let mut seconds = time(&mut |step| {
        zero_gradients(&device, &mut model, &learn);
        let masks = RandomMasks::new(device, key.child(2).child(step as u64));
        model.train_step(&batch, &targets, &masks, recipe.regularisation(), &learn, 1.0);
        update(&mut model, &mut optimizer, recipe, &learn);
    });
    let read = batch_size * document;
    let training = Speed::new(&mut seconds, read, 3.0 * read as f64 * lstm_flops(sizes));
    model.set_device(Cpu::with_precision(precision));
    let batches = time(&mut |_| drop(model.logits(&batch).to_f32()));
    let single = pad(&documents[..1], bptt);
    let alone = time(&mut |_| drop(model.logits(&single).to_f32()));
    ClassifierSpeed {
        training,
        docs_per_s: batch_size as f64 / batches[batches.len() / 2],
        latency_ms_p50: 1e3 * alone[alone.len() / 2],
    }
}
