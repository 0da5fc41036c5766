//! A linear classifier on n-grams: nothing is pretrained, and it takes seconds.

use crate::Error;
use crate::estimate::{Job, NgramEstimate, PartEstimate};
use crate::input::{LabelledInput, LabelledSplits, SplitFractions, targets, texts};
use crate::models::ClassifierBundle;
use crate::randomness::Purpose;
use crate::recipe::TfIdfRecipe;
use crate::run::{Runner, Timings};
use crate::stages::TrainedClassifier;
use crate::stages::lm_summary::LmSummary;
use crate::stages::options::{ClassifyOptions, TrainingMethod};
use crate::stages::report_on::{Trained, report_on};
use crate::text::Direction;
use crate::tfidf::{Balance, TfIdfExamples, train_part};

/// How [`fit_tfidf`] works.
#[derive(Clone, Debug)]
pub struct TfIdfOptions {
    /// Hyper-parameters.
    pub recipe: TfIdfRecipe,
    /// Class weights, seed, kind of prediction; there are no hidden layers.
    pub classify: ClassifyOptions,
    /// Fractions of the examples to hold out.
    pub shares: SplitFractions,
}

/// Trains a classifier on n-grams and scores it.
///
/// # Errors
/// [`Error`] of whatever failed; [`Error::TooLittle`] as [`train_part`].
///
/// # Panics
/// Never: a recipe serialises.
pub fn fit_tfidf(
    runner: &mut Runner<'_>,
    rows: LabelledInput,
    options: &TfIdfOptions,
) -> Result<TrainedClassifier, Error> {
    let mut timings = Timings::start();
    let TfIdfOptions { recipe, classify, shares } = options;
    // the split of `fit` with other methods, so that their scores can be compared
    let split_key = Purpose::Splits.key(classify.seed);
    let rows = LabelledSplits::split(rows, &classify.labels, *shares, split_key, runner.progress)?;
    classify.check(rows.labels.kind())?;
    timings.lap("split");
    if runner.progress.wants_plan() {
        let estimate = &NgramEstimate::measure(&rows.train, &rows.labels, recipe);
        let part = PartEstimate { estimate, is_trained_on_all: true };
        let job = Job::new(rows.train.len(), rows.scored(), None);
        runner.progress.planned(&job.work(None, &[part], None));
    }
    let documents = texts(&rows.train);
    let targets = targets(&rows.train, &rows.labels)?;
    let examples = TfIdfExamples { documents: &documents, targets: &targets, labels: &rows.labels };
    let balance = if classify.balance { Balance::ByFrequency } else { Balance::None };
    let part = train_part(&examples, recipe, balance, &Purpose::Ngrams.key(classify.seed))?;
    timings.lap("classifier");
    let classifier = ClassifierBundle::of_part(part, rows.labels.clone());
    let method = TrainingMethod {
        seed: classify.seed,
        directions: vec![Direction::Forward],
        recipe: serde_json::to_value(recipe).expect("plain data serialises"),
        batch_size: 1, // it makes its own batches
        selects: false,
        folds: None,
    };
    let trained = Trained { classifier, first: None, out_of_fold: None, parts: Vec::new() };
    report_on(runner, trained, &rows, LmSummary::default(), method, timings)
}
