use super::*;
use crate::{Device, Reference};

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
}

#[test]
fn a_nan_is_not_hidden() {
    fn check<D: Device>() {
        let mut x = Tensor::<D>::full(&[1], f64::NAN);
        D::default().relu_forward(&mut x);
        assert!(x.to_f64()[0].is_nan());
    }
    check::<Reference>();
}
