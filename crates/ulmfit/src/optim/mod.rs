//! Optimisers over groups of parameters.
//!
//! An [`Optimizer`] has one [`ParamState`] per parameter, in the model's order. Each phase of a training
//! starts a new one: fastai, too, resets moments whenever the set of trainable groups changes.

mod clip;
mod config;
mod lbfgs;
mod param_state;

pub use clip::{clip_gradients, gradient_norm};
pub use config::OptimizerConfig;
pub(crate) use lbfgs::{Stop, dot, lbfgs};
pub use param_state::ParamState;

use crate::model::{Decay, Network, TrainableGroups};
use ulmfit_ops::optimizer_step::{AdamStep, SgdStep};
use ulmfit_ops::{Device, Tensor};

/// Settings of one update.
#[derive(Clone, Copy, Debug)]
pub struct Update<'a> {
    /// Learning rate of each group, lowest first.
    pub rates: &'a [f64],
    /// First `β` of Adam, if a schedule moves it.
    pub mom: Option<f64>,
    /// Weight decay.
    pub weight_decay: f64,
    /// Trainable groups.
    pub trainable: &'a TrainableGroups,
}

/// Turns gradients into updates.
pub struct Optimizer<D: Device> {
    device: D,
    config: OptimizerConfig,
    slots: Vec<ParamState<D>>,
    /// Updates averaged so far, once NT-ASGD has switched to averaging.
    averaged: Option<u64>,
}

impl<D: Device> Optimizer<D> {
    /// A new optimiser.
    pub fn new(device: D, config: OptimizerConfig, network: &impl Network<D>) -> Self {
        let slots = network.params().iter().map(|_| ParamState::default()).collect();
        Self { device, config, slots, averaged: None }
    }

    /// The configuration.
    pub fn config(&self) -> &OptimizerConfig {
        &self.config
    }

    /// Updates every parameter of a trainable group that has a gradient.
    pub fn step(&mut self, network: &mut impl Network<D>, update: Update<'_>) {
        let count = self.averaged.map(|n| n + 1);
        for ((_, group, param), slot) in network.params_mut().into_iter().zip(&mut self.slots) {
            let Some(grad) = param.grad.as_ref().filter(|_| update.trainable.group(group)) else {
                continue;
            };
            let decay = match param.decay {
                Decay::Applies => update.weight_decay,
                Decay::Spared => 0.0,
            };
            let lr = update.rates[group];
            slot.steps += 1;
            match self.config {
                OptimizerConfig::Adam { mom, sqr_mom, eps } => {
                    let step = slot.steps;
                    let (mean, sqr_mean) = slot.moments(param.value.dims());
                    let mom = update.mom.unwrap_or(mom);
                    let numbers = AdamStep { lr, mom, sqr_mom, eps, weight_decay: decay, step };
                    self.device.adam_step(&mut param.value, grad, mean, sqr_mean, numbers);
                }
                OptimizerConfig::Sgd | OptimizerConfig::NtAsgd { .. } => {
                    let numbers = SgdStep { lr, weight_decay: decay };
                    self.device.sgd_step(&mut param.value, grad, numbers);
                }
            }
            if let Some(count) = count {
                slot.average_in(&self.device, &param.value, count);
            }
        }
        self.averaged = count;
    }

    /// Passes the validation losses of all epochs so far; NT-ASGD may start averaging.
    ///
    /// Merity, Keskar & Socher 2017, algorithm 1: averaging starts when the latest loss is worse
    /// than the best one from more than `nonmono` epochs before. Returns whether it just did.
    pub fn epoch_ended(&mut self, losses: &[f64]) -> bool {
        let OptimizerConfig::NtAsgd { nonmono } = self.config else { return false };
        let Some((latest, before)) = losses.split_last() else { return false };
        let old = &before[..before.len().saturating_sub(nonmono)];
        let best = old.iter().copied().fold(f64::INFINITY, f64::min);
        let start = self.averaged.is_none() && *latest > best;
        if start {
            self.averaged = Some(0);
        }
        start
    }

    /// Exchanges weights and averages, if averaging has begun: once before an evaluation or a
    /// save, again to continue training.
    pub fn swap_averages(&mut self, network: &mut impl Network<D>) {
        for ((_, _, param), slot) in network.params_mut().into_iter().zip(&mut self.slots) {
            if let Some(average) = &mut slot.average {
                std::mem::swap(average, &mut param.value);
            }
        }
    }

    /// Updates averaged so far.
    pub fn averaged(&self) -> Option<u64> {
        self.averaged
    }

    /// State of each parameter, in the model's order, for checkpoints.
    pub fn slots(&self) -> &[ParamState<D>] {
        &self.slots
    }

    /// Restores states.
    ///
    /// # Panics
    /// When there is not one state per parameter.
    pub fn restore(&mut self, slots: Vec<ParamState<D>>, averaged: Option<u64>) {
        assert_eq!(slots.len(), self.slots.len(), "one slot per parameter");
        self.slots = slots;
        self.averaged = averaged;
    }
}

/// Sets every gradient to zero, or frees those of frozen groups.
pub fn zero_gradients<D: Device>(
    device: &D,
    network: &mut impl Network<D>,
    trainable: &TrainableGroups,
) {
    for (_, group, param) in network.params_mut() {
        if trainable.group(group) {
            if let Some(grad) = &mut param.grad {
                device.fill_zero(grad);
            }
        } else {
            param.grad = None;
        }
    }
}

/// Gradients of a network in its order, where there are any.
fn gradients<D: Device>(
    network: &mut impl Network<D>,
) -> impl Iterator<Item = (String, &mut Tensor<D>)> {
    network.params_mut().into_iter().filter_map(|(name, _, p)| p.grad.as_mut().map(|g| (name, g)))
}
