//! Stage 3: a classifier on top of a language model.

use super::language::lm_batches;
use crate::Error;
use crate::data::batches::Corpus;
use crate::data::labels::{LabelKind, LabelOptions, LabelSet};
use crate::model::{ClassifierConfig, HeadConfig, MultiTask, Network, TextClassifier};
use crate::models::{ClassifierBundle, LmBundle};
use crate::recipe::StageRecipe;
use crate::run::Runner;
use crate::run::Task as Title;
use crate::run::fingerprint;
use crate::text::Direction;
use crate::train::{ClassifierTrainee, Labelled, LmTask, LossConfig, MultiTaskTrainee};
use serde_json::json;
use ulmfit_ops::{Cpu, Key};

/// Labelled documents, tokenised, to learn from and to be judged by.
#[derive(Clone)]
pub struct LabelledText {
    /// To learn from.
    pub train: Labelled,
    /// Held out; empty for none.
    pub valid: Labelled,
    /// Names of the outputs.
    pub labels: LabelSet,
}

impl LabelledText {
    /// The recipe for as much as there is to learn from: [`StageRecipe::for_documents`].
    pub fn recipe(&self, recipe: &StageRecipe) -> StageRecipe {
        let documents = &self.train.documents;
        recipe.for_documents(documents.len(), documents.iter().map(Vec::len).sum())
    }

    /// Weights that make every class count the same: rows over classes times its rows, as
    /// scikit-learn's `class_weight="balanced"`; for several labels a row, absent over present.
    pub fn class_weights(&self) -> Vec<f32> {
        let (rows, counts) = (self.train.targets.len() as f32, self.class_counts());
        let weight = |&count: &f32| match self.labels.kind() {
            LabelKind::Single => rows / (counts.len() as f32 * count.max(1.0)),
            _ => (rows - count).max(1.0) / count.max(1.0),
        };
        counts.iter().map(weight).collect()
    }

    /// Training rows that each label stands at.
    pub fn class_counts(&self) -> Vec<f32> {
        let mut counts = vec![0.0; self.labels.outputs()];
        for target in &self.train.targets {
            match self.labels.kind() {
                LabelKind::Single => counts[target[0] as usize] += 1.0,
                _ => counts.iter_mut().zip(target).for_each(|(count, flag)| *count += flag),
            }
        }
        counts
    }
}

/// Options of stage 3 that are not numbers of the recipe.
#[derive(Clone, Debug, Default)]
pub struct ClassifyOptions {
    /// What labels are, and how many there may be.
    pub labels: LabelOptions,
    /// Layers of the head.
    pub head: HeadConfig,
    /// Whether rare classes weigh more in the loss.
    pub balance: bool,
    /// Root of all randomness.
    pub seed: u64,
}

/// Whom a classifier learns from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Teacher {
    /// The user's labels.
    Labels,
    /// These, and what a first classifier is surest of: [`self_training`](crate::stages::self_training).
    Classifier,
}

impl Teacher {
    fn task(self, direction: Direction) -> Title {
        let (title, name) = match self {
            Self::Labels => ("train the classifier", "train"),
            Self::Classifier => ("train a second classifier", "self-train"),
        };
        Title { title: format!("{title}, {direction}"), name: format!("{name}-{direction}") }
    }
}

/// Trains one classifier a direction on the encoders of a language model.
///
/// Rules of the recipe for little and much data must have been applied, by
/// [`LabelledText::recipe`].
///
/// # Errors
/// Those of [`Runner::train`]; [`Error::TooLittle`] for fewer than two documents.
pub fn classify(
    runner: &mut Runner<'_>,
    lm: LmBundle,
    directions: &[Direction],
    data: &LabelledText,
    recipe: &StageRecipe,
    options: &ClassifyOptions,
) -> Result<ClassifierBundle, Error> {
    taught_by(Teacher::Labels, runner, lm, directions, data, recipe, options)
}

/// [`classify`], in a run folder of its own for each teacher.
pub(crate) fn taught_by(
    teacher: Teacher,
    runner: &mut Runner<'_>,
    mut lm: LmBundle,
    directions: &[Direction],
    data: &LabelledText,
    recipe: &StageRecipe,
    options: &ClassifyOptions,
) -> Result<ClassifierBundle, Error> {
    if data.train.documents.len() < 2 {
        let message = "a classifier needs at least two labelled documents".into();
        return Err(Error::TooLittle { message, hint: None });
    }
    lm.keep(directions)?;
    let LmBundle { text, networks: encoders } = lm;
    let jobs = encoders.into_iter().map(|(direction, lm)| {
        move |runner: &mut Runner<'_>| {
            let key = Key::new(options.seed).child(direction as u64);
            let config = ClassifierConfig {
                head: options.head.clone(),
                seq_len: recipe.bptt,
                max_len: (recipe.max_len > 0).then_some(recipe.max_len),
                target_scale: data.train.target_scale(data.labels.kind()),
                ..ClassifierConfig::new(lm.config(), data.labels.outputs(), data.labels.kind())
            };
            let mut network =
                TextClassifier::new(recipe.device(), config, recipe.dropouts(), key.child(10));
            network.copy_encoder(lm.encoder());
            let network = MultiTask::new(network, lm);
            let task = teacher.task(direction);
            let network = train_one(runner, &task, network, direction, data, recipe, options, key)?;
            Ok((direction, network))
        }
    });
    let networks = runner.side_by_side(jobs.collect())?;
    let (labels, text_columns) = (data.labels.clone(), Vec::new());
    Ok(ClassifierBundle { text, labels, text_columns, networks })
}

#[expect(clippy::too_many_arguments, reason = "all that a training depends on")]
fn train_one(
    runner: &mut Runner<'_>,
    task: &Title,
    network: MultiTask<Cpu>,
    direction: Direction,
    data: &LabelledText,
    recipe: &StageRecipe,
    options: &ClassifyOptions,
    key: Key,
) -> Result<TextClassifier<Cpu>, Error> {
    let plan = recipe.plan(network.groups(), key.child(11))?;
    let identity = json!({
        "recipe": recipe,
        "seed": options.seed,
        "direction": direction,
        "network": network.classifier().config(),
        "balance": options.balance,
        "train": rows_fingerprint(&data.train),
        "valid": rows_fingerprint(&data.valid),
        "start": fingerprint::model(network.classifier()),
    });
    let scale = network.classifier().config().target_scale;
    let [train, valid] =
        [&data.train, &data.valid].map(|labelled| orient(labelled, direction).scaled(scale));
    let loss = LossConfig {
        smoothing: recipe.label_smoothing,
        class_weights: options.balance.then(|| data.class_weights()),
        regularisation: recipe.regularisation(),
    };
    let (device, batch_size) = (recipe.device(), recipe.batch_size);
    let valid = (!valid.documents.is_empty()).then_some(&valid);
    let mut network = if recipe.lm_weight > 0.0 {
        let corpus = corpus_of(&train);
        // the documents are the right way round already
        let batches = lm_batches(recipe, Direction::Forward);
        let lm = LmTask { corpus: &corpus, batches, weight: recipe.lm_weight };
        let (train, key) = (&train, key.child(12));
        let mut trainee =
            MultiTaskTrainee::new(device, network, train, valid, batch_size, loss, lm, key)?;
        runner.train(task, &device, &mut trainee, &plan, &identity)?;
        trainee.into_model().into_classifier()
    } else {
        let (network, key) = (network.into_classifier(), key.child(12));
        let mut trainee =
            ClassifierTrainee::new(device, network, &train, valid, batch_size, loss, key);
        runner.train(task, &device, &mut trainee, &plan, &identity)?;
        trainee.into_model()
    };
    network.set_device(Cpu::default()); // what the saved model is used with
    Ok(network)
}

/// The documents' tokens in one stream.
fn corpus_of(labelled: &Labelled) -> Corpus {
    let mut corpus = Corpus::default();
    labelled.documents.iter().for_each(|document| corpus.push(document));
    corpus
}

/// Documents as a network of `direction` reads them.
fn orient(labelled: &Labelled, direction: Direction) -> Labelled {
    let mut oriented = labelled.clone();
    oriented.documents.iter_mut().for_each(|document| direction.orient(document));
    oriented
}

fn rows_fingerprint(labelled: &Labelled) -> String {
    let mut hasher = blake3::Hasher::new();
    for (document, target) in labelled.documents.iter().zip(&labelled.targets) {
        document.iter().for_each(|id| {
            hasher.update(&id.to_le_bytes());
        });
        target.iter().for_each(|value| {
            hasher.update(&value.to_le_bytes());
        });
        hasher.update(&[0]);
    }
    hasher.finalize().to_hex()[..16].to_owned()
}
