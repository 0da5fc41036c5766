//! Rectified linear unit, `max(x, 0)`.

mod cpu;
mod reference;
#[cfg(test)]
mod tests;

use crate::{Backend, Tensor};

/// See the [module](self).
pub trait Relu: Backend {
    /// `max(x, 0)`, in place.
    fn relu_forward(&self, x: &mut Tensor<Self>);

    /// Zeroes `dy` wherever the *output* `y` is zero, in place.
    fn relu_backward(&self, y: &Tensor<Self>, dy: &mut Tensor<Self>);
}
