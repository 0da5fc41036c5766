//! Scores of simpler methods on the rows that a classifier was scored on.

mod numbers;

use super::folds::OutOfFold;
use crate::Error;
use crate::data::labels::{LabelKind, LabelSet, Target, predicted_labels};
use crate::data::{DataError, Record};
use crate::input::{targets, texts};
use crate::model::scoring::argmax;
use crate::models::{ClassifierBundle, ClassifierNetwork, PSEUDO_LABELS, Part};
use crate::recipe::TfIdfRecipe;
use crate::report::metrics::wilson;
use crate::report::statistics::Comparison;
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
                let wanted = numbers::values(labels, test)?;
                Self::numbers(&wanted, &numbers::guesses(model, train, test)?, rows)
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
            let guesses =
                of_folds(records, out_of_fold, |train, test| numbers::guesses(model, train, test))?;
            return Ok(Self::numbers(
                &numbers::values(labels, records)?,
                &guesses,
                &out_of_fold.rows,
            ));
        }
        let guesses =
            of_folds(records, out_of_fold, |train, test| Guesses::of(model, train, test))?;
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
}

/// What tools that have not learned its fold answer for each record.
fn of_folds<T: Clone + Default>(
    records: &[Record],
    out_of_fold: &OutOfFold,
    mut guesses: impl FnMut(&[Record], &[Record]) -> Result<Vec<T>, Error>,
) -> Result<Vec<T>, Error> {
    let mut all = vec![T::default(); records.len()];
    for part in out_of_fold.parts(records) {
        let found = guesses(&part.train, &part.test)?;
        part.rows.iter().zip(found).for_each(|(&row, found)| all[row] = found);
    }
    Ok(all)
}

/// Whether a model is n-grams alone, so that there is nothing to compare it with that reads text.
fn is_ngrams<D: Device>(model: &ClassifierBundle<D>) -> bool {
    let is_linear =
        |part: &Part<D>| matches!(part.networks[..], [(_, ClassifierNetwork::Linear(_))]);
    // others on n-grams have learned pseudo-labels, too
    matches!(&model.parts[..], [(name, part)] if name != PSEUDO_LABELS && is_linear(part))
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
        if is_ngrams(model) {
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
    Ok(match tfidf_rows(labels, train, test)? {
        Some(rows) => rows.iter().map(|row| answer(labels.kind(), row)).collect(),
        None => {
            let majority = majority(&answers(labels, train)?).cloned().unwrap_or_default();
            vec![majority; test.len()]
        }
    })
}

/// What a linear model on n-grams that has learned `train` answers for `test`; `None` where there is too little text.
fn tfidf_rows(
    labels: &LabelSet,
    train: &[Record],
    test: &[Record],
) -> Result<Option<Vec<Vec<f32>>>, Error> {
    let targets = targets(train, labels)?;
    let examples = TfIdfExamples { documents: &texts(train), targets: &targets, labels };
    let part = match train_part(&examples, &TfIdfRecipe::default(), Balance::None, &Key::new(0)) {
        Ok(part) => part,
        Err(Error::TooLittle { .. }) => return Ok(None),
        Err(error) => return Err(error),
    };
    let documents = part.text.encode_all(&texts(test));
    part.probabilities_of_ids(&documents, 1, &mut |_, _| ()).map(Some)
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
