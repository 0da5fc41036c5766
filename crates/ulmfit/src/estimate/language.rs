//! The expected time of a language model's training.

use super::speed::{Speed, Together};
use crate::Error;
use crate::data::batches::{Corpus, LmEpoch, Order, TokenSource};
use crate::input::LmText;
use crate::model::scoring::score_stream;
use crate::model::{LanguageModel, Network};
use crate::models::LmBundle;
use crate::progress::WorkPhase;
use crate::recipe::LmRecipe;
use crate::run::{LmStage, Runner};
use crate::text::Direction;
use crate::train::measure::measure;
use crate::train::{LmTrainee, Plan};
use std::time::Instant;
use ulmfit_ops::{Cpu, Key};

/// Windows that are measured, in tokens.
const WINDOWS: [usize; 2] = [4, 16];
/// Tokens that are enough for measurements.
const TOKENS: usize = 4096;

/// Texts of a language model that is going to be trained.
pub(crate) struct EstimatedTexts<'a, S> {
    /// Training and validation text.
    pub(crate) corpora: &'a LmText<S>,
    /// What the training is called.
    pub(crate) stage: LmStage,
}

impl<S: TokenSource> EstimatedTexts<'_, S> {
    /// Measures updates of copies of the networks, in the threads that the training will have, and says
    /// how long it will take; afterwards their weights are as they were.
    ///
    /// # Errors
    /// Those of a recipe that does not suit the networks.
    pub(crate) fn measure(
        &self,
        runner: &mut Runner<'_>,
        lm: &mut LmBundle,
        recipe: &LmRecipe,
    ) -> Result<WorkPhase, Error> {
        let tokens = &self.some_tokens();
        let jobs = std::mem::take(&mut lm.networks).into_iter().map(|(direction, network)| {
            move |_: &mut Runner<'_>| {
                let (network, times) = measure_one(network, tokens, recipe)?;
                Ok(((direction, network), times))
            }
        });
        let measured = runner.side_by_side(jobs.collect())?;
        let (networks, times): (Vec<_>, Vec<Times>) = measured.into_iter().unzip();
        lm.networks = networks;
        let together = Together::of(times.len());
        let Times { speed, scoring } = times
            .into_iter()
            .reduce(|a, b| Times {
                speed: a.speed.with(b.speed, together),
                scoring: together.seconds(a.scoring, b.scoring),
            })
            .unwrap_or_default();
        let LmText { train, valid } = self.corpora;
        let batches = recipe.training.lm_batches(recipe.bptt_kind, Direction::Forward);
        let order = Order::Shuffled(Key::new(0));
        let updates = LmEpoch::count(train, &batches, order).unwrap_or(0) as f64;
        let epochs = recipe.training.all_epochs() as f64;
        let training = speed.seconds(train.token_count() as f64, updates) * epochs;
        // after each epoch, before and after the training
        let scoring = (epochs + 2.0) * valid.token_count() as f64 * scoring;
        let tasks = lm.networks.iter().map(|(direction, _)| self.stage.task(*direction).name);
        let title = self.stage.title().to_owned();
        Ok(WorkPhase { title, tasks: tasks.collect(), seconds: training + scoring })
    }

    /// The first tokens of the training text.
    pub(crate) fn some_tokens(&self) -> Vec<u32> {
        let mut tokens = Vec::new();
        let train = &self.corpora.train;
        train.append(0..train.token_count().min(TOKENS), &mut tokens);
        tokens
    }
}

/// Measured times of a network.
#[derive(Clone, Copy, Default)]
struct Times {
    speed: Speed,
    /// Seconds of a token that is only predicted.
    scoring: f64,
}

fn measure_one(
    mut network: LanguageModel<Cpu>,
    tokens: &[u32],
    recipe: &LmRecipe,
) -> Result<(LanguageModel<Cpu>, Times), Error> {
    let training = &recipe.training;
    let device = training.device();
    network.set_device(device);
    network.set_dropout(training.dropouts());
    let plan = training.plan(network.groups(), Key::new(0))?;
    // the last phase is the longest, and everything is trainable in it
    let phases = plan.phases.last().cloned().into_iter().collect();
    let plan = Plan { phases, ..plan };
    let mut times = Vec::with_capacity(WINDOWS.len());
    let mut scoring = 0.0;
    for window in WINDOWS {
        let wanted = training.batch_size * window + 1;
        let mut corpus = Corpus::default();
        corpus.push(&tokens.iter().copied().cycle().take(wanted).collect::<Vec<_>>());
        let mut batches = training.lm_batches(recipe.bptt_kind, Direction::Forward);
        batches.seq_len = window;
        let (ar_tar, key) = (training.regularisation(), Key::new(0));
        let mut trainee = LmTrainee::new(device, network, &corpus, None, batches, ar_tar, key)?
            .with_lanes(recipe.lanes);
        times.extend(measure(&device, &mut trainee, &plan));
        network = trainee.into_model();
        let started = Instant::now();
        let score = score_stream(&network, &corpus, &batches, &mut |_, _| ())?;
        scoring = started.elapsed().as_secs_f64() / score.tokens.max(1) as f64;
    }
    let speed = Speed::of_two(&times);
    network.set_device(Cpu::default());
    Ok((network, Times { speed, scoring }))
}
