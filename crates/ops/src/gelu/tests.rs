use super::*;
use crate::norm::Norm;
use crate::testing::{
    Results, assert_close, assert_cpu_follows, assert_gradient, random, weighted_sum,
};
use crate::{Cpu, Device, Reference};

/// `torch.nn.functional.gelu(torch.tensor([-3., -1, -.1, 0, .5, 1, 4], dtype=torch.float64))`
#[test]
fn values_are_pytorchs() {
    fn check<D: Device>() {
        let x = Tensor::<D>::from_f64(&[7], &[-3.0, -1.0, -0.1, 0.0, 0.5, 1.0, 4.0]);
        let wanted = [
            -0.004_049_694_095_2,
            -0.158_655_253_931_5,
            -0.046_017_216_272_3,
            0.0,
            0.345_731_230_637,
            0.841_344_746_068_5,
            3.999_873_315_033,
        ];
        assert_close("y", &D::default().gelu_forward(&x).to_f64(), &wanted, 1e-7);
    }
    check::<Reference>();
    check::<Cpu>();
}

#[test]
fn the_error_functions_agree() {
    for n in -600..=600 {
        let x = n as f32 / 100.0;
        let (fast, exact) = (cpu::erf(x), reference::erf(f64::from(x)));
        assert!((f64::from(fast) - exact).abs() < 3e-7, "erf({x}) is {fast}, should be {exact}");
    }
    // Abramowitz & Stegun 1964, table 7.1
    assert!((reference::erf(0.5) - 0.520_499_877_813_046_5).abs() < 1e-15);
    assert!((reference::erf(2.0) - 0.995_322_265_018_952_7).abs() < 1e-15);
}

#[test]
fn gradient_matches_finite_differences() {
    let device = Reference::<f64>::default();
    let mut x = random::<Reference>(1, &[4, 9]);
    device.scale(&mut x, 3.0);
    let mut dx = random(2, &[4, 9]);
    device.gelu_backward(&x, &mut dx);
    assert_gradient("x", &x, &dx, |x| weighted_sum(2, &device.gelu_forward(x)));
}

#[test]
fn a_nan_is_not_hidden() {
    fn check<D: Device>() {
        let x = Tensor::<D>::full(&[1], f64::NAN);
        assert!(D::default().gelu_forward(&x).to_f64()[0].is_nan());
    }
    check::<Cpu>();
}

#[test]
fn the_processor_follows_the_reference() {
    fn run<D: Device>(n: usize) -> Results {
        let device = D::default();
        let (mut x, mut dy) = (random::<D>(1, &[n]), random(2, &[n]));
        device.scale(&mut x, 8.0);
        let y = device.gelu_forward(&x);
        device.gelu_backward(&x, &mut dy);
        vec![("y", y.to_f64()), ("dx", dy.to_f64())]
    }
    assert_cpu_follows(&[1, 20_011], 1e-6, run::<Reference>, run::<Cpu>);
}
