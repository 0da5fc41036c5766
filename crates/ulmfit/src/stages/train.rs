//! Stage 3: labelled rows in, a classifier and its report out.

use super::baselines::Baselines;
use super::classify::LabelledText;
use super::evaluate::score;
use super::folds::OutOfFold;
use super::model_card::provenance;
use super::options::{TrainOptions, TrainingMethod};
use super::self_training::{FirstClassifier, SelfTrained, sample, self_train};
use super::trained_classifier::{ScoredRows, TrainedClassifier};
use crate::Error;
use crate::data::Record;
use crate::data::labels::{LabelKind, LabelSet, Target};
use crate::data::readers::ReadOptions;
use crate::decisions::{Automation, Source};
use crate::input::{Document, read_texts};
use crate::input::{LabelledInput, LabelledSplits, labelled, texts};
use crate::model::scoring::argmax;
use crate::models::{ClassifierBundle, LmBundle};
use crate::recipe::LmRecipe;
use crate::report::ClassifierEvaluation;
use crate::report::statistics::Reliability;
use crate::report::{
    Cost, DirectionScore, Report, SelfTrainingReport, peak_rss_mb, worst_mistakes,
};
use crate::run::Runner;
use crate::run::Timings;
use std::path::PathBuf;
use ulmfit_ops::{Key, Precision};

/// Input of [`train`].
pub struct TrainInput {
    /// Labelled rows.
    pub rows: LabelledInput,
    /// Files of unlabelled texts, for [self-training](crate::recipe::SelfTraining).
    pub unlabeled: Vec<PathBuf>,
    /// How they are read.
    pub options: ReadOptions,
}

/// The language model before stage 3.
#[derive(Default)]
pub(crate) struct LmSummary {
    /// Its scores.
    pub(crate) language_model: Vec<DirectionScore>,
    /// Number of unlabelled texts that it was trained on.
    pub(crate) unlabeled: usize,
    /// Some of these, as token ids, for a classifier to label.
    pub(crate) pool: Vec<Vec<u32>>,
    /// Its hyper-parameters.
    pub(crate) recipe: Option<LmRecipe>,
    /// Tokens that it has read in all, if it started from random weights.
    pub(crate) lm_tokens: Option<usize>,
}

/// Mistakes that a report shows.
const MISTAKES: usize = 20;

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
    let key = Key::new(options.classify.seed).child(100);
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
            let numbers: Vec<usize> = (0..documents.len()).collect();
            let drawn = sample(&numbers, most, &pool_key(&key)).into_iter();
            let drawn: Vec<&Document> = drawn.map(|number| &documents[number]).collect();
            lm.text.encode_all(&drawn)
        }
    };
    timings.lap("split");
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
    let texts = (&lm_summary.pool[..], lm_summary.lm_tokens);
    let out_of_fold = options
        .folds
        .map(|count| OutOfFold::train(runner, &lm, rows, &data.train, texts, options, count))
        .transpose()?;
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
    let trained = (classifier, first, out_of_fold);
    report_on(runner, trained, rows, lm_summary, method, timings)
}

/// Scores a classifier, with the one that taught it if there is one, beside simple baselines.
pub(crate) fn report_on(
    runner: &mut Runner<'_>,
    (classifier, first, out_of_fold): (
        ClassifierBundle,
        Option<FirstClassifier>,
        Option<OutOfFold>,
    ),
    rows: &LabelledSplits,
    lm_summary: LmSummary,
    method: TrainingMethod,
    mut timings: Timings,
) -> Result<TrainedClassifier, Error> {
    let batch = method.batch_size;
    let (valid, valid_rows) = scored(runner, &classifier, &rows.valid, batch)?;
    let (test, test_rows) = scored(runner, &classifier, &rows.test, batch)?;
    let (test, evaluated, evaluated_rows) = match &out_of_fold {
        Some(found) => {
            let scores = score(&classifier, &rows.train, &found.rows)?;
            (Some(scores), &rows.train, found.rows.clone())
        }
        None if test.is_some() => (test, &rows.test, test_rows),
        None => (test, &rows.valid, valid_rows),
    };
    let self_training = match first {
        Some(FirstClassifier { labelled, learned, .. }) if out_of_fold.is_some() => {
            Some(SelfTrainingReport { labelled, learned, first_accuracy: None })
        }
        Some(FirstClassifier { classifier, labelled, learned }) => {
            let first_accuracy = match scored(runner, &classifier, evaluated, batch)?.0 {
                Some(ClassifierEvaluation::SingleLabel(scores)) => Some(scores.accuracy),
                _ => None,
            };
            Some(SelfTrainingReport { labelled, learned, first_accuracy })
        }
        None => None,
    };
    timings.lap("scoring");
    let baselines = match &out_of_fold {
        Some(found) => Some(Baselines::measure_folds(&classifier, &rows.train, found)?),
        None => Baselines::measure(&classifier, &rows.train, evaluated, &evaluated_rows)?,
    };
    timings.lap("baselines");
    let labels = rows.labels.with_unseen(evaluated);
    let reliability = reliability(&labels, evaluated, &evaluated_rows)?;
    let (scores, comparison, verdict) = match baselines {
        Some(found) => (Some(found.scores), found.comparison, Some(found.verdict)),
        None => (None, None, None),
    };
    let selected_on_valid = method.selects;
    let source = match (method.folds, test.is_some(), selected_on_valid) {
        (Some(_), ..) => Source::OutOfFold,
        (None, true, _) => Source::Test,
        (None, false, false) => Source::Validation,
        (None, false, true) => Source::Selected,
    };
    // what a model folder is used with unless something else is asked for
    let precision = Precision::default().to_string();
    let calibration = (!evaluated.is_empty())
        .then(|| classifier.calibration(evaluated, &evaluated_rows, &precision, source))
        .transpose()?;
    let automation = calibration.as_ref().and_then(Automation::new);
    let folds = method.folds;
    let made = provenance(&classifier, rows, lm_summary.recipe.as_ref(), method);
    // those of the folds are like the one that is shown
    let mut training = runner.courses()?;
    training.retain(|course| !course.title.starts_with("fold "));
    let (time, stages) = timings.stop(runner.earlier());
    let report = Report {
        rows: rows.counts(),
        unlabeled: lm_summary.unlabeled,
        self_training,
        labels: rows.label_counts(),
        language_model: lm_summary.language_model,
        test,
        valid,
        selected_on_valid,
        folds,
        baselines: scores,
        comparison,
        verdict,
        calibration_error: reliability.as_ref().map(Reliability::expected_error),
        reliability,
        automation,
        mistakes: worst_mistakes(&labels, evaluated, &evaluated_rows, MISTAKES)?,
        training,
        made,
        cost: Cost {
            seconds: time.as_secs_f64(),
            stages,
            peak_rss_mb: peak_rss_mb(),
            continued: runner.continued(),
        },
    };
    let scored = out_of_fold.map(|found| ScoredRows {
        records: rows.train.clone(),
        rows: found.rows,
        folds: found.folds,
    });
    Ok(TrainedClassifier { classifier, report, calibration, scored })
}

/// How far probabilities can be trusted: those of the guesses where a text has one label, those of
/// every label where it may have several.
fn reliability(
    labels: &LabelSet,
    records: &[Record],
    rows: &[Vec<f32>],
) -> Result<Option<Reliability>, Error> {
    if labels.kind() == LabelKind::Regression || records.is_empty() {
        return Ok(None);
    }
    let (mut confidences, mut hits) = (Vec::new(), Vec::new());
    for (record, row) in records.iter().zip(rows) {
        match labels.target(record)? {
            Target::Class(class) => {
                let guess = argmax(row);
                confidences.push(f64::from(row[guess]));
                hits.push(guess == class as usize);
            }
            Target::Classes(classes) => {
                confidences.extend(row.iter().map(|&p| f64::from(p)));
                hits.extend((0..row.len() as u32).map(|n| classes.contains(&n)));
            }
            Target::Value(_) => {}
        }
    }
    Ok(Some(Reliability::new(&confidences, &hits)))
}

/// Scores some records, if there are any.
fn scored(
    runner: &mut Runner<'_>,
    classifier: &ClassifierBundle,
    records: &[Record],
    batch_size: usize,
) -> Result<(Option<ClassifierEvaluation>, Vec<Vec<f32>>), Error> {
    if records.is_empty() {
        return Ok((None, Vec::new()));
    }
    let documents = classifier.encode_all(&texts(records));
    let mut tick = |done, total| runner.progress.tick("documents scored", done, Some(total));
    let rows = classifier.probabilities_of(&documents, batch_size, &mut tick)?;
    Ok((Some(score(classifier, records, &rows)?), rows))
}
