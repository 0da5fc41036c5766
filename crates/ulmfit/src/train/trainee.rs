//! What can be trained.

use super::control::Control;
use crate::checkpoint::Tensors;
use crate::model::{Network, TrainableGroups};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use ulmfit_ops::{Device, Key};

/// Input of a training step.
#[derive(Clone, Copy, Debug)]
pub struct StepPlan<'a> {
    /// Batch of the epoch.
    pub step: usize,
    /// Trainable groups.
    pub trainable: &'a TrainableGroups,
    /// Factor of the gradients: one over the number of batches that an update averages.
    pub scale: f64,
    /// Randomness of this step.
    pub key: Key,
}

/// Result of a training step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StepLoss {
    /// Mean loss of the batch, without regularisation.
    pub loss: f64,
    /// The same with AR and TAR: what is minimised.
    pub total: f64,
    /// Factor of the learning rate for this batch: variable BPTT gives short batches less.
    pub rate_factor: f64,
    /// Tokens read.
    pub tokens: usize,
    /// Weight of the batch in the mean of the epoch.
    pub weight: f64,
}

/// Scores of a model on held-out data.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Validation {
    /// Mean loss; early stopping and the best epoch use this.
    pub loss: f64,
    /// Other figures by name: `accuracy`, `perplexity`, ...
    pub metrics: BTreeMap<String, f64>,
}

/// A model with its data: what a training trains.
pub trait Trainee<D: Device> {
    /// The model's type.
    type Model: Network<D>;

    /// The model.
    fn model(&self) -> &Self::Model;

    /// The model, to update.
    fn model_mut(&mut self) -> &mut Self::Model;

    /// Number of batches in an epoch, counted over all phases; a pure function.
    fn steps(&self, epoch: usize) -> usize;

    /// Shuffles for `epoch` and forgets hidden states.
    fn start_epoch(&mut self, epoch: usize);

    /// Runs one batch and adds its gradients.
    fn step(&mut self, plan: StepPlan<'_>) -> StepLoss;

    /// Scores the held-out data, if there is any; breaks off when `poll`, asked after each batch,
    /// says so.
    fn validate(
        &mut self,
        poll: &mut dyn FnMut() -> Control,
    ) -> ControlFlow<(), Option<Validation>>;

    /// State besides weights that a step leaves for the next.
    fn carried(&self) -> Tensors {
        Tensors::new()
    }

    /// Restores it.
    fn restore_carried(&mut self, _tensors: &Tensors) {}
}
