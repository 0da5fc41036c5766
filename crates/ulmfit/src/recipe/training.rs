//! Hyper-parameters that every training has.

use super::error::RecipeError;
use super::phase::{PhaseRecipe, Unfreeze};
use crate::data::batches::{Bptt, LmBatchConfig};
use crate::model::{DropoutConfig, Regularisation, TrainableGroups};
use crate::optim::OptimizerConfig;
use crate::schedule::ScheduleConfig;
use crate::text::Direction;
use crate::train::{Phase, Plan};
use serde::{Deserialize, Serialize};
use ulmfit_ops::{Cpu, Key, Precision};

/// Precision of the matrix products of a training; all else is `f32` in any case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TrainPrecision {
    /// Single precision.
    #[default]
    F32,
    /// 16 bits: twice as fast where the processor has fast instructions for it (AMD, AVX-512 BF16).
    Bf16,
}

impl TrainPrecision {
    /// The fastest one on this machine that trains equally good models.
    pub fn fastest() -> Self {
        if Precision::for_training() == Precision::Bf16 { Self::Bf16 } else { Self::F32 }
    }

    /// The processor with products in this precision.
    pub(crate) fn device(self) -> Cpu {
        Cpu::with_precision(match self {
            Self::F32 => Precision::F32,
            Self::Bf16 => Precision::Bf16,
        })
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
    pub(super) fn is_f32(&self) -> bool {
        *self == Self::F32
    }
}

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

/// How the peak learning rate is spread over the layer groups.
///
/// Discriminative fine-tuning: Howard & Ruder 2018, section 3.2.
#[derive(Clone, Debug, PartialEq)]
pub enum Rates {
    /// All groups have the peak rate.
    Uniform,
    /// Each lower group learns more slowly by this factor (the paper's 2.6).
    Factor(f64),
    /// Factor of each group, lowest first.
    Groups(Vec<f64>),
}

/// Hyper-parameters that every training has, of a language model or of a classifier.
#[derive(Clone, Debug, PartialEq)]
pub struct TrainingRecipe {
    /// Epochs, unless there are phases; then their sum.
    pub epochs: usize,
    /// Fewer epochs, at least one, where these would see more tokens than this; of phases only
    /// the last has fewer.
    pub max_tokens: Option<usize>,
    /// More epochs where so little data would give fewer updates than this; of phases only the
    /// last has more.
    pub min_updates: Option<usize>,
    /// Examples per batch; for a language model, parallel streams.
    pub batch_size: usize,
    /// Tokens of a BPTT window; for a classifier, of a piece of a document.
    pub bptt: usize,
    /// Peak learning rate of the highest group.
    pub lr: f64,
    /// How it is spread over the groups.
    pub rates: Rates,
    /// Weight decay.
    pub weight_decay: f64,
    /// Largest global norm of the gradients.
    pub clip: Option<f64>,
    /// `α` of activation regularisation (AR).
    pub ar: f64,
    /// `β` of temporal activation regularisation (TAR).
    pub tar: f64,
    /// The five dropout probabilities.
    pub dropout: DropoutConfig,
    /// Factor of all five.
    pub drop_mult: f64,
    /// Update rule.
    pub optimizer: OptimizerConfig,
    /// Schedule of the learning rate.
    pub schedule: ScheduleConfig,
    /// Precision of matrix products.
    pub precision: TrainPrecision,
    /// Words of the softmax below this probability are sampled in its gradient
    /// ([`Cpu::sampled_below`]); 0: the gradient is exact.
    pub sampled_below: f64,
    /// Batches averaged into one update.
    pub accumulate: usize,
    /// Epochs without improvement after which a phase ends.
    pub patience: Option<usize>,
    /// Whether the weights of the best epoch are kept instead of the last one's.
    pub keep_best: bool,
    /// Phases of unfreezing; empty: everything is trainable for `epochs`.
    pub phases: Vec<PhaseRecipe>,
}

impl TrainingRecipe {
    /// The device of this training.
    pub fn device(&self) -> Cpu {
        self.precision.device().with_sampled_below(self.sampled_below)
    }

    /// Whether anything depends on a validation set: which epoch is kept, when a phase ends, when
    /// averaging begins.
    pub fn selects(&self) -> bool {
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

    /// Rate of each of `groups` groups for this peak, lowest first.
    ///
    /// # Errors
    /// [`RecipeError::Groups`] when there is not one factor per group.
    pub fn group_rates(&self, peak: f64, groups: usize) -> Result<Vec<f64>, RecipeError> {
        Ok(match &self.rates {
            Rates::Groups(factors) if factors.len() != groups => {
                return Err(RecipeError::Groups { found: factors.len(), groups });
            }
            Rates::Groups(factors) => factors.iter().map(|factor| peak * factor).collect(),
            Rates::Factor(factor) => {
                (0..groups).map(|g| peak / factor.powf((groups - 1 - g) as f64)).collect()
            }
            Rates::Uniform => vec![peak; groups],
        })
    }

    /// The plan for a network of `groups` groups.
    ///
    /// # Errors
    /// Those of [`group_rates`](Self::group_rates).
    pub fn plan(&self, groups: usize, key: Key) -> Result<Plan, RecipeError> {
        let phases = if self.phases.is_empty() {
            vec![Phase {
                epochs: self.epochs,
                trainable: TrainableGroups::all(groups),
                rates: self.group_rates(self.lr, groups)?,
                schedule: self.schedule.clone(),
            }]
        } else {
            self.phases.iter().map(|phase| self.phase(phase, groups)).collect::<Result<_, _>>()?
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

    fn phase(&self, phase: &PhaseRecipe, groups: usize) -> Result<Phase, RecipeError> {
        let trainable = match (phase.unfreeze, phase.only) {
            (Some(Unfreeze::Top(top)), _) => TrainableGroups::top(groups, top.clamp(1, groups)),
            (None, Some(only)) => TrainableGroups::only(groups, groups - only.clamp(1, groups)),
            _ => TrainableGroups::all(groups),
        };
        Ok(Phase {
            epochs: phase.epochs,
            trainable,
            rates: self.group_rates(phase.lr.unwrap_or(self.lr), groups)?,
            schedule: phase.schedule.clone().unwrap_or_else(|| self.schedule.clone()),
        })
    }

    /// How a stream is cut for a network of one direction, in windows of fixed or variable length.
    pub fn lm_batches(&self, kind: BpttKind, direction: Direction) -> LmBatchConfig {
        let bptt = match kind {
            BpttKind::Fixed => Bptt::Fixed,
            BpttKind::Variable => Bptt::Variable { cap: None },
        };
        LmBatchConfig { batch_size: self.batch_size, seq_len: self.bptt, bptt, direction }
    }

    /// Epochs of all phases.
    pub fn all_epochs(&self) -> usize {
        if self.phases.is_empty() {
            return self.epochs;
        }
        self.phases.iter().map(|phase| phase.epochs).sum()
    }

    /// Epochs of the last phase.
    pub fn last_epochs(&self) -> usize {
        self.phases.last().map_or(self.epochs, |phase| phase.epochs)
    }

    /// Sets the epochs of the last phase.
    pub fn set_last_epochs(&mut self, epochs: usize) {
        match self.phases.last_mut() {
            Some(last) => last.epochs = epochs,
            None => self.epochs = epochs,
        }
    }

    /// Sets the peak rate; those of phases keep their proportion to it.
    pub fn set_lr(&mut self, lr: f64) {
        let factor = lr / self.lr;
        self.lr = lr;
        for lr in self.phases.iter_mut().filter_map(|phase| phase.lr.as_mut()) {
            *lr *= factor;
        }
    }
}
