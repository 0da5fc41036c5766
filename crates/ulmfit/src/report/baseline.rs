//! Scores of simple baselines, and which of them a classifier is compared with.

use serde::Serialize;

/// Scores of simple baselines.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum BaselineScores {
    /// For labels; with several labels per text, all of them must be correct.
    Labels {
        /// Accuracy of always predicting the most frequent label of the training set.
        majority_accuracy: f64,
        /// Its 95 % interval (Wilson).
        majority_ci95: [f64; 2],
        /// A linear classifier on n-grams; none where that is what is scored.
        #[serde(flatten)]
        tfidf: Option<TfIdfScore>,
    },
    /// For numbers: always predicting the mean of the training set.
    Numbers {
        /// Root mean squared error.
        mean_rmse: f64,
        /// Mean absolute error.
        mean_mae: f64,
        /// Its 95 % interval (Student's t); infinite for one row.
        mean_mae_ci95: [f64; 2],
        /// That error minus the classifier's, on the same rows.
        mae_gain: f64,
        /// Its 95 % interval (Student's t); infinite for one row.
        mae_gain_ci95: [f64; 2],
    },
}

/// Score of a linear classifier on n-grams of words and characters, weighted by TF-IDF.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct TfIdfScore {
    /// Its accuracy.
    pub tfidf_accuracy: f64,
    /// Its 95 % interval (Wilson).
    pub tfidf_ci95: [f64; 2],
}

/// The baseline that a classifier of labels is compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rival {
    /// A linear classifier on n-grams.
    TfIdf,
    /// The most frequent label, where n-grams are what is scored.
    Majority,
}

impl Rival {
    /// What reports call it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::TfIdf => "TF-IDF with a linear classifier",
            Self::Majority => "always predicting the most frequent label",
        }
    }

    /// The same where room is short.
    pub(crate) fn short_name(self) -> &'static str {
        match self {
            Self::TfIdf => "TF-IDF",
            Self::Majority => "the most frequent label",
        }
    }
}

impl BaselineScores {
    /// The baseline that a classifier of labels is compared with; none for numbers.
    pub(crate) fn rival(&self) -> Option<Rival> {
        match self {
            Self::Labels { tfidf: Some(_), .. } => Some(Rival::TfIdf),
            Self::Labels { tfidf: None, .. } => Some(Rival::Majority),
            Self::Numbers { .. } => None,
        }
    }
}
