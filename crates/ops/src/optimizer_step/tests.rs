use super::*;
use crate::testing::{Results, assert_close, assert_cpu_follows, random};
use crate::{Cpu, Device, Reference};

fn fill<D: Backend>(k: f64) -> Tensor<D> {
    let values: Vec<f64> = (0..5).map(|j| 0.9 * (1.7 * f64::from(j) + k).sin()).collect();
    Tensor::from_f64(&[5], &values)
}

/// With a constant momentum ours is AdamW; these are three steps of
///
/// ```python
/// import torch; torch.set_default_dtype(torch.float64)
/// fill = lambda k: 0.9 * torch.sin(1.7 * torch.arange(5) + k)
/// p = fill(0).requires_grad_()
/// opt = torch.optim.AdamW([p], lr=.1, betas=(.7, .99), eps=1e-5, weight_decay=.3)
/// for step in (1, 2, 3): p.grad = fill(step); opt.step()
/// ```
#[test]
fn adam_matches_pytorch() {
    const P: [f64; 5] = [
        -0.267_301_672_571,
        0.823_521_253_002,
        0.036_325_394_223,
        -0.820_223_385_152,
        0.187_365_160_159,
    ];
    fn check<D: Device>(tolerance: f64) {
        let (mut p, mut m, mut v) = (fill::<D>(0.0), Tensor::zeros(&[5]), Tensor::zeros(&[5]));
        for step in 1..=3 {
            let numbers =
                AdamStep { lr: 0.1, mom: 0.7, sqr_mom: 0.99, eps: 1e-5, weight_decay: 0.3, step };
            D::default().adam_step(&mut p, &fill(step as f64), &mut m, &mut v, numbers);
        }
        assert_close("p", &p.to_f64(), &P, tolerance);
    }
    check::<Reference>(1e-11);
    check::<Cpu>(1e-6);
}

/// The debiasing takes the momentum of the step, not the product of all so far.
#[test]
fn adam_debiases_with_the_momentum_of_the_step() {
    fn check<D: Device>() {
        let (mut p, mut m, mut v) =
            (Tensor::<D>::zeros(&[1]), Tensor::zeros(&[1]), Tensor::zeros(&[1]));
        let g = Tensor::full(&[1], 1.0);
        let mut numbers =
            AdamStep { lr: 1.0, mom: 0.8, sqr_mom: 0.5, eps: 0.0, weight_decay: 0.0, step: 1 };
        D::default().adam_step(&mut p, &g, &mut m, &mut v, numbers);
        (numbers.mom, numbers.step) = (0.6, 2);
        D::default().adam_step(&mut p, &g, &mut m, &mut v, numbers);
        // m: 0.2, then 0.6·0.2 + 0.4 = 0.52; the root is 1 in both steps.
        let wanted = -1.0 - 0.52 / (1.0 - 0.36);
        assert_close("p", &p.to_f64(), &[wanted], 1e-6);
    }
    check::<Reference>();
    check::<Cpu>();
}

#[test]
fn sgd_adds_the_decay_to_the_gradient() {
    fn check<D: Device>() {
        let mut p = Tensor::<D>::from_f64(&[2], &[2.0, -4.0]);
        let g = Tensor::from_f64(&[2], &[1.0, 1.0]);
        D::default().sgd_step(&mut p, &g, SgdStep { lr: 0.5, weight_decay: 0.25 });
        assert_eq!(p.to_f64(), [1.25, -4.0]);
    }
    check::<Reference>();
    check::<Cpu>();
}

#[test]
fn the_average_is_that_of_all_values() {
    fn check<D: Device>() {
        let mut average = Tensor::<D>::full(&[2], 99.0);
        for (count, value) in [(1, 4.0), (2, 8.0), (3, 3.0)] {
            D::default().average_step(&mut average, &Tensor::full(&[2], value), count);
        }
        assert_eq!(average.to_f64(), [5.0, 5.0]);
    }
    check::<Reference>();
    check::<Cpu>();
}

#[test]
fn the_processor_follows_the_reference() {
    fn run<D: Device>(n: usize) -> Results {
        let device = D::default();
        let (mut p, g) = (random::<D>(1, &[n]), random(2, &[n]));
        let (mut m, mut average) = (random(3, &[n]), random(4, &[n]));
        let mut v = Tensor::full(&[n], 0.3);
        let numbers =
            AdamStep { lr: 0.01, mom: 0.8, sqr_mom: 0.99, eps: 1e-5, weight_decay: 0.1, step: 7 };
        device.adam_step(&mut p, &g, &mut m, &mut v, numbers);
        device.sgd_step(&mut p, &g, SgdStep { lr: 0.1, weight_decay: 0.01 });
        device.average_step(&mut average, &p, 3);
        let results = [("p", p), ("m", m), ("v", v), ("average", average)];
        results.map(|(name, tensor)| (name, tensor.to_f64())).to_vec()
    }
    assert_cpu_follows(&[1, 20_011], 1e-6, run::<Reference>, run::<Cpu>);
}
