//! The expected time of the training of a classifier on a language model.

use super::Estimate;
use super::speed::{Speed, Together};
use crate::Error;
use crate::data::batches::training_batches;
use crate::data::labels::{LabelKind, LabelSet};
use crate::model::scoring::score_documents;
use crate::model::{
    ClassifierConfig, HeadConfig, LanguageModel, Network, TextClassifier, TrainableGroups,
};
use crate::models::LmBundle;
use crate::progress::WorkPhase;
use crate::recipe::{ClassifierData, ClassifierRecipe, Overrides};
use crate::run::{LabelOrigin, LabelSource, Runner};
use crate::text::Direction;
use crate::train::measure::measure;
use crate::train::{ClassifierTrainee, Labelled, LossConfig, Phase};
use std::time::Instant;
use ulmfit_ops::{Cpu, Key};

/// Tokens of the documents that are measured.
const LENGTHS: [usize; 2] = [4, 12];

/// How a classifier is trained.
#[derive(Clone, Debug)]
pub(crate) struct ClassifierSettings {
    /// Reading directions.
    pub(crate) directions: Vec<Direction>,
    /// Hyper-parameters.
    pub(crate) recipe: ClassifierRecipe,
    /// Hyper-parameters that replace the recipe's.
    pub(crate) overrides: Overrides,
    /// Layers of the head.
    pub(crate) head: HeadConfig,
}

/// Training examples of a classifier.
pub(crate) struct EstimatedExamples<'a> {
    /// Their labels.
    pub(crate) labels: &'a LabelSet,
    /// Tokens of each.
    pub(crate) lengths: Vec<usize>,
    /// Some tokens of their texts.
    pub(crate) tokens: Vec<u32>,
    /// Tokens that the language model will have read, if it starts from random weights.
    pub(crate) lm_tokens: Option<usize>,
    /// Tokens of each unlabelled text for self-training.
    pub(crate) pool: Vec<usize>,
}

/// What is known of a classifier's training before it begins.
pub(crate) struct ClassifierEstimate {
    lengths: Vec<usize>,
    pool: Vec<usize>,
    lm_tokens: Option<usize>,
    settings: ClassifierSettings,
    groups: usize,
    /// Of each set of trainable groups, the lowest last; of all directions together.
    speeds: Vec<(TrainableGroups, Speed)>,
    /// Seconds of a token that is only read.
    reading: f64,
}

impl EstimatedExamples<'_> {
    /// Measures updates of classifiers on these networks, in the threads that the training will have.
    ///
    /// # Errors
    /// Those of a recipe that does not suit the networks.
    pub(crate) fn measure(
        self,
        runner: &mut Runner<'_>,
        lm: LmBundle,
        settings: ClassifierSettings,
    ) -> Result<ClassifierEstimate, Error> {
        let Self { labels, lengths, tokens, lm_tokens, pool } = self;
        let groups = lm.networks.first().map_or(0, |(_, lm)| lm.config().layers + 2);
        let mut estimate = ClassifierEstimate {
            lengths,
            pool,
            lm_tokens,
            settings,
            groups,
            speeds: Vec::new(),
            reading: 0.0,
        };
        if tokens.is_empty() {
            return Ok(estimate); // the training will say that there is nothing to learn
        }
        let recipe = &estimate.recipe(&estimate.lengths);
        let (head, tokens) = (&estimate.settings.head, &tokens[..]);
        let jobs = lm.networks.into_iter().map(|(_, lm)| {
            move |_: &mut Runner<'_>| measure_one(&lm, labels, tokens, recipe, head)
        });
        let found = runner.side_by_side(jobs.collect())?;
        let together = Together::of(found.len());
        let both = |(mut speeds, reading): Measured, (others, read): Measured| {
            for ((_, speed), (_, other)) in speeds.iter_mut().zip(others) {
                *speed = speed.with(other, together);
            }
            (speeds, reading + read) // answers of the directions come one after the other
        };
        (estimate.speeds, estimate.reading) = found.into_iter().reduce(both).unwrap_or_default();
        Ok(estimate)
    }
}

impl ClassifierEstimate {
    /// Hyper-parameters for documents of these lengths.
    fn recipe(&self, lengths: &[usize]) -> ClassifierRecipe {
        let (documents, tokens) = (lengths.len(), lengths.iter().sum());
        let data = ClassifierData { documents, tokens, lm_tokens: self.lm_tokens };
        self.settings.recipe.resolve(&self.settings.overrides, &data, self.groups)
    }

    /// Lengths of so many of the examples.
    fn some(&self, rows: usize) -> Vec<usize> {
        self.lengths.iter().copied().cycle().take(rows).collect()
    }

    fn phase(&self, source: LabelSource, lengths: &[usize]) -> WorkPhase {
        let tasks = self.settings.directions.iter().map(|&direction| source.task(direction).name);
        let title = source.title().to_owned();
        WorkPhase { title, tasks: tasks.collect(), seconds: self.training(lengths) }
    }

    /// Seconds of a training on documents of these lengths.
    fn training(&self, lengths: &[usize]) -> f64 {
        let recipe = self.recipe(lengths).training;
        let Ok(plan) = recipe.plan(self.groups, Key::new(0)) else { return 0.0 };
        let batches = training_batches(lengths, recipe.batch_size, &Key::new(0));
        let padded = |batch: &Vec<usize>| {
            batch.len() * batch.iter().map(|&document| lengths[document]).max().unwrap_or(0)
        };
        let tokens = batches.iter().map(padded).sum::<usize>() as f64;
        let phase = |phase: &Phase| {
            let own = self.speeds.iter().find(|(trainable, _)| *trainable == phase.trainable);
            let (_, speed) = own.or(self.speeds.last())?;
            Some(phase.epochs as f64 * speed.seconds(tokens, batches.len() as f64))
        };
        plan.phases.iter().filter_map(phase).sum()
    }
}

impl Estimate for ClassifierEstimate {
    fn trainings(&self, rows: usize, fold: Option<usize>) -> Vec<WorkPhase> {
        let mut lengths = self.some(rows);
        let mut phases =
            vec![self.phase(LabelSource { origin: LabelOrigin::Gold, fold }, &lengths)];
        let ClassifierSettings { recipe, overrides, .. } = &self.settings;
        let written = recipe.checked(overrides, self.groups).ok();
        let rule = written.and_then(|recipe| recipe.self_training);
        if let Some(rule) = rule.filter(|_| !self.pool.is_empty()) {
            phases[0].seconds += self.reading * self.pool.iter().sum::<usize>() as f64;
            let learned = (rule.share * self.pool.len() as f64) as usize;
            lengths.extend(&self.pool[..learned.min(self.pool.len())]);
            phases.push(self.phase(LabelSource { origin: LabelOrigin::Pseudo, fold }, &lengths));
        }
        phases
    }

    fn scoring(&self, documents: usize) -> f64 {
        let tokens: usize = self.lengths.iter().sum();
        let mean = tokens as f64 / self.lengths.len().max(1) as f64;
        self.reading * mean * documents as f64
    }
}

/// Speeds of one direction, and seconds of a token that is only read.
type Measured = (Vec<(TrainableGroups, Speed)>, f64);

fn measure_one(
    lm: &LanguageModel<Cpu>,
    labels: &LabelSet,
    tokens: &[u32],
    recipe: &ClassifierRecipe,
    head: &HeadConfig,
) -> Result<Measured, Error> {
    let training = &recipe.training;
    let (device, key) = (training.device(), Key::new(0));
    let config = ClassifierConfig {
        head: head.clone(),
        seq_len: training.bptt,
        max_len: recipe.max_len,
        ..ClassifierConfig::new(lm.config(), labels.outputs(), labels.kind())
    };
    let mut network = TextClassifier::new(device, config, training.dropouts(), key);
    network.copy_encoder(lm.encoder());
    let plan = training.plan(network.groups(), key)?;
    let regularisation = training.regularisation();
    let width = if labels.kind() == LabelKind::Multi { labels.outputs() } else { 1 };
    let (mut times, mut reading) = (Vec::new(), 0.0);
    for length in LENGTHS {
        let document = |n: usize| tokens.iter().copied().cycle().skip(n * length).take(length);
        let documents: Vec<Vec<u32>> =
            (0..training.batch_size).map(|n| document(n).collect()).collect();
        let targets = vec![vec![0.0; width]; documents.len()];
        let train = Labelled { documents, targets };
        let loss = LossConfig { regularisation, ..LossConfig::default() };
        let size = training.batch_size;
        let mut trainee = ClassifierTrainee::new(device, network, &train, None, size, loss, key);
        times.push(measure(&device, &mut trainee, &plan));
        network = trainee.into_model();
        let started = Instant::now();
        score_documents(&network, &train.documents, size, &mut |_, _| ());
        reading = started.elapsed().as_secs_f64() / (length * size) as f64;
    }
    let speeds = plan.phases.iter().zip(times[0].iter().zip(&times[1]));
    let speeds =
        speeds.map(|(phase, (&few, &more))| (phase.trainable.clone(), Speed::of(few, more)));
    Ok((speeds.collect(), reading))
}
