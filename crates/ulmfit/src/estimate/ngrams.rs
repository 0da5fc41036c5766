//! The expected time of a classifier on n-grams.

use super::Estimate;
use crate::data::Record;
use crate::data::labels::LabelSet;
use crate::input::{targets, texts};
use crate::models::Part;
use crate::progress::WorkPhase;
use crate::recipe::TfIdfRecipe;
use crate::tfidf::{Balance, TfIdfExamples, train_part};
use std::time::{Duration, Instant};
use ulmfit_ops::Key;

/// Examples that are measured first.
const FEW: usize = 64;
/// A shorter training says little of a longer one: then more examples are measured.
const LEAST: Duration = Duration::from_millis(100);

/// The expected time of a classifier on n-grams.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct NgramEstimate {
    /// Seconds of the training on an example.
    training: f64,
    /// Seconds of an answer.
    answer: f64,
}

impl NgramEstimate {
    /// Trains one on some of the examples, evenly spread; examples that cannot be learned take no
    /// time.
    pub(crate) fn measure(records: &[Record], labels: &LabelSet, recipe: &TfIdfRecipe) -> Self {
        let mut count = FEW;
        loop {
            let every = records.len().div_ceil(count).max(1);
            let sample: Vec<Record> = records.iter().step_by(every).cloned().collect();
            let started = Instant::now();
            let Some(part) = trained(&sample, labels, recipe) else { return Self::default() };
            let took = started.elapsed();
            if took < LEAST && every > 1 {
                count *= 4;
                continue;
            }
            let ids = part.text.encode_all(&texts(&sample));
            let answered = part.probabilities_of_ids(&ids, 1, &mut |_, _| ());
            let both = started.elapsed().as_secs_f64();
            let answer = if answered.is_ok() { both - took.as_secs_f64() } else { 0.0 };
            let rows = sample.len().max(1) as f64;
            return Self { training: took.as_secs_f64() / rows, answer: answer / rows };
        }
    }

    /// Seconds of a training on so many examples.
    pub(crate) fn training(&self, rows: usize) -> f64 {
        self.training * rows as f64
    }
}

fn trained(sample: &[Record], labels: &LabelSet, recipe: &TfIdfRecipe) -> Option<Part> {
    let targets = targets(sample, labels).ok()?;
    let examples = TfIdfExamples { documents: &texts(sample), targets: &targets, labels };
    train_part(&examples, recipe, Balance::None, &Key::new(0)).ok()
}

impl Estimate for NgramEstimate {
    fn trainings(&self, rows: usize, _fold: Option<usize>) -> Vec<WorkPhase> {
        let (title, seconds) = ("train TF-IDF".to_owned(), self.training(rows));
        vec![WorkPhase { title, tasks: Vec::new(), seconds }]
    }

    fn scoring(&self, documents: usize) -> f64 {
        self.answer * documents as f64
    }
}
