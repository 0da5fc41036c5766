//! Dropout in plain loops.

use super::Dropout;
use super::mask::{BLOCK, check_probability, fill_block};
use crate::{Key, Real, Reference, Tensor};

impl<R: Real> Dropout for Reference<R> {
    fn dropout_mask(&self, dims: &[usize], p: f64, key: Key) -> Tensor<Self> {
        check_probability(p);
        let mut mask = Tensor::zeros(dims);
        for (index, block) in mask.data_mut().chunks_mut(BLOCK).enumerate() {
            fill_block(block, index, p, &key);
        }
        mask
    }

    fn apply_mask(&self, x: &mut Tensor<Self>, mask: &Tensor<Self>) {
        assert_eq!(x.len() % mask.len(), 0, "a mask of {:?} for {:?}", mask.dims(), x.dims());
        for (x, &mask) in x.data_mut().iter_mut().zip(mask.data().iter().cycle()) {
            *x *= mask;
        }
    }
}
