//! Hyper-parameters of a classifier: stage 3.

use super::error::RecipeError;
use super::overrides::Overrides;
use super::recompute::Recompute;
use super::rules::{FewDocuments, SelfTraining};
use super::stage_file::{StageFile, refuse};
use super::training::{BpttKind, TrainingRecipe};
use crate::data::labels::LabelKind;
use serde::{Deserialize, Serialize};

/// Hyper-parameters of a classifier.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "StageFile", into = "StageFile")]
pub struct ClassifierRecipe {
    /// What every training has.
    pub training: TrainingRecipe,
    /// Last tokens of a document that are pooled; `None`: all of them.
    pub max_len: Option<usize>,
    /// `ε` of label smoothing.
    pub label_smoothing: f64,
    /// Weight of a language model's loss on the training documents, learned beside the labels
    /// (multi-task, Rei 2017); 0 for none.
    pub lm_weight: f64,
    /// Smaller batches, of eight examples at least, where an epoch would have fewer than this.
    pub min_batches: Option<usize>,
    /// What else changes with few documents.
    pub few: Option<FewDocuments>,
    /// Pseudo-labels for unlabelled texts.
    pub self_training: Option<SelfTraining>,
    /// Whether activations are computed again instead of being kept; changes no result.
    pub recompute: Recompute,
    /// Everything is trainable from the start, with one low rate, on a language model that has
    /// read fewer tokens than this in all its epochs, and nothing before.
    pub from_scratch_below: Option<usize>,
}

impl ClassifierRecipe {
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
            label_smoothing: by_hand.label_smoothing.unwrap_or(self.label_smoothing),
            self_training: by_hand.self_training.map_or(self.self_training, SelfTraining::of),
            recompute: by_hand.recompute.unwrap_or(self.recompute),
            ..self.clone()
        }
    }

    /// How many unlabelled texts get a pseudo-label, beside this number of labelled documents.
    ///
    /// Zero for several labels and for numbers, whose confidences are not comparable.
    pub fn texts_to_label(&self, by_hand: &Overrides, documents: usize, kind: LabelKind) -> usize {
        let rule = by_hand.self_training.map_or(self.self_training, SelfTraining::of);
        let rule = rule.filter(|_| kind == LabelKind::Single);
        let few = rule.filter(|rule| rule.below.is_none_or(|below| documents < below));
        few.map_or(0, |rule| rule.texts)
    }
}

impl TryFrom<StageFile> for ClassifierRecipe {
    type Error = RecipeError;

    fn try_from(file: StageFile) -> Result<Self, RecipeError> {
        let of_language_models = [
            ("read-once", file.read_once.is_some()),
            ("no-base", file.no_base.is_some()),
            ("bptt-kind", file.bptt_kind != BpttKind::Fixed),
            ("lanes", file.lanes != 1),
        ];
        refuse(&of_language_models, "language models")?;
        Ok(Self {
            training: file.training(),
            max_len: (file.max_len > 0).then_some(file.max_len),
            label_smoothing: file.label_smoothing,
            lm_weight: file.lm_weight,
            min_batches: file.min_batches,
            few: file.few,
            self_training: file.self_training,
            recompute: file.recompute,
            from_scratch_below: file.from_scratch_below,
        })
    }
}

impl From<ClassifierRecipe> for StageFile {
    fn from(recipe: ClassifierRecipe) -> Self {
        Self {
            max_len: recipe.max_len.unwrap_or(0),
            label_smoothing: recipe.label_smoothing,
            lm_weight: recipe.lm_weight,
            min_batches: recipe.min_batches,
            few: recipe.few,
            self_training: recipe.self_training,
            recompute: recipe.recompute,
            from_scratch_below: recipe.from_scratch_below,
            ..recipe.training.into()
        }
    }
}
