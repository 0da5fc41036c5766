//! Scores for any number of labels per row.

use super::confusion::{ClassCounts, macro_f1, micro_f1};
use super::{ClassScores, ratio, wilson};
use serde::Serialize;

/// Scores where a row may have several labels or none.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MultiLabelScores {
    /// Rows.
    pub n: usize,
    /// Share of the rows with exactly the right labels.
    pub subset_accuracy: f64,
    /// Its 95 % interval (Wilson).
    pub subset_accuracy_ci95: [f64; 2],
    /// Share of the single yes-or-no predictions that are correct; fastai's `accuracy_multi`.
    pub label_accuracy: f64,
    /// F1 over all predictions together.
    pub micro_f1: f64,
    /// Mean F1 of the labels that occur.
    pub macro_f1: f64,
    /// One entry per label, in their order.
    pub per_class: Vec<ClassScores>,
}

impl MultiLabelScores {
    /// Compares `targets` with `guesses`, both `[N, C]`, where `labels` names the `C`.
    ///
    /// # Panics
    /// If the lengths differ, or are not a multiple of the number of labels.
    pub fn new(labels: &[String], targets: &[bool], guesses: &[bool]) -> Self {
        let classes = labels.len();
        assert_eq!(targets.len(), guesses.len(), "one guess per target");
        assert_eq!(targets.len() % classes, 0, "targets are not [N, C]");
        let n = targets.len() / classes;
        let rows = targets.chunks(classes).zip(guesses.chunks(classes));
        let whole = rows.filter(|(target, guess)| target == guess).count();
        let single = targets.iter().zip(guesses).filter(|(target, guess)| target == guess).count();
        let counts = |class: usize| {
            let column = |of: &[bool]| (0..n).filter(|row| of[row * classes + class]).count();
            let both =
                |row: &usize| targets[row * classes + class] && guesses[row * classes + class];
            ClassCounts {
                hits: (0..n).filter(both).count() as u64,
                guessed: column(guesses) as u64,
                support: column(targets) as u64,
            }
        };
        Self {
            n,
            subset_accuracy: ratio(whole as u64, n as u64),
            subset_accuracy_ci95: wilson(whole as u64, n as u64),
            label_accuracy: ratio(single as u64, targets.len() as u64),
            micro_f1: micro_f1((0..classes).map(counts)),
            macro_f1: macro_f1((0..classes).map(counts)),
            per_class: labels
                .iter()
                .enumerate()
                .map(|(class, label)| ClassScores::new(label, counts(class)))
                .collect(),
        }
    }
}
