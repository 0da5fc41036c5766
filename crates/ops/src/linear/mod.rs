//! Matrix product with a weight stored row by output: `y = x wᵀ + b`.

mod cpu;
mod reference;
#[cfg(test)]
mod tests;

use crate::{Backend, Tensor};

/// Where [`Linear::linear_backward`] adds its parameter gradients.
pub struct LinearGrads<'a, D: Backend> {
    /// Gradient of the weight, `[O, I]`.
    pub weight: &'a mut Tensor<D>,
    /// Gradient of the bias, `[O]`, for a layer that has one.
    pub bias: Option<&'a mut Tensor<D>>,
}

/// See the [module](self).
pub trait Linear: Backend {
    /// `y = x wᵀ + b`. A row's bits do not depend on the other rows.
    ///
    /// # Shapes
    /// `x`: `[.., I]`, `weight`: `[O, I]`, `bias`: `[O]`, result: `[.., O]`
    fn linear_forward(
        &self,
        x: &Tensor<Self>,
        weight: &Tensor<Self>,
        bias: Option<&Tensor<Self>>,
    ) -> Tensor<Self>;

    /// Adds `dyᵀ x` and the column sums of `dy` to `grads`; returns `dx = dy w`.
    ///
    /// # Shapes
    /// `dy`: `[.., O]`, result: as `x`
    fn linear_backward(
        &self,
        x: &Tensor<Self>,
        weight: &Tensor<Self>,
        dy: &Tensor<Self>,
        grads: Option<LinearGrads<'_, Self>>,
    ) -> Tensor<Self>;
}
