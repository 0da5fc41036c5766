//! A classifier on a sentence encoder: fine-tuned on pairs of texts or as it is, under a linear head.

use super::classify::{LabelledText, rows_fingerprint};
use super::options::{ClassifyOptions, TrainingMethod};
use super::train::{LmSummary, report_on};
use super::trained_classifier::TrainedClassifier;
use crate::Error;
use crate::data::labels::LabelKind;
use crate::fingerprint;
use crate::input::{LabelledInput, LabelledSplits, SplitFractions, targets, texts};
use crate::model::transformer::{SentenceClassifier, Transformer};
use crate::model::{Network, TrainableGroups};
use crate::models::{ClassifierBundle, ClassifierNetwork, ClassifierText, EncoderBundle, Part};
use crate::optim::OptimizerConfig;
use crate::recipe::{ContrastiveRecipe, EncoderRecipe};
use crate::run::{Runner, StageName, Timings};
use crate::schedule::{ScheduleConfig, Slanted};
use crate::text::Direction;
use crate::train::linear_head::{HeadExamples, HeadFit, HeadTask};
use crate::train::pairs::{PairSettings, PairTrainee};
use crate::train::{Labelled, Phase, Plan};
use serde_json::json;
use std::collections::BTreeMap;
use ulmfit_ops::{Cpu, Key};

/// What [`fit_encoder`] works on.
pub struct EncoderInput {
    /// Labelled rows.
    pub rows: LabelledInput,
    /// The encoder to start from.
    pub base: EncoderBundle,
}

/// How [`fit_encoder`] works.
#[derive(Clone, Debug)]
pub struct EncoderOptions {
    /// Hyper-parameters.
    pub recipe: EncoderRecipe,
    /// Class weights, seed, kind of prediction; the head has no hidden layers.
    pub classify: ClassifyOptions,
    /// Fractions of the examples to hold out.
    pub shares: SplitFractions,
}

/// AdamW as SetFit uses it: PyTorch's defaults.
const OPTIMIZER: OptimizerConfig = OptimizerConfig::Adam { mom: 0.9, sqr_mom: 0.999, eps: 1e-8 };
/// Largest global norm of the gradients, the default of `transformers`.
const CLIP: f64 = 1.0;

/// Trains a classifier on a sentence encoder, and scores it beside simple baselines.
///
/// # Errors
/// [`Error`] of whatever failed; [`Error::TooLittle`] for fewer than two training examples.
///
/// # Panics
/// Never: a recipe serialises.
pub fn fit_encoder(
    runner: &mut Runner<'_>,
    input: EncoderInput,
    options: &EncoderOptions,
) -> Result<TrainedClassifier, Error> {
    let mut timings = Timings::start();
    let EncoderInput { rows, base: EncoderBundle { text, mut encoder } } = input;
    let classify = &options.classify;
    let key = Key::new(classify.seed);
    // the split of `fit` with other methods, so that their scores can be compared
    let split_key = key.child(100);
    let rows =
        LabelledSplits::split(rows, &classify.labels, options.shares, split_key, runner.progress)?;
    let train = Labelled {
        documents: text.encode_all(&texts(&rows.train)),
        targets: targets(&rows.train, &rows.labels)?,
    };
    if train.documents.len() < 2 {
        let message = "a classifier needs at least two labelled documents".into();
        return Err(Error::TooLittle { message, hint: None });
    }
    timings.lap("split");
    if let Some(recipe) = &options.recipe.contrastive {
        encoder = contrast(runner, encoder, &train, &rows, recipe, classify.seed)?;
        timings.lap("encoder");
    }
    let total = train.documents.len();
    let vectors = {
        let mut tick = |done| runner.progress.tick("documents read", done, Some(total));
        encoder.vectors_of(&train.documents, &mut tick)
    };
    let classifier = head(encoder, &vectors, train, &rows, options, &key.child(103));
    timings.lap("head");
    let networks = vec![(Direction::Forward, ClassifierNetwork::Transformer(classifier))];
    let part = Part { text: ClassifierText::Pretrained(text), networks };
    let classifier = ClassifierBundle::of_part(part, rows.labels.clone());
    let method = TrainingMethod {
        seed: classify.seed,
        directions: vec![Direction::Forward],
        recipe: serde_json::to_value(&options.recipe).expect("plain data serialises"),
        batch_size: 1, // an encoder makes its own batches
        selects: false,
        folds: None,
    };
    report_on(runner, (classifier, None, None), &rows, LmSummary::default(), method, timings)
}

/// Fine-tunes the encoder on pairs; it stays as it is where there are no two kinds of texts.
fn contrast(
    runner: &mut Runner<'_>,
    encoder: Transformer<Cpu>,
    train: &Labelled,
    rows: &LabelledSplits,
    recipe: &ContrastiveRecipe,
    seed: u64,
) -> Result<Transformer<Cpu>, Error> {
    let groups = groups(&train.targets);
    let kinds = groups.iter().max().map_or(0, |&most| most + 1);
    if rows.labels.kind() == LabelKind::Regression || kinds < 2 {
        runner
            .progress
            .note("there are no labels to tell texts apart by: the encoder stays as it is");
        return Ok(encoder);
    }
    let key = Key::new(seed).child(101);
    let identity = json!({
        "recipe": recipe,
        "seed": seed,
        "network": encoder.config(),
        "train": rows_fingerprint(train),
        "start": fingerprint::model(&encoder),
    });
    let device = Cpu::default();
    let settings = PairSettings { batch_size: recipe.batch_size, dropout: recipe.dropout };
    let (documents, batches) =
        (&train.documents, train.documents.len().div_ceil(recipe.batch_size / 2));
    let trainable = TrainableGroups::top(encoder.groups(), encoder.config().layers);
    let plan = Plan {
        phases: vec![Phase {
            epochs: recipe.updates.div_ceil(batches).max(1),
            rates: vec![recipe.lr; encoder.groups()],
            trainable,
            schedule: ScheduleConfig::Slanted(Slanted { cut_frac: 0.1, ratio: f64::INFINITY }),
        }],
        optimizer: OPTIMIZER,
        weight_decay: recipe.weight_decay,
        clip: Some(CLIP),
        accumulate: 1,
        patience: None,
        keep_best: false,
        key: key.child(0),
    };
    let task =
        StageName { title: "fine-tune the encoder on pairs".into(), name: "contrast".into() };
    let mut trainee = PairTrainee::new(device, encoder, documents, &groups, settings, key.child(1));
    runner.train(&task, &device, &mut trainee, &plan, &identity)?;
    Ok(trainee.into_encoder())
}

/// Numbers of the groups of texts with equal targets.
fn groups(targets: &[Vec<f32>]) -> Vec<u32> {
    let mut numbers = BTreeMap::new();
    let number = |target: &Vec<f32>| {
        let name: Vec<u32> = target.iter().map(|value| value.to_bits()).collect();
        let next = numbers.len() as u32;
        *numbers.entry(name).or_insert(next)
    };
    targets.iter().map(number).collect()
}

/// Trains the head, with the strength that does best in cross-validation.
fn head(
    encoder: Transformer<Cpu>,
    vectors: &[Vec<f32>],
    train: Labelled,
    rows: &LabelledSplits,
    options: &EncoderOptions,
    key: &Key,
) -> SentenceClassifier<Cpu> {
    let kind = rows.labels.kind();
    let target_scale = train.target_scale(kind);
    let train = train.scaled(target_scale);
    let data = LabelledText { train, valid: Labelled::default(), labels: rows.labels.clone() };
    let weights = options.classify.balance.then(|| data.class_weights());
    let task = match kind {
        LabelKind::Single => HeadTask::Class,
        LabelKind::Multi => HeadTask::Labels,
        LabelKind::Regression => HeadTask::Value,
    };
    let fit = HeadFit::new(Cpu::default(), task, rows.labels.outputs(), weights);
    let examples = HeadExamples { vectors, targets: &data.train.targets };
    let recipe = &options.recipe;
    let strength = fit.best_strength(&examples, &recipe.strengths, recipe.folds, key);
    SentenceClassifier::of_parts(encoder, fit.fit(&examples, strength), kind, target_scale)
}

#[cfg(test)]
mod tests {
    use super::groups;

    #[test]
    fn equal_targets_are_one_group() {
        let targets = [vec![1.0, 0.0], vec![0.0, 0.0], vec![1.0, 0.0], vec![1.0, 1.0]];
        assert_eq!(groups(&targets), [0, 1, 0, 2]);
    }
}
