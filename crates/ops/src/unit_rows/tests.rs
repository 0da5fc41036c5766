use super::*;
use crate::testing::{
    Results, assert_close, assert_cpu_follows, assert_gradient, bits, random, weighted_sum,
};
use crate::{Cpu, Device, Reference};

#[test]
fn rows_have_length_one_except_that_of_zeros() {
    fn check<D: Device>() {
        let x = Tensor::<D>::from_f64(&[2, 2], &[3.0, -4.0, 0.0, 0.0]);
        let y = D::default().unit_rows_forward(&x).to_f64();
        assert_close("y", &y, &[0.6, -0.8, 0.0, 0.0], 1e-7);
    }
    check::<Reference>();
    check::<Cpu>();
}

#[test]
fn gradient_matches_finite_differences() {
    let device = Reference::<f64>::default();
    let x = random::<Reference>(1, &[3, 4]);
    let dx = device.unit_rows_backward(&x, &random(2, &[3, 4]));
    assert_gradient("x", &x, &dx, |x| weighted_sum(2, &device.unit_rows_forward(x)));
}

#[test]
fn the_processor_follows_the_reference() {
    fn run<D: Device>([rows, width]: [usize; 2]) -> Results {
        let x = random::<D>(1, &[rows, width]);
        let y = D::default().unit_rows_forward(&x);
        let dx = D::default().unit_rows_backward(&x, &random(2, &[rows, width]));
        vec![("y", y.to_f64()), ("dx", dx.to_f64())]
    }
    assert_cpu_follows(&[[1, 2], [5, 37], [67, 384]], 1e-6, run::<Reference>, run::<Cpu>);
}

#[test]
fn a_row_does_not_feel_the_others() {
    fn check<D: Device>() {
        let x = random::<D>(1, &[9, 37]);
        let all = bits(&D::default().unit_rows_forward(&x));
        let part = bits(&D::default().unit_rows_forward(&D::default().resize_rows(&x, 4)));
        assert_eq!(part, all[..part.len()]);
    }
    check::<Reference>();
    check::<Cpu>();
}
