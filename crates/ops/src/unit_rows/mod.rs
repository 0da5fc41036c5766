//! Rows scaled to length one, so that their products are cosines.

mod cpu;
mod reference;
#[cfg(test)]
mod tests;

use crate::{Backend, Tensor};

/// Rows shorter than this are divided by it instead, as PyTorch's `normalize` does.
const SHORTEST: f64 = 1e-12;

/// See the [module](self).
pub trait UnitRows: Backend {
    /// `x / |x|` of each row. A row's bits do not depend on the other rows.
    ///
    /// # Shapes
    /// `x` and result: `[N, E]`
    fn unit_rows_forward(&self, x: &Tensor<Self>) -> Tensor<Self>;

    /// Gradient with respect to the *input* `x`: `(dy - y (y·dy)) / |x|`.
    ///
    /// # Shapes
    /// `x`, `dy` and result: `[N, E]`
    fn unit_rows_backward(&self, x: &Tensor<Self>, dy: &Tensor<Self>) -> Tensor<Self>;
}
