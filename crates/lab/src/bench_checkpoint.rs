//! How long a checkpoint takes, and how much of it training has to wait for.

use crate::bench::{BenchOptions, tokens};
use serde::Serialize;
use std::cell::RefCell;
use std::path::Path;
use std::time::Instant;
use ulmfit::Error;
use ulmfit::checkpoint::{CheckpointError, RunFolder};
use ulmfit::data::batches::Corpus;
use ulmfit::model::{LanguageModel, Network};
use ulmfit::recipe::{BpttKind, Rates, TrainingRecipe};
use ulmfit::run::CheckpointInterval;
use ulmfit::run::RunCheckpointer;
use ulmfit::text::Direction;
use ulmfit::train::{Checkpointer, LmTrainee, NoObserver, Snapshot, TrainError, fit};
use ulmfit_ops::{Cpu, Key};

/// Seconds of a checkpoint of a language model in training; medians.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CheckpointSpeed {
    /// Size of its tensors.
    pub megabytes: f64,
    /// Training waits while all tensors are copied.
    pub blocks_s: f64,
    /// They are encoded, hashed, written and synced while training continues.
    pub writes_s: f64,
    /// Share of ten minutes that training waits.
    pub blocks_of_10_min: f64,
    /// The same if training got nothing done while the checkpoint was written, the worst there is.
    pub all_of_10_min: f64,
}

/// Trains a few steps with a checkpoint after each, in a folder below `place` that is removed.
///
/// # Errors
/// [`Error::Checkpoint`] when nothing can be written there.
pub fn bench_checkpoint(
    options: &BenchOptions,
    recipe: &TrainingRecipe,
    place: &Path,
) -> Result<CheckpointSpeed, Error> {
    let BenchOptions { sizes, batch_size, bptt, steps, seed, .. } = *options;
    let io = |source| CheckpointError::Io { action: "write in", path: place.to_owned(), source };
    let folder = tempfile::Builder::new().prefix(".ulmfit-bench-").tempdir_in(place).map_err(io)?;
    let key = Key::new(seed);
    let recipe = TrainingRecipe {
        batch_size,
        bptt,
        rates: Rates::Uniform,
        phases: Vec::new(),
        epochs: 1,
        ..recipe.clone()
    };
    let model = LanguageModel::new(Cpu::default(), sizes, recipe.dropouts(), key.child(0));
    let plan = recipe.plan(model.groups(), key.child(1))?;
    let ids = tokens((steps + 1) * batch_size * bptt + 1, sizes.vocab, key.child(2));
    let mut corpus = Corpus::default();
    corpus.push(&ids);
    let batches = recipe.lm_batches(BpttKind::Fixed, Direction::Forward);
    let mut trainee = LmTrainee::new(
        Cpu::default(),
        model,
        &corpus,
        None,
        batches,
        recipe.regularisation(),
        key.child(3),
    )?;
    let run = RefCell::new(RunFolder::open_or_create(folder.path())?);
    let saver = RunCheckpointer::new(&run, CheckpointInterval::Updates(1), None);
    let mut stopwatch = Stopwatch { saver, asked: Instant::now(), times: Vec::new() };
    fit(&Cpu::default(), &mut trainee, &plan, None, &mut NoObserver, &mut stopwatch)?;
    // The last one, after training, is smaller: the optimiser has forgotten its history.
    let bytes = stopwatch.times.iter().map(|times| times.0).max().unwrap_or_default();
    let median = |part: fn(&(usize, f64, f64)) -> f64| {
        let full = stopwatch.times.iter().filter(|times| times.0 == bytes);
        let mut seconds: Vec<f64> = full.map(part).collect();
        seconds.sort_by(f64::total_cmp);
        seconds[seconds.len() / 2]
    };
    let (blocks_s, writes_s) = (median(|times| times.1), median(|times| times.2));
    Ok(CheckpointSpeed {
        megabytes: bytes as f64 / 1e6,
        blocks_s,
        writes_s,
        blocks_of_10_min: blocks_s / 600.0,
        all_of_10_min: (blocks_s + writes_s) / 600.0,
    })
}

/// Times what training waits for, then waits for the rest.
struct Stopwatch<'a> {
    saver: RunCheckpointer<'a>,
    asked: Instant,
    /// Bytes, seconds blocked, seconds written.
    times: Vec<(usize, f64, f64)>,
}

impl Checkpointer for Stopwatch<'_> {
    fn due(&mut self, updates: u64) -> Result<bool, TrainError> {
        self.asked = Instant::now();
        self.saver.due(updates)
    }

    fn save(&mut self, snapshot: Snapshot) -> Result<(), TrainError> {
        let bytes = snapshot.tensors.values().map(|tensor| 4 * tensor.values.len()).sum();
        self.saver.save(snapshot)?;
        let blocked = self.asked.elapsed();
        self.saver.finish()?;
        let all = self.asked.elapsed().as_secs_f64();
        self.times.push((bytes, blocked.as_secs_f64(), all - blocked.as_secs_f64()));
        Ok(())
    }
}
