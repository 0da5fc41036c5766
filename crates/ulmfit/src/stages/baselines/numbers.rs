//! The mean, and a linear regression on n-grams, on the rows that a model of numbers was scored on.

use super::{Baselines, is_ngrams, tfidf_rows};
use crate::Error;
use crate::data::labels::{LabelSet, Target};
use crate::data::{DataError, Record};
use crate::models::ClassifierBundle;
use crate::report::metrics::{RegressionScores, mean_interval};
use crate::report::statistics::MeanGain;
use crate::report::{BaselineScores, TfIdfErrors};
use ulmfit_ops::Device;

/// What simpler tools answer for a record.
#[derive(Clone, Copy, Default)]
pub(super) struct NumberGuesses {
    mean: f64,
    /// `None` where the model is this one itself.
    tfidf: Option<f64>,
}

/// Those for `test` by tools that have learned `train`; with too little text n-grams say the mean, too.
///
/// # Errors
/// [`Error::Data`] when a record has no number.
pub(super) fn guesses<D: Device>(
    model: &ClassifierBundle<D>,
    train: &[Record],
    test: &[Record],
) -> Result<Vec<NumberGuesses>, Error> {
    let mean = mean_interval(&values(&model.labels, train)?).0;
    if is_ngrams(model) {
        return Ok(vec![NumberGuesses { mean, tfidf: None }; test.len()]);
    }
    let rows = tfidf_rows(&model.labels, train, test)?;
    let guess = |row: usize| rows.as_ref().map_or(mean, |rows| f64::from(rows[row][0]));
    Ok((0..test.len()).map(|row| NumberGuesses { mean, tfidf: Some(guess(row)) }).collect())
}

/// The numbers of some records.
///
/// # Errors
/// [`DataError`] when a record has none.
pub(super) fn values(labels: &LabelSet, records: &[Record]) -> Result<Vec<f64>, DataError> {
    let value = |record| match labels.target(record)? {
        Target::Value(value) => Ok(value),
        _ => unreachable!("a regression set gives values"),
    };
    records.iter().map(value).collect()
}

impl Baselines {
    /// The model beside the baselines; `rows` are its predictions.
    pub(super) fn numbers(wanted: &[f64], guesses: &[NumberGuesses], rows: &[Vec<f32>]) -> Self {
        let errors = |found: &[f64]| -> Vec<f64> {
            found.iter().zip(wanted).map(|(found, wanted)| (found - wanted).abs()).collect()
        };
        let ours: Vec<f64> = rows.iter().map(|row| f64::from(row[0])).collect();
        let ours = errors(&ours);
        let beside = |guesses: &[f64]| {
            (RegressionScores::new(wanted, guesses), MeanGain::new(&ours, &errors(guesses)))
        };
        let means: Vec<f64> = guesses.iter().map(|guess| guess.mean).collect();
        let ngrams: Option<Vec<f64>> = guesses.iter().map(|guess| guess.tfidf).collect();
        let (mean, over_mean) = beside(&means);
        let tfidf = ngrams.map(|ngrams| {
            let (scores, over) = beside(&ngrams);
            TfIdfErrors {
                tfidf_rmse: scores.rmse,
                tfidf_mae: scores.mae,
                tfidf_mae_ci95: scores.mae_ci95,
                tfidf_mae_gain: over.gain,
                tfidf_mae_gain_ci95: over.ci95,
            }
        });
        let scores = BaselineScores::Numbers {
            mean_rmse: mean.rmse,
            mean_mae: mean.mae,
            mean_mae_ci95: mean.mae_ci95,
            mae_gain: over_mean.gain,
            mae_gain_ci95: over_mean.ci95,
            tfidf,
        };
        let gain = scores.mean_gain(wanted.len() as u64).unwrap_or(over_mean);
        Self { verdict: gain.words(scores.rival().name()), comparison: None, scores }
    }
}
