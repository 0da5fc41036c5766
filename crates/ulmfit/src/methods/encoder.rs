//! A classifier on a sentence encoder: fine-tuned on pairs of texts or as it is, under a linear head.

mod contrast;
mod drawn_texts;
mod dropout_pairs;
mod end_to_end;
mod label_names;
mod masked_words;
mod texts;

use crate::Error;
use crate::data::readers::ReadOptions;
use crate::estimate::{EncoderEstimate, Job, NgramEstimate, PartEstimate};
use crate::input::{LabelledInput, LabelledSplits, SplitFractions, read_texts, targets, texts};
use crate::model::transformer::{Dense, SentenceClassifier, Transformer};
use crate::models::{ClassifierBundle, ClassifierNetwork, ClassifierText, EncoderBundle, Part};
use crate::progress::Progress;
use crate::randomness::Purpose;
use crate::recipe::{CoTrainingRecipe, EncoderRecipe, TfIdfRecipe, TrainPrecision};
use crate::run::{Runner, Timings, contrast_again_stage, contrast_stage};
use crate::stages::TrainedClassifier;
use crate::stages::folds::pick;
use crate::stages::lm_summary::LmSummary;
use crate::stages::options::{ClassifyOptions, TrainingMethod};
use crate::stages::report_on::{Trained, report_on};
use crate::text::Direction;
use crate::train::Labelled;
use crate::train::linear_head::{HeadExamples, HeadFit};
use label_names::LabelNames;
use std::cell::OnceCell;
use std::path::PathBuf;
use texts::TextStages;
use ulmfit_ops::Cpu;

/// What [`fit_encoder`] works on.
pub struct EncoderInput {
    /// Labelled rows.
    pub rows: LabelledInput,
    /// Files of texts without labels.
    pub unlabeled: Vec<PathBuf>,
    /// How they are read.
    pub options: ReadOptions,
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
    let EncoderInput { rows, unlabeled, options: reading, mut base } = input;
    let classify = &options.classify;
    // the split of `fit` with other methods, so that their scores can be compared
    let split_key = Purpose::Splits.key(classify.seed);
    let rows =
        LabelledSplits::split(rows, &classify.labels, options.shares, split_key, runner.progress)?;
    classify.check(rows.labels.kind())?;
    timings.lap("split");
    let mut summary = LmSummary::default();
    let recipe = options.recipe.for_examples(rows.train.len(), rows.labels.kind());
    let recipe = recipe.without_co_training();
    let mut stages = None;
    if !unlabeled.is_empty() && recipe.reads_texts() {
        let unlabelled = read_texts(&unlabeled, &reading, runner.progress)?;
        summary.unlabeled = unlabelled.len();
        let mut all = texts(&rows.train);
        all.extend(unlabelled.iter().map(Vec::as_slice));
        stages = Some(TextStages::new(&base, &all, &recipe, classify.seed)?);
    } else if !unlabeled.is_empty() {
        runner
            .progress
            .note("the texts without labels are not used: the recipe does not fine-tune the encoder on texts");
    }
    let data = read_examples(&base, &rows)?;
    if runner.progress.wants_plan() {
        let baseline = NgramEstimate::measure(&rows.train, &rows.labels, &TfIdfRecipe::default());
        let estimate = EncoderEstimate::measure(&base, &data, &rows.labels, &recipe);
        let part = PartEstimate { estimate: &estimate, is_trained_on_all: true };
        let job = Job::new(rows.train.len(), rows.scored(), None);
        let mut work = job.work(None, &[part], Some(&baseline));
        work.phases.splice(0..0, stages.iter().flat_map(|stages| stages.estimate(&base)));
        runner.progress.planned(&work);
    }
    if let Some(stages) = stages {
        base = stages.learn(runner, base)?;
        timings.lap("texts");
    }
    let examples = EncoderExamples::of_data(&base, &rows, data, &recipe, classify);
    let all: Vec<usize> = (0..rows.train.len()).collect();
    let part = examples.train_on(runner, &all, None)?;
    timings.lap("encoder");
    let classifier = ClassifierBundle::of_part(part, rows.labels.clone());
    let method = TrainingMethod {
        seed: classify.seed,
        directions: vec![Direction::Forward],
        recipe: serde_json::to_value(&recipe).expect("plain data serialises"),
        batch_size: 1, // an encoder makes its own batches
        selects: false,
        folds: None,
    };
    let trained = Trained { classifier, first: None, out_of_fold: None, parts: Vec::new() };
    report_on(runner, trained, &rows, summary, method, timings)
}

/// Training examples as an encoder reads them.
pub(crate) struct EncoderExamples<'a> {
    base: &'a EncoderBundle,
    splits: &'a LabelledSplits,
    data: Labelled,
    /// Names of the classes, if they may be learned as well.
    names: Option<LabelNames>,
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
        let data = read_examples(base, splits)?;
        Ok(Self::of_data(base, splits, data, recipe, classify))
    }

    /// The same with examples that have been read.
    fn of_data(
        base: &'a EncoderBundle,
        splits: &'a LabelledSplits,
        data: Labelled,
        recipe: &EncoderRecipe,
        classify: &'a ClassifyOptions,
    ) -> Self {
        let recipe = recipe.clone();
        let names =
            recipe.label_names.then(|| LabelNames::new(base, &splits.labels, &data.documents));
        let names = names.flatten();
        Self { base, splits, data, names, recipe, classify, frozen: OnceCell::new() }
    }

    /// The same, fitted in another way.
    pub(crate) fn with_recipe(self, recipe: EncoderRecipe) -> Self {
        Self { recipe, ..self }
    }

    /// Says whether the names of the labels are learned, and why not.
    fn tell_of_names(&self, learned: bool, progress: &mut dyn Progress) {
        let few = self.data.documents.len() <= FEW_FOR_NAMES;
        match (learned, LabelNames::code(&self.splits.labels)) {
            (true, _) => progress.note(
                "the encoder also learns the name of each label, as one more text with that label, since the names \
                 match the texts (recipe field encoder.label-names)",
            ),
            (false, Some(code)) if few => progress.note(&format!(
                "label names are not learned, because `{code}` is not a word: with few examples it helps to \
                 call labels by what their texts are about"
            )),
            (false, None) if few && self.names.is_some() => progress.note(
                "label names are not learned: they do not match the texts well enough to help",
            ),
            _ => {}
        }
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
        let (train, names) = self.with_names(rows);
        if fold.is_none() && self.recipe.label_names {
            self.tell_of_names(names.is_some(), runner.progress);
        }
        let mut encoder = self.base.copy_encoder();
        let vectors = match &self.recipe.contrastive {
            Some(recipe) => {
                let all = self.data.documents.len(); // as many passes in a fold as over all examples
                let stage = (&contrast_stage(fold), all);
                encoder = self.contrast(runner, encoder, &train, recipe, stage)?;
                vectors(runner, &encoder, &train.documents)
            }
            None => {
                let all = self
                    .frozen
                    .get_or_init(|| vectors(runner, &self.base.encoder, &self.data.documents));
                let mut vectors: Vec<_> = rows.iter().map(|&row| all[row].clone()).collect();
                if let Some(names) = names {
                    vectors
                        .extend(self.base.encoder.vectors_of(&names.texts.documents, &mut |_| {}));
                }
                vectors
            }
        };
        let scale = train.target_scale(self.splits.labels.kind());
        let train = train.scaled(scale);
        let head = self.head(&vectors, &train);
        let kind = self.splits.labels.kind();
        let mut classifier = SentenceClassifier::of_parts(encoder, head, kind, scale);
        if let Some(recipe) = &self.recipe.end_to_end {
            classifier = self.end_to_end(runner, classifier, &train, recipe, fold)?;
        }
        Ok(self.part(classifier))
    }

    /// The examples with these numbers, and the names of the classes, if they are learned as well.
    fn with_names(&self, rows: &[usize]) -> (Labelled, Option<&LabelNames>) {
        let mut train = pick(&self.data, rows);
        let names = self.names.as_ref().filter(|names| names.agree(rows, &self.data.targets));
        if let Some(names) = names {
            train.documents.extend_from_slice(&names.texts.documents);
            train.targets.extend_from_slice(&names.texts.targets);
        }
        (train, names)
    }

    /// A classifier with what it reads texts with.
    fn part(&self, classifier: SentenceClassifier<Cpu>) -> Part {
        let networks = vec![(Direction::Forward, ClassifierNetwork::Transformer(classifier))];
        Part { text: ClassifierText::from(&self.base.text), networks }
    }

    /// What it is fine-tuned with, or would be.
    pub(crate) fn precision(&self) -> TrainPrecision {
        let tuned = self.recipe.contrastive.map(|recipe| recipe.precision);
        let together = self.recipe.end_to_end.map(|recipe| recipe.precision);
        tuned.or(together).unwrap_or_else(TrainPrecision::fastest)
    }

    /// How it learns pseudo-labels, if it does.
    pub(crate) fn co_training(&self) -> Option<CoTrainingRecipe> {
        self.recipe.second_contrastive().map(|(_, rule)| rule)
    }

    /// Trains a part on the examples with these numbers and on other texts, whose classes have been guessed, in a
    /// run folder of its own for each fold: it begins with the same encoder as [`train_on`](Self::train_on).
    ///
    /// # Errors
    /// [`Error`] of whatever failed.
    ///
    /// # Panics
    /// Without [`co_training`](Self::co_training).
    pub(crate) fn train_again(
        &self,
        runner: &mut Runner<'_>,
        rows: &[usize],
        (texts, classes): (&[&[String]], &[usize]),
        fold: Option<usize>,
    ) -> Result<Part, Error> {
        let (mut train, _) = self.with_names(rows);
        train.documents.extend(self.base.text.encode_all(texts));
        train.targets.extend(classes.iter().map(|&class| vec![class as f32]));
        let recipe = self.recipe.second_contrastive().expect("it learns pseudo-labels").0;
        let stage = (&contrast_again_stage(fold), train.documents.len());
        let encoder = self.base.copy_encoder();
        let encoder = self.contrast(runner, encoder, &train, &recipe, stage)?;
        let vectors = vectors(runner, &encoder, &train.documents);
        let head = self.head(&vectors, &train);
        let kind = self.splits.labels.kind();
        Ok(self.part(SentenceClassifier::of_parts(encoder, head, kind, None)))
    }

    /// Trains the head, with the strength that does best in cross-validation.
    fn head(&self, vectors: &[Vec<f32>], train: &Labelled) -> Dense<Cpu> {
        let labels = &self.splits.labels;
        let kind = labels.kind();
        let fit = HeadFit::new(Cpu::default(), kind.into(), labels.outputs(), self.weights(train));
        let examples = HeadExamples { vectors, targets: &train.targets };
        let recipe = &self.recipe;
        let key = Purpose::Head.key(self.classify.seed);
        let strengths = recipe.strengths_for(kind, labels.outputs());
        let strength = fit.best_strength(&examples, &strengths, recipe.folds, &key);
        fit.fit(&examples, strength)
    }

    /// Weights of the classes, if they are to be balanced.
    fn weights(&self, train: &Labelled) -> Option<Vec<f32>> {
        let labels = &self.splits.labels;
        self.classify.balance.then(|| train.class_weights(labels.kind(), labels.outputs()))
    }
}

/// Up to so many examples the names of labels make a difference that deserves a note.
const FEW_FOR_NAMES: usize = 1_000;

/// Training examples as ids and targets.
///
/// # Errors
/// [`Error::Data`] when an example has no label, or one that is not known.
fn read_examples(base: &EncoderBundle, splits: &LabelledSplits) -> Result<Labelled, Error> {
    Ok(Labelled {
        documents: base.text.encode_all(&texts(&splits.train)),
        targets: targets(&splits.train, &splits.labels)?,
    })
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
