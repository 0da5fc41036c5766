//! A run between two updates, as plain data.

use super::TrainError;
use crate::checkpoint::{HostTensor, Tensors};
use crate::model::{LoadError, Network};
use crate::optim::{Optimizer, ParamState};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use ulmfit_ops::{Device, Tensor};

/// How far a run has come, and the numbers it has gathered.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Position {
    /// Phase, from 0.
    pub phase: usize,
    /// Epoch within the phase.
    pub epoch: usize,
    /// Batch within the epoch that comes next.
    pub step: usize,
    /// Updates so far.
    pub updates: u64,
    /// Sum of weighted losses of this epoch so far.
    pub loss_sum: f64,
    /// Sum of their weights.
    pub weight_sum: f64,
    /// Validation losses of this phase.
    pub valid_losses: Vec<f64>,
    /// Lowest of them and its epoch.
    pub best: Option<(f64, usize)>,
    /// Updates of each parameter of the optimiser.
    pub slot_steps: Vec<u64>,
    /// Updates averaged by NT-ASGD.
    pub averaged: Option<u64>,
    /// How often the run went back to an earlier state because numbers stopped being finite; each
    /// time halves all learning rates from there on.
    pub rollbacks: u32,
}

/// The state of a run that does not follow from its data and its plan.
#[derive(Clone, Debug, PartialEq)]
pub struct Snapshot {
    /// How far the run has come.
    pub position: Position,
    /// Weights, optimiser history, carried state, best weights; distinguished by prefix.
    pub tensors: Tensors,
}

/// Stores snapshots.
pub trait Checkpointer {
    /// Whether one should be made now, after `updates` updates; asked before the first, too.
    ///
    /// # Errors
    /// What went wrong with one that was started before; the run ends.
    fn due(&mut self, updates: u64) -> Result<bool, TrainError>;

    /// Saves it, or begins to.
    ///
    /// # Errors
    /// Whatever keeps it from being saved; the run ends.
    fn save(&mut self, snapshot: Snapshot) -> Result<(), TrainError>;

    /// Returns when all that were started are safe.
    ///
    /// # Errors
    /// As [`save`](Self::save).
    fn finish(&mut self) -> Result<(), TrainError> {
        Ok(())
    }
}

/// Stores nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoCheckpoints;

impl Checkpointer for NoCheckpoints {
    fn due(&mut self, _updates: u64) -> Result<bool, TrainError> {
        Ok(false)
    }

    fn save(&mut self, _snapshot: Snapshot) -> Result<(), TrainError> {
        Ok(())
    }
}

/// Copies a tensor off its device.
pub(crate) fn to_host<D: Device>(tensor: &Tensor<D>) -> HostTensor {
    HostTensor { dims: tensor.dims().to_vec(), values: tensor.to_f32() }
}

/// Copies a tensor onto a device.
pub(crate) fn to_device<D: Device>(tensor: &HostTensor) -> Tensor<D> {
    Tensor::from_f32(&tensor.dims, &tensor.values)
}

/// All tensors of a model under a prefix.
pub(super) fn model_tensors<D: Device>(model: &impl Network<D>, prefix: &str) -> Tensors {
    model.state().into_iter().map(|(name, t)| (format!("{prefix}{name}"), to_host(t))).collect()
}

/// Those of `tensors` that begin with `prefix`, without it.
pub(super) fn with_prefix(tensors: &Tensors, prefix: &str) -> Tensors {
    let strip = |(name, t): (&String, &HostTensor)| {
        name.strip_prefix(prefix).map(|name| (name.to_owned(), t.clone()))
    };
    tensors.iter().filter_map(strip).collect()
}

/// Loads a model's tensors.
pub(super) fn load_model<D: Device>(
    model: &mut impl Network<D>,
    tensors: &Tensors,
) -> Result<(), LoadError> {
    let tensors: BTreeMap<_, _> =
        tensors.iter().map(|(name, t)| (name.clone(), to_device::<D>(t))).collect();
    model.load(tensors)
}

/// History of the optimiser as tensors, numbered by parameter.
pub(super) fn optimizer_tensors<D: Device>(optimizer: &Optimizer<D>) -> Tensors {
    let mut tensors = Tensors::new();
    for (n, slot) in optimizer.slots().iter().enumerate() {
        if let Some((mean, sqr_mean)) = &slot.moments {
            tensors.insert(format!("optimizer.{n}.mean"), to_host(mean));
            tensors.insert(format!("optimizer.{n}.sqr_mean"), to_host(sqr_mean));
        }
        if let Some(average) = &slot.average {
            tensors.insert(format!("optimizer.{n}.average"), to_host(average));
        }
    }
    tensors
}

/// The opposite.
pub(super) fn restore_optimizer<D: Device>(optimizer: &mut Optimizer<D>, snapshot: &Snapshot) {
    let get = |n: usize, part: &str| {
        snapshot.tensors.get(&format!("optimizer.{n}.{part}")).map(to_device::<D>)
    };
    let steps = snapshot.position.slot_steps.iter().enumerate();
    let slots = steps.map(|(n, &steps)| ParamState {
        steps,
        moments: get(n, "mean").zip(get(n, "sqr_mean")),
        average: get(n, "average"),
    });
    let slots = slots.collect();
    optimizer.restore(slots, snapshot.position.averaged);
}
