//! Explicit hyper-parameters, beside a recipe.

use super::TrainPrecision;
use super::recompute::Recompute;
use super::training::{Rates, TrainingRecipe};
use super::unfreezing::Unfreezing;
use serde::Serialize;

/// Explicit hyper-parameters: each replaces the recipe's, and no rule of the recipe for little or much
/// data changes it. `None` keeps the recipe's.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Overrides {
    /// Unfreezing schedule; classifiers only.
    pub unfreezing: Option<Unfreezing>,
    /// Epochs of the last phase.
    pub epochs: Option<usize>,
    /// Peak learning rate of the highest group.
    pub lr: Option<f64>,
    /// Factor by which each lower group learns more slowly.
    pub lr_factor: Option<f64>,
    /// Examples per batch.
    pub batch_size: Option<usize>,
    /// Tokens of a BPTT window.
    pub bptt: Option<usize>,
    /// Factor of all dropout probabilities.
    pub drop_mult: Option<f64>,
    /// Weight decay.
    pub weight_decay: Option<f64>,
    /// Largest global norm of the gradients.
    pub clip: Option<f64>,
    /// Batches averaged into one update.
    pub accumulate: Option<usize>,
    /// Epochs without improvement after which a phase ends.
    pub patience: Option<usize>,
    /// Whether the best epoch is kept.
    pub keep_best: Option<bool>,
    /// Precision of matrix products.
    pub precision: Option<TrainPrecision>,
    /// Sampled softmax gradient below this probability.
    pub sampled_below: Option<f64>,
    /// Parts of each batch that are computed side by side; language models only.
    pub lanes: Option<usize>,
    /// Label smoothing; classifiers only.
    pub label_smoothing: Option<f64>,
    /// Most unlabelled texts that get a pseudo-label, 0 for none; classifiers only.
    pub self_training: Option<usize>,
    /// Whether activations are computed again instead of being kept; classifiers only.
    pub recompute: Option<Recompute>,
}

impl Overrides {
    /// A recipe with these, for a network of `groups` groups.
    pub(super) fn apply(&self, recipe: &TrainingRecipe, groups: usize) -> TrainingRecipe {
        let mut recipe = recipe.clone();
        if let Some(how) = self.unfreezing {
            recipe.unfreeze(how, groups); // keeps the sum of epochs, so before these are set
        }
        if let Some(lr) = self.lr {
            recipe.set_lr(lr);
        }
        if let Some(epochs) = self.epochs {
            recipe.set_last_epochs(epochs);
        }
        if let Some(factor) = self.lr_factor {
            recipe.rates = Rates::Factor(factor);
        }
        recipe.batch_size = self.batch_size.unwrap_or(recipe.batch_size);
        recipe.bptt = self.bptt.unwrap_or(recipe.bptt);
        recipe.drop_mult = self.drop_mult.unwrap_or(recipe.drop_mult);
        recipe.weight_decay = self.weight_decay.unwrap_or(recipe.weight_decay);
        recipe.clip = self.clip.or(recipe.clip);
        recipe.accumulate = self.accumulate.unwrap_or(recipe.accumulate);
        recipe.patience = self.patience.or(recipe.patience);
        recipe.keep_best = self.keep_best.unwrap_or(recipe.keep_best);
        recipe.precision = self.precision.unwrap_or(recipe.precision);
        recipe.sampled_below = self.sampled_below.unwrap_or(recipe.sampled_below);
        recipe
    }

    /// Only what decides how a training is computed, not what it learns.
    #[must_use]
    pub fn arithmetic(&self) -> Self {
        let Self { precision, sampled_below, .. } = *self;
        Self { precision, sampled_below, ..Self::default() }
    }
}
