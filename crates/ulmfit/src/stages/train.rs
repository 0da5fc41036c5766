//! Stage 3: labelled rows in, a classifier and its report out.

use super::classify::LabelledText;
use super::folds::{Folds, OutOfFold, pick};
use super::lm_summary::LmSummary;
use super::options::{TrainOptions, TrainingMethod};
use super::report_on::{Trained, report_on};
use super::self_training::{SelfTrained, sample, self_train, train_fold};
use super::trained_classifier::TrainedClassifier;
use crate::Error;
use crate::data::readers::ReadOptions;
use crate::estimate::{EstimatedExamples, UlmfitEstimate};
use crate::input::{
    Document, KnownTexts, LabelledInput, LabelledSplits, labelled, read_texts, texts,
};
use crate::models::LmBundle;
use crate::randomness::Purpose;
use crate::run::Runner;
use crate::run::Timings;
use crate::train::Labelled;
use std::path::PathBuf;
use ulmfit_ops::Key;

/// Input of [`train`].
pub struct TrainInput {
    /// Labelled rows.
    pub rows: LabelledInput,
    /// Files of unlabelled texts, for [self-training](crate::recipe::SelfTraining).
    pub unlabeled: Vec<PathBuf>,
    /// How they are read.
    pub options: ReadOptions,
}

/// Stage 3 on a language model in its own vocabulary.
///
/// # Errors
/// [`Error`] of whatever failed.
pub fn train(
    runner: &mut Runner<'_>,
    lm: LmBundle,
    input: TrainInput,
    options: &TrainOptions,
) -> Result<TrainedClassifier, Error> {
    let mut timings = Timings::start();
    let TrainInput { rows, unlabeled, options: reading } = input;
    let key = Purpose::Splits.key(options.classify.seed);
    let rows = LabelledSplits::split(
        rows,
        &options.classify.labels,
        options.shares,
        key,
        runner.progress,
    )?;
    options.check(rows.labels.kind())?;
    let most =
        options.recipe.texts_to_label(&options.overrides, rows.train.len(), rows.labels.kind());
    let pool = match (most, &unlabeled[..]) {
        (_, []) => Vec::new(),
        (0, _) => {
            runner.progress.note("the unlabelled texts are not used: self-training is off");
            Vec::new()
        }
        (most, files) => {
            let documents = read_texts(files, &reading, runner.progress)?;
            let mut known = KnownTexts::of(&rows);
            let numbers = 0..documents.len();
            let numbers: Vec<usize> =
                numbers.filter(|&number| !known.met(&documents[number])).collect();
            if let Some(note) = known.note() {
                runner.progress.note(&note);
            }
            let drawn = sample(&numbers, most, &pool_key(&key)).into_iter();
            let drawn: Vec<&Document> = drawn.map(|number| &documents[number]).collect();
            lm.text.encode_all(&drawn)
        }
    };
    timings.lap("split");
    if runner.progress.wants_plan() {
        let documents = lm.text.encode_all(&texts(&rows.train));
        let examples = EstimatedExamples {
            labels: &rows.labels,
            lengths: documents.iter().map(Vec::len).collect(),
            tokens: documents.into_iter().flatten().collect(),
            lm_tokens: None,
            pool: pool.iter().map(Vec::len).collect(),
        };
        let copy = lm.copy(&options.directions);
        let classifier = examples.measure(runner, copy, options.settings())?;
        let estimate = UlmfitEstimate { language: None, classifier };
        runner.progress.planned(&estimate.work(&rows, options.folds));
    }
    train_on(runner, lm, &rows, LmSummary { pool, ..LmSummary::default() }, options, timings)
}

/// Which texts a classifier labels is drawn from this, from the key of the split.
pub(crate) fn pool_key(key: &Key) -> Key {
    key.child(3)
}

/// The part that [`train`] and `fit` share.
pub(crate) fn train_on(
    runner: &mut Runner<'_>,
    lm: LmBundle,
    rows: &LabelledSplits,
    lm_summary: LmSummary,
    options: &TrainOptions,
    mut timings: Timings,
) -> Result<TrainedClassifier, Error> {
    let data = LabelledText {
        train: labelled(&lm.text, &rows.train, &rows.labels)?,
        valid: labelled(&lm.text, &rows.valid, &rows.labels)?,
        labels: rows.labels.clone(),
    };
    let out_of_fold = options
        .folds
        .map(|count| by_fold(runner, &lm, rows, &data.train, &lm_summary, options, count));
    let out_of_fold = out_of_fold.transpose()?;
    if out_of_fold.is_some() {
        timings.lap("folds");
    }
    let SelfTrained { classifier, recipe, first } =
        self_train(runner, lm, &data, &lm_summary.pool, lm_summary.lm_tokens, options)?;
    timings.lap("classifier");
    let method = TrainingMethod {
        seed: options.classify.seed,
        directions: options.directions.clone(),
        batch_size: recipe.training.batch_size,
        selects: recipe.training.selects(),
        folds: options.folds,
        recipe: serde_json::to_value(&recipe).expect("plain data serialises"), // as it was applied
    };
    let trained = Trained { classifier, first, out_of_fold, parts: Vec::new() };
    report_on(runner, trained, rows, lm_summary, method, timings)
}

/// Trains a classifier without each fold, and answers the fold with it.
///
/// All of them start from the same language model. It has read the texts of all rows, without their
/// labels, as it would read texts that wait for a prediction; labels of a fold reach nothing that
/// answers it.
fn by_fold(
    runner: &mut Runner<'_>,
    lm: &LmBundle,
    rows: &LabelledSplits,
    data: &Labelled,
    lm_summary: &LmSummary,
    options: &TrainOptions,
    count: usize,
) -> Result<OutOfFold, Error> {
    let folds = Folds::new(rows, count, count, options.classify.seed)?;
    runner.progress.note(&format!(
        "the classifier is trained {} times: without each of {count} folds, then on all examples",
        count + 1
    ));
    OutOfFold::of(runner, &folds, &mut |runner, fold| {
        let labelled = LabelledText {
            train: pick(data, &fold.train),
            valid: Labelled::default(),
            labels: rows.labels.clone(),
        };
        let (pool, tokens) = (&lm_summary.pool[..], lm_summary.lm_tokens);
        let (number, lm) = (Some(fold.number), lm.copy(&options.directions));
        let found = train_fold(number, runner, lm, &labelled, pool, tokens, options)?;
        let documents = pick(data, &fold.held_out).documents;
        let batch = found.recipe.training.batch_size;
        let mut tick = |done, total| runner.progress.tick("documents scored", done, Some(total));
        found.classifier.parts[0].1.probabilities_of_ids(&documents, batch, &mut tick)
    })
}
