//! One update of one parameter tensor.

mod cpu;
mod reference;
#[cfg(test)]
mod tests;

use crate::{Backend, Tensor};

/// Numbers of one [`OptimizerStep::adam_step`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AdamStep {
    /// Learning rate `η`.
    pub lr: f64,
    /// First `β`; fastai's `mom`.
    pub mom: f64,
    /// Second `β`; fastai's `sqr_mom`.
    pub sqr_mom: f64,
    /// Added to the root; fastai's default is `1e-5`.
    pub eps: f64,
    /// Decoupled weight decay: the parameter is first multiplied by `1 - lr·wd`.
    pub weight_decay: f64,
    /// How many updates this tensor has had, this one included.
    pub step: u64,
}

/// Numbers of one [`OptimizerStep::sgd_step`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SgdStep {
    /// Learning rate `η`.
    pub lr: f64,
    /// L2 penalty added to the gradient, as in `torch.optim.SGD`.
    pub weight_decay: f64,
}

/// See the [module](self).
pub trait OptimizerStep: Backend {
    /// Adam with decoupled decay, as fastai 2 computes it.
    ///
    /// `p ← p(1 - lr·wd)`; `m ← mom·m + (1-mom)·g`; `v ← sqr_mom·v + (1-sqr_mom)·g²`;
    /// `p ← p - lr/(1-mom^step) · m / (√(v/(1-sqr_mom^step)) + eps)`.
    fn adam_step(
        &self,
        param: &mut Tensor<Self>,
        grad: &Tensor<Self>,
        mean: &mut Tensor<Self>,
        sqr_mean: &mut Tensor<Self>,
        step: AdamStep,
    );

    /// `p ← p - lr · (g + wd·p)`.
    fn sgd_step(&self, param: &mut Tensor<Self>, grad: &Tensor<Self>, step: SgdStep);

    /// `average ← average + (param - average) / count`: the running mean of ASGD.
    fn average_step(&self, average: &mut Tensor<Self>, param: &Tensor<Self>, count: u64);
}

/// The per-element factors of an [`AdamStep`], in double precision.
struct AdamFactors {
    /// `1 - lr·wd`
    decay: f64,
    /// `lr / (1 - mom^step)`; the momentum of *this* step, also when it is scheduled.
    lr: f64,
    /// `1 / (1 - sqr_mom^step)`
    sqr_debias: f64,
}

impl AdamStep {
    fn factors(&self) -> AdamFactors {
        assert!(self.step >= 1, "updates are counted from 1");
        let power = |base: f64| base.powf(self.step as f64);
        AdamFactors {
            decay: 1.0 - self.lr * self.weight_decay,
            lr: self.lr / (1.0 - power(self.mom)),
            sqr_debias: 1.0 / (1.0 - power(self.sqr_mom)),
        }
    }
}
