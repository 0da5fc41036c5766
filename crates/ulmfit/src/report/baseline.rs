//! Scores of simple baselines, and which of them a model is compared with.

use super::statistics::MeanGain;
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
    /// For numbers.
    Numbers {
        /// Root mean squared error of always predicting the mean of the training set.
        mean_rmse: f64,
        /// Its mean absolute error.
        mean_mae: f64,
        /// The 95 % interval of that (Student's t); infinite for one row.
        mean_mae_ci95: [f64; 2],
        /// That error minus the model's, on the same rows.
        mae_gain: f64,
        /// Its 95 % interval (Student's t); infinite for one row.
        mae_gain_ci95: [f64; 2],
        /// A linear regression on n-grams; none where that is what is scored.
        #[serde(flatten)]
        tfidf: Option<TfIdfErrors>,
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

/// Errors of a linear regression on n-grams of words and characters, weighted by TF-IDF.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct TfIdfErrors {
    /// Root mean squared error.
    pub tfidf_rmse: f64,
    /// Mean absolute error.
    pub tfidf_mae: f64,
    /// Its 95 % interval (Student's t); infinite for one row.
    pub tfidf_mae_ci95: [f64; 2],
    /// That error minus the model's, on the same rows.
    pub tfidf_mae_gain: f64,
    /// Its 95 % interval (Student's t); infinite for one row.
    pub tfidf_mae_gain_ci95: [f64; 2],
}

/// The baseline that a model is compared with: n-grams, or what needs no text where these are what is scored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rival {
    /// A linear classifier on n-grams.
    TfIdf,
    /// The most frequent label.
    Majority,
    /// A linear regression on n-grams.
    TfIdfOfNumbers,
    /// The mean of the training set.
    Mean,
}

impl Rival {
    /// What reports call it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::TfIdf => "TF-IDF with a linear classifier",
            Self::Majority => "always predicting the most frequent label",
            Self::TfIdfOfNumbers => "TF-IDF with linear regression",
            Self::Mean => "always predicting the mean",
        }
    }

    /// The same where room is short.
    pub(crate) fn short_name(self) -> &'static str {
        match self {
            Self::TfIdf | Self::TfIdfOfNumbers => "TF-IDF",
            Self::Majority => "the most frequent label",
            Self::Mean => "the mean",
        }
    }
}

impl BaselineScores {
    /// The baseline that the model is compared with.
    pub(crate) fn rival(&self) -> Rival {
        match self {
            Self::Labels { tfidf: Some(_), .. } => Rival::TfIdf,
            Self::Labels { tfidf: None, .. } => Rival::Majority,
            Self::Numbers { tfidf: Some(_), .. } => Rival::TfIdfOfNumbers,
            Self::Numbers { tfidf: None, .. } => Rival::Mean,
        }
    }

    /// What a model of numbers gains over that baseline on `n` rows; `None` for labels.
    pub(crate) fn mean_gain(&self, n: u64) -> Option<MeanGain> {
        match *self {
            Self::Labels { .. } => None,
            Self::Numbers { tfidf: Some(found), .. } => {
                Some(MeanGain { gain: found.tfidf_mae_gain, ci95: found.tfidf_mae_gain_ci95, n })
            }
            Self::Numbers { mae_gain, mae_gain_ci95, .. } => {
                Some(MeanGain { gain: mae_gain, ci95: mae_gain_ci95, n })
            }
        }
    }
}
