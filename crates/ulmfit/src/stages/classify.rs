//! Stage 3: a classifier on top of a language model.

use super::options::ClassifyOptions;
use crate::Error;
use crate::data::batches::Corpus;
use crate::data::labels::LabelSet;
use crate::fingerprint;
use crate::model::{ClassifierConfig, MultiTask, Network, TextClassifier};
use crate::models::{ClassifierBundle, ClassifierNetwork, LmBundle, Part};
use crate::recipe::{BpttKind, ClassifierData, ClassifierRecipe, Recompute};
use crate::run::{LabelOrigin, LabelSource, Runner};
use crate::text::Direction;
use crate::train::{ClassifierTrainee, Labelled, LmTask, LossConfig, MultiTaskTrainee};
use serde_json::json;
use ulmfit_ops::{Cpu, Key};

/// Tokenised training set and validation set.
#[derive(Clone)]
pub struct LabelledText {
    /// Training set.
    pub train: Labelled,
    /// Validation set; may be empty.
    pub valid: Labelled,
    /// Names of the outputs.
    pub labels: LabelSet,
}

impl LabelledText {
    /// The amount of training data; `lm_tokens` is what the language model has read if it started
    /// from random weights.
    pub fn amount(&self, lm_tokens: Option<usize>) -> ClassifierData {
        let documents = &self.train.documents;
        let tokens = documents.iter().map(Vec::len).sum();
        ClassifierData { documents: documents.len(), tokens, lm_tokens }
    }

    /// Weights that make every class count the same: rows over classes times its rows, as
    /// scikit-learn's `class_weight="balanced"`; for several labels per row, absent over present.
    pub fn class_weights(&self) -> Vec<f32> {
        self.train.class_weights(self.labels.kind(), self.labels.outputs())
    }

    /// Training rows with each label.
    pub fn class_counts(&self) -> Vec<f32> {
        self.train.class_counts(self.labels.kind(), self.labels.outputs())
    }
}

/// The training of a classifier: what stage 3 needs besides a language model.
#[derive(Clone, Copy)]
pub struct ClassifierJob<'a> {
    /// Examples and labels.
    pub data: &'a LabelledText,
    /// Reading directions, one network each.
    pub directions: &'a [Direction],
    /// Hyper-parameters, resolved for this much data ([`ClassifierRecipe::resolve`]).
    pub recipe: &'a ClassifierRecipe,
    /// Head, class weights, seed.
    pub options: &'a ClassifyOptions,
}

/// Trains one classifier per direction on the encoders of a language model.
///
/// # Errors
/// Those of [`Runner::train`]; [`Error::TooLittle`] for fewer than two documents.
pub fn classify(
    runner: &mut Runner<'_>,
    lm: LmBundle,
    job: &ClassifierJob<'_>,
) -> Result<ClassifierBundle, Error> {
    train_with(LabelSource { origin: LabelOrigin::Gold, fold: None }, runner, lm, job)
}

/// [`classify`], in a run folder of its own for each source of labels.
pub(crate) fn train_with(
    source: LabelSource,
    runner: &mut Runner<'_>,
    mut lm: LmBundle,
    job: &ClassifierJob<'_>,
) -> Result<ClassifierBundle, Error> {
    let ClassifierJob { data, recipe, options, .. } = *job;
    if data.train.documents.len() < 2 {
        let message = "a classifier needs at least two labelled documents".into();
        return Err(Error::TooLittle { message, hint: None });
    }
    lm.keep(job.directions)?;
    let LmBundle { text, networks: encoders } = lm;
    let jobs = encoders.into_iter().map(|(direction, lm)| {
        move |runner: &mut Runner<'_>| {
            let key = Key::new(options.seed).child(direction as u64);
            let config = ClassifierConfig {
                head: options.head.clone(),
                seq_len: recipe.training.bptt,
                max_len: recipe.max_len,
                target_scale: data.train.target_scale(data.labels.kind()),
                ..ClassifierConfig::new(lm.config(), data.labels.outputs(), data.labels.kind())
            };
            let (device, dropout) = (recipe.training.device(), recipe.training.dropouts());
            let mut network = TextClassifier::new(device, config, dropout, key.child(10));
            network.copy_encoder(lm.encoder());
            network.keep_activations(recipe.recompute.kept_bytes());
            let network = MultiTask::new(network, lm);
            let network = train_one(runner, source, network, direction, job)?;
            Ok((direction, ClassifierNetwork::Recurrent(network)))
        }
    });
    let networks = runner.side_by_side(jobs.collect())?;
    Ok(ClassifierBundle::of_part(Part { text: text.into(), networks }, data.labels.clone()))
}

fn train_one(
    runner: &mut Runner<'_>,
    source: LabelSource,
    network: MultiTask<Cpu>,
    direction: Direction,
    job: &ClassifierJob<'_>,
) -> Result<TextClassifier<Cpu>, Error> {
    let ClassifierJob { data, recipe, options, .. } = *job;
    let (training, task) = (&recipe.training, &source.task(direction));
    let key = Key::new(options.seed).child(direction as u64);
    let plan = training.plan(network.groups(), key.child(11))?;
    let identity = json!({
        // a run goes on with another setting of what changes no result
        "recipe": ClassifierRecipe { recompute: Recompute::Auto, ..recipe.clone() },
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
        regularisation: training.regularisation(),
    };
    let (device, batch_size) = (training.device(), training.batch_size);
    let valid = (!valid.documents.is_empty()).then_some(&valid);
    let mut network = if recipe.lm_weight > 0.0 {
        let corpus = corpus_of(&train);
        // the documents are in reading order already
        let batches = training.lm_batches(BpttKind::Fixed, Direction::Forward);
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

pub(crate) fn rows_fingerprint(labelled: &Labelled) -> String {
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
