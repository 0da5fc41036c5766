//! Sums and scaling in plain loops.

use super::Norm;
use crate::{Real, Reference, Tensor};

impl<R: Real> Norm for Reference<R> {
    fn sum_of_squares(&self, x: &Tensor<Self>) -> f64 {
        x.data().iter().map(|x| x.f64().powi(2)).sum()
    }

    fn scale(&self, x: &mut Tensor<Self>, factor: f64) {
        for x in x.data_mut() {
            *x *= R::of(factor);
        }
    }

    fn fill_zero(&self, x: &mut Tensor<Self>) {
        x.data_mut().fill(R::zero());
    }

    fn add_scaled(&self, x: &mut Tensor<Self>, y: &Tensor<Self>, factor: f64) {
        assert_eq!(x.dims(), y.dims(), "`y`");
        for (x, &y) in x.data_mut().iter_mut().zip(y.data()) {
            *x += R::of(factor) * y;
        }
    }
}
