//! Hyper-parameters of an encoder that learns pseudo-labels.

use serde::{Deserialize, Serialize};

/// Co-training in an ensemble (Blum & Mitchell 1998): a fine-tuned encoder, and n-grams that have learned its
/// pseudo-labels, label texts together. The encoder is then fine-tuned once more, from its base, on the labels and
/// on the texts that both are most confident about.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct CoTrainingRecipe {
    /// Texts to label together, at most.
    pub texts: usize,
    /// Share of them that the encoder learns: of each class the most confident ones.
    pub share: f64,
    /// Updates of the second fine-tuning, rounded up to whole epochs; 0 leaves it out.
    pub updates: usize,
}

impl Default for CoTrainingRecipe {
    /// Chosen on training rows of AG News, R8, MR and TREC-6 with 100 labels: twice as many texts harmed short ones.
    fn default() -> Self {
        Self { texts: 2_000, share: 0.25, updates: 100 }
    }
}

impl CoTrainingRecipe {
    /// How many texts are learned, of so many, at most.
    pub(crate) fn learned(&self, texts: usize) -> usize {
        (self.share * texts.min(self.texts) as f64).round() as usize
    }
}
