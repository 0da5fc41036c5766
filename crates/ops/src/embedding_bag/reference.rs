//! Weighted sums in plain loops.

use super::{Bag, EmbeddingBag, width};
use crate::{Real, Reference, Tensor};

impl<R: Real> EmbeddingBag for Reference<R> {
    fn embedding_bag_forward(
        &self,
        table: &Tensor<Self>,
        bias: &Tensor<Self>,
        bags: &[Bag],
    ) -> Tensor<Self> {
        let width = width(table, bias);
        let mut y = Vec::with_capacity(bags.len() * width);
        for bag in bags {
            for o in 0..width {
                let terms = bag.iter().map(|&(id, weight)| {
                    R::of(f64::from(weight)) * table.data()[id as usize * width + o]
                });
                y.push(terms.sum::<R>() + bias.data()[o]);
            }
        }
        Tensor::from_real(&[bags.len(), width], y)
    }
}
