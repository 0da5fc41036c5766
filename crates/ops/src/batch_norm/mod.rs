//! Batch normalisation over the rows of a matrix. Ioffe & Szegedy 2015, <https://arxiv.org/abs/1502.03167>.

mod cpu;
mod reference;
#[cfg(test)]
mod tests;

use crate::{Backend, Tensor};

/// The learned scale and shift, borrowed.
pub struct BatchNormWeights<'a, D: Backend> {
    /// `γ`, `[F]`
    pub weight: &'a Tensor<D>,
    /// `β`, `[F]`
    pub bias: &'a Tensor<D>,
    /// Added to the variance; PyTorch's default is `1e-5`.
    pub eps: f64,
}

impl<D: Backend> Clone for BatchNormWeights<'_, D> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<D: Backend> Copy for BatchNormWeights<'_, D> {}

/// Statistics that evaluation uses.
pub struct RunningStats<D: Backend> {
    /// `[F]`, starts at 0.
    pub mean: Tensor<D>,
    /// `[F]`, starts at 1; estimated without bias (divided by `B - 1`).
    pub var: Tensor<D>,
}

impl<D: Backend> RunningStats<D> {
    /// Mean 0, variance 1.
    pub fn new(features: usize) -> Self {
        Self { mean: Tensor::zeros(&[features]), var: Tensor::full(&[features], 1.0) }
    }
}

impl<D: Backend> Clone for RunningStats<D> {
    fn clone(&self) -> Self {
        Self { mean: self.mean.clone(), var: self.var.clone() }
    }
}

/// Where [`BatchNorm::batch_norm_backward`] adds its parameter gradients.
pub struct BatchNormGrads<'a, D: Backend> {
    /// `[F]`
    pub weight: &'a mut Tensor<D>,
    /// `[F]`
    pub bias: &'a mut Tensor<D>,
}

/// What the backward pass needs.
pub struct BatchNormTape<D: Backend> {
    /// The normalised input, `[B, F]`.
    pub normalised: Tensor<D>,
    /// `1/√(var + eps)`, `[F]`.
    pub inverse_std: Tensor<D>,
}

/// See the [module](self).
pub trait BatchNorm: Backend {
    /// Normalises with the batch's own statistics and moves `running` by `momentum` towards them.
    ///
    /// # Shapes
    /// `x` and result: `[B, F]`
    ///
    /// # Panics
    /// When the batch has fewer than two rows: its variance is unknown.
    fn batch_norm_train(
        &self,
        x: &Tensor<Self>,
        weights: BatchNormWeights<'_, Self>,
        running: &mut RunningStats<Self>,
        momentum: f64,
    ) -> (Tensor<Self>, BatchNormTape<Self>);

    /// Normalises with the running statistics.
    fn batch_norm_eval(
        &self,
        x: &Tensor<Self>,
        weights: BatchNormWeights<'_, Self>,
        running: &RunningStats<Self>,
    ) -> Tensor<Self>;

    /// Gradient through the batch's own statistics; adds to `grads` if given.
    fn batch_norm_backward(
        &self,
        tape: &BatchNormTape<Self>,
        weights: BatchNormWeights<'_, Self>,
        dy: &Tensor<Self>,
        grads: Option<BatchNormGrads<'_, Self>>,
    ) -> Tensor<Self>;
}

/// Rows and features of `x`, after checking the weights.
fn sizes<D: Backend>(x: &Tensor<D>, weights: &BatchNormWeights<'_, D>) -> [usize; 2] {
    let [batch, features] = x.shape("x");
    assert_eq!(weights.weight.dims(), [features], "`weight`");
    assert_eq!(weights.bias.dims(), [features], "`bias`");
    [batch, features]
}
