//! Means, sequences shared out between threads.

use super::{MeanPool, starts};
use crate::{Cpu, Tensor};
use rayon::prelude::*;

impl MeanPool for Cpu {
    fn mean_pool_forward(&self, x: &Tensor<Self>, lengths: &[usize]) -> Tensor<Self> {
        let (starts, width) = starts(x, lengths);
        let mut y = Tensor::zeros(&[lengths.len(), width]);
        let sequences = y.data_mut().par_chunks_mut(width).zip(starts).zip(lengths);
        sequences.for_each(|((mean, start), &length)| {
            let mut sums = vec![0.0; width];
            for row in x.data()[start * width..][..length * width].chunks_exact(width) {
                add_row(&mut sums, row);
            }
            for (mean, sum) in mean.iter_mut().zip(sums) {
                *mean = (sum / length as f64) as f32;
            }
        });
        y
    }

    fn mean_pool_backward(&self, lengths: &[usize], dy: &Tensor<Self>) -> Tensor<Self> {
        let [sequences, width] = dy.shape("dy");
        assert_eq!(sequences, lengths.len(), "`dy`");
        let mut dx = Vec::with_capacity(lengths.iter().sum::<usize>() * width);
        for (dy, &length) in dy.data().chunks_exact(width).zip(lengths) {
            let share = (length as f32).recip();
            for _ in 0..length {
                dx.extend(dy.iter().map(|dy| dy * share));
            }
        }
        Tensor::from_real(&[lengths.iter().sum(), width], dx)
    }
}

vectorised! {
    fn add_row(sums: &mut [f64], row: &[f32]) {
        for (sum, &x) in sums.iter_mut().zip(row) {
            *sum += f64::from(x);
        }
    }
}
