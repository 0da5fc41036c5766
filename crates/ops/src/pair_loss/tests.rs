use super::*;
use crate::testing::{Results, assert_cpu_follows, assert_gradient, random};
use crate::{Cpu, Device, Reference};

fn pairs(rows: u32) -> Vec<Pair> {
    let pair = |n: u32| {
        let (one, other) = (n % rows, (n * n + 1) % rows);
        Pair { one, other, wanted: (n % 2) as f32, weight: 1.0 + (n % 3) as f32 }
    };
    (0..7 * rows).map(pair).collect()
}

#[test]
fn the_loss_is_a_weighted_mean_of_squares() {
    fn check<D: Device>() {
        let x = Tensor::<D>::from_f64(&[3, 2], &[1.0, 0.0, 0.5, 2.0, 0.0, 1.0]);
        let pair = |one, other, wanted, weight| Pair { one, other, wanted, weight };
        let (loss, dx) = D::default().pair_loss(&x, &[pair(0, 1, 1.0, 3.0), pair(1, 2, 0.0, 1.0)]);
        // (3 · 0.5² + 2²) / 4
        assert!((loss - 1.1875).abs() < 1e-9);
        assert_eq!(dx.to_f64(), [-0.375, -1.5, -0.75, 1.0, 0.5, 2.0]);
        let (loss, dx) = D::default().pair_loss(&x, &[]);
        assert_eq!((loss, dx.to_f64()), (0.0, vec![0.0; 6]));
    }
    check::<Reference>();
    check::<Cpu>();
}

#[test]
fn gradient_matches_finite_differences() {
    let device = Reference::<f64>::default();
    let x = random::<Reference>(1, &[4, 3]);
    let (_, dx) = device.pair_loss(&x, &pairs(4));
    assert_gradient("x", &x, &dx, |x| device.pair_loss(x, &pairs(4)).0);
}

#[test]
fn the_processor_follows_the_reference() {
    fn run<D: Device>([rows, width]: [usize; 2]) -> Results {
        let x = random::<D>(1, &[rows, width]);
        let (loss, dx) = D::default().pair_loss(&x, &pairs(rows as u32));
        vec![("loss", vec![loss]), ("dx", dx.to_f64())]
    }
    assert_cpu_follows(&[[1, 1], [5, 37], [67, 384]], 1e-5, run::<Reference>, run::<Cpu>);
}
