//! What simpler tools reach on the rows a classifier was scored on.

use super::Error;
use super::bundle::ClassifierBundle;
use crate::data::{DataError, LabelKind, LabelSet, Record, Target};
use crate::model::argmax;
use crate::report::Comparison;
use crate::report::baseline::{TfIdfClassifier, TfIdfOptions, majority};
use crate::text::TextPipeline;
use serde::Serialize;
use ulmfit_ops::Device;

/// Accuracies of the baselines.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BaselineScores {
    /// Always the most frequent training label.
    pub majority_accuracy: f64,
    /// Words and pairs of words, TF-IDF, logistic regression.
    pub tfidf_accuracy: f64,
}

/// Baselines on the rows of a test, row by row.
pub(super) struct Baselines {
    pub(super) scores: BaselineScores,
    targets: Vec<u32>,
    tfidf_hits: Vec<bool>,
}

impl Baselines {
    /// Trains and scores them; none for tasks they do not fit.
    pub(super) fn measure<D: Device>(
        model: &ClassifierBundle<D>,
        train: &[Record],
        test: &[Record],
    ) -> Result<Option<Self>, Error> {
        if model.labels.kind() != LabelKind::Single || test.is_empty() {
            return Ok(None);
        }
        let (text, classes) = (&model.text, model.labels.outputs());
        let train_targets = classes_of(&model.labels, train)?;
        let targets = classes_of(&model.labels, test)?;
        let most = majority(classes, &train_targets);
        let (train_words, test_words) = (words(text, train), words(text, test));
        let read = |list: &[Vec<String>], n: usize, emit: &mut dyn FnMut(&str)| {
            list[n].iter().for_each(|word| emit(word));
        };
        let options = TfIdfOptions::default();
        let emit = |n: usize, emit: &mut dyn FnMut(&str)| read(&train_words, n, emit);
        let tfidf = TfIdfClassifier::fit(classes, &train_targets, &emit, &options);
        let emit = |n: usize, emit: &mut dyn FnMut(&str)| read(&test_words, n, emit);
        let rows = tfidf.predict(test.len(), &emit);
        let guess = |row: &[f64]| argmax(&row.iter().map(|&p| p as f32).collect::<Vec<_>>()) as u32;
        let hits =
            rows.chunks_exact(classes).zip(&targets).map(|(row, &target)| guess(row) == target);
        let tfidf_hits: Vec<bool> = hits.collect();
        let share = |hits: usize| hits as f64 / targets.len() as f64;
        let scores = BaselineScores {
            majority_accuracy: share(targets.iter().filter(|&&target| target == most).count()),
            tfidf_accuracy: share(tfidf_hits.iter().filter(|&&hit| hit).count()),
        };
        Ok(Some(Self { scores, targets, tfidf_hits }))
    }

    /// The classifier's rows of probabilities against TF-IDF, as a sentence.
    pub(super) fn verdict(&self, rows: &[Vec<f32>]) -> String {
        let hits =
            rows.iter().zip(&self.targets).map(|(row, &target)| argmax(row) as u32 == target);
        let hits: Vec<bool> = hits.collect();
        Comparison::new(&hits, &self.tfidf_hits)
            .words("the classifier", "TF-IDF with logistic regression")
    }
}

fn words(text: &TextPipeline, records: &[Record]) -> Vec<Vec<String>> {
    records.iter().map(|record| text.tokenizer().tokenize(&record.fields)).collect()
}

fn classes_of(labels: &LabelSet, records: &[Record]) -> Result<Vec<u32>, DataError> {
    let class = |record| match labels.target(record)? {
        Target::Class(class) => Ok(class),
        _ => unreachable!("a single-label set gives classes"),
    };
    records.iter().map(class).collect()
}
