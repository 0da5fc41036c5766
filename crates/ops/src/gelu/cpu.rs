//! Gaussian error linear unit on all threads.

use super::Gelu;
use crate::vector_math::exp;
use crate::{Cpu, Tensor, parallel};
use std::f32::consts::FRAC_1_SQRT_2;

/// `1/√(2π)`
const DENSITY_AT_ZERO: f32 = 0.398_942_3;

impl Gelu for Cpu {
    fn gelu_forward(&self, x: &Tensor<Self>) -> Tensor<Self> {
        let mut y = Tensor::zeros(x.dims());
        parallel::zip(y.data_mut(), x.data(), gelu);
        y
    }

    fn gelu_backward(&self, x: &Tensor<Self>, dy: &mut Tensor<Self>) {
        assert_eq!(x.dims(), dy.dims(), "`dy`");
        parallel::zip(dy.data_mut(), x.data(), times_slope);
    }
}

vectorised! {
    fn gelu(y: &mut [f32], x: &[f32]) {
        for (y, &x) in y.iter_mut().zip(x) {
            *y = x * below(x);
        }
    }
}

vectorised! {
    /// The unit of each element, in its place.
    pub(crate) fn in_place(x: &mut [f32]) {
        for x in x {
            *x *= below(*x);
        }
    }
}

vectorised! {
    fn times_slope(dy: &mut [f32], x: &[f32]) {
        for (dy, &x) in dy.iter_mut().zip(x) {
            *dy *= below(x) + x * (DENSITY_AT_ZERO * exp(-0.5 * x * x));
        }
    }
}

/// `Φ(x)`: the share of a normal distribution below `x`.
#[expect(clippy::inline_always, reason = "the loops around it vectorise only when it is inlined")]
#[inline(always)]
fn below(x: f32) -> f32 {
    0.5 * (1.0 + erf(x * FRAC_1_SQRT_2))
}

/// The error function: a rational approximation of odd order 13 over 8, as in Eigen's
/// `generic_fast_erf_float`; not a number stays not a number.
#[expect(clippy::inline_always, reason = "the loops around it vectorise only when it is inlined")]
#[inline(always)]
pub(super) fn erf(x: f32) -> f32 {
    // Comparisons, because `clamp` would be slower; beyond 4 the answer is 1 in `f32`.
    let x = if x > 4.0 { 4.0 } else { x };
    let x = if x < -4.0 { -4.0 } else { x };
    let z = x * x;
    let mut p = -2.726_142_3e-10;
    p = p * z + 2.770_681_4e-8;
    p = p * z - 2.101_024e-6;
    p = p * z - 5.692_506_5e-5;
    p = p * z - 7.349_906_3e-4;
    p = p * z - 2.954_6e-3;
    p = p * z - 1.609_603_3e-2;
    let mut q = -1.456_607_2e-5;
    q = q * z - 2.133_740_6e-4;
    q = q * z - 1.682_827e-3;
    q = q * z - 7.373_329_2e-3;
    q = q * z - 1.426_474e-2;
    x * p / q
}
