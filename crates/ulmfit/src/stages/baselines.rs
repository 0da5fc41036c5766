//! Scores of simpler methods on the rows that a classifier was scored on.

use super::folds::OutOfFold;
use crate::Error;
use crate::baselines::{TfIdfClassifier, TfIdfOptions, TfIdfTagger, majority};
use crate::data::labels::{LabelKind, LabelSet, Target};
use crate::data::{DataError, Record};
use crate::model::scoring::argmax;
use crate::models::ClassifierBundle;
use crate::report::BaselineScores;
use crate::report::metrics::{RegressionScores, mean_interval, wilson};
use crate::report::statistics::{Comparison, rounded, rows_for_mean};
use crate::text::Tokenizer;
use ulmfit_ops::Device;

/// Baselines on a test set, and the classifier beside them.
pub(crate) struct Baselines {
    pub scores: BaselineScores,
    pub comparison: Option<Comparison>,
    /// As a sentence.
    pub verdict: String,
}

impl Baselines {
    /// Trains and scores them; `rows` are the classifier's probabilities of the `test` records.
    ///
    /// # Errors
    /// [`Error::Data`] when a record has no label, or one of `train` that the classifier does not know.
    pub(crate) fn measure<D: Device>(
        model: &ClassifierBundle<D>,
        train: &[Record],
        test: &[Record],
        rows: &[Vec<f32>],
    ) -> Result<Option<Self>, Error> {
        if test.is_empty() {
            return Ok(None);
        }
        let labels = &model.labels;
        Ok(Some(match labels.kind() {
            LabelKind::Regression => {
                Self::numbers(&values(labels, train)?, &values(labels, test)?, rows)
            }
            LabelKind::Single | LabelKind::Multi => Self::labels(model, train, test, rows)?,
        }))
    }

    /// As [`measure`](Self::measure), where each record is answered by tools that have not learned
    /// its fold.
    ///
    /// # Errors
    /// As [`measure`](Self::measure).
    pub(crate) fn measure_folds<D: Device>(
        model: &ClassifierBundle<D>,
        records: &[Record],
        out_of_fold: &OutOfFold,
    ) -> Result<Self, Error> {
        let labels = &model.labels;
        if labels.kind() == LabelKind::Regression {
            // the mean of the others differs by next to nothing
            let values = values(labels, records)?;
            return Ok(Self::numbers(&values, &values, &out_of_fold.rows));
        }
        let mut guesses = vec![Guesses::default(); records.len()];
        for part in out_of_fold.parts(records) {
            let found = Guesses::of(model, &part.train, &part.test)?;
            part.rows.iter().zip(found).for_each(|(&row, found)| guesses[row] = found);
        }
        let wanted = answers(labels, records)?;
        Ok(Self::compared(labels.kind(), &wanted, &guesses, &out_of_fold.rows))
    }

    /// Where an answer is right or wrong.
    fn labels<D: Device>(
        model: &ClassifierBundle<D>,
        train: &[Record],
        test: &[Record],
        rows: &[Vec<f32>],
    ) -> Result<Self, DataError> {
        let wanted = answers(&model.labels.with_unseen(test), test)?;
        let guesses = Guesses::of(model, train, test)?;
        Ok(Self::compared(model.labels.kind(), &wanted, &guesses, rows))
    }

    /// The classifier beside the baselines, by what each row should be.
    fn compared(
        kind: LabelKind,
        wanted: &[Vec<u32>],
        guesses: &[Guesses],
        rows: &[Vec<f32>],
    ) -> Self {
        let hits = |of: &dyn Fn(usize) -> Vec<u32>| -> Vec<bool> {
            wanted.iter().enumerate().map(|(row, wanted)| of(row) == *wanted).collect()
        };
        let majority = hits(&|row| guesses[row].majority.clone());
        let tfidf = hits(&|row| guesses[row].tfidf.clone());
        let comparison = Comparison::new(&hits(&|row| answer(kind, &rows[row])), &tfidf);
        let [(majority_accuracy, majority_ci95), (tfidf_accuracy, tfidf_ci95)] =
            [&majority, &tfidf].map(|hits| {
                let (right, n) = (hits.iter().filter(|&&hit| hit).count(), hits.len());
                (right as f64 / n as f64, wilson(right as u64, n as u64))
            });
        let scores =
            BaselineScores::Labels { majority_accuracy, majority_ci95, tfidf_accuracy, tfidf_ci95 };
        let verdict = comparison.words("The classifier", "TF-IDF with logistic regression");
        Self { scores, comparison: Some(comparison), verdict }
    }

    /// For numbers, where a prediction is near or far.
    fn numbers(known: &[f64], wanted: &[f64], rows: &[Vec<f32>]) -> Self {
        let mean = mean_interval(known).0;
        let base = RegressionScores::new(wanted, &vec![mean; wanted.len()]);
        let gains: Vec<f64> = rows
            .iter()
            .zip(wanted)
            .map(|(row, wanted)| (mean - wanted).abs() - (f64::from(row[0]) - wanted).abs())
            .collect();
        let (mae_gain, mae_gain_ci95) = mean_interval(&gains);
        let [low, high] = mae_gain_ci95;
        let interval = |low: f64, high: f64| format!("(95 % interval {low:.4} to {high:.4})");
        let verdict = if low > 0.0 {
            let interval = interval(low, high);
            format!(
                "The model is better than always predicting the mean: mean absolute error lower by {mae_gain:.4} {interval}"
            )
        } else if high < 0.0 {
            let (loss, interval) = (-mae_gain, interval(-high, -low));
            format!(
                "The model is worse than always predicting the mean: mean absolute error higher by {loss:.4} {interval}"
            )
        } else {
            let (n, interval) = (wanted.len(), interval(low, high));
            let more = match rows_for_mean(mae_gain, mae_gain_ci95, n as u64) {
                Some(rows) => format!(". About {} test rows would show such a gain", rounded(rows)),
                None => String::new(),
            };
            format!(
                "No significant difference from always predicting the mean on {n} rows: mean absolute error reduced by {mae_gain:.4} {interval}{more}"
            )
        };
        let scores = BaselineScores::Numbers {
            mean_rmse: base.rmse,
            mean_mae: base.mae,
            mean_mae_ci95: base.mae_ci95,
            mae_gain,
            mae_gain_ci95,
        };
        Self { scores, comparison: None, verdict }
    }
}

/// What simpler tools answer for a record.
#[derive(Clone, Default)]
struct Guesses {
    majority: Vec<u32>,
    tfidf: Vec<u32>,
}

impl Guesses {
    /// Those for `test` by tools that have learned `train`.
    fn of<D: Device>(
        model: &ClassifierBundle<D>,
        train: &[Record],
        test: &[Record],
    ) -> Result<Vec<Self>, DataError> {
        let labels = &model.labels;
        let known = answers(labels, train)?;
        let most = majority(&known).cloned().unwrap_or_default();
        let usual;
        let tokenizer = match model.parts[0].1.text.pipeline() {
            Some(text) => text.tokenizer(),
            None => {
                usual = Tokenizer::default();
                &usual
            }
        };
        let tfidf = tfidf_guesses(labels, tokenizer, &known, train, test);
        Ok(tfidf.into_iter().map(|tfidf| Self { majority: most.clone(), tfidf }).collect())
    }
}

/// The classes that a row of probabilities predicts.
pub(super) fn answer(kind: LabelKind, row: &[f32]) -> Vec<u32> {
    match kind {
        LabelKind::Multi => (0..row.len() as u32).filter(|&n| row[n as usize] >= 0.5).collect(),
        LabelKind::Single | LabelKind::Regression => vec![argmax(row) as u32],
    }
}

/// Predictions of TF-IDF with logistic regression for `test`.
pub fn tfidf_guesses(
    labels: &LabelSet,
    tokenizer: &Tokenizer,
    known: &[Vec<u32>],
    train: &[Record],
    test: &[Record],
) -> Vec<Vec<u32>> {
    let classes = labels.outputs();
    let words = |records: &[Record]| -> Vec<Vec<String>> {
        records.iter().map(|record| tokenizer.tokenize(&record.fields)).collect()
    };
    let (train, test) = (words(train), words(test));
    let learn = |n: usize, emit: &mut dyn FnMut(&str)| train[n].iter().for_each(|word| emit(word));
    let read = |n: usize, emit: &mut dyn FnMut(&str)| test[n].iter().for_each(|word| emit(word));
    let options = TfIdfOptions::default();
    if labels.kind() == LabelKind::Multi {
        let flags = |answer: &Vec<u32>| (0..classes as u32).map(|n| answer.contains(&n)).collect();
        let known: Vec<Vec<bool>> = known.iter().map(flags).collect();
        let tagger = TfIdfTagger::fit(classes, &known, &learn, &options);
        let chosen = |row: Vec<bool>| (0..).zip(row).filter(|(_, yes)| *yes).map(|(n, _)| n);
        return tagger
            .predict(test.len(), &read)
            .into_iter()
            .map(|r| chosen(r).collect())
            .collect();
    }
    let known: Vec<u32> = known.iter().map(|answer| answer[0]).collect();
    let tfidf = TfIdfClassifier::fit(classes, &known, &learn, &options);
    let rows = tfidf.predict(test.len(), &read);
    let guess = |row: &[f64]| {
        let row: Vec<f32> = row.iter().map(|&p| p as f32).collect();
        vec![argmax(&row) as u32]
    };
    rows.chunks_exact(classes).map(guess).collect()
}

/// The classes of each record, ascending.
///
/// # Errors
/// [`DataError`] when a record has no label, or one that is not in `labels`.
pub fn answers(labels: &LabelSet, records: &[Record]) -> Result<Vec<Vec<u32>>, DataError> {
    let classes = |record| match labels.target(record)? {
        Target::Class(class) => Ok(vec![class]),
        Target::Classes(classes) => Ok(classes),
        Target::Value(_) => unreachable!("a set of labels gives classes"),
    };
    records.iter().map(classes).collect()
}

fn values(labels: &LabelSet, records: &[Record]) -> Result<Vec<f64>, DataError> {
    let value = |record| match labels.target(record)? {
        Target::Value(value) => Ok(value),
        _ => unreachable!("a regression set gives values"),
    };
    records.iter().map(value).collect()
}
