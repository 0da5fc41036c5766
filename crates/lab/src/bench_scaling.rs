//! What more threads bring to the training of a language model, with lanes and without.

use crate::bench::{BenchOptions, timed, tokens, update};
use crate::lane_model::{LaneModel, loops, wait_seconds};
use serde::Serialize;
use ulmfit::Error;
use ulmfit::data::batches::{Corpus, LmBatchConfig};
use ulmfit::model::{LanguageModel, Network, TrainableGroups};
use ulmfit::optim::{Optimizer, zero_gradients};
use ulmfit::recipe::TrainingRecipe;
use ulmfit::train::{LmTrainee, StepPlan, Trainee};
use ulmfit_ops::{Cpu, Key};

/// Whole training steps with a number of lanes and threads.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Scaling {
    /// Parts of a batch that are computed side by side.
    pub lanes: usize,
    /// Threads.
    pub threads: usize,
    /// Median.
    pub seconds_per_step: f64,
    /// How many times as fast as one lane on one thread.
    pub speedup: f64,
    /// Speedup for each thread; 1 is perfect.
    pub efficiency: f64,
    /// What the [`LaneModel`] says.
    pub model_seconds: f64,
}

/// What was measured, and what follows from it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ScalingReport {
    /// The measured steps.
    pub scaling: Vec<Scaling>,
    /// The model that was made from them.
    pub model: LaneModel,
    /// Threads and how long it takes until all have taken part in nothing, in microseconds.
    pub wait_us: Vec<(usize, f64)>,
    /// What the model says of 1 to 16 threads and 1 to 8 lanes: threads, lanes, seconds.
    pub predicted: Vec<(usize, usize, f64)>,
}

/// Measures 1, 2, 4 .. and `most` threads, each with all of `lanes`; the first of these is what the others
/// are compared with, on one thread.
///
/// # Errors
/// [`Error::Data`] when a batch and its steps have too few tokens.
///
/// # Panics
/// When threads cannot be started.
pub fn bench_scaling(
    options: &BenchOptions,
    recipe: &TrainingRecipe,
    lanes: &[usize],
    most: usize,
) -> Result<ScalingReport, Error> {
    let mut wait_us = Vec::new();
    let mut rows: Vec<Scaling> = Vec::new();
    for threads in thread_numbers(most) {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        let pool = pool.expect("threads can be started");
        wait_us.push((threads, 1e6 * pool.install(wait_seconds)));
        for &lanes in lanes {
            let seconds_per_step = pool.install(|| seconds(options, recipe, lanes))?;
            let alone = rows.first().map_or(seconds_per_step, |first| first.seconds_per_step);
            let speedup = alone / seconds_per_step;
            let efficiency = speedup / threads as f64;
            let model_seconds = f64::NAN;
            rows.push(Scaling {
                lanes,
                threads,
                seconds_per_step,
                speedup,
                efficiency,
                model_seconds,
            });
        }
    }
    let model = model_of(&rows, &wait_us, loops(options.sizes.layers, options.bptt));
    for row in &mut rows {
        row.model_seconds = model.seconds(row.threads, row.lanes);
    }
    let cases = [1, 2, 4, 8, 16].into_iter().flat_map(|threads| [1, 2, 4, 8].map(|l| (threads, l)));
    let predicted =
        cases.map(|(threads, lanes)| (threads, lanes, model.seconds(threads, lanes))).collect();
    Ok(ScalingReport { scaling: rows, model, wait_us, predicted })
}

/// The model that the rows of one thread, and that with one lane and most threads, give.
fn model_of(rows: &[Scaling], wait_us: &[(usize, f64)], loops: usize) -> LaneModel {
    let of_one_thread = |row: &&Scaling| row.threads == 1;
    let alone = rows.iter().find(of_one_thread).map_or(f64::NAN, |row| row.seconds_per_step);
    let most = rows.iter().filter(of_one_thread).max_by_key(|row| row.lanes);
    let cost_of_doubling = most.filter(|row| row.lanes > 1).map_or(
        0.0,
        |row| // lanes cannot be cheaper on one thread: that is noise
        (row.seconds_per_step / alone - 1.0).max(0.0) / (row.lanes as f64).log2(),
    );
    let each = wait_us.iter().filter(|(threads, _)| *threads > 1);
    let each = each.map(|&(threads, us)| 1e-6 * us / (threads as f64).log2());
    let wait = each.fold(0.0, f64::max);
    let model = LaneModel { alone, cost_of_doubling, loops, wait, serial: 0.0 };
    let widest = rows.iter().filter(|row| row.lanes == 1).max_by_key(|row| row.threads);
    widest.map_or(model, |row| model.with_serial_from(row.threads, row.seconds_per_step))
}

/// Powers of two below `most`, and `most`.
fn thread_numbers(most: usize) -> impl Iterator<Item = usize> {
    let powers = std::iter::successors(Some(1), |n| Some(2 * n));
    powers.take_while(move |n| *n < most).chain([most])
}

/// Median time of a step: forward, backward, clipping, update.
fn seconds(options: &BenchOptions, recipe: &TrainingRecipe, lanes: usize) -> Result<f64, Error> {
    let BenchOptions { sizes, batch_size, bptt, steps, precision, sampled_below, seed, .. } =
        *options;
    let device = Cpu::with_precision(precision).with_sampled_below(sampled_below);
    let key = Key::new(seed);
    let model = LanguageModel::new(device, sizes, recipe.dropouts(), key.child(0));
    let trainable = TrainableGroups::all(model.groups());
    let mut optimizer = Optimizer::new(device, recipe.optimizer, &model);
    let mut corpus = Corpus::default();
    corpus.push(&tokens(batch_size * bptt * (steps + 1) + 1, sizes.vocab, key.child(1)));
    let batches = LmBatchConfig { batch_size, seq_len: bptt, ..LmBatchConfig::default() };
    let (ar_tar, order) = (recipe.regularisation(), key.child(2));
    let mut trainee =
        LmTrainee::new(device, model, &corpus, None, batches, ar_tar, order)?.with_lanes(lanes);
    let mut seconds = timed(steps, |step| {
        zero_gradients(&device, trainee.model_mut(), &trainable);
        let key = key.child(3).child(step as u64);
        trainee.step(StepPlan { step, trainable: &trainable, scale: 1.0, key });
        update(trainee.model_mut(), &mut optimizer, recipe, &trainable);
    });
    seconds.sort_by(f64::total_cmp);
    Ok(seconds[seconds.len() / 2])
}
