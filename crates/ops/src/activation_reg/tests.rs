#![expect(clippy::float_cmp, reason = "these numbers are exact")]

use super::*;
use crate::testing::{Results, assert_cpu_follows, assert_gradient, random};
use crate::{Cpu, Device, Reference};

#[test]
fn penalties_are_means_of_squares() {
    fn check<D: Device>() {
        let x = Tensor::<D>::from_f64(&[2, 1, 2], &[1.0, 2.0, 4.0, 0.0]);
        assert_eq!(D::default().activation_reg(&x, 2.0, None), 2.0 * 21.0 / 4.0);
        assert_eq!(D::default().temporal_activation_reg(&x, 3.0, None), 3.0 * 13.0 / 2.0);
        let single = Tensor::<D>::full(&[1, 2, 3], 5.0);
        assert_eq!(D::default().temporal_activation_reg(&single, 3.0, None), 0.0);
    }
    check::<Reference>();
    check::<Cpu>();
}

#[test]
fn gradients_match_finite_differences_and_are_added() {
    let device = Reference::<f64>::default();
    let x = random::<Reference>(1, &[4, 2, 3]);
    let loss = |x: &Tensor<_>| {
        device.activation_reg(x, 2.0, None) + device.temporal_activation_reg(x, 0.7, None)
    };
    let mut dx = Tensor::zeros(x.dims());
    device.activation_reg(&x, 2.0, Some(&mut dx));
    device.temporal_activation_reg(&x, 0.7, Some(&mut dx));
    assert_gradient("x", &x, &dx, loss);
}

#[test]
fn the_processor_follows_the_reference() {
    fn run<D: Device>(dims: [usize; 3]) -> Results {
        let (x, mut dx) = (random::<D>(1, &dims), random(2, &dims));
        let activation = D::default().activation_reg(&x, 2.0, Some(&mut dx));
        let temporal = D::default().temporal_activation_reg(&x, 1.0, Some(&mut dx));
        vec![("penalties", vec![activation, temporal]), ("dx", dx.to_f64())]
    }
    let sizes = [[1, 1, 1], [1, 67, 401], [31, 1, 1], [71, 5, 401]];
    assert_cpu_follows(&sizes, 1e-6, run::<Reference>, run::<Cpu>);
}
