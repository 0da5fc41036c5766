//! Means in plain loops.

use super::{MeanPool, starts};
use crate::{Real, Reference, Tensor};

impl<R: Real> MeanPool for Reference<R> {
    fn mean_pool_forward(&self, x: &Tensor<Self>, lengths: &[usize]) -> Tensor<Self> {
        let (starts, width) = starts(x, lengths);
        let mut y = Vec::with_capacity(lengths.len() * width);
        for (start, &length) in starts.into_iter().zip(lengths) {
            for e in 0..width {
                let rows = start..start + length;
                let sum: R = rows.map(|row| x.data()[row * width + e]).sum();
                y.push(sum / R::of(length as f64));
            }
        }
        Tensor::from_real(&[lengths.len(), width], y)
    }

    fn mean_pool_backward(&self, lengths: &[usize], dy: &Tensor<Self>) -> Tensor<Self> {
        let [sequences, width] = dy.shape("dy");
        assert_eq!(sequences, lengths.len(), "`dy`");
        let mut dx = Vec::new();
        for (dy, &length) in dy.data().chunks_exact(width).zip(lengths) {
            for _ in 0..length {
                dx.extend(dy.iter().map(|&dy| dy / R::of(length as f64)));
            }
        }
        Tensor::from_real(&[lengths.iter().sum(), width], dx)
    }
}
