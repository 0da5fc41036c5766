//! Mean of the rows of each sequence.
//!
//! Sequences of different lengths stand one after the other, without padding.

mod cpu;
mod reference;
#[cfg(test)]
mod tests;

use crate::{Backend, Tensor};

/// See the [module](self).
pub trait MeanPool: Backend {
    /// Means of the first `lengths[0]` rows, of the next `lengths[1]` rows, and so on. A mean's
    /// bits do not depend on the other sequences.
    ///
    /// # Shapes
    /// `x`: `[N, E]`, result: `[B, E]` for `B` lengths that add up to `N`
    ///
    /// # Panics
    /// When a length is 0.
    fn mean_pool_forward(&self, x: &Tensor<Self>, lengths: &[usize]) -> Tensor<Self>;

    /// Gradient with respect to `x`: each row of `dy`, shared out between the rows of its sequence.
    ///
    /// # Shapes
    /// `dy`: `[B, E]`, result: `[N, E]`
    fn mean_pool_backward(&self, lengths: &[usize], dy: &Tensor<Self>) -> Tensor<Self>;
}

/// Rows before each sequence, and the width, after checking the lengths.
fn starts<D: Backend>(x: &Tensor<D>, lengths: &[usize]) -> (Vec<usize>, usize) {
    let [rows, width] = x.shape("x");
    let mut starts = Vec::with_capacity(lengths.len());
    let mut sum = 0;
    for &length in lengths {
        assert!(length > 0, "the mean of no rows");
        starts.push(sum);
        sum += length;
    }
    assert_eq!(sum, rows, "rows of all sequences");
    (starts, width)
}
