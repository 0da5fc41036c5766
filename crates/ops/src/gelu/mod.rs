//! Gaussian error linear unit, `x Φ(x)` with the exact `Φ`. Hendrycks & Gimpel 2016,
//! <https://arxiv.org/abs/1606.08415>.

mod cpu;
mod reference;
#[cfg(test)]
mod tests;

use crate::{Backend, Tensor};
pub(crate) use cpu::in_place;

/// See the [module](self).
pub trait Gelu: Backend {
    /// `x Φ(x)` of every element, where `Φ(x) = (1 + erf(x/√2)) / 2`: PyTorch's `gelu`, not its
    /// approximation by `tanh`.
    fn gelu_forward(&self, x: &Tensor<Self>) -> Tensor<Self>;

    /// Multiplies `dy` by the slope at the *input* `x`, `Φ(x) + x φ(x)`, in place.
    fn gelu_backward(&self, x: &Tensor<Self>, dy: &mut Tensor<Self>);
}
