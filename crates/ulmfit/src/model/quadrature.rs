//! Integrals from 0 to 1.

use std::f64::consts::PI;

/// Places and weights of the Gauss-Legendre rule of `count` points between 0 and 1: exact for
/// polynomials up to degree `2 count - 1`.
///
/// The places are the zeros of a Legendre polynomial, found by Newton's method from the cosines
/// near them (Press et al. 2007, Numerical Recipes, section 4.6.1).
pub(crate) fn gauss_legendre(count: usize) -> Vec<(f64, f64)> {
    let n = count as f64;
    let point = |number: usize| {
        let mut x = (PI * (number as f64 + 0.75) / (n + 0.5)).cos();
        let mut slope = 1.0;
        for _ in 0..20 {
            let (mut value, mut before) = (1.0, 0.0);
            for degree in 0..count {
                let k = degree as f64;
                (value, before) = (((2.0 * k + 1.0) * x * value - k * before) / (k + 1.0), value);
            }
            slope = n * (x * value - before) / (x * x - 1.0);
            x -= value / slope;
        }
        ((1.0 - x) / 2.0, 1.0 / ((1.0 - x * x) * slope * slope))
    };
    (0..count).map(point).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn polynomials_are_integrated_exactly() {
        for count in [1, 2, 5, 16, 64] {
            let points = gauss_legendre(count);
            assert!(points.is_sorted_by(|a, b| a.0 < b.0), "{points:?}");
            for degree in [0, 1, 2 * count as u32 - 1] {
                let powers = points.iter().map(|(x, weight)| weight * x.powf(f64::from(degree)));
                let (found, wanted) = (powers.sum::<f64>(), 1.0 / (f64::from(degree) + 1.0));
                assert!((found - wanted).abs() < 1e-12, "{count} {degree}: {found}");
            }
        }
    }
}
