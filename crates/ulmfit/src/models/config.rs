//! `config.json` of a model folder: which network, and its sizes.

use crate::data::labels::LabelKind;
use crate::model::linear::LinearConfig;
use crate::model::transformer::{SentenceClassifierConfig, TransformerConfig};
use crate::model::{AwdLstmConfig, ClassifierConfig};
use crate::text::{Direction, TextConfig};
use serde::{Deserialize, Serialize};

pub use super::config_fault::ConfigFault;

/// Version of the folder's format.
pub(crate) const SCHEMA: u32 = 1;

/// `config.json` of a model folder.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ModelConfig {
    /// Version of the format.
    pub schema: u32,
    /// Reading directions, one network each; none of a sentence encoder.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub directions: Vec<Direction>,
    /// Strings to ids; none where `tokenizer.json` or `ngrams.json` says all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<TextConfig>,
    /// Which network, and its sizes.
    pub network: NetworkConfig,
    /// Names of the columns that a classifier learned from, where they had names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub text_columns: Vec<String>,
    /// Name of the column that its labels came from, if it had one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label_column: Option<String>,
}

/// Which network, and its sizes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum NetworkConfig {
    /// Predicts the next token.
    LanguageModel(AwdLstmConfig),
    /// Predicts labels.
    Classifier(ClassifierConfig),
    /// Gives each text a vector.
    SentenceEncoder(TransformerConfig),
    /// Predicts labels from the vectors of texts.
    SentenceClassifier(SentenceClassifierConfig),
    /// Predicts labels from n-grams.
    LinearClassifier(LinearConfig),
    /// Predicts labels from the weighted answers of several classifiers.
    Portfolio(PortfolioConfig),
}

/// The parts of a classifier. The files of each begin with its name and a dot.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct PortfolioConfig {
    /// What the outputs mean.
    pub task: LabelKind,
    /// Number of outputs.
    pub classes: usize,
    /// At least one.
    pub parts: Vec<PartConfig>,
}

/// A part of a classifier.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct PartConfig {
    /// Lower-case letters, digits and hyphens.
    pub name: String,
    /// Its [weight](super::Stack), 0 or more.
    pub weight: f64,
}

impl NetworkConfig {
    /// What messages call it.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::LanguageModel(_) => "language model",
            Self::Classifier(_)
            | Self::SentenceClassifier(_)
            | Self::LinearClassifier(_)
            | Self::Portfolio(_) => "classifier",
            Self::SentenceEncoder(_) => "sentence encoder",
        }
    }

    /// What the outputs of a classifier mean, and how many there are; none of other networks.
    pub fn outputs(&self) -> Option<(LabelKind, usize)> {
        match self {
            Self::LanguageModel(_) | Self::SentenceEncoder(_) => None,
            Self::Classifier(config) => Some((config.task, config.classes)),
            Self::SentenceClassifier(config) => Some((config.task, config.classes)),
            Self::LinearClassifier(config) => Some((config.task, config.classes)),
            Self::Portfolio(config) => Some((config.task, config.classes)),
        }
    }

    /// The method that trains it, as `fit` calls it.
    pub fn method(&self) -> &'static str {
        match self {
            Self::LanguageModel(_) | Self::Classifier(_) => "ulmfit",
            Self::SentenceEncoder(_) | Self::SentenceClassifier(_) => "encoder",
            Self::LinearClassifier(_) => "tfidf",
            Self::Portfolio(_) => "auto",
        }
    }
}
