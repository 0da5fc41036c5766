//! Sums and scaling on all threads.

use super::Norm;
use crate::parallel::{self, CHUNK};
use crate::{Cpu, Tensor};
use rayon::prelude::*;

impl Norm for Cpu {
    fn sum_of_squares(&self, x: &Tensor<Self>) -> f64 {
        parallel::sum(x.data(), sum_of_squares)
    }

    fn scale(&self, x: &mut Tensor<Self>, factor: f64) {
        let factor = factor as f32;
        x.data_mut().par_chunks_mut(CHUNK).for_each(|x| x.iter_mut().for_each(|x| *x *= factor));
    }

    fn fill_zero(&self, x: &mut Tensor<Self>) {
        x.data_mut().par_chunks_mut(CHUNK).for_each(|x| x.fill(0.0));
    }

    fn add_scaled(&self, x: &mut Tensor<Self>, y: &Tensor<Self>, factor: f64) {
        assert_eq!(x.dims(), y.dims(), "`y`");
        let factor = factor as f32;
        parallel::zip(x.data_mut(), y.data(), |x, y| {
            for (x, y) in x.iter_mut().zip(y) {
                *x += factor * y;
            }
        });
    }
}

vectorised! {
    /// Of one piece, in double precision.
    pub(crate) fn sum_of_squares(x: &[f32]) -> f64 {
        let mut lanes = [0.0; 16];
        for x in x.chunks(16) {
            for (lane, &x) in lanes.iter_mut().zip(x) {
                *lane += f64::from(x) * f64::from(x);
            }
        }
        lanes.into_iter().sum()
    }
}
