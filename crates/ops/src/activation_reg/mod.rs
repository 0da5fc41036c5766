//! Activation regularisation (AR) and its temporal kind (TAR).
//!
//! Merity, McCann & Socher 2017, <https://arxiv.org/abs/1708.01009>.

mod cpu;
mod reference;
#[cfg(test)]
mod tests;

use crate::{Backend, Tensor};

/// See the [module](self).
pub trait ActivationReg: Backend {
    /// `alpha · mean(x²)`; adds its gradient to `dx`.
    fn activation_reg(&self, x: &Tensor<Self>, alpha: f64, dx: Option<&mut Tensor<Self>>) -> f64;

    /// `beta · mean((x[t+1] - x[t])²)` along time; adds its gradient to `dx`.
    ///
    /// Zero for a single time step.
    ///
    /// # Shapes
    /// `x`: `[T, B, F]`
    fn temporal_activation_reg(
        &self,
        x: &Tensor<Self>,
        beta: f64,
        dx: Option<&mut Tensor<Self>>,
    ) -> f64;
}
