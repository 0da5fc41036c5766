//! Rectified linear unit in plain loops.

use super::Relu;
use crate::{Real, Reference, Tensor};

impl<R: Real> Relu for Reference<R> {
    fn relu_forward(&self, x: &mut Tensor<Self>) {
        for x in x.data_mut() {
            // Not `max`: a NaN has to stay one.
            if *x < R::zero() {
                *x = R::zero();
            }
        }
    }

    fn relu_backward(&self, y: &Tensor<Self>, dy: &mut Tensor<Self>) {
        assert_eq!(y.dims(), dy.dims(), "`dy`");
        for (dy, &y) in dy.data_mut().iter_mut().zip(y.data()) {
            if y == R::zero() {
                *dy = R::zero();
            }
        }
    }
}
