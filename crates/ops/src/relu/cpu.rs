//! Rectified linear unit on all threads.

use super::Relu;
use crate::{Cpu, Tensor, parallel};
use rayon::prelude::*;

impl Relu for Cpu {
    fn relu_forward(&self, x: &mut Tensor<Self>) {
        x.data_mut().par_chunks_mut(parallel::CHUNK).for_each(|x| {
            for x in x {
                // Not `max`: a NaN has to stay one.
                *x = if *x < 0.0 { 0.0 } else { *x };
            }
        });
    }

    fn relu_backward(&self, y: &Tensor<Self>, dy: &mut Tensor<Self>) {
        assert_eq!(y.dims(), dy.dims(), "`dy`");
        parallel::zip(dy.data_mut(), y.data(), |dy, y| {
            for (dy, &y) in dy.iter_mut().zip(y) {
                *dy = if y == 0.0 { 0.0 } else { *dy };
            }
        });
    }
}
