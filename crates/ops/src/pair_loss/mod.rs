//! How far the products of pairs of rows are from what they should be.
//!
//! Of rows of length one these are cosines: the loss that SetFit fine-tunes sentence vectors with
//! (Tunstall et al. 2022, <https://arxiv.org/abs/2209.11055>).

mod cpu;
mod reference;
#[cfg(test)]
mod tests;

use crate::{Backend, Tensor};

/// Two rows, and what their product should be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pair {
    /// One row.
    pub one: u32,
    /// The other.
    pub other: u32,
    /// The product that is wanted.
    pub wanted: f32,
    /// Weight in the mean.
    pub weight: f32,
}

/// See the [module](self).
pub trait PairLoss: Backend {
    /// The weighted mean of `(x_one · x_other - wanted)²` over all pairs, and its gradient.
    ///
    /// # Shapes
    /// `x` and gradient: `[N, E]`
    ///
    /// # Panics
    /// When a pair names a row that is not there.
    fn pair_loss(&self, x: &Tensor<Self>, pairs: &[Pair]) -> (f64, Tensor<Self>);
}

/// One over the sum of the weights; 0 without any.
fn share(pairs: &[Pair]) -> f64 {
    let sum: f64 = pairs.iter().map(|pair| f64::from(pair.weight)).sum();
    if sum > 0.0 { sum.recip() } else { 0.0 }
}
