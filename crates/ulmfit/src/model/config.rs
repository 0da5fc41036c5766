//! Sizes and dropouts: what a model is, without its weights.

use super::TargetScale;
use crate::data::labels::LabelKind;
use serde::{Deserialize, Serialize};

/// The five dropout probabilities of an AWD-LSTM (Merity, Keskar & Socher 2017).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct DropoutConfig {
    /// Before the decoder, or before the first linear layer of a classifier's head.
    pub output: f64,
    /// Between LSTM layers.
    pub hidden: f64,
    /// On the embedded input.
    pub input: f64,
    /// On whole rows of the vocabulary.
    pub embed: f64,
    /// On the recurrent weights (DropConnect).
    pub weight: f64,
}

impl DropoutConfig {
    /// fastai's (and `imdb_scripts`') values for language models.
    pub const LANGUAGE_MODEL: Self =
        Self { output: 0.1, hidden: 0.15, input: 0.25, embed: 0.02, weight: 0.2 };

    /// The paper's values (section 4.1, "Hyperparameters"), which code uses for classifiers.
    pub const CLASSIFIER: Self =
        Self { output: 0.4, hidden: 0.3, input: 0.4, embed: 0.05, weight: 0.5 };

    /// Nothing is dropped.
    pub const NONE: Self = Self { output: 0.0, hidden: 0.0, input: 0.0, embed: 0.0, weight: 0.0 };

    /// Every probability times `factor`: fastai's `drop_mult`.
    #[must_use]
    pub fn times(self, factor: f64) -> Self {
        Self {
            output: self.output * factor,
            hidden: self.hidden * factor,
            input: self.input * factor,
            embed: self.embed * factor,
            weight: self.weight * factor,
        }
    }

    /// Whether every probability is one that leaves something: in `0..1`.
    pub fn is_valid(&self) -> bool {
        let Self { output, hidden, input, embed, weight } = *self;
        [output, hidden, input, embed, weight].iter().all(|p| (0.0..1.0).contains(p))
    }
}

/// Sizes of the encoder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct AwdLstmConfig {
    /// Rows of the vocabulary, `V`.
    pub vocab: usize,
    /// Embedding size and width of the last layer, `E`.
    pub emb: usize,
    /// Width of the other layers, `H`.
    pub hid: usize,
    /// Number of LSTM layers.
    pub layers: usize,
}

impl AwdLstmConfig {
    /// Inputs and width of a layer.
    pub fn layer(&self, layer: usize) -> (usize, usize) {
        let inputs = if layer == 0 { self.emb } else { self.hid };
        (inputs, if layer + 1 == self.layers { self.emb } else { self.hid })
    }
}

/// Linear layers on top of the pooled encoder.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct HeadConfig {
    /// Widths of the hidden layers; the paper has one of 50.
    pub hidden: Vec<usize>,
    /// Dropout before each hidden layer but the first, which has [`DropoutConfig::output`];
    /// fastai's 0.1.
    pub dropout: f64,
}

impl Default for HeadConfig {
    fn default() -> Self {
        Self { hidden: vec![50], dropout: 0.1 }
    }
}

/// Everything about a classifier but its weights.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ClassifierConfig {
    /// Sizes of the encoder.
    pub encoder: AwdLstmConfig,
    /// Layers above it.
    pub head: HeadConfig,
    /// Number of outputs, `C`.
    pub classes: usize,
    /// What the outputs mean.
    pub task: LabelKind,
    /// Tokens a piece; gradients stay within it. fastai's `seq_len`, the paper's `b`.
    pub seq_len: usize,
    /// Only this many of a document's last tokens are pooled, in whole pieces, and at least the last
    /// piece; earlier ones only warm up the state.
    pub max_len: Option<usize>,
    /// Units of a regression's values; without it, as in folders of earlier versions, the output is
    /// the value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_scale: Option<TargetScale>,
}

impl ClassifierConfig {
    /// fastai's pieces of 72 tokens and window of 1,440.
    pub fn new(encoder: AwdLstmConfig, classes: usize, task: LabelKind) -> Self {
        let head = HeadConfig::default();
        let target_scale = None;
        Self { encoder, head, classes, task, seq_len: 72, max_len: Some(1440), target_scale }
    }
}
