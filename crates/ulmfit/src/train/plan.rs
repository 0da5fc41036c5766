//! What a run is going to do.

use crate::model::TrainableGroups;
use crate::optim::OptimizerConfig;
use crate::schedule::ScheduleConfig;
use ulmfit_ops::Key;

/// A stretch of epochs with one set of learning groups, one schedule and one optimiser history.
#[derive(Clone, Debug, PartialEq)]
pub struct Phase {
    /// Passes over the data.
    pub epochs: usize,
    /// Groups that learn.
    pub trainable: TrainableGroups,
    /// Peak learning rate of each group, lowest first.
    pub rates: Vec<f64>,
    /// TrainingHistory of the rates over the phase.
    pub schedule: ScheduleConfig,
}

/// Everything [`fit`](super::fit) needs to know but model and data.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// One after the other.
    pub phases: Vec<Phase>,
    /// Update rule.
    pub optimizer: OptimizerConfig,
    /// Decay of weights, decoupled from the gradient with Adam.
    pub weight_decay: f64,
    /// Largest global norm of the gradients.
    pub clip: Option<f64>,
    /// Batches whose gradients are averaged into one update.
    pub accumulate: usize,
    /// Epochs without a better validation loss after which a phase ends.
    pub patience: Option<usize>,
    /// Whether the weights of the best epoch of the last phase are the result, not the last ones.
    pub keep_best: bool,
    /// Root of all randomness of the run.
    pub key: Key,
}

impl Plan {
    /// Epochs of all phases together.
    pub fn epochs(&self) -> usize {
        self.phases.iter().map(|phase| phase.epochs).sum()
    }
}
