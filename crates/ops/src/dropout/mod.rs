//! Dropout masks and their application.
//!
//! A mask element is `0` with probability `p`, else `1/(1-p)`. Applying a mask is its own
//! backward pass. Locked (variational) dropout shares one mask between all time steps: Gal &
//! Ghahramani 2016; Merity, Keskar & Socher 2017, section 4.2.

mod cpu;
mod mask;
mod reference;
#[cfg(test)]
mod tests;

use crate::{Backend, Key, Tensor};

/// See the [module](self).
pub trait Dropout: Backend {
    /// A fresh mask: the same values for the same `key` and number of elements, on every device
    /// and any number of threads. `p` is rounded to a multiple of 1/65536.
    ///
    /// # Panics
    /// When `p` is not in `0..1`.
    fn dropout_mask(&self, dims: &[usize], p: f64, key: Key) -> Tensor<Self>;

    /// Multiplies every block of `mask.len()` elements of `x` by `mask`, in place.
    ///
    /// With `x`: `[T, B, F]` and `mask`: `[B, F]` this is locked dropout; with equal dimensions
    /// it is plain dropout.
    fn apply_mask(&self, x: &mut Tensor<Self>, mask: &Tensor<Self>);
}
