//! Activation regularisation on all threads.

use super::ActivationReg;
use crate::norm::sum_of_squares;
use crate::parallel::{self, CHUNK};
use crate::{Cpu, Tensor};
use rayon::prelude::*;

impl ActivationReg for Cpu {
    fn activation_reg(&self, x: &Tensor<Self>, alpha: f64, dx: Option<&mut Tensor<Self>>) -> f64 {
        let factor = alpha / x.len() as f64;
        if let Some(dx) = dx {
            assert_eq!(dx.dims(), x.dims(), "`dx`");
            let slope = (2.0 * factor) as f32;
            parallel::zip(dx.data_mut(), x.data(), |dx, x| add_scaled(dx, x, slope));
        }
        factor * parallel::sum(x.data(), sum_of_squares)
    }

    fn temporal_activation_reg(
        &self,
        x: &Tensor<Self>,
        beta: f64,
        dx: Option<&mut Tensor<Self>>,
    ) -> f64 {
        let [time, batch, width] = x.shape("x");
        if let Some(dx) = &dx {
            assert_eq!(dx.dims(), x.dims(), "`dx`");
        }
        if time < 2 {
            return 0.0;
        }
        let step = batch * width;
        let factor = beta / ((time - 1) * step) as f64;
        let (before, after) = (&x.data()[..(time - 1) * step], &x.data()[step..]);
        if let Some(dx) = dx {
            let slope = (2.0 * factor) as f32;
            dx.data_mut().par_chunks_mut(step).enumerate().for_each(|(t, dx)| {
                let at = |t: usize| &x.data()[t * step..][..step];
                if t > 0 {
                    add_difference(dx, at(t), at(t - 1), slope);
                }
                if t + 1 < time {
                    add_difference(dx, at(t), at(t + 1), slope);
                }
            });
        }
        let pieces = before.par_chunks(CHUNK).zip(after.par_chunks(CHUNK));
        let sums: Vec<f64> = pieces.map(|(a, b)| squared_distance(a, b)).collect();
        factor * sums.into_iter().sum::<f64>()
    }
}

vectorised! {
    fn add_scaled(dx: &mut [f32], x: &[f32], slope: f32) {
        for (dx, x) in dx.iter_mut().zip(x) {
            *dx += slope * x;
        }
    }
}

vectorised! {
    fn add_difference(dx: &mut [f32], a: &[f32], b: &[f32], slope: f32) {
        for (dx, (a, b)) in dx.iter_mut().zip(a.iter().zip(b)) {
            *dx += slope * (a - b);
        }
    }
}

vectorised! {
    fn squared_distance(a: &[f32], b: &[f32]) -> f64 {
        let mut lanes = [0.0; 16];
        for (a, b) in a.chunks(16).zip(b.chunks(16)) {
            for (lane, (&a, &b)) in lanes.iter_mut().zip(a.iter().zip(b)) {
                *lane += f64::from(a - b) * f64::from(a - b);
            }
        }
        lanes.into_iter().sum()
    }
}
