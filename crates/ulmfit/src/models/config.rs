//! `config.json` of a model folder: which network, and its sizes.

use crate::model::transformer::{SentenceClassifierConfig, TransformerConfig};
use crate::model::{AwdLstmConfig, ClassifierConfig};
use crate::text::{Direction, TextConfig};
use serde::{Deserialize, Serialize};

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
    /// Strings to ids; none where `tokenizer.json` says all.
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
}

impl NetworkConfig {
    /// What messages call it.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::LanguageModel(_) => "language model",
            Self::Classifier(_) | Self::SentenceClassifier(_) => "classifier",
            Self::SentenceEncoder(_) => "sentence encoder",
        }
    }
}
