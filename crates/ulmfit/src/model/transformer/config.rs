//! Configuration of a transformer: everything except the weights.

use crate::data::labels::LabelKind;
use crate::model::TargetScale;
use crate::text::Frame;
use serde::{Deserialize, Serialize};

/// Sizes of an encoder of the BERT family.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct TransformerConfig {
    /// Size of the vocabulary, `V`.
    pub vocab: usize,
    /// Number of position embeddings.
    pub positions: usize,
    /// Maximum number of tokens in a piece, with the two special tokens around it; at most `positions`.
    /// Longer texts are cut into pieces.
    pub piece: usize,
    /// Width, `E`.
    pub width: usize,
    /// Number of layers.
    pub layers: usize,
    /// Attention heads, each of width `E / heads`.
    pub heads: usize,
    /// Width of the hidden layer of each feed-forward network.
    pub inner: usize,
    /// Epsilon of layer normalisation.
    pub eps: f64,
    /// The special tokens around every piece.
    pub frame: Frame,
    /// How the mean of a text's states becomes its vector.
    pub vectors: VectorScale,
}

/// How the mean of a text's states becomes its vector.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum VectorScale {
    /// The mean is the vector.
    #[default]
    AsIs,
    /// The mean is scaled to length one.
    Unit,
}

/// Configuration of a classifier: a linear layer on the vector of a text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SentenceClassifierConfig {
    /// The encoder.
    pub encoder: TransformerConfig,
    /// Number of outputs.
    pub classes: usize,
    /// Meaning of the outputs.
    pub task: LabelKind,
    /// Unit of the numbers that a regression predicts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_scale: Option<TargetScale>,
}
