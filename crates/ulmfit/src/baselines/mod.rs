//! Baselines that a useful classifier must beat: the most frequent label, and TF-IDF with logistic
//! regression.
//!
//! Both are independent of language models and are trained in seconds. They read words through a function,
//! so they do not care where tokens come from.

mod logistic;
mod sparse;
mod tfidf;

pub use tfidf::Words;

use logistic::Logistic;
use std::collections::BTreeMap;
use tfidf::TfIdf;

/// The most frequent target; ties go to the smallest, `None` if there are none.
pub fn majority<T: Ord>(targets: &[T]) -> Option<&T> {
    let mut counts = BTreeMap::<&T, usize>::new();
    for target in targets {
        *counts.entry(target).or_default() += 1;
    }
    let most = counts.values().copied().max()?;
    counts.into_iter().find_map(|(target, count)| (count == most).then_some(target))
}

/// Settings of [`TfIdfClassifier`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TfIdfOptions {
    /// Documents a word or pair of words must occur in.
    pub min_documents: u32,
    /// Words and pairs at most; those in most documents are kept.
    pub max_features: usize,
    /// Weight of the data against the penalty `|w|² / 2`; scikit-learn's `C`.
    pub strength: f64,
    /// Passes over the data at most.
    pub max_iterations: usize,
}

impl Default for TfIdfOptions {
    fn default() -> Self {
        Self { min_documents: 2, max_features: 200_000, strength: 10.0, max_iterations: 200 }
    }
}

/// Words and pairs of neighbours, weighted by TF-IDF, under multinomial logistic regression.
///
/// The same as scikit-learn's `TfidfVectorizer(sublinear_tf=True, min_df=2, ngram_range=(1, 2))`
/// and `LogisticRegression(C=10)` on the same tokens. Deterministic for any number of threads.
#[derive(Clone, Debug)]
pub struct TfIdfClassifier {
    features: TfIdf,
    model: Logistic,
}

impl TfIdfClassifier {
    /// Learns from one document per target; `words(document, emit)` emits a document's words in
    /// order, and is asked twice for each.
    ///
    /// # Panics
    /// If a target is not below `classes`.
    pub fn fit(classes: usize, targets: &[u32], words: &Words<'_>, options: &TfIdfOptions) -> Self {
        let features = TfIdf::fit(targets.len(), words, options);
        let rows = features.transform(targets.len(), words);
        let model = Logistic::fit(&rows, classes, targets, options);
        Self { features, model }
    }

    /// Words and pairs it looks at.
    pub fn features(&self) -> usize {
        self.features.len()
    }

    /// Probabilities of each class, `[N, C]`, for `documents` documents.
    pub fn predict(&self, documents: usize, words: &Words<'_>) -> Vec<f64> {
        self.model.probabilities(&self.features.transform(documents, words))
    }
}

/// The same words under a logistic regression for each label, yes or no: for texts with any number
/// of labels.
#[derive(Clone, Debug)]
pub struct TfIdfTagger {
    features: TfIdf,
    models: Vec<Logistic>,
}

impl TfIdfTagger {
    /// Learns from the labels of each document, `targets[document][label]`; `words` is that of
    /// [`TfIdfClassifier::fit`].
    pub fn fit(
        labels: usize,
        targets: &[Vec<bool>],
        words: &Words<'_>,
        options: &TfIdfOptions,
    ) -> Self {
        let features = TfIdf::fit(targets.len(), words, options);
        let rows = features.transform(targets.len(), words);
        let models = (0..labels).map(|label| {
            let has: Vec<u32> =
                targets.iter().map(|row| u32::from(row.get(label) == Some(&true))).collect();
            Logistic::fit(&rows, 2, &has, options)
        });
        Self { models: models.collect(), features }
    }

    /// Which labels each of `documents` documents gets: those more probable than not.
    pub fn predict(&self, documents: usize, words: &Words<'_>) -> Vec<Vec<bool>> {
        let rows = self.features.transform(documents, words);
        let columns: Vec<Vec<f64>> = self.models.iter().map(|m| m.probabilities(&rows)).collect();
        let row = |n: usize| columns.iter().map(|column| column[2 * n + 1] >= 0.5).collect();
        (0..documents).map(row).collect()
    }
}

#[cfg(test)]
mod tests;
