//! Scores of a classifier that has just been trained, as its report.

use super::baselines::{Baselines, answer, answers};
use super::evaluate::score;
use super::folds::OutOfFold;
use super::lm_summary::LmSummary;
use super::model_card::provenance;
use super::options::TrainingMethod;
use super::self_training::FirstClassifier;
use super::trained_classifier::{ScoredRows, TrainedClassifier};
use crate::Error;
use crate::data::Record;
use crate::data::labels::LabelKind;
use crate::decisions::{Automation, Source};
use crate::input::{LabelledSplits, LearnedTexts, texts};
use crate::models::{ClassifierBundle, ExplainMethod};
use crate::report::statistics::{Comparison, Reliability, reliability};
use crate::report::{ClassifierEvaluation, PartReport};
use crate::report::{Cost, QuotedRow, Report, SelfTrainingReport, TellingWords};
use crate::report::{least_sure, mistakes, peak_rss_mb};
use crate::run::{Runner, Timings};
use ulmfit_ops::Precision;

/// Mistakes that a report shows.
const MISTAKES: usize = 20;
/// Right answers that were close, which it shows, too.
const LEAST_SURE: usize = 10;
/// Words of a text that is explained by gradients. They take about 30 predictions: of thirty long mails a fifth of the
/// time of a whole training with 100 labels (lab book, 2026-11-30), so that longer texts are explained in one pass.
const SHORT: usize = 100;

/// A classifier that has just been trained.
pub(crate) struct Trained {
    pub(crate) classifier: ClassifierBundle,
    /// The one that taught it, if one did.
    pub(crate) first: Option<FirstClassifier>,
    /// Answers to all examples, if there was a cross-validation.
    pub(crate) out_of_fold: Option<OutOfFold>,
    /// What the parts of a portfolio do on rows that they have not learned.
    pub(crate) parts: Vec<PartReport>,
}

/// Scores a classifier, with the one that taught it if there is one, beside simple baselines.
pub(crate) fn report_on(
    runner: &mut Runner<'_>,
    trained: Trained,
    rows: &LabelledSplits,
    lm_summary: LmSummary,
    method: TrainingMethod,
    mut timings: Timings,
) -> Result<TrainedClassifier, Error> {
    let Trained { classifier, first, out_of_fold, mut parts } = trained;
    let batch = method.batch_size;
    let valid = scored(runner, &classifier, &rows.valid, batch)?;
    let test = scored(runner, &classifier, &rows.test, batch)?;
    let (valid, own) = (valid.scores.clone(), if rows.test.is_empty() { valid } else { test });
    let (test, evaluated, evaluated_rows) = match &out_of_fold {
        Some(found) => {
            let scores = score(&classifier, &rows.train, &found.rows)?;
            (Some(scores), &rows.train, found.rows.clone())
        }
        None if rows.test.is_empty() => (None, &rows.valid, own.rows),
        None => (own.scores, &rows.test, own.rows),
    };
    let self_training = match first {
        Some(FirstClassifier { labelled, learned, .. }) if out_of_fold.is_some() => {
            Some(SelfTrainingReport { labelled, learned, first_accuracy: None })
        }
        Some(FirstClassifier { classifier, labelled, learned }) => {
            let first_accuracy = match scored(runner, &classifier, evaluated, batch)?.scores {
                Some(ClassifierEvaluation::SingleLabel(scores)) => Some(scores.accuracy),
                _ => None,
            };
            Some(SelfTrainingReport { labelled, learned, first_accuracy })
        }
        None => None,
    };
    if out_of_fold.is_none() {
        for part in &mut parts {
            alone(&classifier, part, evaluated, &evaluated_rows, &own.parts)?;
        }
    }
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
    let worst = mistakes(&labels, evaluated, &evaluated_rows)?.into_iter().take(MISTAKES);
    let mut worst: Vec<(usize, QuotedRow)> = worst.collect();
    let mut close = least_sure(&labels, evaluated, &evaluated_rows, LEAST_SURE)?;
    // the classifiers of a cross-validation are gone
    if out_of_fold.is_none() {
        explain_rows(&classifier, evaluated, worst.iter_mut().chain(&mut close))?;
        timings.lap("explanations");
    }
    let quoted = |rows: Vec<(usize, QuotedRow)>| rows.into_iter().map(|(_, row)| row).collect();
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
        parts,
        time_budget: None,
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
        mistakes: quoted(worst),
        least_sure: quoted(close),
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
    let learned = LearnedTexts::new(&rows.train);
    Ok(TrainedClassifier { classifier, report, calibration, learned, scored })
}

/// Adds to some quoted rows the words that their predictions were made from.
fn explain_rows<'a>(
    classifier: &ClassifierBundle,
    records: &[Record],
    rows: impl Iterator<Item = &'a mut (usize, QuotedRow)>,
) -> Result<(), Error> {
    let words = |record: &Record| -> usize {
        record.fields.iter().map(|text| text.split_whitespace().count()).sum()
    };
    let (short, long): (Vec<_>, Vec<_>) = rows.partition(|row| words(&records[row.0]) <= SHORT);
    for (rows, how) in [(short, ExplainMethod::Gradients), (long, ExplainMethod::Fast)] {
        let own: Vec<Record> = rows.iter().map(|row| records[row.0].clone()).collect();
        let explained = classifier.explain(&texts(&own), how)?;
        for ((record, found), row) in own.iter().zip(&explained).zip(rows) {
            let label = match classifier.task() {
                LabelKind::Regression => None,
                LabelKind::Single | LabelKind::Multi => {
                    Some(classifier.labels.names()[found.output].clone())
                }
            };
            row.1.words = Some(TellingWords::new(record, found, label));
        }
    }
    Ok(())
}

/// Adds what a part of a portfolio does alone on the rows that the portfolio is scored on.
fn alone(
    classifier: &ClassifierBundle,
    report: &mut PartReport,
    records: &[Record],
    rows: &[Vec<f32>],
    of_parts: &[Vec<Vec<f32>>],
) -> Result<(), Error> {
    let place = classifier.parts.iter().position(|(name, _)| *name == report.name);
    let Some(own) = place.and_then(|place| of_parts.get(place)) else { return Ok(()) };
    report.alone = Some(match score(classifier, records, own)? {
        ClassifierEvaluation::SingleLabel(scores) => scores.accuracy,
        ClassifierEvaluation::MultiLabel(scores) => scores.subset_accuracy,
        ClassifierEvaluation::Regression(scores) => scores.mae,
    });
    if classifier.task() != LabelKind::Regression {
        let wanted = answers(&classifier.labels.with_unseen(records), records)?;
        let hits = |rows: &[Vec<f32>]| -> Vec<bool> {
            let is_right =
                |(row, wanted): (&Vec<f32>, &Vec<u32>)| answer(classifier.task(), row) == *wanted;
            rows.iter().zip(&wanted).map(is_right).collect()
        };
        report.comparison = Some(Comparison::new(&hits(rows), &hits(own)));
    }
    Ok(())
}

/// Answers to some records, and what they are worth.
#[derive(Default)]
struct Scored {
    scores: Option<ClassifierEvaluation>,
    rows: Vec<Vec<f32>>,
    /// Those of each part alone.
    parts: Vec<Vec<Vec<f32>>>,
}

/// Scores some records, if there are any.
fn scored(
    runner: &mut Runner<'_>,
    classifier: &ClassifierBundle,
    records: &[Record],
    batch_size: usize,
) -> Result<Scored, Error> {
    if records.is_empty() {
        return Ok(Scored::default());
    }
    let documents = classifier.encode_all(&texts(records));
    let mut tick = |done, total| runner.progress.tick("documents scored", done, Some(total));
    let parts = classifier.answers_of_parts(&documents, batch_size, &mut tick)?;
    let rows = classifier.combined(&parts)?;
    Ok(Scored { scores: Some(score(classifier, records, &rows)?), rows, parts })
}
