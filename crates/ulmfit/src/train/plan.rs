//! The plan of a training.

use crate::model::TrainableGroups;
use crate::optim::OptimizerConfig;
use crate::schedule::ScheduleConfig;
use ulmfit_ops::Key;

/// Some epochs with one set of trainable groups, one schedule and one optimiser state.
#[derive(Clone, Debug, PartialEq)]
pub struct Phase {
    /// Passes over the data.
    pub epochs: usize,
    /// Trainable groups.
    pub trainable: TrainableGroups,
    /// Peak learning rate of each group, lowest first.
    pub rates: Vec<f64>,
    /// TrainingHistory of the rates over the phase.
    pub schedule: ScheduleConfig,
}

/// Everything [`fit`](super::fit) needs besides model and data.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// Run one after the other.
    pub phases: Vec<Phase>,
    /// Update rule.
    pub optimizer: OptimizerConfig,
    /// Weight decay, decoupled from the gradient with Adam.
    pub weight_decay: f64,
    /// The gradients are clipped to this global norm.
    pub clip: Option<f64>,
    /// Batches whose gradients are averaged into one update.
    pub accumulate: usize,
    /// Epochs without a better validation loss after which a phase ends.
    pub patience: Option<usize>,
    /// Whether the result is the best epoch of the last phase, not the last epoch.
    pub keep_best: bool,
    /// Root of the run's randomness.
    pub key: Key,
}

impl Plan {
    /// Epochs of all phases together.
    pub fn epochs(&self) -> usize {
        self.phases.iter().map(|phase| phase.epochs).sum()
    }
}
