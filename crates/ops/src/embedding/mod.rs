//! Row lookup by token id, with dropout of whole vocabulary rows.
//!
//! Embedding dropout: Merity, Keskar & Socher 2017, section 4.3.

mod cpu;
mod reference;
#[cfg(test)]
mod tests;

use crate::{Backend, Tensor};

/// See the [module](self).
pub trait Embedding: Backend {
    /// Row `ids[n]` of `table` times `row_scale[ids[n]]`, for each of the `N` ids.
    ///
    /// # Shapes
    /// `table`: `[V, E]`, `row_scale`: `[V]` (zero or `1/(1-p)`), result: `[N, E]`
    ///
    /// # Panics
    /// When an id is not below `V`.
    fn embedding_forward(
        &self,
        table: &Tensor<Self>,
        ids: &[u32],
        row_scale: Option<&Tensor<Self>>,
    ) -> Tensor<Self>;

    /// Adds the gradient of every looked-up row to `grad`, in the order of `ids`.
    ///
    /// Rows of `padding` get none, as with PyTorch's `padding_idx`.
    ///
    /// # Shapes
    /// `dy`: `[N, E]` in any grouping of `N`, `grad`: `[V, E]`
    fn embedding_backward(
        &self,
        ids: &[u32],
        row_scale: Option<&Tensor<Self>>,
        padding: Option<u32>,
        dy: &Tensor<Self>,
        grad: &mut Tensor<Self>,
    );
}

/// Vocabulary size and width of `table`, after checking what goes with it.
fn sizes<D: Backend>(table: &Tensor<D>, row_scale: Option<&Tensor<D>>) -> [usize; 2] {
    let [vocab, width] = table.shape("table");
    if let Some(scale) = row_scale {
        assert_eq!(scale.dims(), [vocab], "`row_scale`");
    }
    [vocab, width]
}
