//! Hyper-parameters of a classifier on a sentence encoder.

use serde::{Deserialize, Serialize};

/// Hyper-parameters of a classifier on a sentence encoder.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct EncoderRecipe {
    /// Fine-tuning before the head is trained; without it the encoder stays as it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contrastive: Option<ContrastiveRecipe>,
    /// Weight of the examples' losses against the penalty of the head: scikit-learn's `C`. Of
    /// several the one with the least loss in cross-validation is taken.
    pub strengths: Vec<f64>,
    /// Folds of that.
    pub folds: usize,
}

/// How an encoder is fine-tuned on pairs of texts
/// ([`PairTrainee`](crate::train::pairs::PairTrainee)). All layers are trained but the embeddings: few labels
/// show few of the words.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ContrastiveRecipe {
    /// Updates, rounded up to whole passes over the texts.
    pub updates: usize,
    /// Texts of a batch.
    pub batch_size: usize,
    /// Tokens of a text that are read for this, from its beginning; all are read for answers.
    pub max_tokens: usize,
    /// Peak learning rate: it climbs for a tenth of the updates and falls to zero.
    pub lr: f64,
    /// Decay of weights.
    pub weight_decay: f64,
    /// Dropout of the encoder.
    pub dropout: f64,
}

impl EncoderRecipe {
    /// The encoder as it is under a head whose strength is chosen by cross-validation.
    pub fn frozen() -> Self {
        let strengths = vec![0.3, 1.0, 3.0, 10.0, 30.0, 100.0];
        Self { contrastive: None, strengths, folds: 5 }
    }

    /// Fine-tuned on pairs first. What the head learns from has seen its labels then, so that
    /// cross-validation would be optimistic: its strength is scikit-learn's default, as in SetFit.
    pub fn contrastive() -> Self {
        let contrastive = ContrastiveRecipe {
            updates: 60,
            batch_size: 32,
            max_tokens: 126, // with the frame the 128 that `minilm` was trained with
            lr: 1e-4,
            weight_decay: 0.01,
            dropout: 0.1,
        };
        Self { contrastive: Some(contrastive), strengths: vec![1.0], folds: 5 }
    }
}
