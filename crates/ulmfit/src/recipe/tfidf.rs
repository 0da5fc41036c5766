//! Hyper-parameters of a linear classifier on n-grams.

use crate::data::labels::LabelKind;
use crate::text::ngrams::{NgramConfig, NgramLimits};
use crate::train::ngrams::NgramSettings;
use serde::{Deserialize, Serialize};

/// Hyper-parameters of a linear classifier on n-grams.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct TfIdfRecipe {
    /// Lengths of n-grams.
    pub ngrams: NgramConfig,
    /// Which of them are kept.
    pub limits: NgramLimits,
    /// Cost of an error against the penalty: scikit-learn's `C`, for labels. Of several the
    /// one with the least loss in cross-validation is taken.
    pub strengths: Vec<f64>,
    /// The same for numbers.
    pub value_strengths: Vec<f64>,
    /// Shares of naive Bayes where a text has one label, one of which is taken.
    pub naive_bayes: Vec<f64>,
    /// Folds of that.
    pub folds: usize,
    /// How exactly the optimum is found; LIBLINEAR's own is 0.1.
    pub tolerance: f64,
    /// In a portfolio, where there are texts without labels: a second classifier on n-grams also learns the labels
    /// that the sentence encoder gives to so many of them at most. 0 leaves it out.
    #[serde(default)]
    pub pseudo_labels: usize,
}

/// From this many documents on, one fold of the cross-validation tells enough.
const MANY: usize = 10_000;
/// Most weights of a classifier: n-grams times labels.
const MOST_WEIGHTS: usize = 1 << 25;

impl Default for TfIdfRecipe {
    /// Chosen on training rows of eight data sets (lab book, 2026-11-28).
    fn default() -> Self {
        Self {
            ngrams: NgramConfig::default(),
            limits: NgramLimits { min_documents: 1, max_features: 200_000 },
            strengths: vec![1.0],
            value_strengths: vec![0.1, 0.3, 1.0, 3.0, 10.0],
            naive_bayes: vec![0.0, 0.02, 0.05, 0.1, 0.2, 0.5, 2.0],
            folds: 5,
            tolerance: 0.1,
            pseudo_labels: 4_000,
        }
    }
}

impl TfIdfRecipe {
    /// Which n-grams are kept where there are so many outputs: a model of thousands of labels has
    /// fewer n-grams.
    pub fn limits(&self, outputs: usize) -> NgramLimits {
        let max_features = self.limits.max_features.min(MOST_WEIGHTS / 2 / outputs.max(1)).max(1);
        NgramLimits { max_features, ..self.limits }
    }

    /// How a classifier learns from so many documents.
    pub fn settings(&self, task: LabelKind, documents: usize) -> NgramSettings {
        let many = documents >= MANY;
        let strengths = match task {
            LabelKind::Single | LabelKind::Multi => &self.strengths,
            LabelKind::Regression => &self.value_strengths,
        };
        NgramSettings {
            strengths: strengths.clone(),
            mixes: self.naive_bayes.clone(),
            folds: self.folds,
            rounds: if many { 1 } else { self.folds },
            min_documents: self.limits.min_documents,
            tolerance: self.tolerance,
        }
    }
}
