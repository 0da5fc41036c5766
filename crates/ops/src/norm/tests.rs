#![expect(clippy::float_cmp, reason = "these numbers are exact")]

use super::*;
use crate::testing::{Results, assert_cpu_follows, random};
use crate::{Cpu, Device, Reference};

#[test]
fn sums_and_scales() {
    fn check<D: Device>() {
        let device = D::default();
        let mut x = Tensor::<D>::from_f64(&[3], &[1.0, -2.0, 3.0]);
        assert_eq!(device.sum_of_squares(&x), 14.0);
        device.scale(&mut x, 0.5);
        assert_eq!(x.to_f64(), [0.5, -1.0, 1.5]);
        device.add_scaled(&mut x, &Tensor::full(&[3], 1.0), -2.0);
        assert_eq!(x.to_f64(), [-1.5, -3.0, -0.5]);
        device.fill_zero(&mut x);
        assert_eq!(x.to_f64(), [0.0; 3]);
    }
    check::<Reference>();
    check::<Cpu>();
}

#[test]
fn what_is_not_finite_shows_in_the_sum() {
    fn check<D: Device>() {
        for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            for at in [0, 1, 16_384, 39_999] {
                let mut values = vec![1.0; 40_000];
                values[at] = bad;
                let x = Tensor::<D>::from_f64(&[40_000], &values);
                assert!(!D::default().sum_of_squares(&x).is_finite(), "{bad} at {at}");
            }
        }
    }
    check::<Reference>();
    check::<Cpu>();
}

#[test]
fn the_processor_follows_the_reference() {
    fn run<D: Device>(n: usize) -> Results {
        let (mut x, y) = (random::<D>(1, &[n]), random(2, &[n]));
        let sum = D::default().sum_of_squares(&x);
        D::default().scale(&mut x, 0.7);
        D::default().add_scaled(&mut x, &y, -1.3);
        vec![("sum", vec![sum]), ("x", x.to_f64())]
    }
    assert_cpu_follows(&[1, 100_003], 1e-6, run::<Reference>, run::<Cpu>);
}
