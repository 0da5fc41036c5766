//! The learning-rate finder on a language model or a classifier.

use crate::Error;
use crate::data::batches::TokenSource;
use crate::data::labels::LabelSet;
use crate::model::{ClassifierConfig, Network, TextClassifier, TrainableGroups};
use crate::models::LmBundle;
use crate::randomness::Purpose;
use crate::recipe::{ClassifierRecipe, LmRecipe, TrainingRecipe};
use crate::run::Progress;
use crate::schedule::{LrRange, LrSweep};
use crate::train::{
    ClassifierTrainee, Labelled, LmTrainee, LossConfig, LrFindOptions, Trainee, lr_find,
};
use ulmfit_ops::{Cpu, Key};

/// Learning rates for fine-tuning a language model, with all groups trainable.
///
/// # Errors
/// [`Error::Data`] or [`Error::Train`] when there is too little text.
///
/// # Panics
/// When the model has no network; one that was loaded has.
pub fn find_lm_rate<S: TokenSource>(
    lm: LmBundle,
    train: &S,
    recipe: &LmRecipe,
    range: LrRange,
    seed: u64,
    progress: &mut dyn Progress,
) -> Result<LrSweep, Error> {
    let training = &recipe.training;
    let (direction, mut network) = lm.networks.into_iter().next().expect("a model has a network");
    let device = training.device();
    network.set_device(device);
    network.set_dropout(training.dropouts());
    let key = Purpose::LmRateFinder.key(seed);
    let batches = training.lm_batches(recipe.bptt_kind, direction);
    let regularisation = training.regularisation();
    let mut trainee = LmTrainee::new(device, network, train, None, batches, regularisation, key)?
        .with_lanes(recipe.lanes);
    let groups = trainee.model().groups();
    sweep(&mut trainee, TrainableGroups::all(groups), training, range, key, progress)
}

/// Learning rates for a classifier with only its head trainable, as the paper selects `η^L`
/// (section 3.2).
///
/// # Errors
/// [`Error::Train`] when there are too few documents.
///
/// # Panics
/// When the model has no network; one that was loaded has.
pub fn find_classifier_rate(
    lm: LmBundle,
    train: &Labelled,
    labels: &LabelSet,
    recipe: &ClassifierRecipe,
    range: LrRange,
    seed: u64,
    progress: &mut dyn Progress,
) -> Result<LrSweep, Error> {
    let training = &recipe.training;
    let (direction, lm) = lm.networks.into_iter().next().expect("a model has a network");
    let mut train = train.clone();
    train.documents.iter_mut().for_each(|document| direction.orient(document));
    let key = Purpose::ClassifierRateFinder.key(seed);
    let target_scale = train.target_scale(labels.kind());
    let train = train.scaled(target_scale);
    let config = ClassifierConfig {
        seq_len: training.bptt,
        max_len: recipe.max_len,
        target_scale,
        ..ClassifierConfig::new(lm.config(), labels.outputs(), labels.kind())
    };
    let device = training.device();
    let mut network = TextClassifier::new(device, config, training.dropouts(), key);
    network.copy_encoder(lm.encoder());
    network.keep_activations(recipe.recompute.kept_bytes());
    let batch_size = training.batch_size;
    let loss = LossConfig { regularisation: training.regularisation(), ..LossConfig::default() };
    let mut trainee = ClassifierTrainee::new(device, network, &train, None, batch_size, loss, key);
    let groups = trainee.model().groups();
    sweep(&mut trainee, TrainableGroups::top(groups, 1), training, range, key, progress)
}

fn sweep<T: Trainee<Cpu>>(
    trainee: &mut T,
    trainable: TrainableGroups,
    recipe: &TrainingRecipe,
    range: LrRange,
    key: Key,
    progress: &mut dyn Progress,
) -> Result<LrSweep, Error> {
    let options = LrFindOptions {
        range,
        factors: recipe.group_rates(1.0, trainable.groups())?,
        trainable,
        optimizer: recipe.optimizer,
        weight_decay: recipe.weight_decay,
        accumulate: recipe.accumulate,
        clip: recipe.clip,
        key,
    };
    let mut tick = |done| progress.tick("steps", done, Some(range.steps));
    Ok(lr_find(&recipe.device(), trainee, &options, &mut tick)?)
}
