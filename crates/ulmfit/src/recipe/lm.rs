//! Hyper-parameters of a language model: stages 1 and 2.

use super::error::RecipeError;
use super::overrides::Overrides;
use super::rules::{NoBase, ReadOnce};
use super::stage_file::StageFile;
use super::training::TrainingRecipe;
use serde::{Deserialize, Serialize};

/// How a stream is cut into windows of back-propagation through time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BpttKind {
    /// All windows have the same length.
    #[default]
    Fixed,
    /// Lengths vary from batch to batch (Merity, Keskar & Socher 2017, section 4.1).
    Variable,
}

/// Hyper-parameters of a language model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "StageFile", into = "StageFile")]
pub struct LmRecipe {
    /// What every training has.
    pub training: TrainingRecipe,
    /// Fixed or variable windows.
    pub bptt_kind: BpttKind,
    /// What else changes where `max-tokens` leaves a single epoch.
    pub read_once: Option<ReadOnce>,
    /// What else holds where there is no base; `fit` only.
    pub no_base: Option<NoBase>,
}

impl LmRecipe {
    /// The recipe with what was set by hand, for a network of `groups` groups.
    ///
    /// # Errors
    /// [`RecipeError`] names the first number that cannot be used.
    pub fn checked(&self, by_hand: &Overrides, groups: usize) -> Result<Self, RecipeError> {
        let recipe = self.overridden(by_hand, groups);
        recipe.check()?;
        recipe.training.group_rates(recipe.training.lr, groups)?;
        Ok(recipe)
    }

    pub(super) fn overridden(&self, by_hand: &Overrides, groups: usize) -> Self {
        Self { training: by_hand.apply(&self.training, groups), ..self.clone() }
    }
}
