use super::*;
use crate::testing::{Results, assert_cpu_follows, random};
use crate::{Cpu, Device, Reference};

#[test]
fn negatives_become_zero_and_block_the_gradient() {
    fn check<D: Device>() {
        let mut x = Tensor::<D>::from_f64(&[2, 2], &[-1.0, 0.0, 2.0, -0.0]);
        D::default().relu_forward(&mut x);
        assert_eq!(x.to_f64(), [0.0, 0.0, 2.0, 0.0]);
        let mut dy = Tensor::from_f64(&[2, 2], &[1.0, 2.0, 3.0, 4.0]);
        D::default().relu_backward(&x, &mut dy);
        assert_eq!(dy.to_f64(), [0.0, 0.0, 3.0, 0.0]);
    }
    check::<Reference>();
    check::<Cpu>();
}

#[test]
fn a_nan_is_not_hidden() {
    fn check<D: Device>() {
        let mut x = Tensor::<D>::full(&[1], f64::NAN);
        D::default().relu_forward(&mut x);
        assert!(x.to_f64()[0].is_nan());
    }
    check::<Reference>();
    check::<Cpu>();
}

#[test]
fn the_processor_follows_the_reference() {
    fn run<D: Device>(n: usize) -> Results {
        let (mut x, mut dy) = (random::<D>(1, &[n]), random(2, &[n]));
        D::default().relu_forward(&mut x);
        D::default().relu_backward(&x, &mut dy);
        vec![("x", x.to_f64()), ("dy", dy.to_f64())]
    }
    assert_cpu_follows(&[1, 20_011], 0.0, run::<Reference>, run::<Cpu>);
}
