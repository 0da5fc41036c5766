//! Hyper-parameters of an encoder that learns to guess hidden words of texts without labels.

use super::TrainPrecision;
use super::encoder_plan::{self, WARM_UP};
use crate::model::TrainableGroups;
use crate::train::{Phase, Plan};
use serde::{Deserialize, Serialize};
use ulmfit_ops::Key;

/// Stage 2 on a sentence encoder: a masked language model
/// ([`MaskedWordTrainee`](crate::train::masked_words::MaskedWordTrainee)). The embeddings are not trained. The head,
/// which published encoders lack, learns alone first, so that its first guesses do not spoil the encoder; it is
/// dropped afterwards.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct MaskedWordsRecipe {
    /// Number of updates of encoder and head, rounded up to whole passes over the texts; 0 leaves all of it out.
    pub updates: usize,
    /// Number of updates of the head alone before, rounded up in the same way.
    pub head_updates: usize,
    /// Texts at most, drawn from all.
    pub texts: usize,
    /// Texts of a batch.
    pub batch_size: usize,
    /// Maximum number of tokens of a text in this stage, from its beginning.
    pub max_tokens: usize,
    /// Share of the tokens that are to be guessed.
    pub share: f64,
    /// Peak learning rate of the encoder: it rises during the first tenth of the updates, then falls to zero.
    pub lr: f64,
    /// That of the head.
    pub head_lr: f64,
    /// Weight decay.
    pub weight_decay: f64,
    /// Dropout of the encoder.
    pub dropout: f64,
    /// Precision of matrix products.
    pub precision: TrainPrecision,
}

/// Share, dropout and weight decay are BERT's (section 3.1, appendix A.2), and the rate is the largest of its
/// fine-tuning (appendix A.3). The other numbers are ours.
impl Default for MaskedWordsRecipe {
    fn default() -> Self {
        Self {
            updates: 200,
            head_updates: 100,
            texts: 4_000,
            batch_size: 32,
            max_tokens: 64,
            share: 0.15,
            lr: 5e-5,
            head_lr: 1e-3,
            weight_decay: 0.01,
            dropout: 0.1,
            precision: TrainPrecision::fastest(),
        }
    }
}

impl MaskedWordsRecipe {
    /// The plan for an encoder with `layers` layers above its embeddings and so many texts.
    pub(crate) fn plan(&self, layers: usize, texts: usize, key: Key) -> Plan {
        let groups = layers + 2; // embeddings, layers, head
        let batches = texts.div_ceil(self.batch_size.max(1)).max(1);
        let mut rates = vec![self.lr; groups];
        rates[groups - 1] = self.head_lr;
        let phase = |updates: usize, top: usize| Phase {
            epochs: updates.div_ceil(batches),
            rates: rates.clone(),
            trainable: TrainableGroups::top(groups, top),
            schedule: WARM_UP,
        };
        let phases = [phase(self.head_updates, 1), phase(self.updates, layers + 1)];
        encoder_plan::plan(
            phases.into_iter().filter(|phase| phase.epochs > 0).collect(),
            self.weight_decay,
            key,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_head_learns_alone_first_unless_it_has_no_updates() {
        let recipe = MaskedWordsRecipe::default();
        let epochs = |recipe: MaskedWordsRecipe, texts| -> Vec<usize> {
            let plan = recipe.plan(6, texts, Key::new(1));
            plan.phases.iter().map(|phase| phase.epochs).collect()
        };
        assert_eq!(epochs(recipe, 4_000), [1, 2]);
        assert_eq!(epochs(recipe, 10), [100, 200]);
        assert_eq!(epochs(MaskedWordsRecipe { head_updates: 0, ..recipe }, 4_000), [2]);
        let plan = recipe.plan(6, 4_000, Key::new(1));
        assert_eq!(plan.phases[0].trainable, TrainableGroups::top(8, 1));
        assert!(!plan.phases[1].trainable.group(0) && plan.phases[1].trainable.group(1));
        assert_eq!((plan.phases[1].rates[6], plan.phases[1].rates[7]), (5e-5, 1e-3));
    }
}
