//! Hyper-parameters of an encoder that learns from texts without labels.

use super::TrainPrecision;
use super::encoder_plan::{self, WARM_UP};
use crate::model::TrainableGroups;
use crate::train::{Phase, Plan};
use serde::{Deserialize, Serialize};
use ulmfit_ops::Key;

/// Stage 2 on a sentence encoder: contrastive pairs of a text with itself, under two dropout masks
/// ([`DropoutPairTrainee`](crate::train::dropout_pairs::DropoutPairTrainee)). The embeddings are not trained.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct DropoutPairsRecipe {
    /// Number of updates, rounded up to whole passes over the texts; 0 leaves all of it out.
    pub updates: usize,
    /// Texts at most, drawn from all.
    pub texts: usize,
    /// Texts of a batch, each of which is read twice.
    pub batch_size: usize,
    /// Maximum number of tokens of a text in this stage, from its beginning.
    pub max_tokens: usize,
    /// What cosines are divided by.
    pub temperature: f64,
    /// Peak learning rate: it rises during the first tenth of the updates, then falls to zero.
    pub lr: f64,
    /// Weight decay.
    pub weight_decay: f64,
    /// Dropout of the encoder.
    pub dropout: f64,
    /// Precision of matrix products.
    pub precision: TrainPrecision,
}

/// Rate, temperature, dropout and batch size of the paper (appendix A: BERT-base).
impl Default for DropoutPairsRecipe {
    fn default() -> Self {
        Self {
            updates: 60,
            texts: 4_000,
            batch_size: 64,
            max_tokens: 64,
            temperature: 0.05,
            lr: 3e-5,
            weight_decay: 0.0,
            dropout: 0.1,
            precision: TrainPrecision::fastest(),
        }
    }
}

impl DropoutPairsRecipe {
    /// The plan for an encoder with `layers` layers above its embeddings and so many texts.
    pub(crate) fn plan(&self, layers: usize, texts: usize, key: Key) -> Plan {
        let groups = layers + 1;
        let batches = (texts / self.batch_size.max(2)).max(1);
        encoder_plan::plan(
            vec![Phase {
                epochs: self.updates.div_ceil(batches).max(1),
                rates: vec![self.lr; groups],
                trainable: TrainableGroups::top(groups, layers),
                schedule: WARM_UP,
            }],
            self.weight_decay,
            key,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_texts_are_read_more_often() {
        let recipe = DropoutPairsRecipe::default();
        let epochs = |texts| recipe.plan(6, texts, Key::new(1)).phases[0].epochs;
        assert_eq!([epochs(2), epochs(640), epochs(3_840), epochs(10_000)], [60, 6, 1, 1]);
    }
}
