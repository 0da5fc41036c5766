//! Sums over whole tensors, in a fixed order, and scaling.

mod cpu;
mod reference;
#[cfg(test)]
mod tests;

pub(crate) use cpu::sum_of_squares;

use crate::{Backend, Tensor};

/// See the [module](self).
pub trait Norm: Backend {
    /// Sum of squares in double precision; not finite if an element is not.
    fn sum_of_squares(&self, x: &Tensor<Self>) -> f64;

    /// Multiplies every element by `factor`.
    fn scale(&self, x: &mut Tensor<Self>, factor: f64);

    /// Sets every element to zero.
    fn fill_zero(&self, x: &mut Tensor<Self>);

    /// `x ← x + factor·y`.
    fn add_scaled(&self, x: &mut Tensor<Self>, y: &Tensor<Self>, factor: f64);
}
