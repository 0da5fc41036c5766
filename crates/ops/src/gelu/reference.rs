//! Gaussian error linear unit in plain loops.

use super::Gelu;
use crate::{Real, Reference, Tensor};
use std::f64::consts::{FRAC_1_SQRT_2, PI};

impl<R: Real> Gelu for Reference<R> {
    fn gelu_forward(&self, x: &Tensor<Self>) -> Tensor<Self> {
        let gelu = |x: &R| R::of(x.f64() * below(x.f64()));
        Tensor::from_real(x.dims(), x.data().iter().map(gelu).collect())
    }

    fn gelu_backward(&self, x: &Tensor<Self>, dy: &mut Tensor<Self>) {
        assert_eq!(x.dims(), dy.dims(), "`dy`");
        for (dy, x) in dy.data_mut().iter_mut().zip(x.data()) {
            let x = x.f64();
            let density = (-x * x / 2.0).exp() / (2.0 * PI).sqrt();
            *dy *= R::of(below(x) + x * density);
        }
    }
}

/// `Φ(x)`: the share of a normal distribution below `x`.
fn below(x: f64) -> f64 {
    0.5 * (1.0 + erf(x * FRAC_1_SQRT_2))
}

/// The error function, by a series of positive terms: Abramowitz & Stegun 1964, equation 7.1.6.
pub(super) fn erf(x: f64) -> f64 {
    if x.abs() > 6.0 {
        return x.signum(); // to the last bit
    }
    let (mut term, mut sum, mut n) = (x, x, 0.0);
    while term.abs() > 1e-17 * sum.abs() {
        n += 1.0;
        term *= 2.0 * x * x / (2.0 * n + 1.0);
        sum += term;
    }
    2.0 / PI.sqrt() * (-x * x).exp() * sum
}
