//! Scores of simpler methods on the rows that a classifier was scored on.

use super::folds::OutOfFold;
use crate::Error;
use crate::data::labels::{LabelKind, LabelSet, Target, predicted_labels};
use crate::data::{DataError, Record};
use crate::input::{targets, texts};
use crate::model::scoring::argmax;
use crate::models::{ClassifierBundle, ClassifierNetwork, PSEUDO_LABELS, Part};
use crate::recipe::TfIdfRecipe;
use crate::report::metrics::{RegressionScores, in_words, mean_interval, wilson};
use crate::report::statistics::{Comparison, rounded, rows_for_mean};
use crate::report::{BaselineScores, Rival, TfIdfScore};
use crate::tfidf::{Balance, TfIdfExamples, train_part};
use std::collections::BTreeMap;
use ulmfit_ops::{Device, Key};

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
    ) -> Result<Self, Error> {
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
        let score = |hits: &Vec<bool>| {
            let (right, n) = (hits.iter().filter(|&&hit| hit).count(), hits.len());
            (right as f64 / n as f64, wilson(right as u64, n as u64))
        };
        let majority = hits(&|row| guesses[row].majority.clone());
        let tfidf = guesses.iter().all(|guesses| guesses.tfidf.is_some());
        let tfidf = tfidf.then(|| hits(&|row| guesses[row].tfidf.clone().unwrap_or_default()));
        let ours = hits(&|row| answer(kind, &rows[row]));
        let comparison = Comparison::new(&ours, tfidf.as_ref().unwrap_or(&majority));
        let (majority_accuracy, majority_ci95) = score(&majority);
        let tfidf = tfidf.as_ref().map(score);
        let tfidf =
            tfidf.map(|(tfidf_accuracy, tfidf_ci95)| TfIdfScore { tfidf_accuracy, tfidf_ci95 });
        let rival = if tfidf.is_some() { Rival::TfIdf } else { Rival::Majority };
        let scores = BaselineScores::Labels { majority_accuracy, majority_ci95, tfidf };
        let verdict = comparison.words("The classifier", rival.name());
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
        let interval = |low: f64, high: f64| format!("({})", in_words([low, high]));
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
            let n = wanted.len();
            let (direction, size, interval) = if mae_gain < 0.0 {
                ("higher", -mae_gain, interval(-high, -low))
            } else {
                ("lower", mae_gain, interval(low, high))
            };
            let more = match rows_for_mean(mae_gain, mae_gain_ci95, n as u64) {
                Some(rows) => format!(
                    ". If the true difference is that large, about {} test rows would show it in four cases of five",
                    rounded(rows)
                ),
                None => String::new(),
            };
            format!(
                "No significant difference from always predicting the mean on {n} rows: mean absolute error {direction} by {size:.4} {interval}{more}"
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
    /// None where the classifier is this one itself.
    tfidf: Option<Vec<u32>>,
}

impl Guesses {
    /// Those for `test` by tools that have learned `train`.
    fn of<D: Device>(
        model: &ClassifierBundle<D>,
        train: &[Record],
        test: &[Record],
    ) -> Result<Vec<Self>, Error> {
        let majority = majority(&answers(&model.labels, train)?).cloned().unwrap_or_default();
        let is_linear =
            |part: &Part<D>| matches!(part.networks[..], [(_, ClassifierNetwork::Linear(_))]);
        // others on n-grams have learned pseudo-labels, too
        let is_tfidf = |(name, part): &(String, Part<D>)| name != PSEUDO_LABELS && is_linear(part);
        if matches!(&model.parts[..], [only] if is_tfidf(only)) {
            return Ok(vec![Self { majority, tfidf: None }; test.len()]);
        }
        let tfidf = tfidf_guesses(&model.labels, train, test)?;
        let guesses = |tfidf| Self { majority: majority.clone(), tfidf: Some(tfidf) };
        Ok(tfidf.into_iter().map(guesses).collect())
    }
}

/// The value that occurs most often; the smallest of several. `None` without values.
fn majority<T: Ord>(targets: &[T]) -> Option<&T> {
    let mut counts = BTreeMap::new();
    targets.iter().for_each(|target| *counts.entry(target).or_insert(0_usize) += 1);
    counts.into_iter().rev().max_by_key(|&(_, count)| count).map(|(target, _)| target)
}

/// The classes that a row of probabilities predicts.
pub(super) fn answer(kind: LabelKind, row: &[f32]) -> Vec<u32> {
    match kind {
        LabelKind::Multi => predicted_labels(row),
        LabelKind::Single | LabelKind::Regression => vec![argmax(row) as u32],
    }
}

/// Predictions for `test` by a linear classifier on n-grams that has learned `train`; the most
/// frequent answer where there is too little text.
///
/// # Errors
/// [`Error::Data`] when a record has no label, or one that is not in `labels`.
pub fn tfidf_guesses(
    labels: &LabelSet,
    train: &[Record],
    test: &[Record],
) -> Result<Vec<Vec<u32>>, Error> {
    let targets = targets(train, labels)?;
    let examples = TfIdfExamples { documents: &texts(train), targets: &targets, labels };
    let part = match train_part(&examples, &TfIdfRecipe::default(), Balance::None, &Key::new(0)) {
        Ok(part) => part,
        Err(Error::TooLittle { .. }) => {
            let majority = majority(&answers(labels, train)?).cloned().unwrap_or_default();
            return Ok(vec![majority; test.len()]);
        }
        Err(error) => return Err(error),
    };
    let documents = part.text.encode_all(&texts(test));
    let rows = part.probabilities_of_ids(&documents, 1, &mut |_, _| ())?;
    Ok(rows.iter().map(|row| answer(labels.kind(), row)).collect())
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

#[cfg(test)]
mod tests {
    use super::majority;

    #[test]
    fn majority_is_the_most_frequent() {
        assert_eq!(majority(&[2, 1, 2, 0]), Some(&2));
        assert_eq!(majority(&[2, 1, 2, 1]), Some(&1));
        assert_eq!(majority(&[vec![0, 1], vec![], vec![0, 1]]), Some(&vec![0, 1]));
        assert_eq!(majority::<u32>(&[]), None);
    }
}
