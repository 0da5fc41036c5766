//! Hyper-parameters of the three stages, as a TOML file.

use super::fit_to_data::{FewDocuments, NoBase, ReadOnce};
use crate::Error;
use crate::checkpoint::CheckpointError;
use crate::model::{DropoutConfig, Learn, Regularisation};
use crate::optim::OptimizerConfig;
use crate::schedule::{ScheduleConfig, ScheduleError};
use crate::stages::SelfTraining;
use crate::train::{Phase, Plan};
use serde::{Deserialize, Serialize};
use std::path::Path;
use ulmfit_ops::{Cpu, Key, Precision};

/// A named set of hyper-parameters.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Recipe {
    /// Short name.
    pub name: String,
    /// One sentence.
    pub description: String,
    /// Where the numbers are from.
    pub source: String,
    /// Stage 1: a language model on general text.
    pub pretrain: StageRecipe,
    /// Stage 2: the same on the user's texts.
    pub finetune: StageRecipe,
    /// Stage 3: the classifier.
    pub train: StageRecipe,
}

/// Cutting a stream into windows of back-propagation through time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BpttKind {
    /// All windows have the same length.
    #[default]
    Fixed,
    /// Lengths vary from batch to batch (Merity, Keskar & Socher 2017, section 4.1).
    Variable,
}

/// In which numbers the products of a training are computed; all else is `f32` in any case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TrainPrecision {
    /// Single precision.
    #[default]
    F32,
    /// 16 bits: twice as fast where the processor has instructions for it (AVX-512 BF16).
    Bf16,
}

impl TrainPrecision {
    /// The one of this machine that makes equal errors in less time.
    pub fn fastest() -> Self {
        if Precision::for_training() == Precision::Bf16 { Self::Bf16 } else { Self::F32 }
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
    fn is_f32(&self) -> bool {
        *self == Self::F32
    }
}

/// Hyper-parameters of one stage.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct StageRecipe {
    /// Passes over the data, unless there are phases.
    #[serde(default)]
    pub epochs: usize,
    /// Fewer passes, at least one, where these would see more tokens than this; of phases only
    /// the last has fewer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_tokens: Option<usize>,
    /// What else changes where that leaves a single pass; language models only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_once: Option<ReadOnce>,
    /// More passes where the data is so little that there would be fewer updates than this; of
    /// phases only the last has more, and a classifier's at most twice as many.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_updates: Option<usize>,
    /// What else holds where there is no base; language models of `fit` only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub no_base: Option<NoBase>,
    /// What else changes with few documents; classifiers only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub few: Option<FewDocuments>,
    /// A first classifier labels texts for a second one; classifiers only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub self_training: Option<SelfTraining>,
    /// Everything learns from the start, with one low rate, on a language model that has read fewer
    /// tokens than this, one pass or several, and nothing before ([`Self::from_scratch`]); classifiers only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from_scratch_below: Option<usize>,
    /// Rows of a batch.
    pub batch_size: usize,
    /// Smaller batches, of eight rows at least, where an epoch would have fewer than this;
    /// classifiers only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_batches: Option<usize>,
    /// Tokens of a window, or of a classifier's piece.
    pub bptt: usize,
    /// Fixed or variable windows; language models only.
    #[serde(default)]
    pub bptt_kind: BpttKind,
    /// Last tokens of a document that are pooled; classifiers only, 0 for all of them.
    #[serde(default = "default_max_len")]
    pub max_len: usize,
    /// Peak learning rate of the highest group.
    pub lr: f64,
    /// Each lower group learns this much slower.
    #[serde(default)]
    pub lr_factor: Option<f64>,
    /// Or: factor of each group, lowest first.
    #[serde(default)]
    pub lr_groups: Option<Vec<f64>>,
    /// Decay of weights.
    pub weight_decay: f64,
    /// Largest global norm of gradients.
    #[serde(default)]
    pub clip: Option<f64>,
    /// `α` of activation regularisation.
    pub ar: f64,
    /// `β` of its temporal kind.
    pub tar: f64,
    /// The five probabilities.
    pub dropout: DropoutConfig,
    /// Factor of all five.
    pub drop_mult: f64,
    /// Update rule.
    pub optimizer: OptimizerConfig,
    /// Course of the learning rate.
    pub schedule: ScheduleConfig,
    /// Numbers of the products.
    #[serde(default, skip_serializing_if = "TrainPrecision::is_f32")]
    pub precision: TrainPrecision,
    /// Softmax probabilities below this are sampled in the gradient
    /// ([`Cpu::sampled_below`]); 0: it is exact; language models only.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub sampled_below: f64,
    /// Batches averaged into one update.
    #[serde(default = "one")]
    pub accumulate: usize,
    /// `ε` of label smoothing; classifiers only.
    #[serde(default)]
    pub label_smoothing: f64,
    /// Weight of a language model's loss on the training documents, learned beside the labels
    /// (multi-task, Rei 2017); 0 for none; classifiers only.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub lm_weight: f64,
    /// Epochs without improvement after which a phase ends.
    #[serde(default)]
    pub patience: Option<usize>,
    /// Whether the best epoch's weights are kept rather than the last one's.
    #[serde(default)]
    pub keep_best: bool,
    /// Unfreezing, phase by phase; none: everything learns for `epochs`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub phase: Vec<PhaseRecipe>,
}

/// fastai's: twenty pieces.
fn default_max_len() -> usize {
    1440
}

/// Left out where it is nothing, so that runs begun before there was such a knob go on.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_zero(value: &f64) -> bool {
    *value == 0.0
}

fn one() -> usize {
    1
}

/// Which groups learn in a phase.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Unfreeze {
    /// So many of the highest groups.
    Top(usize),
    /// A word: `"all"`.
    Word(All),
}

/// The word `"all"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum All {
    /// Every group.
    All,
}

/// One phase of a stage.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct PhaseRecipe {
    /// The groups that learn, counted from the top.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unfreeze: Option<Unfreeze>,
    /// Or a single group, counted from the top: chain-thaw (Felbo et al. 2017).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub only: Option<usize>,
    /// Passes over the data.
    pub epochs: usize,
    /// Another peak than the stage's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lr: Option<f64>,
    /// Another course than the stage's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schedule: Option<ScheduleConfig>,
}

/// Why a recipe cannot be used.
#[derive(Debug, thiserror::Error, PartialEq)]
#[non_exhaustive]
pub enum RecipeError {
    /// The file is not what it should be.
    #[error("recipe: {message}")]
    Syntax {
        /// What the TOML reader says, with line and column.
        message: String,
    },
    /// A preset of this name does not exist.
    #[error("there is no recipe `{name}`")]
    Unknown {
        /// The name.
        name: String,
    },
    /// A number is out of its range.
    #[error("`{field}` of the recipe is {value}, which is not {wanted}")]
    Range {
        /// Field of the recipe.
        field: &'static str,
        /// Its value.
        value: String,
        /// What it should be.
        wanted: &'static str,
    },
    /// A constant of a schedule is out of its range.
    #[error("schedule of the recipe: {0}")]
    Schedule(#[from] ScheduleError),
    /// A list of factors that is not one for each group of layers.
    #[error("`lr-groups` of the recipe has {found} factors, the network has {groups} groups")]
    Groups {
        /// Factors given.
        found: usize,
        /// Groups of the network.
        groups: usize,
    },
}

impl RecipeError {
    /// What to try next.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Syntax { .. } | Self::Range { .. } | Self::Schedule(_) => None,
            Self::Unknown { .. } => Some(known()),
            Self::Groups { .. } => Some(
                "give a factor for each, the lowest layers first, or `lr-factor`, which fits any \
                 number"
                    .into(),
            ),
        }
    }
}

/// What recipes there are.
fn known() -> String {
    let names = PRESETS.map(|(name, _)| name).join(", ");
    format!("known recipes: {names}; or give a .toml file")
}

/// The recipes in the box, by name.
pub const PRESETS: [(&str, &str); 4] = [
    ("default", include_str!("../../../../recipes/default.toml")),
    ("paper-2018", include_str!("../../../../recipes/paper-2018.toml")),
    ("imdb-scripts-2018", include_str!("../../../../recipes/imdb-scripts-2018.toml")),
    ("fastai-2", include_str!("../../../../recipes/fastai-2.toml")),
];

impl Recipe {
    /// A recipe of [`PRESETS`].
    ///
    /// # Errors
    /// [`RecipeError::Unknown`] when there is none of this name.
    pub fn preset(name: &str) -> Result<Self, RecipeError> {
        match PRESETS.iter().find(|(known, _)| *known == name) {
            Some((_, text)) => Self::parse(text),
            None => Err(RecipeError::Unknown { name: name.to_owned() }),
        }
    }

    /// A recipe from a file.
    ///
    /// # Errors
    /// [`Error::Missing`] or [`Error::Checkpoint`] when it cannot be read, [`Error::Recipe`] when
    /// it cannot be used.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let text = std::fs::read_to_string(path).map_err(|source| match source.kind() {
            std::io::ErrorKind::NotFound => Error::Missing {
                message: format!("{} does not exist", path.display()),
                hint: Some(known()),
            },
            _ => CheckpointError::Io { action: "read", path: path.to_owned(), source }.into(),
        })?;
        Ok(Self::parse(&text)?)
    }

    /// A recipe from TOML.
    ///
    /// # Errors
    /// [`RecipeError`] when it is not well-formed or a number is out of range.
    pub fn parse(text: &str) -> Result<Self, RecipeError> {
        let recipe: Self = toml::from_str(text).map_err(|error| RecipeError::Syntax {
            message: error.to_string().trim().to_owned(),
        })?;
        [&recipe.pretrain, &recipe.finetune, &recipe.train]
            .into_iter()
            .try_for_each(StageRecipe::check)?;
        Ok(recipe)
    }

    /// Whether stage 2 or 3 needs held-out rows to choose by.
    pub fn chooses(&self) -> bool {
        self.finetune.chooses() || self.train.chooses()
    }
}

impl StageRecipe {
    /// What the stage computes on.
    pub fn device(&self) -> Cpu {
        let precision = match self.precision {
            TrainPrecision::F32 => Precision::F32,
            TrainPrecision::Bf16 => Precision::Bf16,
        };
        Cpu::with_precision(precision).with_sampled_below(self.sampled_below)
    }

    /// Whether anything about the training depends on held-out data: which epoch is kept, when a
    /// phase ends, when averaging begins.
    pub fn chooses(&self) -> bool {
        let averages = matches!(self.optimizer, OptimizerConfig::NtAsgd { .. });
        self.keep_best || self.patience.is_some() || averages
    }

    /// The network's dropout.
    pub fn dropouts(&self) -> DropoutConfig {
        self.dropout.times(self.drop_mult)
    }

    /// AR and TAR.
    pub fn regularisation(&self) -> Regularisation {
        Regularisation { ar: self.ar, tar: self.tar }
    }

    /// Peak rate of each of `groups` groups, lowest first.
    ///
    /// Discriminative fine-tuning: Howard & Ruder 2018, section 3.2.
    ///
    /// # Errors
    /// [`RecipeError::Groups`] when the factors are not one a group.
    pub fn rates(&self, peak: f64, groups: usize) -> Result<Vec<f64>, RecipeError> {
        Ok(match (&self.lr_groups, self.lr_factor) {
            (Some(factors), _) if factors.len() != groups => {
                return Err(RecipeError::Groups { found: factors.len(), groups });
            }
            (Some(factors), _) => factors.iter().map(|factor| peak * factor).collect(),
            (None, Some(factor)) => {
                (0..groups).map(|g| peak / factor.powf((groups - 1 - g) as f64)).collect()
            }
            (None, None) => vec![peak; groups],
        })
    }

    /// The plan for a network of `groups` groups.
    ///
    /// # Errors
    /// Those of [`rates`](Self::rates).
    pub fn plan(&self, groups: usize, key: Key) -> Result<Plan, RecipeError> {
        let phase = |unfreeze: Option<&PhaseRecipe>| {
            let learn = match unfreeze.map(|p| (p.unfreeze, p.only)) {
                Some((Some(Unfreeze::Top(top)), _)) => Learn::top(groups, top.clamp(1, groups)),
                Some((None, Some(only))) => Learn::only(groups, groups - only.clamp(1, groups)),
                _ => Learn::all(groups),
            };
            let peak = unfreeze.and_then(|p| p.lr).unwrap_or(self.lr);
            Ok(Phase {
                epochs: unfreeze.map_or(self.epochs, |p| p.epochs),
                learn,
                rates: self.rates(peak, groups)?,
                schedule: unfreeze
                    .and_then(|p| p.schedule.clone())
                    .unwrap_or_else(|| self.schedule.clone()),
            })
        };
        let phases = if self.phase.is_empty() {
            vec![phase(None)?]
        } else {
            self.phase.iter().map(|p| phase(Some(p))).collect::<Result<_, RecipeError>>()?
        };
        Ok(Plan {
            phases,
            optimizer: self.optimizer,
            weight_decay: self.weight_decay,
            clip: self.clip,
            accumulate: self.accumulate,
            patience: self.patience,
            keep_best: self.keep_best,
            key,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_preset_is_read_and_written_back() {
        for (name, _) in PRESETS {
            let recipe = Recipe::preset(name).unwrap();
            assert_eq!(recipe.name, name);
            assert_eq!(Recipe::parse(&toml::to_string(&recipe).unwrap()), Ok(recipe));
        }
    }
}
