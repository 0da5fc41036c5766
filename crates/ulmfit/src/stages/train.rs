//! Stage 3 as a user meets it: labelled rows in, a classifier and its report out.

use super::baselines::Baselines;
use super::bundle::{ClassifierBundle, LmBundle};
use super::classify::{ClassifyOptions, LabelledText, classify};
use super::evaluate::score;
use super::language::DirectionScore;
use super::outcome::{DataHashes, Outcome, Report};
use super::recipe::StageRecipe;
use super::rows::{Rows, RowsInput, Shares, labelled, texts};
use super::runner::Runner;
use super::{ClassifierEvaluation, Error, fingerprint};
use crate::data::Record;
use crate::text::Direction;
use std::time::Instant;
use ulmfit_ops::Key;

/// How a classifier is trained.
#[derive(Clone, Debug)]
pub struct TrainOptions {
    /// Reading directions.
    pub directions: Vec<Direction>,
    /// Hyper-parameters.
    pub recipe: StageRecipe,
    /// Head, class weights, seed, task.
    pub classify: ClassifyOptions,
    /// Rows set apart where the user has not.
    pub shares: Shares,
}

/// Stage 3 on a language model in its own vocabulary.
///
/// # Errors
/// [`Error`] of whatever failed.
pub fn train(
    runner: &mut Runner<'_>,
    lm: LmBundle,
    input: RowsInput,
    options: &TrainOptions,
) -> Result<Outcome, Error> {
    let started = Instant::now();
    let key = Key::new(options.classify.seed).child(100);
    let rows = Rows::split(input, &options.classify.labels, options.shares, key, runner.progress)?;
    train_on(runner, lm, &rows, Vec::new(), 0, options, started)
}

/// The part that [`train`] and `fit` share.
pub(super) fn train_on(
    runner: &mut Runner<'_>,
    lm: LmBundle,
    rows: &Rows,
    language_model: Vec<DirectionScore>,
    unlabeled: usize,
    options: &TrainOptions,
    started: Instant,
) -> Result<Outcome, Error> {
    let data = LabelledText {
        train: labelled(&lm.text, &rows.train, &rows.labels)?,
        valid: labelled(&lm.text, &rows.valid, &rows.labels)?,
        labels: rows.labels.clone(),
    };
    let classifier =
        classify(runner, lm, &options.directions, &data, &options.recipe, &options.classify)?;
    let batch = options.recipe.batch_size;
    let (valid, valid_rows) = scored(runner, &classifier, &rows.valid, batch)?;
    let (test, test_rows) = scored(runner, &classifier, &rows.test, batch)?;
    let (judged, judged_rows) =
        if test.is_some() { (&rows.test, test_rows) } else { (&rows.valid, valid_rows) };
    let baselines = Baselines::measure(&classifier, &rows.train, judged)?;
    let verdict = baselines.as_ref().map(|baselines| baselines.verdict(&judged_rows));
    let report = Report {
        rows: rows.counts(),
        unlabeled,
        language_model,
        test,
        valid,
        baselines: baselines.map(|baselines| baselines.scores),
        verdict,
        seconds: started.elapsed().as_secs_f64(),
    };
    let data = DataHashes {
        train: fingerprint::records(&rows.train),
        valid: fingerprint::records(&rows.valid),
        test: fingerprint::records(&rows.test),
    };
    Ok(Outcome { classifier, report, data })
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
    let ids = classifier.text.encode_all(&texts(records));
    let mut tick = |done, total| runner.progress.tick("documents scored", done, Some(total));
    let rows = classifier.probabilities_of_ids(&ids, batch_size, &mut tick);
    Ok((Some(score(classifier, records, &rows)?), rows))
}
