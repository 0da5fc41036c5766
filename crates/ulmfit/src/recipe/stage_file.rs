//! A stage as it is written in a recipe file and in JSON: one flat table for both kinds.
//!
//! The order of the fields is that of the files: run folders are compared by it.

use super::error::RecipeError;
use super::phase::PhaseRecipe;
use super::recompute::Recompute;
use super::rules::{FewDocuments, NoBase, ReadOnce, SelfTraining};
use super::teacher::TeacherRecipe;
use super::training::{BpttKind, Rates, TrainPrecision, TrainingRecipe};
use crate::model::DropoutConfig;
use crate::optim::OptimizerConfig;
use crate::schedule::ScheduleConfig;
use serde::{Deserialize, Serialize};

#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct StageFile {
    #[serde(default)]
    pub(super) epochs: usize,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) max_tokens: Option<usize>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) read_once: Option<ReadOnce>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) min_updates: Option<usize>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) no_base: Option<NoBase>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) few: Option<FewDocuments>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) self_training: Option<SelfTraining>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) from_scratch_below: Option<usize>,
    pub(super) batch_size: usize,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) min_batches: Option<usize>,
    pub(super) bptt: usize,
    #[serde(default)]
    pub(super) bptt_kind: BpttKind,
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub(super) lanes: usize,
    /// 0 means all tokens of a document.
    #[serde(default = "default_max_len")]
    pub(super) max_len: usize,
    pub(super) lr: f64,
    #[serde(default)]
    pub(super) lr_factor: Option<f64>,
    #[serde(default)]
    pub(super) lr_groups: Option<Vec<f64>>,
    pub(super) weight_decay: f64,
    #[serde(default)]
    pub(super) clip: Option<f64>,
    pub(super) ar: f64,
    pub(super) tar: f64,
    pub(super) dropout: DropoutConfig,
    pub(super) drop_mult: f64,
    pub(super) optimizer: OptimizerConfig,
    pub(super) schedule: ScheduleConfig,
    #[serde(default, skip_serializing_if = "TrainPrecision::is_f32")]
    pub(super) precision: TrainPrecision,
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(super) sampled_below: f64,
    #[serde(default = "one")]
    pub(super) accumulate: usize,
    #[serde(default)]
    pub(super) label_smoothing: f64,
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(super) lm_weight: f64,
    #[serde(default, skip_serializing_if = "Recompute::is_auto")]
    pub(super) recompute: Recompute,
    #[serde(default)]
    pub(super) patience: Option<usize>,
    #[serde(default)]
    pub(super) keep_best: bool,
    #[serde(default, skip_serializing_if = "TeacherRecipe::is_default")]
    pub(super) teacher: TeacherRecipe,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) phase: Vec<PhaseRecipe>,
}

/// fastai's: twenty pieces of 72 tokens.
pub(super) const MAX_LEN: usize = 1440;

fn default_max_len() -> usize {
    MAX_LEN
}

/// Skipped when zero, so that run folders written before this field existed still match.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_zero(value: &f64) -> bool {
    *value == 0.0
}

/// Skipped for the same reason.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_one(value: &usize) -> bool {
    *value == 1
}

fn one() -> usize {
    1
}

impl StageFile {
    pub(super) fn training(&self) -> TrainingRecipe {
        TrainingRecipe {
            epochs: self.epochs,
            max_tokens: self.max_tokens,
            min_updates: self.min_updates,
            batch_size: self.batch_size,
            bptt: self.bptt,
            lr: self.lr,
            rates: match (&self.lr_groups, self.lr_factor) {
                (Some(factors), _) => Rates::Groups(factors.clone()),
                (None, Some(factor)) => Rates::Factor(factor),
                (None, None) => Rates::Uniform,
            },
            weight_decay: self.weight_decay,
            clip: self.clip,
            ar: self.ar,
            tar: self.tar,
            dropout: self.dropout,
            drop_mult: self.drop_mult,
            optimizer: self.optimizer,
            schedule: self.schedule.clone(),
            precision: self.precision,
            sampled_below: self.sampled_below,
            accumulate: self.accumulate,
            patience: self.patience,
            keep_best: self.keep_best,
            phases: self.phase.clone(),
        }
    }
}

impl From<TrainingRecipe> for StageFile {
    fn from(recipe: TrainingRecipe) -> Self {
        let (lr_factor, lr_groups) = match recipe.rates {
            Rates::Uniform => (None, None),
            Rates::Factor(factor) => (Some(factor), None),
            Rates::Groups(factors) => (None, Some(factors)),
        };
        Self {
            epochs: recipe.epochs,
            max_tokens: recipe.max_tokens,
            read_once: None,
            min_updates: recipe.min_updates,
            no_base: None,
            few: None,
            self_training: None,
            from_scratch_below: None,
            batch_size: recipe.batch_size,
            min_batches: None,
            bptt: recipe.bptt,
            bptt_kind: BpttKind::Fixed,
            lanes: 1,
            max_len: MAX_LEN,
            lr: recipe.lr,
            lr_factor,
            lr_groups,
            weight_decay: recipe.weight_decay,
            clip: recipe.clip,
            ar: recipe.ar,
            tar: recipe.tar,
            dropout: recipe.dropout,
            drop_mult: recipe.drop_mult,
            optimizer: recipe.optimizer,
            schedule: recipe.schedule,
            precision: recipe.precision,
            sampled_below: recipe.sampled_below,
            accumulate: recipe.accumulate,
            label_smoothing: 0.0,
            lm_weight: 0.0,
            recompute: Recompute::Auto,
            patience: recipe.patience,
            keep_best: recipe.keep_best,
            teacher: TeacherRecipe::default(),
            phase: recipe.phases,
        }
    }
}

/// Refuses a field of the other kind. Its default is accepted: older versions wrote it down.
pub(super) fn refuse(
    fields: &[(&'static str, bool)],
    kind: &'static str,
) -> Result<(), RecipeError> {
    match fields.iter().find(|(_, given)| *given) {
        Some(&(field, _)) => Err(RecipeError::OtherKind { field, kind }),
        None => Ok(()),
    }
}
