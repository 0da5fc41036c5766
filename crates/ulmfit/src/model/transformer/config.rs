//! Sizes of a transformer: what it is, apart from its weights.

use crate::data::labels::LabelKind;
use crate::model::TargetScale;
use crate::text::Frame;
use serde::{Deserialize, Serialize};

/// Sizes of an encoder of the BERT family.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct TransformerConfig {
    /// Rows of the vocabulary, `V`.
    pub vocab: usize,
    /// Rows of the table of positions; longer texts are read in pieces.
    pub positions: usize,
    /// Most tokens of a piece, with the two that frame it; at most `positions`.
    pub piece: usize,
    /// Width, `E`.
    pub width: usize,
    /// Number of layers.
    pub layers: usize,
    /// Heads of attention, which share the width out between them.
    pub heads: usize,
    /// Width of the inner layer of each feed-forward network.
    pub inner: usize,
    /// What layer normalisation adds to a variance.
    pub eps: f64,
    /// The tokens around every piece.
    pub frame: Frame,
    /// What becomes of the mean of a text's states.
    pub vectors: VectorScale,
}

/// What becomes of the mean of a text's states.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum VectorScale {
    /// It is the text's vector.
    #[default]
    AsIs,
    /// It is scaled to length one.
    Unit,
}

/// Sizes of a classifier on an encoder: a linear layer on the vector of a text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SentenceClassifierConfig {
    /// The encoder.
    pub encoder: TransformerConfig,
    /// Number of outputs.
    pub classes: usize,
    /// What the outputs mean.
    pub task: LabelKind,
    /// Unit of the numbers that a regression predicts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_scale: Option<TargetScale>,
}
