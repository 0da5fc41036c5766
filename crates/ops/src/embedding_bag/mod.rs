//! Weighted sums of rows that are looked up by id: a linear layer on features that are mostly
//! zero. PyTorch's `EmbeddingBag` with `mode="sum"` and `per_sample_weights`, and a bias.
//!
//! Forward only: what trains such layers does so on one coordinate at a time, without gradients.

mod cpu;
mod reference;
#[cfg(test)]
mod tests;

use crate::{Backend, Tensor};

/// Ids and the weight of each.
pub type Bag = Vec<(u32, f32)>;

/// See the [module](self).
pub trait EmbeddingBag: Backend {
    /// For each bag the sum of `weight · table[id]`, in the order of the bag, plus `bias`. A row's
    /// bits do not depend on the other bags.
    ///
    /// # Shapes
    /// `table`: `[V, O]`, `bias`: `[O]`, result: `[B, O]` for `B` bags
    ///
    /// # Panics
    /// When an id is not below `V`.
    fn embedding_bag_forward(
        &self,
        table: &Tensor<Self>,
        bias: &Tensor<Self>,
        bags: &[Bag],
    ) -> Tensor<Self>;
}

/// Width of the table, after checking that the bias has it, too.
fn width<D: Backend>(table: &Tensor<D>, bias: &Tensor<D>) -> usize {
    let [_, width] = table.shape("table");
    assert_eq!(bias.dims(), [width], "`bias`");
    width
}
