//! A classifier on a sentence encoder: fine-tuned on pairs of texts or as it is, under a linear head.

use crate::Error;
use crate::data::labels::LabelKind;
use crate::estimate::{EncoderEstimate, Job, NgramEstimate, PartEstimate};
use crate::fingerprint;
use crate::input::{LabelledInput, LabelledSplits, SplitFractions, targets, texts};
use crate::model::transformer::{LANES, SentenceClassifier, Transformer};
use crate::models::{ClassifierBundle, ClassifierNetwork, ClassifierText, EncoderBundle, Part};
use crate::recipe::{ContrastiveRecipe, EncoderRecipe, TfIdfRecipe};
use crate::run::{Runner, Timings, contrast_stage};
use crate::stages::TrainedClassifier;
use crate::stages::classify::{LabelledText, rows_fingerprint};
use crate::stages::folds::pick;
use crate::stages::lm_summary::LmSummary;
use crate::stages::options::{ClassifyOptions, TrainingMethod};
use crate::stages::report_on::{Trained, report_on};
use crate::text::Direction;
use crate::train::Labelled;
use crate::train::linear_head::{HeadExamples, HeadFit};
use crate::train::pairs::{PairSettings, PairTrainee};
use serde_json::json;
use std::cell::OnceCell;
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
    let EncoderInput { rows, base } = input;
    let classify = &options.classify;
    // the split of `fit` with other methods, so that their scores can be compared
    let split_key = Key::new(classify.seed).child(100);
    let rows =
        LabelledSplits::split(rows, &classify.labels, options.shares, split_key, runner.progress)?;
    timings.lap("split");
    let examples = EncoderExamples::new(&base, &rows, &options.recipe, classify)?;
    if runner.progress.wants_plan() {
        let baseline = NgramEstimate::measure(&rows.train, &rows.labels, &TfIdfRecipe::default());
        let part = PartEstimate { estimate: &examples.estimate(), is_trained_on_all: true };
        let job = Job::new(rows.train.len(), rows.scored(), None);
        runner.progress.planned(&job.work(None, &[part], Some(&baseline)));
    }
    let all: Vec<usize> = (0..rows.train.len()).collect();
    let part = examples.train_on(runner, &all, None)?;
    timings.lap("encoder");
    let classifier = ClassifierBundle::of_part(part, rows.labels.clone());
    let method = TrainingMethod {
        seed: classify.seed,
        directions: vec![Direction::Forward],
        recipe: serde_json::to_value(&options.recipe).expect("plain data serialises"),
        batch_size: 1, // an encoder makes its own batches
        selects: false,
        folds: None,
    };
    let trained = Trained { classifier, first: None, out_of_fold: None, parts: Vec::new() };
    report_on(runner, trained, &rows, LmSummary::default(), method, timings)
}

/// Training examples as an encoder reads them.
pub(crate) struct EncoderExamples<'a> {
    base: &'a EncoderBundle,
    splits: &'a LabelledSplits,
    data: Labelled,
    recipe: EncoderRecipe,
    classify: &'a ClassifyOptions,
    /// The vectors of all documents by the encoder as it is, once they are asked for.
    frozen: OnceCell<Vec<Vec<f32>>>,
}

impl<'a> EncoderExamples<'a> {
    /// # Errors
    /// [`Error::Data`] when an example has no label, or one that is not known.
    pub(crate) fn new(
        base: &'a EncoderBundle,
        splits: &'a LabelledSplits,
        recipe: &EncoderRecipe,
        classify: &'a ClassifyOptions,
    ) -> Result<Self, Error> {
        let data = Labelled {
            documents: base.text.encode_all(&texts(&splits.train)),
            targets: targets(&splits.train, &splits.labels)?,
        };
        let recipe = recipe.clone();
        Ok(Self { base, splits, data, recipe, classify, frozen: OnceCell::new() })
    }

    /// The same, fitted in another way.
    pub(crate) fn with_recipe(self, recipe: EncoderRecipe) -> Self {
        Self { recipe, ..self }
    }

    /// How long it will take.
    pub(crate) fn estimate(&self) -> EncoderEstimate {
        EncoderEstimate::measure(self.base, &self.data, &self.splits.labels, &self.recipe)
    }

    /// Trains a part on the examples with these numbers, in a run folder of its own for each fold.
    ///
    /// # Errors
    /// [`Error`] of whatever failed; [`Error::TooLittle`] for fewer than two examples.
    pub(crate) fn train_on(
        &self,
        runner: &mut Runner<'_>,
        rows: &[usize],
        fold: Option<usize>,
    ) -> Result<Part, Error> {
        if rows.len() < 2 {
            let message = "a classifier needs at least two labelled documents".into();
            return Err(Error::TooLittle { message, hint: None });
        }
        let train = pick(&self.data, rows);
        let mut encoder = self.base.copy_encoder();
        let vectors = match &self.recipe.contrastive {
            Some(recipe) => {
                encoder = self.contrast(runner, encoder, &train, recipe, fold)?;
                vectors(runner, &encoder, &train.documents)
            }
            None => {
                let all = self
                    .frozen
                    .get_or_init(|| vectors(runner, &self.base.encoder, &self.data.documents));
                rows.iter().map(|&row| all[row].clone()).collect()
            }
        };
        let classifier = self.head(encoder, &vectors, train);
        let networks = vec![(Direction::Forward, ClassifierNetwork::Transformer(classifier))];
        Ok(Part { text: ClassifierText::from(&self.base.text), networks })
    }

    /// Fine-tunes the encoder on pairs; it stays as it is where there are no two kinds of texts.
    fn contrast(
        &self,
        runner: &mut Runner<'_>,
        mut encoder: Transformer<Cpu>,
        train: &Labelled,
        recipe: &ContrastiveRecipe,
        fold: Option<usize>,
    ) -> Result<Transformer<Cpu>, Error> {
        let groups = groups(&train.targets);
        let kinds = groups.iter().max().map_or(0, |&most| most + 1);
        if self.splits.labels.kind() == LabelKind::Regression || kinds < 2 {
            runner
                .progress
                .note("there are no labels to tell texts apart by: the encoder stays as it is");
            return Ok(encoder);
        }
        let seed = self.classify.seed;
        let key = Key::new(seed).child(101);
        let identity = json!({
            "recipe": recipe,
            "lanes": LANES, // bits of gradients depend on how a batch is cut
            "seed": seed,
            "network": encoder.config(),
            "train": rows_fingerprint(train),
            "start": fingerprint::model(&encoder),
        });
        let device = recipe.precision.device();
        encoder.set_device(device);
        let settings = PairSettings { batch_size: recipe.batch_size, dropout: recipe.dropout };
        let begins = |ids: &Vec<u32>| ids[..ids.len().min(recipe.max_tokens)].to_vec();
        let documents: Vec<Vec<u32>> = train.documents.iter().map(begins).collect();
        let all = self.data.documents.len(); // as many passes in a fold as over all examples
        let plan = recipe.plan(encoder.config().layers, all, key.child(0));
        let task = contrast_stage(fold);
        let mut trainee =
            PairTrainee::new(device, encoder, &documents, &groups, settings, key.child(1));
        runner.train(&task, &device, &mut trainee, &plan, &identity)?;
        let mut encoder = trainee.into_encoder();
        encoder.set_device(Cpu::default()); // what the saved model is used with
        Ok(encoder)
    }

    /// Trains the head, with the strength that does best in cross-validation.
    fn head(
        &self,
        encoder: Transformer<Cpu>,
        vectors: &[Vec<f32>],
        train: Labelled,
    ) -> SentenceClassifier<Cpu> {
        let labels = &self.splits.labels;
        let kind = labels.kind();
        let target_scale = train.target_scale(kind);
        let train = train.scaled(target_scale);
        let data = LabelledText { train, valid: Labelled::default(), labels: labels.clone() };
        let weights = self.classify.balance.then(|| data.class_weights());
        let fit = HeadFit::new(Cpu::default(), kind.into(), labels.outputs(), weights);
        let examples = HeadExamples { vectors, targets: &data.train.targets };
        let recipe = &self.recipe;
        let key = Key::new(self.classify.seed).child(103);
        let strengths = recipe.strengths_for(kind, labels.outputs());
        let strength = fit.best_strength(&examples, &strengths, recipe.folds, &key);
        SentenceClassifier::of_parts(encoder, fit.fit(&examples, strength), kind, target_scale)
    }
}

/// The vectors of some documents.
fn vectors(
    runner: &mut Runner<'_>,
    encoder: &Transformer<Cpu>,
    documents: &[Vec<u32>],
) -> Vec<Vec<f32>> {
    let total = documents.len();
    let mut tick = |done| runner.progress.tick("documents read", done, Some(total));
    encoder.vectors_of(documents, &mut tick)
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

#[cfg(test)]
mod tests {
    use super::groups;

    #[test]
    fn equal_targets_are_one_group() {
        let targets = [vec![1.0, 0.0], vec![0.0, 0.0], vec![1.0, 0.0], vec![1.0, 1.0]];
        assert_eq!(groups(&targets), [0, 1, 0, 2]);
    }
}
