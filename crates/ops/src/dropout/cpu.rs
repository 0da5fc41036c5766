//! Dropout with the blocks shared out between threads.

use super::Dropout;
use super::mask::{BLOCK, check_probability, fill_block};
use crate::{Cpu, Key, Tensor, parallel};
use rayon::prelude::*;

impl Dropout for Cpu {
    fn dropout_mask(&self, dims: &[usize], p: f64, key: Key) -> Tensor<Self> {
        check_probability(p);
        let mut mask = Tensor::zeros(dims);
        let blocks = mask.data_mut().par_chunks_mut(BLOCK).enumerate();
        blocks.for_each(|(index, block)| fill_block(block, index, p, &key));
        mask
    }

    fn apply_mask(&self, x: &mut Tensor<Self>, mask: &Tensor<Self>) {
        assert_eq!(x.len() % mask.len(), 0, "a mask of {:?} for {:?}", mask.dims(), x.dims());
        x.data_mut()
            .par_chunks_mut(mask.len())
            .for_each(|x| parallel::zip(x, mask.data(), multiply));
    }
}

vectorised! {
    fn multiply(x: &mut [f32], mask: &[f32]) {
        for (x, mask) in x.iter_mut().zip(mask) {
            *x *= mask;
        }
    }
}
