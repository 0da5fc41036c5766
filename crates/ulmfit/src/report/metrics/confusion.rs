//! Confusion matrix of one class per row.

use super::ratio;

/// How often each class was predicted as each, `[C, C]`: rows are targets, columns predictions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Confusion {
    classes: usize,
    counts: Vec<u64>,
}

/// Hits, predictions and rows of one class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClassCounts {
    /// Rows of this class that were predicted as such.
    pub hits: u64,
    /// Rows that were predicted to be of this class.
    pub guessed: u64,
    /// Rows of this class.
    pub support: u64,
}

impl ClassCounts {
    /// Share of the predictions that are correct; 0 where there is none.
    pub fn precision(&self) -> f64 {
        ratio(self.hits, self.guessed)
    }

    /// Share of the rows that are found; 0 where there is none.
    pub fn recall(&self) -> f64 {
        ratio(self.hits, self.support)
    }

    /// Harmonic mean of precision and recall; 0 where the class does not occur.
    pub fn f1(&self) -> f64 {
        ratio(2 * self.hits, self.guessed + self.support)
    }

    /// Whether any row has the class or was predicted as it.
    pub fn occurs(&self) -> bool {
        self.guessed + self.support > 0
    }
}

/// Mean F1 of the classes that occur, as scikit-learn's `f1_score(average="macro")`.
pub(super) fn macro_f1(classes: impl Iterator<Item = ClassCounts>) -> f64 {
    let scores: Vec<f64> = classes.filter(ClassCounts::occurs).map(|class| class.f1()).collect();
    if scores.is_empty() { 0.0 } else { scores.iter().sum::<f64>() / scores.len() as f64 }
}

/// F1 of all hits, predictions and rows together.
pub(super) fn micro_f1(classes: impl Iterator<Item = ClassCounts>) -> f64 {
    let (hits, rest) = classes.fold((0, 0), |(hits, rest), class| {
        (hits + class.hits, rest + class.guessed + class.support)
    });
    ratio(2 * hits, rest)
}

impl Confusion {
    /// Counts pairs of target and prediction.
    ///
    /// # Panics
    /// If the lengths differ or a class is not below `classes`.
    pub fn new(classes: usize, targets: &[u32], guesses: &[u32]) -> Self {
        assert_eq!(targets.len(), guesses.len(), "one guess per target");
        let mut counts = vec![0; classes * classes];
        for (&target, &guess) in targets.iter().zip(guesses) {
            assert!((guess as usize) < classes, "guess {guess} of {classes} classes");
            counts[target as usize * classes + guess as usize] += 1;
        }
        Self { classes, counts }
    }

    /// Number of classes.
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// Rows of class `target` predicted to be `guess`.
    pub fn count(&self, target: usize, guess: usize) -> u64 {
        self.counts[target * self.classes + guess]
    }

    /// The counts, one list per target.
    pub fn rows(&self) -> Vec<Vec<u64>> {
        self.counts.chunks(self.classes).map(<[u64]>::to_vec).collect()
    }

    /// Rows counted.
    pub fn n(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Rows predicted correctly.
    pub fn hits(&self) -> u64 {
        (0..self.classes).map(|class| self.count(class, class)).sum()
    }

    /// Share of the rows predicted correctly; 0 without rows.
    pub fn accuracy(&self) -> f64 {
        ratio(self.hits(), self.n())
    }

    /// What precision, recall and F1 of a class are made of.
    pub fn class(&self, class: usize) -> ClassCounts {
        ClassCounts {
            hits: self.count(class, class),
            guessed: (0..self.classes).map(|target| self.count(target, class)).sum(),
            support: (0..self.classes).map(|guess| self.count(class, guess)).sum(),
        }
    }

    /// Mean F1 of the classes that occur among targets or predictions (scikit-learn's `macro`).
    pub fn macro_f1(&self) -> f64 {
        macro_f1((0..self.classes).map(|class| self.class(class)))
    }

    /// F1 over all rows together; with one class per row that is the accuracy.
    pub fn micro_f1(&self) -> f64 {
        micro_f1((0..self.classes).map(|class| self.class(class)))
    }
}
