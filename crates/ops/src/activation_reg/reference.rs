//! Activation regularisation in plain loops.

use super::ActivationReg;
use crate::{Real, Reference, Tensor};

impl<R: Real> ActivationReg for Reference<R> {
    fn activation_reg(&self, x: &Tensor<Self>, alpha: f64, dx: Option<&mut Tensor<Self>>) -> f64 {
        let factor = alpha / x.len() as f64;
        if let Some(dx) = dx {
            assert_eq!(dx.dims(), x.dims(), "`dx`");
            for (dx, &x) in dx.data_mut().iter_mut().zip(x.data()) {
                *dx += R::of(2.0 * factor) * x;
            }
        }
        factor * x.data().iter().map(|&x| (x * x).f64()).sum::<f64>()
    }

    fn temporal_activation_reg(
        &self,
        x: &Tensor<Self>,
        beta: f64,
        mut dx: Option<&mut Tensor<Self>>,
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
        let mut sum = 0.0;
        for (before, after) in (0..(time - 1) * step).zip(step..) {
            let difference = x.data()[after] - x.data()[before];
            sum += (difference * difference).f64();
            if let Some(dx) = &mut dx {
                dx.data_mut()[after] += R::of(2.0 * factor) * difference;
                dx.data_mut()[before] -= R::of(2.0 * factor) * difference;
            }
        }
        factor * sum
    }
}
