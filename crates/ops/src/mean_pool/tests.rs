use super::*;
use crate::testing::{Results, assert_cpu_follows, assert_gradient, bits, random, weighted_sum};
use crate::{Cpu, Device, Reference};

#[test]
fn means_of_sequences_and_back() {
    fn check<D: Device>() {
        let x = Tensor::<D>::from_f64(&[3, 2], &[1.0, 10.0, 3.0, 30.0, 5.0, 50.0]);
        let y = D::default().mean_pool_forward(&x, &[2, 1]);
        assert_eq!(y.dims(), [2, 2]);
        assert_eq!(y.to_f64(), [2.0, 20.0, 5.0, 50.0]);
        let dy = Tensor::from_f64(&[2, 2], &[1.0, 2.0, 3.0, 4.0]);
        let dx = D::default().mean_pool_backward(&[2, 1], &dy);
        assert_eq!(dx.to_f64(), [0.5, 1.0, 0.5, 1.0, 3.0, 4.0]);
    }
    check::<Reference>();
    check::<Cpu>();
}

#[test]
fn gradient_matches_finite_differences() {
    let device = Reference::<f64>::default();
    let (x, lengths) = (random::<Reference>(1, &[7, 3]), [1, 4, 2]);
    let dx = device.mean_pool_backward(&lengths, &random(2, &[3, 3]));
    assert_gradient("x", &x, &dx, |x| weighted_sum(2, &device.mean_pool_forward(x, &lengths)));
}

#[test]
#[should_panic(expected = "the mean of no rows")]
fn an_empty_sequence_panics() {
    Reference::<f64>::default().mean_pool_forward(&random(1, &[2, 2]), &[2, 0]);
}

#[test]
fn the_processor_follows_the_reference() {
    fn run<D: Device>([sequences, width]: [usize; 2]) -> Results {
        let lengths: Vec<usize> = (0..sequences).map(|n| 1 + n * 7 % 13).collect();
        let x = random::<D>(1, &[lengths.iter().sum(), width]);
        let y = D::default().mean_pool_forward(&x, &lengths);
        let dx = D::default().mean_pool_backward(&lengths, &random(2, &[sequences, width]));
        vec![("y", y.to_f64()), ("dx", dx.to_f64())]
    }
    let sizes = [[1, 1], [5, 37], [67, 101]];
    assert_cpu_follows(&sizes, 1e-6, run::<Reference>, run::<Cpu>);
}

#[test]
fn a_sequence_does_not_feel_the_others() {
    fn check<D: Device>() {
        let x = random::<D>(1, &[12, 37]);
        let all = bits(&D::default().mean_pool_forward(&x, &[3, 4, 5]));
        let part = D::default().resize_rows(&x, 7);
        assert_eq!(bits(&D::default().mean_pool_forward(&part, &[3, 4])), all[..2 * 37]);
    }
    check::<Reference>();
    check::<Cpu>();
}
