//! Rows of length one: a vector for each text, so one thread is fast enough.

use super::{SHORTEST, UnitRows};
use crate::norm::sum_of_squares;
use crate::{Cpu, Tensor};

impl UnitRows for Cpu {
    fn unit_rows_forward(&self, x: &Tensor<Self>) -> Tensor<Self> {
        let [_, width] = x.shape("x");
        let mut y = x.clone();
        for row in y.data_mut().chunks_exact_mut(width) {
            let scale = inverse_length(row);
            row.iter_mut().for_each(|x| *x = (f64::from(*x) * scale) as f32);
        }
        y
    }

    fn unit_rows_backward(&self, x: &Tensor<Self>, dy: &Tensor<Self>) -> Tensor<Self> {
        let [_, width] = x.shape("x");
        assert_eq!(x.dims(), dy.dims(), "`dy`");
        let mut dx = dy.clone();
        for (row, dx) in x.data().chunks_exact(width).zip(dx.data_mut().chunks_exact_mut(width)) {
            let scale = inverse_length(row);
            let unit = |x: f32| f64::from(x) * scale;
            let along: f64 = row.iter().zip(&*dx).map(|(&x, &dy)| unit(x) * f64::from(dy)).sum();
            for (dx, &x) in dx.iter_mut().zip(row) {
                *dx = ((f64::from(*dx) - unit(x) * along) * scale) as f32;
            }
        }
        dx
    }
}

fn inverse_length(row: &[f32]) -> f64 {
    let length = sum_of_squares(row).sqrt();
    // Not `max`: a NaN has to stay one.
    if length < SHORTEST { SHORTEST.recip() } else { length.recip() }
}
