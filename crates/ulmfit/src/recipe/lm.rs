//! Hyper-parameters of a language model: stages 1 and 2.

use super::error::RecipeError;
use super::overrides::Overrides;
use super::recompute::Recompute;
use super::rules::{NoBase, ReadOnce};
use super::stage_file::{MAX_LEN, StageFile, refuse};
use super::teacher::TeacherRecipe;
use super::training::{BpttKind, TrainingRecipe};
use serde::{Deserialize, Serialize};

/// Hyper-parameters of a language model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "StageFile", into = "StageFile")]
pub struct LmRecipe {
    /// What every training has.
    pub training: TrainingRecipe,
    /// Fixed or variable windows.
    pub bptt_kind: BpttKind,
    /// Parts of each batch that are computed side by side ([`LmTrainee::with_lanes`]); 1: the whole.
    ///
    /// [`LmTrainee::with_lanes`]: crate::train::LmTrainee::with_lanes
    pub lanes: usize,
    /// What else changes where `max-tokens` leaves a single epoch.
    pub read_once: Option<ReadOnce>,
    /// What else holds where there is no base; `fit` only.
    pub no_base: Option<NoBase>,
    /// How sentence vectors are learned, where there is a teacher.
    pub teacher: TeacherRecipe,
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
        Self {
            training: by_hand.apply(&self.training, groups),
            lanes: by_hand.lanes.unwrap_or(self.lanes),
            ..self.clone()
        }
    }
}

impl TryFrom<StageFile> for LmRecipe {
    type Error = RecipeError;

    fn try_from(file: StageFile) -> Result<Self, RecipeError> {
        let of_classifiers = [
            ("few", file.few.is_some()),
            ("self-training", file.self_training.is_some()),
            ("from-scratch-below", file.from_scratch_below.is_some()),
            ("recompute", file.recompute != Recompute::Auto),
            ("min-batches", file.min_batches.is_some()),
            ("max-len", file.max_len != MAX_LEN),
            ("label-smoothing", file.label_smoothing != 0.0),
            ("lm-weight", file.lm_weight != 0.0),
        ];
        refuse(&of_classifiers, "classifiers")?;
        Ok(Self {
            training: file.training(),
            bptt_kind: file.bptt_kind,
            lanes: file.lanes,
            read_once: file.read_once,
            no_base: file.no_base,
            teacher: file.teacher,
        })
    }
}

impl From<LmRecipe> for StageFile {
    fn from(recipe: LmRecipe) -> Self {
        Self {
            bptt_kind: recipe.bptt_kind,
            lanes: recipe.lanes,
            read_once: recipe.read_once,
            no_base: recipe.no_base,
            teacher: recipe.teacher,
            ..recipe.training.into()
        }
    }
}
