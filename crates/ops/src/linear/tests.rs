use super::*;
use crate::testing::{
    Results, assert_close, assert_cpu_follows, assert_gradient, random, weighted_sum,
};
use crate::{Cpu, Device, Precision, Reference};

const ROWS: usize = 3;
const INPUTS: usize = 4;
const OUTPUTS: usize = 5;

#[test]
fn forward_is_the_product_and_the_bias() {
    fn check<D: Linear>() {
        let x = Tensor::<D>::from_f64(&[1, 2, 2], &[1.0, 2.0, 3.0, 4.0]);
        let weight = Tensor::from_f64(&[3, 2], &[1.0, 10.0, 0.5, 0.0, -1.0, 1.0]);
        let bias = Tensor::from_f64(&[3], &[100.0, 0.0, 0.5]);
        let y = D::default().linear_forward(&x, &weight, Some(&bias));
        assert_eq!(y.dims(), [1, 2, 3]);
        assert_eq!(y.to_f64(), [121.0, 0.5, 1.5, 143.0, 1.5, 1.5]);
        let y = D::default().linear_forward(&x, &weight, None);
        assert_eq!(y.to_f64(), [21.0, 0.5, 1.0, 43.0, 1.5, 1.0]);
    }
    check::<Reference>();
    check::<Cpu>();
}

#[test]
fn gradients_match_finite_differences() {
    let device = Reference::<f64>::default();
    let x = random::<Reference>(1, &[ROWS, INPUTS]);
    let weight = random(2, &[OUTPUTS, INPUTS]);
    let bias = random(3, &[OUTPUTS]);
    let dy = random(4, &[ROWS, OUTPUTS]);
    let (mut d_weight, mut d_bias) = (Tensor::zeros(weight.dims()), Tensor::zeros(bias.dims()));
    let grads = LinearGrads { weight: &mut d_weight, bias: Some(&mut d_bias) };
    let dx = device.linear_backward(&x, &weight, &dy, Some(grads));
    let loss = |x: &Tensor<_>, weight: &Tensor<_>, bias: &Tensor<_>| {
        weighted_sum(4, &device.linear_forward(x, weight, Some(bias)))
    };
    assert_gradient("dx", &x, &dx, |x| loss(x, &weight, &bias));
    assert_gradient("d_weight", &weight, &d_weight, |weight| loss(&x, weight, &bias));
    assert_gradient("d_bias", &bias, &d_bias, |bias| loss(&x, &weight, bias));
}

#[test]
fn gradients_are_added_to_what_is_there() {
    fn check<D: Device>() {
        let device = D::default();
        let x = random::<D>(1, &[ROWS, INPUTS]);
        let weight = random(2, &[OUTPUTS, INPUTS]);
        let dy = random(4, &[ROWS, OUTPUTS]);
        let run = |start: f64| {
            let mut d_weight = Tensor::full(weight.dims(), start);
            let mut d_bias = Tensor::full(&[OUTPUTS], start);
            let grads = LinearGrads { weight: &mut d_weight, bias: Some(&mut d_bias) };
            let dx = device.linear_backward(&x, &weight, &dy, Some(grads));
            (dx.to_f64(), [d_weight.to_f64(), d_bias.to_f64()].concat())
        };
        let ((dx, zero), (dx_again, one)) = (run(0.0), run(1.0));
        assert_eq!(dx, dx_again);
        assert_close("sum", &one, &zero.iter().map(|g| g + 1.0).collect::<Vec<_>>(), 1e-6);
        assert_eq!(device.linear_backward(&x, &weight, &dy, None).to_f64(), dx);
    }
    check::<Reference>();
    check::<Cpu>();
}

#[test]
fn the_processor_follows_the_reference() {
    fn run<D: Device>([rows, inputs, outputs]: [usize; 3]) -> Results {
        let device = D::default();
        let x = random::<D>(1, &[rows, inputs]);
        let (weight, bias) = (random(2, &[outputs, inputs]), random(3, &[outputs]));
        let dy = random(4, &[rows, outputs]);
        let (mut d_weight, mut d_bias) = (random(5, &[outputs, inputs]), random(6, &[outputs]));
        let grads = LinearGrads { weight: &mut d_weight, bias: Some(&mut d_bias) };
        let y = device.linear_forward(&x, &weight, Some(&bias));
        let dx = device.linear_backward(&x, &weight, &dy, Some(grads));
        vec![
            ("y", y.to_f64()),
            ("dx", dx.to_f64()),
            ("d_weight", d_weight.to_f64()),
            ("d_bias", d_bias.to_f64()),
        ]
    }
    let sizes = [[1, 1, 1], [1, 37, 101], [3, 600, 67], [67, 13, 2], [131, 71, 521]];
    assert_cpu_follows(&sizes, 1e-5, run::<Reference>, run::<Cpu>);
}

#[test]
fn products_have_the_precision_of_the_device() {
    let [rows, inputs, outputs] = [5, 64, 33];
    let run = |device: Cpu| {
        let (x, weight) = (random::<Cpu>(1, &[rows, inputs]), random(2, &[outputs, inputs]));
        let bias = random(3, &[outputs]);
        let y = device.linear_forward(&x, &weight, Some(&bias));
        let prepared = device.linear_prepare(&weight);
        assert_eq!(y.data(), device.linear_prepared(&x, &prepared, Some(&bias)).data());
        y.to_f64()
    };
    let exact = run(Cpu::default());
    for (precision, tolerance) in [(Precision::Bf16, 0.02), (Precision::Int8, 0.1)] {
        let device = Cpu::with_precision(precision);
        let rounded = run(device);
        assert_ne!(rounded, exact, "{precision}");
        let far = |(a, b): (&f64, &f64)| (a - b).abs() > tolerance * 2.0;
        assert!(!rounded.iter().zip(&exact).any(far), "{precision}");
        assert_eq!(run(device.exact()), exact);
    }
}

#[test]
fn what_follows_a_layer_has_the_bits_of_both() {
    fn check<D: Device>(device: &D) {
        let [rows, inputs, outputs] = [11, 70, 53];
        let x = random::<D>(1, &[rows, inputs]);
        let weights = [2, 3].map(|site| device.linear_prepare(&random(site, &[outputs, inputs])));
        let bias = random(4, &[outputs]);
        let layers = [
            PreparedLayer { weight: &weights[0], bias: Some(&bias) },
            PreparedLayer { weight: &weights[1], bias: None },
        ];
        let each = device.linear_prepared_each(&x, layers);
        let other = random(5, &[rows, outputs]);
        for (layer, y) in layers.into_iter().zip(each) {
            let alone = device.linear_prepared(&x, layer.weight, layer.bias);
            assert_eq!(alone.to_f64(), y.to_f64());
            let active = device.linear_prepared_then(&x, layer, Then::Gelu);
            assert_eq!(active.to_f64(), device.gelu_forward(&y).to_f64());
            let added = device.linear_prepared_then(&x, layer, Then::Add(&other));
            let mut wanted = y;
            device.add_scaled(&mut wanted, &other, 1.0);
            assert_eq!(added.to_f64(), wanted.to_f64());
        }
    }
    check(&Reference::<f64>::default());
    for precision in [Precision::F32, Precision::Bf16, Precision::Int8] {
        check(&Cpu::with_precision(precision));
    }
}
