//! A stage as it is written in a recipe file and in JSON: one flat table for both kinds.
//!
//! The order of the fields is that of the files: run folders are compared by it.

use super::lm::BpttKind;
use super::phase::PhaseRecipe;
use super::rules::{FewDocuments, NoBase, ReadOnce, SelfTraining};
use super::training::{Rates, TrainPrecision, TrainingRecipe};
use super::{ClassifierRecipe, LmRecipe, RecipeError};
use crate::model::DropoutConfig;
use crate::optim::OptimizerConfig;
use crate::schedule::ScheduleConfig;
use serde::{Deserialize, Serialize};

#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct StageFile {
    #[serde(default)]
    epochs: usize,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    max_tokens: Option<usize>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    read_once: Option<ReadOnce>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    min_updates: Option<usize>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    no_base: Option<NoBase>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    few: Option<FewDocuments>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    self_training: Option<SelfTraining>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    from_scratch_below: Option<usize>,
    batch_size: usize,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    min_batches: Option<usize>,
    bptt: usize,
    #[serde(default)]
    bptt_kind: BpttKind,
    /// 0 stands for all tokens of a document.
    #[serde(default = "default_max_len")]
    max_len: usize,
    lr: f64,
    #[serde(default)]
    lr_factor: Option<f64>,
    #[serde(default)]
    lr_groups: Option<Vec<f64>>,
    weight_decay: f64,
    #[serde(default)]
    clip: Option<f64>,
    ar: f64,
    tar: f64,
    dropout: DropoutConfig,
    drop_mult: f64,
    optimizer: OptimizerConfig,
    schedule: ScheduleConfig,
    #[serde(default, skip_serializing_if = "TrainPrecision::is_f32")]
    precision: TrainPrecision,
    #[serde(default, skip_serializing_if = "is_zero")]
    sampled_below: f64,
    #[serde(default = "one")]
    accumulate: usize,
    #[serde(default)]
    label_smoothing: f64,
    #[serde(default, skip_serializing_if = "is_zero")]
    lm_weight: f64,
    #[serde(default)]
    patience: Option<usize>,
    #[serde(default)]
    keep_best: bool,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    phase: Vec<PhaseRecipe>,
}

/// fastai's: twenty pieces of 72 tokens.
const MAX_LEN: usize = 1440;

fn default_max_len() -> usize {
    MAX_LEN
}

/// Skipped when zero, so that run folders written before this field existed still match.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_zero(value: &f64) -> bool {
    *value == 0.0
}

fn one() -> usize {
    1
}

impl StageFile {
    fn training(&self) -> TrainingRecipe {
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
            patience: recipe.patience,
            keep_best: recipe.keep_best,
            phase: recipe.phases,
        }
    }
}

/// Refuses a field of the other kind. Its default is accepted: older versions wrote it down.
fn refuse(fields: &[(&'static str, bool)], kind: &'static str) -> Result<(), RecipeError> {
    match fields.iter().find(|(_, given)| *given) {
        Some(&(field, _)) => Err(RecipeError::OtherKind { field, kind }),
        None => Ok(()),
    }
}

impl TryFrom<StageFile> for LmRecipe {
    type Error = RecipeError;

    fn try_from(file: StageFile) -> Result<Self, RecipeError> {
        let of_classifiers = [
            ("few", file.few.is_some()),
            ("self-training", file.self_training.is_some()),
            ("from-scratch-below", file.from_scratch_below.is_some()),
            ("min-batches", file.min_batches.is_some()),
            ("max-len", file.max_len != MAX_LEN),
            ("label-smoothing", file.label_smoothing != 0.0),
            ("lm-weight", file.lm_weight != 0.0),
        ];
        refuse(&of_classifiers, "classifiers")?;
        Ok(Self {
            training: file.training(),
            bptt_kind: file.bptt_kind,
            read_once: file.read_once,
            no_base: file.no_base,
        })
    }
}

impl From<LmRecipe> for StageFile {
    fn from(recipe: LmRecipe) -> Self {
        Self {
            bptt_kind: recipe.bptt_kind,
            read_once: recipe.read_once,
            no_base: recipe.no_base,
            ..recipe.training.into()
        }
    }
}

impl TryFrom<StageFile> for ClassifierRecipe {
    type Error = RecipeError;

    fn try_from(file: StageFile) -> Result<Self, RecipeError> {
        let of_language_models = [
            ("read-once", file.read_once.is_some()),
            ("no-base", file.no_base.is_some()),
            ("bptt-kind", file.bptt_kind != BpttKind::Fixed),
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
            from_scratch_below: recipe.from_scratch_below,
            ..recipe.training.into()
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::recipe::Recipe;

    #[test]
    fn a_field_of_the_other_kind_is_refused() {
        let preset = toml::to_string(&Recipe::preset("paper-2018").unwrap()).unwrap();
        let with = |section: &str, line: &str| {
            let header = format!("[{section}]\n");
            let text = preset.replace(&header, &format!("{header}{line}\n"));
            Recipe::parse(&text).map_err(|error| error.to_string())
        };
        for (section, line, wanted) in [
            ("pretrain", "few = { below = 3, lr = 0.1 }", "`few` is for classifiers only"),
            ("finetune", "min-batches = 3", "`min-batches` is for classifiers only"),
            ("train", "read-once = {}", "`read-once` is for language models only"),
        ] {
            let error = with(section, line).unwrap_err();
            assert!(error.contains(wanted), "{error}");
        }
        assert!(with("train", "min-batches = 3").is_ok());
    }

    #[test]
    fn no_limit_of_length_is_zero_in_a_file() {
        let mut recipe = Recipe::preset("default").unwrap();
        recipe.train.max_len = None;
        let text = toml::to_string(&recipe).unwrap();
        assert!(text.contains("max-len = 0"), "{text}");
        assert_eq!(Recipe::parse(&text).unwrap(), recipe);
    }
}
