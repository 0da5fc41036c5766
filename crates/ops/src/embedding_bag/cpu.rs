//! Weighted sums, bags shared out between threads.

use super::{Bag, EmbeddingBag, width};
use crate::{Cpu, Tensor};
use rayon::prelude::*;

impl EmbeddingBag for Cpu {
    fn embedding_bag_forward(
        &self,
        table: &Tensor<Self>,
        bias: &Tensor<Self>,
        bags: &[Bag],
    ) -> Tensor<Self> {
        let width = width(table, bias);
        let mut y = Tensor::zeros(&[bags.len(), width]);
        y.data_mut().par_chunks_mut(width).zip(bags).for_each(|(y, bag)| {
            let mut sums = vec![0.0; width];
            for &(id, weight) in bag {
                let row = &table.data()[id as usize * width..][..width];
                add_scaled(&mut sums, f64::from(weight), row);
            }
            for ((y, sum), &bias) in y.iter_mut().zip(sums).zip(bias.data()) {
                *y = (sum + f64::from(bias)) as f32;
            }
        });
        y
    }
}

vectorised! {
    fn add_scaled(sums: &mut [f64], weight: f64, row: &[f32]) {
        for (sum, &x) in sums.iter_mut().zip(row) {
            *sum += weight * f64::from(x);
        }
    }
}
